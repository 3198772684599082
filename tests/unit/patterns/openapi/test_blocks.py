"""Data written as YAML is read as the same data."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imnot_core import read_document
from imnot_patterns.openapi.blocks import block, comment, is_writable, one_line, scalar

TEXTS = st.text(st.characters(codec="utf-8")) | st.text(" \n\t#:-'\"{}[]|>&*!%@`aé?,", max_size=8)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=4))
def test_what_is_written_is_what_is_read(data: dict[str, Any]) -> None:
    text = "\n".join(block(data)) + "\n"
    assert read_document(text, "written").data == data


@given(st.lists(VALUES, min_size=1, max_size=4))
def test_a_list_is_read_as_the_same(data: list[Any]) -> None:
    assert read_document("\n".join(block({"a": data})), "written").data == {"a": data}


@given(TEXTS)
def test_a_comment_is_one_line(words: str) -> None:
    assert read_document(f"{comment(words)}\na: 1\n", "written").data == {"a": 1}
    assert len(one_line(words, 5)) <= 5


@pytest.mark.parametrize("text", ["plain", "two words", "/pets/{id}", "https://a.example/?b=c#d"])
def test_what_needs_no_quotes_has_none(text: str) -> None:
    assert scalar(text) == text


@pytest.mark.parametrize(
    "text", ["", "yes", "No", "null", "1", "1.10", "2026-01-31", "a: b", "a #b", "- a", " a", "<<"]
)
def test_what_could_be_misread_is_quoted(text: str) -> None:
    assert scalar(text) == f'"{text}"'


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        10**1100,
        {"a" * 2000: 1},
        {"\x00" * 400: 1},
        {1: 2},
        ["\ud800"],
        object(),
    ],
)
def test_what_cannot_be_written_is_known_before(value: Any) -> None:
    assert not is_writable(value)
    assert not is_writable({"a": [value]})


def test_what_is_too_deep_cannot_be_written() -> None:
    deep: Any = []
    for _ in range(100):
        deep = [deep]
    assert not is_writable(deep)
