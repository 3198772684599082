"""docs/callbacks.md: every command and every example is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.examples import blocks, run_series
from tests.docs.transcripts import Example, examples, replay
from tests.support import CHECKOUT, needs

DOCUMENT = CHECKOUT / "docs" / "callbacks.md"


def of_line(example: Example) -> str:
    return f"line {example.line}"


def test_every_command_works_and_prints_what_is_shown(tmp_path: Path) -> None:
    needs("curl", "sends the requests")
    run_series(blocks(DOCUMENT), tmp_path)


@pytest.mark.parametrize("example", examples(DOCUMENT), ids=of_line)
def test_an_example_answers_as_it_says(example: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYMENTS_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    assert example.transcripts, "an example shows what is answered"
    replay(example)
