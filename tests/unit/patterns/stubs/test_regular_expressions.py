"""Regular expressions of strangers: Python's meaning, and nobody waits for them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imnot_core import expressions
from imnot_patterns.stubs.criteria import criterion
from imnot_patterns.stubs.criteria.patterns import checked, matcher, searcher

PIECES = st.sampled_from(
    ["a", "b", ".", "[ab]", "[^a]", r"\d", r"\w", "(a|b)", "(ab)+", "(?:b)*", "a*", "b+?", "a{1,2}",
     "^", "$", r"\b", "(?i:A)", "(?=a)", r"(a)\1", "|"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=6).map("".join), st.text("abAB1 \n", max_size=12))
def test_an_expression_means_what_it_means_to_python(pattern: str, text: str) -> None:
    assert matcher(pattern)(text) == (re.match(pattern, text) is not None)
    assert searcher(pattern)(text) == (re.search(pattern, text) is not None)


@pytest.mark.parametrize(
    "wire",
    [
        {"$regex": {"pattern": ".*a.*b.*c.*d.*e"}},
        {"$or": {"items": [{"$regex": {"pattern": ".*a.*b.*c.*d.*e"}}, "other"]}},
        {"$not": {"value": {"$not": {"value": {"$regex": {"pattern": ".*a.*b.*c.*d.*e"}}}}}},
    ],
)
def test_what_takes_too_long_is_given_up_and_said(
    wire: object, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(expressions, "EXPRESSION_LIMIT", 0.001)
    assert not criterion(wire).matches("a" * 200_000)
    assert "was given up after 0.001 s on a text of 200000 characters" in caplog.text
    assert criterion(wire).matches("abcde")


@pytest.mark.parametrize("pattern", ["(", "a{2,1}", "[z-a]", 5, None, r"\p{L}+\p{L}+"])
def test_what_is_no_expression_of_python_is_refused(pattern: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        matcher(pattern)
    with pytest.raises(ValueError, match=r"."):
        checked(pattern)
