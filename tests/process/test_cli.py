"""What all commands have in common: help, errors, exit codes, and that they are quick."""

from __future__ import annotations

import subprocess
import sys

import pytest

from imnot_core.cli.program import COMMANDS, built_in
from tests.process.command import ACME, IMNOT, Project

READERS = ("routes", "generate", "export", "status", "payload", "sessions", "patterns")
HEAVY = {"litestar", "uvicorn", "httpx", "uvloop", "watchfiles"}


def test_without_a_command_the_help_is_shown(project: Project) -> None:
    ended = project.run()
    assert ended.code == 2
    assert all(name in ended.out for name in COMMANDS)


def test_the_version_is_one_line(project: Project) -> None:
    ended = project.run("--version")
    assert ended.code == 0
    assert ended.out.startswith("imnot ")
    assert len(ended.lines) == 1


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, project: Project) -> None:
    ended = project.run(name, "--help")
    assert ended.code == 0
    assert f"imnot {name}" in ended.out


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_of_each_what_its_own_help_says(name: str) -> None:
    assert (built_in(name).help or "").splitlines()[0] == COMMANDS[name].summary


def test_an_unknown_command_is_answered_with_the_nearest(project: Project) -> None:
    ended = project.run("rout")
    assert ended.code == 2
    assert "'routes'" in ended.err


def test_an_unknown_option_is_a_usage_error(project: Project) -> None:
    ended = project.run("routes", "--frobnicate")
    assert ended.code == 2
    assert ended.err.startswith("Error: ")
    assert "--frobnicate" in ended.err


def test_all_that_is_wrong_in_the_settings_file_is_named_with_its_line(project: Project) -> None:
    project.write("imnot.toml", '[server]\nprot = 1\nport = "x"\n')
    ended = project.run("routes")
    assert ended.code == 1
    first, second = ended.err.splitlines()
    assert first.startswith("Error: imnot.toml:2: ")
    assert second.startswith("Error: imnot.toml:3: ")


def test_a_settings_file_that_is_no_toml_is_no_traceback(project: Project) -> None:
    project.write("imnot.toml", "[server\n")
    ended = project.run("start")
    assert ended.code == 1
    assert ended.err.startswith("Error: imnot.toml:1: ")
    assert len(ended.err.splitlines()) == 1


def test_a_bug_is_one_line_with_the_way_to_see_more(project: Project) -> None:
    site = project.write("sitecustomize.py", BUG)
    project.env["PYTHONPATH"] = str(site.parent)
    ended = project.run("routes")
    assert ended.code == 1
    assert len(ended.err.splitlines()) == 1
    assert "ZeroDivisionError" in ended.err
    assert "IMNOT_DEBUG=1" in ended.err
    project.env["IMNOT_DEBUG"] = "1"
    assert "Traceback" in project.run("routes").err


BUG = """
import imnot_core.settings

def broken(*_):
    1 / 0

imnot_core.settings.resolve = broken
"""


def test_whoever_reads_only_the_beginning_of_the_output_sees_no_complaint(project: Project) -> None:
    project.partner("acme", ACME)
    command = f"{IMNOT} routes | true"
    ended = subprocess.run(
        ["bash", "-c", command], cwd=project.folder, capture_output=True, text=True, check=False
    )
    assert ended.stderr == ""


@pytest.mark.parametrize("name", READERS)
def test_commands_that_only_read_files_import_no_server(name: str) -> None:
    module = COMMANDS[name].module
    code = (
        f"import imnot_core.cli.{module}, imnot_core.offline, imnot_core.registration,"
        " imnot_core.postman, sys; print(*{each.partition('.')[0] for each in sys.modules})"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert HEAVY & set(ended.stdout.split()) == set()


def test_the_package_can_be_run(project: Project) -> None:
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "imnot_core", "--version"],
        cwd=project.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.startswith("imnot ")
