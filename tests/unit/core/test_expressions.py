"""Regular expressions of users: Python's meaning, and no longer than they may."""

from __future__ import annotations

import logging
import time

import pytest

from imnot_core.expressions import EXPRESSION_LIMIT, expression_fault, expression_searcher


@pytest.mark.parametrize("pattern", ["", "a", "(a+)+$", "(?P<a>x)(?P=a)", "[[]", "a{2}b*c+"])
def test_an_expression_has_no_fault(pattern: str) -> None:
    assert expression_fault(pattern) == ""


@pytest.mark.parametrize("pattern", ["(", "[", "a{2}{3}", "(?P<a>x)(?P<a>y)", "*"])
def test_what_is_none_has_one(pattern: str) -> None:
    assert expression_fault(pattern)


@pytest.mark.parametrize("pattern", ["b+", "(a|b)+c?", "(b)*d"])
def test_an_expression_is_searched_for(pattern: str) -> None:
    found = expression_searcher(pattern)

    assert found("xxbdxx")
    assert not found("xxxx") or pattern == "(b)*d"


def test_one_that_takes_too_long_is_given_up_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    found = expression_searcher("(a|aa)+$")
    begin = time.monotonic()
    with caplog.at_level(logging.WARNING, "imnot"):
        assert not found("a" * 80 + "!")
    assert time.monotonic() - begin < 20 * EXPRESSION_LIMIT
    assert "given up" in caplog.text


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("[ab]+c", "a" * 200_000),
        (r"\s+$", " " * 200_000 + "x"),
        ("(a|aa)" * 28 + "x", "a" * 80),
        ("(a?)" * 28 + "b?" * 28 + "x", "a" * 40),
    ],
)
def test_no_expression_takes_much_longer_than_it_may(pattern: str, text: str) -> None:
    found = expression_searcher(pattern)
    begin = time.monotonic()
    assert not found(text)
    assert time.monotonic() - begin < 20 * EXPRESSION_LIMIT


@pytest.mark.parametrize("pattern", ["x", "x+", "[x]$", "x|y"])
def test_a_long_text_is_searched_like_a_short_one(pattern: str) -> None:
    found = expression_searcher(pattern)
    assert found("a" * 100_000 + "x")
    assert not found("a" * 100_000)
