"""docs/openapi.md: every command is run."""

from __future__ import annotations

from pathlib import Path

from tests.docs.examples import blocks, run_series
from tests.support import CHECKOUT, needs

DOCUMENT = CHECKOUT / "docs" / "openapi.md"


def test_every_command_works_and_prints_what_is_shown(tmp_path: Path) -> None:
    needs("curl", "sends the requests")
    run_series(blocks(DOCUMENT), tmp_path)
