"""Regular expressions that may take for ever: which are warned of, and where."""

from __future__ import annotations

from typing import Any

import pytest

from imnot_patterns.stubs.stub import StubRequest
from imnot_patterns.stubs.wire.cautions import slow_patterns


def regex(pattern: str) -> dict[str, Any]:
    return {"$regex": {"pattern": pattern}}


@pytest.mark.parametrize(
    ("pattern", "group"),
    [
        ("(a+)+$", "(a+)+"),
        (r"^(\w+\s?)*$", r"(\\w+\\s?)*"),
        ("x([a-zA-Z]+)*!", "([a-zA-Z]+)*"),
        ("(?:x*y*)*", "(?:x*y*)*"),
        ("(?P<all>.*)*b", "(?P<all>.*)*"),
        ("(a+?){2,}", "(a+?){2,}"),
        ("([)]+)+", "([)]+)+"),
    ],
)
def test_a_repeated_group_of_repetitions_is_warned_of(pattern: str, group: str) -> None:
    (warning,) = slow_patterns(StubRequest(path=regex(pattern)))

    assert warning.startswith("request.path: ")
    assert f'repeats "{group}"' in warning


@pytest.mark.parametrize(
    "pattern",
    ["v[0-9]+$", "(a+)", "(a+){3}", r"(\d+,)*", r"(,\d+)*", "(a|b)+", r"\(a+\)+", "(a?)+", "", "("],
)
def test_what_is_soon_judged_is_not_warned_of(pattern: str) -> None:
    assert slow_patterns(StubRequest(path=regex(pattern))) == []


def test_the_field_is_named_however_deep_the_criterion_is() -> None:
    inner = {"$key_values": {"key_values": {"a": [1, {"$not": {"value": regex("(a+)+")}}]}}}
    request = StubRequest(
        path="/(a+)+",
        headers={"x-a": regex("(b*)*")},
        body={"$json": {"inner_criteria": inner}},
    )

    fields = [each.partition(":")[0] for each in slow_patterns(request)]

    assert fields == ["request.headers", "request.body"]


def test_a_long_pattern_is_looked_at_in_no_time() -> None:
    for hostile in ("(" * 100_000, "(a+" * 30_000, "(" + "a+" * 50_000, "([" * 100_000):
        assert slow_patterns(StubRequest(path=regex(hostile))) == []
