"""docs/pagination.md: every command is run, and every style is named."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from imnot_patterns.paginated.config import Style
from tests.docs.examples import blocks, run_series
from tests.support import CHECKOUT, needs

DOCUMENT = CHECKOUT / "docs" / "pagination.md"


def test_every_command_works_and_prints_what_is_shown(tmp_path: Path) -> None:
    needs("curl", "sends the requests")
    run_series(blocks(DOCUMENT), tmp_path)


def test_every_style_is_in_the_table() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert [style for style in get_args(Style) if f"| [`{style}`](#" not in text] == []
