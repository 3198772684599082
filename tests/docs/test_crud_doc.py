"""docs/crud.md: every command is run, every example answers as it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from imnot_core.models import Source
from imnot_core.offline import offline_compiler
from imnot_core.registry import Registry
from imnot_core.settings import Settings
from imnot_patterns.crud import Crud
from tests.docs.examples import blocks, run_series
from tests.docs.transcripts import Example, examples, replay
from tests.support import CHECKOUT, needs

DOCUMENT = CHECKOUT / "docs" / "crud.md"
TEXT = DOCUMENT.read_text(encoding="utf-8")
EXAMPLES = [each for each in examples(DOCUMENT) if each.transcripts]


def of_line(example: Example) -> str:
    return f"line {example.line}"


def test_every_command_works_and_prints_what_is_shown(tmp_path: Path) -> None:
    needs("curl", "sends the requests")
    run_series(blocks(DOCUMENT), tmp_path)


@pytest.mark.parametrize("example", EXAMPLES, ids=of_line)
def test_an_example_answers_as_it_says(example: Example) -> None:
    replay(example)


def test_every_key_is_explained() -> None:
    keys = set(Crud.config.__struct_fields__) - {"name", "pattern", "description"}
    assert {key for key in keys if key not in TEXT} == set()


def test_every_admin_endpoint_is_in_the_table() -> None:
    text = next(each.text for each in blocks(DOCUMENT) if each.path)
    compiled = offline_compiler(Settings(), Registry()).compile(Source("partner.yaml", text))
    served = {f"{each.method} {each.path}" for each in compiled.datapoints[0].compiled.admin}
    table = TEXT.partition("### Every admin endpoint")[2]
    assert set(re.findall(r"`((?:GET|PUT|POST|DELETE) /\S+)`", table)) == served
