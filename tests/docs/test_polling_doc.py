"""docs/polling.md: every command is run, every admin endpoint and every message stands in it."""

from __future__ import annotations

import re
from pathlib import Path

from imnot_core.models import Source
from imnot_core.offline import offline_compiler
from imnot_core.registry import Registry
from imnot_core.settings import Settings
from tests.docs.examples import blocks, run_series
from tests.support import CHECKOUT, needs

DOCUMENT = CHECKOUT / "docs" / "polling.md"


def test_every_command_works_and_prints_what_is_shown(tmp_path: Path) -> None:
    needs("curl", "sends the requests")
    run_series(blocks(DOCUMENT), tmp_path)


def test_every_admin_endpoint_is_in_the_table() -> None:
    text = next(each.text for each in blocks(DOCUMENT) if each.path)
    compiled = offline_compiler(Settings(), Registry()).compile(Source("partner.yaml", text))
    (datapoint,) = compiled.datapoints
    served = {f"{each.method} {each.path}" for each in datapoint.compiled.admin}
    table = DOCUMENT.read_text(encoding="utf-8").partition("## Every admin endpoint")[2]
    named = set(re.findall(r"`((?:GET|POST|DELETE) /\S+)`", table))

    assert named == served
