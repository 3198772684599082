"""docs/bodies.md: every command is run, and the refusal is what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from imnot_core.errors import PartnerError
from imnot_core.models import Source
from imnot_core.offline import offline_compiler
from imnot_core.registry import Registry
from imnot_core.settings import Settings
from tests.docs.examples import blocks, run_series
from tests.docs.transcripts import examples
from tests.support import CHECKOUT, needs

DOCUMENT = CHECKOUT / "docs" / "bodies.md"


def test_every_command_works_and_prints_what_is_shown(tmp_path: Path) -> None:
    needs("curl", "sends the requests")
    run_series(blocks(DOCUMENT), tmp_path)


def test_a_missing_file_is_refused_with_the_message_it_says() -> None:
    (example,) = (each for each in examples(DOCUMENT) if each.refused)
    compiler = offline_compiler(Settings(), Registry())
    with pytest.raises(PartnerError) as refused:
        compiler.compile(Source("papers/partner.yaml", example.text))
    assert str(refused.value) == example.messages.rstrip("\n")
