"""docs/patterns.md tells the truth: every example in it is run."""

from __future__ import annotations

import re

import pytest

from imnot_core.registry import Registry
from tests.docs.transcripts import Example, examples, replay
from tests.support import CHECKOUT

DOCUMENT = CHECKOUT / "docs" / "patterns.md"
EXAMPLES = examples(DOCUMENT)


def of_line(example: Example) -> str:
    return f"line {example.line}"


@pytest.mark.parametrize("example", EXAMPLES, ids=of_line)
def test_an_example_answers_as_it_says(example: Example) -> None:
    assert example.transcripts, "an example shows what is answered"
    replay(example)


def test_every_built_in_pattern_is_shown_by_each_of_its_names() -> None:
    shown = {name for each in EXAMPLES for name in re.findall(r"pattern: (\w+)", each.text + "\n")}
    offers = Registry().patterns()
    names = {each.name for each in offers if each.origin.startswith("imnot_patterns.")}

    assert names
    assert shown == names


@pytest.mark.parametrize("wrong", ['< 200 {"a": 2}', "< 201", "< 200\n< X-None: here"])
def test_an_example_that_is_not_true_fails(wrong: str) -> None:
    endpoint = "{method: GET, path: /d, response: {body: {a: 1}}}"
    text = f"- {{name: d, pattern: static, endpoints: [{endpoint}]}}"
    replay(Example(1, text, refused=False, transcripts=['> GET /d\n< 200 {"a": 1}\n']))

    with pytest.raises(AssertionError):
        replay(Example(1, text, refused=False, transcripts=[f"> GET /d\n{wrong}\n"]))


def test_a_callback_that_is_not_sent_fails() -> None:
    text = "- {name: d, pattern: static, endpoints: [{method: GET, path: /d}]}"
    transcript = "> GET /d\n< 200\n! POST https://app.example/ {}\n"

    with pytest.raises(AssertionError):
        replay(Example(1, text, refused=False, transcripts=[transcript]))
