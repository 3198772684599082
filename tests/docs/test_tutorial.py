"""docs/tutorial.md, followed from the first to the last line; the errors that it shows are real."""

from __future__ import annotations

from pathlib import Path

from tests.docs.examples import blocks, run_series
from tests.support import CHECKOUT, needs

TUTORIAL = CHECKOUT / "docs" / "tutorial.md"


def test_the_tutorial_can_be_followed(tmp_path: Path) -> None:
    needs("curl", "sends the requests")

    run_series(blocks(TUTORIAL), tmp_path)


def test_every_block_of_the_tutorial_is_run_or_compared() -> None:
    left_out = [
        str(each)
        for each in blocks(TUTORIAL)
        if each.language != "bash" and "output" not in each.words and not each.path
    ]

    assert left_out == []


def test_what_is_said_to_be_shown_is_shown() -> None:
    shown = [each for each in blocks(TUTORIAL) if "output" in each.words]
    refused = next(each for each in shown if "parcelo.yaml:" in each.text)

    assert len([line for line in refused.text.splitlines() if "parcelo.yaml:" in line]) == 3
