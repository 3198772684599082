"""docs/endpoint-features.md tells the truth: every command, example and message in it is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from imnot_core.errors import PartnerError
from imnot_core.features import FEATURES
from imnot_core.models import Source
from imnot_core.offline import offline_compiler
from imnot_core.registry import Registry
from imnot_core.settings import Settings
from tests.docs.examples import blocks, run_series
from tests.docs.transcripts import Example, examples, replay
from tests.support import CHECKOUT, needs

DOCUMENT = CHECKOUT / "docs" / "endpoint-features.md"
EXAMPLES = examples(DOCUMENT)


def of_line(example: Example) -> str:
    return f"line {example.line}"


def test_every_command_works_and_prints_what_is_shown(tmp_path: Path) -> None:
    needs("curl", "sends the requests")
    run_series(blocks(DOCUMENT), tmp_path)


@pytest.mark.parametrize("example", [e for e in EXAMPLES if not e.refused], ids=of_line)
def test_an_example_answers_as_it_says(example: Example) -> None:
    assert example.transcripts, "an example shows what is answered"
    replay(example)


@pytest.mark.parametrize("example", [e for e in EXAMPLES if e.refused], ids=of_line)
def test_a_mistake_is_refused_with_the_message_it_says(
    example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PartnerError) as refused:
        offline_compiler(Settings(), Registry()).compile(Source("partner.yaml", example.text))

    assert str(refused.value) == example.messages.rstrip("\n")


def test_every_feature_is_in_the_table() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")

    assert [key for key in FEATURES if f"| [`{key}`](" not in text] == []
