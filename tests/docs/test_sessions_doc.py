"""docs/sessions.md: every command is run, and what the kit offers stands in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from imnot_core.testing import Session
from imnot_core.testing.harness import StartHarness
from imnot_core.testing.remote_clock import RemoteClock
from tests.docs.examples import blocks, run_series
from tests.support import CHECKOUT, needs

DOCUMENT = CHECKOUT / "docs" / "sessions.md"
TEXT = DOCUMENT.read_text(encoding="utf-8")


def public(kind: type) -> set[str]:
    return {name for name in vars(kind) if not name.startswith("_")}


def test_every_command_works_and_prints_what_is_shown(tmp_path: Path) -> None:
    needs("curl", "sends the requests")
    run_series([each for each in blocks(DOCUMENT) if each.language != "python"], tmp_path)


def test_the_test_in_python_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, imnot: StartHarness
) -> None:
    (partner,) = (each for each in blocks(DOCUMENT) if each.language == "yaml")
    (example,) = (each for each in blocks(DOCUMENT) if each.language == "python")
    file = tmp_path / partner.path
    file.parent.mkdir(parents=True)
    file.write_text(partner.text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(example.text, names)
    names["test_a_report_is_done_after_two_hours"](imnot)


def test_all_that_the_kit_does_with_a_session_is_told() -> None:
    for name in public(Session):
        assert f"`session.{name}" in TEXT, name
    for name in public(RemoteClock):
        assert f"`.{name}" in TEXT or f"`session.clock.{name}" in TEXT, name
