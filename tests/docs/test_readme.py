"""README.md, as a reader would follow it: every command is run, every file is written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.examples import blocks, run_series
from tests.support import CHECKOUT, needs

README = CHECKOUT / "README.md"
# What installs something or needs a checkout is not run; it is all that may be left out.
NOT_RUN = re.compile(
    r"(pipx|pip) install |make (start|test)\b|imnot generate --file partner\.yaml "
)


def test_every_command_of_the_readme_works(tmp_path: Path) -> None:
    needs("bash", "runs the commands")
    needs("curl", "sends the requests")

    run_series(blocks(README), tmp_path)


def test_only_what_installs_or_builds_is_not_run() -> None:
    not_run = "".join(each.text for each in blocks(README) if each.language == "sh")
    lines = not_run.splitlines()

    assert lines
    assert [line for line in lines if not NOT_RUN.match(line)] == []


@pytest.mark.parametrize(
    "shown",
    [
        "imnot init", "imnot start", "imnot routes", "/payload", "/payload/session", "LOCATION=",
        "retrigger", "/imnot/admin/partners", "/imnot/admin/reload", "--dry-run",
        "imnot export postman", "IMNOT_ADMIN_KEY", "imnot stop",
    ],
)  # fmt: skip
def test_the_tour_shows(shown: str) -> None:
    tour = "".join(each.text for each in blocks(README, "Five minutes") if each.language == "bash")

    assert shown in tour


def test_the_pattern_of_the_readme_is_short() -> None:
    (pattern,) = [each for each in blocks(README) if each.path == "acme_mocks.py"]

    assert len([line for line in pattern.text.splitlines() if line.strip()]) <= 42
