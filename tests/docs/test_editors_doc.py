"""docs/editors.md: its commands are run, and what it says of settings is what they lead to."""

from __future__ import annotations

import json
import re
from pathlib import Path

from imnot_core.cli.schema_file import FILE, MODELINE
from tests.docs.examples import blocks, run_series
from tests.support import CHECKOUT

DOCUMENT = CHECKOUT / "docs" / "editors.md"
TEXT = DOCUMENT.read_text(encoding="utf-8")


def test_every_command_works_and_prints_what_is_shown(tmp_path: Path) -> None:
    run_series(blocks(DOCUMENT), tmp_path)


def test_the_line_is_the_one_that_is_written() -> None:
    assert f"\n{MODELINE}" in TEXT


def test_the_settings_name_the_schema_and_the_partner_files() -> None:
    (settings,) = re.findall(r"^```json\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)

    assert json.loads(settings)["yaml.schemas"] == {f"./partners/{FILE}": "partners/*/partner.yaml"}
