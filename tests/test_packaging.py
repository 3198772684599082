"""What is installed, and the files that build, run and check the project."""

from __future__ import annotations

import os
import re
import tomllib
from importlib.metadata import EntryPoint, distribution, version
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

import imnot_core
import imnot_patterns
from tests.support import CHECKOUT

PROJECT: dict[str, Any] = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))

is_wheel = os.environ.get("IMNOT_TEST_WHEEL") == "1"
of_the_wheel = pytest.mark.skipif(not is_wheel, reason="for the built wheel: make test")

ENTRY_POINTS = [
    entry_point
    for entry_point in distribution("imnot").entry_points
    if entry_point.group != "console_scripts"
]


def _read(name: str) -> str:
    return (CHECKOUT / name).read_text(encoding="utf-8")


def _yaml(name: str) -> Any:
    return YAML(typ="safe").load(_read(name))


# The distribution


@of_the_wheel
@pytest.mark.parametrize("package", [imnot_core, imnot_patterns], ids=lambda p: p.__name__)
def test_the_tests_import_the_wheel_and_not_the_checkout(package: Any) -> None:
    path = Path(package.__file__)
    assert path.parent.parent.name == "site-packages"


@of_the_wheel
def test_the_wheel_holds_the_two_packages_and_nothing_else() -> None:
    installed = distribution("imnot").files or []
    tops = {file.parts[0] for file in installed}
    metadata = f"imnot-{version('imnot')}.dist-info"
    # The other one is the `imnot` command, outside site-packages.
    assert tops - {".."} == {"imnot_core", "imnot_patterns", metadata}


@of_the_wheel
def test_the_wheel_holds_the_example_partners_as_they_are() -> None:
    packed = files("imnot_core") / "examples" / "partners"
    source = CHECKOUT / "partners"
    names = [path.relative_to(source) for path in source.rglob("*") if path.is_file()]
    assert Path("README.md") in names
    for name in names:
        assert packed.joinpath(*name.parts).read_bytes() == (source / name).read_bytes(), name


def test_the_installed_version_is_the_one_of_pyproject() -> None:
    assert version("imnot") == PROJECT["project"]["version"]


@pytest.mark.parametrize("package", ["imnot_core", "imnot_patterns"])
def test_the_packages_are_typed_for_those_who_use_them(package: str) -> None:
    assert (files(package) / "py.typed").is_file()


@pytest.mark.parametrize("entry_point", ENTRY_POINTS, ids=lambda e: f"{e.group}:{e.name}")
def test_an_entry_point_leads_to_something(entry_point: EntryPoint) -> None:
    assert entry_point.load() is not None


def test_the_entry_points_installed_are_those_of_pyproject() -> None:
    installed = {(entry_point.group, entry_point.name) for entry_point in ENTRY_POINTS}
    groups: dict[str, dict[str, str]] = PROJECT["project"]["entry-points"]
    assert installed == {(group, name) for group, names in groups.items() for name in names}


def test_no_dependency_has_an_upper_bound() -> None:
    extras: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
    required = [PROJECT["project"]["dependencies"], *extras.values()]
    assert [text for group in required for text in group if re.search("<|==|~=", text)] == []


# The container


def _instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions, continuation lines joined, comments left out."""
    joined = re.sub(r"\\\n\s*", "", re.sub(r"(?m)^\s*#.*\n", "", _read("Dockerfile")))
    pairs = [line.partition(" ") for line in joined.splitlines() if line.strip()]
    return [(name, rest) for name, _, rest in pairs]


def _final_stage() -> dict[str, str]:
    instructions = _instructions()
    start = max(index for index, (name, _) in enumerate(instructions) if name == "FROM")
    return dict(instructions[start:])


def test_the_image_is_built_in_two_stages_of_one_base() -> None:
    bases = [rest.split()[0] for name, rest in _instructions() if name == "FROM"]
    assert bases == ["python:3.13-slim"] * 2


def test_the_image_does_not_run_as_root() -> None:
    user = _final_stage()["USER"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user), "by number, so that Kubernetes can tell"


def test_the_image_keeps_its_data_in_volumes() -> None:
    final = _final_stage()
    assert final["WORKDIR"] == "/app"
    assert final["VOLUME"] == '["/app/data", "/app/partners"]'


def test_the_image_answers_for_its_health() -> None:
    assert "http://127.0.0.1:8000/healthz" in _final_stage()["HEALTHCHECK"]


def test_the_image_serves_to_the_outside_from_its_volumes() -> None:
    final = _final_stage()
    assert final["ENTRYPOINT"] == '["imnot"]'
    assert final["CMD"] == (
        '["start", "--host", "0.0.0.0", "--db", "/app/data/imnot.db", '
        '"--partners-dir", "/app/partners"]'
    )
    assert final["EXPOSE"] == "8000"


def test_all_that_the_image_copies_is_in_the_build_context() -> None:
    sent = {line[1:] for line in _read(".dockerignore").splitlines() if line.startswith("!")}
    copied = {
        source
        for name, rest in _instructions()
        if name == "COPY" and "--from=" not in rest
        for source in rest.split()[:-1]
        if not source.startswith("--")
    }
    assert copied == sent
    assert all((CHECKOUT / name).exists() for name in copied)


def test_compose_is_reached_from_this_machine_only_and_keeps_its_folders() -> None:
    service = _yaml("docker-compose.yml")["services"]["imnot"]
    assert service["ports"] == ["127.0.0.1:8000:8000"]
    assert service["volumes"] == ["./partners:/app/partners", "./data:/app/data"]
    assert '    # environment:\n    #   IMNOT_ADMIN_KEY: "' in _read("docker-compose.yml")


# Chores


def test_make_lists_each_of_its_commands() -> None:
    makefile = _read("Makefile")
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert phony is not None
    described = re.findall(r"^([a-z-]+):.*## \S", makefile, re.MULTILINE)
    assert sorted(described) == sorted(set(phony[1].split()) - {"python"})


def test_the_workflow_runs_the_one_check_on_the_oldest_python_that_is_promised() -> None:
    job = _yaml(".github/workflows/ci.yml")["jobs"]["test"]
    oldest = PROJECT["project"]["requires-python"].removeprefix(">=")
    assert oldest in job["strategy"]["matrix"]["python"]
    assert "bash .ci/run" in [step.get("run") for step in job["steps"]]


def test_the_check_script_is_strict() -> None:
    assert "set -euo pipefail" in _read(".ci/run")
    assert os.access(CHECKOUT / ".ci" / "run", os.X_OK)
