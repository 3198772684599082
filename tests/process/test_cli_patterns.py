"""`imnot patterns`, `imnot new-pattern`, and the commands that plugins bring."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.process.command import Project
from tests.unit.core.distributions import Site, pattern_source

COMMANDS = """
import click


class Commands:
    def commands(self):
        return [{commands}]
"""
ONE = 'click.Command("{name}", callback=lambda: click.echo("it is {name}"))'


@pytest.fixture
def site(project: Project) -> Site:
    """Where plugins of other people are installed."""
    folder = project.folder.parent / "site"
    folder.mkdir()
    project.env["PYTHONPATH"] = str(folder)
    return Site(folder)


def bring_commands(site: Site, package: str, name: str, *commands: str) -> None:
    listed = ", ".join(ONE.format(name=each) for each in commands)
    module = package.replace("-", "_")
    site.module(module, COMMANDS.format(commands=listed))
    site.install(package, "2.0", {"imnot.commands": {name: f"{module}:Commands"}})


# patterns


def test_patterns_are_listed_with_where_they_come_from(project: Project, site: Site) -> None:
    site.pattern("imnot-orders", "orders", ("purchase",))
    ended = project.run("patterns")
    assert (ended.code, ended.err) == (0, "")
    patterns, apis, *_ = ended.out.split("\n\n")
    head, *rows = patterns.splitlines()
    assert head.split() == ["PATTERN", "ALIASES", "FROM", "SUMMARY"]
    found = {row.split()[0]: re.split(r"  +", row) for row in rows}
    assert found["orders"][1:] == ["purchase", "imnot-orders 1.0", "Answers every time the same."]
    assert "polling" in found["async"][1] or "async" in found["polling"][1]
    assert found["static"][2].startswith("imnot ")
    head, *rows = apis.splitlines()
    assert head.split() == ["API", "SERVES", "FROM", "SUMMARY"]
    assert ["stubs", "/__mock__,", "/__admin__"] in [row.split()[:3] for row in rows]


def test_patterns_that_do_not_work_are_told_with_the_reason(project: Project, site: Site) -> None:
    site.module("broken", "import not_there")
    site.install("imnot-broken", "3.1", {"imnot.patterns": {"broken": "broken:Plugin"}})
    bring_commands(site, "imnot-clash", "routes", "routes")
    ended = project.run("patterns")
    assert ended.code == 0
    failures = ended.out.partition("Plugins that cannot be used:")[2]
    assert re.search(r"'broken' \(from imnot-broken 3\.1\): .*not_there", failures)
    assert re.search(r"imnot-clash 2\.0.*imnot_core\.cli\.routes", failures)
    told = json.loads(project.run("patterns", "--json").out)
    assert len(told["failures"]) == 2
    assert {"fetch", "static"} <= {each["name"] for each in told["patterns"]}


def test_a_pattern_is_explained(project: Project) -> None:
    ended = project.run("patterns", "polling")
    assert ended.code == 0
    assert "endpoints[].response.id_body_field  (text" in ended.out
    assert "The field of the JSON body that carries the new id." in ended.out
    assert "pattern: async" in ended.out
    assert json.loads(project.run("patterns", "polling", "--json").out)["fields"]


def test_a_pattern_that_was_named_directly_is_explained(project: Project) -> None:
    (project.folder / "partners").mkdir()
    project.write("mine.py", pattern_source("orders"))
    ended = project.run("patterns", "orders", "--plugin", "mine:Plugin")
    assert ended.code == 0
    assert "mine:Plugin" in ended.out


def test_an_unknown_pattern_is_answered_with_the_nearest(project: Project) -> None:
    ended = project.run("patterns", "statc")
    assert ended.code == 1
    assert "'static'" in ended.err


# Commands of plugins


def test_a_plugin_brings_a_command(project: Project, site: Site) -> None:
    bring_commands(site, "imnot-hello", "hello", "hello")
    assert project.run("hello").out == "it is hello\n"
    assert "Commands of imnot-hello." in project.run("--help").out


def test_a_plugin_brings_several_commands(project: Project, site: Site) -> None:
    bring_commands(site, "imnot-hello", "hello", "world", "moon")
    assert project.run("hello", "moon").out == "it is moon\n"


def test_the_help_imports_no_plugin(project: Project, site: Site) -> None:
    site.module("broken", "raise SystemExit('imported')")
    site.install("imnot-broken", "1.0", {"imnot.commands": {"broken": "broken:Commands"}})
    listed = project.run("--help")
    assert (listed.code, listed.err) == (0, "")
    ended = project.run("broken")
    assert ended.code == 1
    assert "imnot-broken 1.0" in ended.err


def test_a_command_named_like_one_of_imnots_own_is_told_and_not_used(
    project: Project, site: Site
) -> None:
    bring_commands(site, "imnot-clash", "patterns", "patterns")
    ended = project.run("patterns", "static")
    assert ended.code == 0
    assert "it is patterns" not in ended.out
    assert "imnot-clash 2.0" in ended.err
    assert "imnot_core.cli.patterns" in ended.err


# new-pattern


def test_a_new_pattern_can_be_installed_tested_and_served(project: Project, site: Site) -> None:
    ended = project.run("new-pattern", "long-poll")
    assert ended.code == 0
    made = project.folder / "imnot-long-poll"
    names = {str(file.relative_to(made)) for file in made.rglob("*") if file.is_file()}
    assert names == {
        ".gitignore",
        "README.md",
        "pyproject.toml",
        "src/imnot_long_poll/__init__.py",
        "src/imnot_long_poll/py.typed",
        "tests/test_contract.py",
        "tests/test_long_poll.py",
    }
    assert "@" not in "".join((made / name).read_text().replace("@name", "") for name in names), (
        "a placeholder was left"
    )
    _pip_install(made, site.folder)
    _run_its_tests(made, site.folder)

    readme = (made / "README.md").read_text()
    project.partner("acme", readme.partition("```yaml\n")[2].partition("```")[0])
    with project.started() as server:
        assert server.client.get("/visits").json() == {"message": "welcome", "count": 1}
    assert "imnot-long-poll 0.1.0" in project.run("patterns").out


def _pip_install(package: Path, target: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-build-isolation", "--no-deps",
         "--disable-pip-version-check", "--target", str(target), str(package)],
        check=True,
        timeout=120,
    )  # fmt: skip


def _run_its_tests(package: Path, site: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=package,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_a_new_pattern_lies_where_it_is_told_to(project: Project) -> None:
    assert project.run("new-pattern", "long-poll", "--dir", "plugins/ours").code == 0
    assert (project.folder / "plugins/ours/imnot-long-poll/pyproject.toml").is_file()
    again = project.run("new-pattern", "long-poll", "--dir", "plugins/ours")
    assert again.code == 1
    assert "already exists" in again.err


@pytest.mark.parametrize("name", ["Long", "9lives", "a_b", "a--b", "a-", "../x", "é"])
def test_a_name_that_no_package_could_have_is_refused(project: Project, name: str) -> None:
    ended = project.run("new-pattern", name)
    assert ended.code == 2
    assert list(project.folder.iterdir()) == []


def test_a_name_that_is_taken_is_refused(project: Project) -> None:
    ended = project.run("new-pattern", "fetch")
    assert ended.code == 1
    assert "imnot_patterns.fetch" in ended.err
    assert list(project.folder.iterdir()) == []
