"""The paths of the pattern `stub` mean what they mean to the table of routes."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imnot_core.routes import Route, RouteTable, shape_of
from imnot_patterns.stubs.matcher import Matcher
from imnot_patterns.stubs.pattern.paths import Template
from imnot_patterns.stubs.seen import Seen
from imnot_patterns.stubs.stub import StubRequest

# Digits and letters of the escapes, and what is escaped: these could be taken for each other.
TEXTS = st.text("ab-.257BDF%/{}ä", min_size=1, max_size=4)
VALUES = st.text("ab-.257BDF%/{}äß?", min_size=1, max_size=8)


@st.composite
def segments(draw: st.DrawFn) -> str:
    """A segment of a template: text and parameters in turn, `{}` in place of a parameter."""
    inner = "{}".join(quote(text, safe="") for text in draw(st.lists(TEXTS, max_size=2)))
    first, last = ("{}" if draw(st.booleans()) else "" for _ in "ab")
    return f"{first}{inner}{last}" if inner else "{}"


@st.composite
def templates(draw: st.DrawFn) -> str:
    shape = "/" + "/".join(draw(st.lists(segments(), min_size=1, max_size=3)))
    first, *others = shape.split("{}")
    return first + "".join(f"{{p{number}}}{text}" for number, text in enumerate(others))


@given(template=templates(), values=st.lists(VALUES, min_size=9, max_size=9))
def test_a_request_has_the_same_parameters_as_in_the_table(
    template: str, values: list[str]
) -> None:
    sent = template
    for number, value in enumerate(values):
        sent = sent.replace(f"{{p{number}}}", quote(value, safe=""))
    match = RouteTable.build([Route("GET", template, 1, "")]).match("GET", sent.encode())
    assert match is not None
    written = Template(template)
    filled = written.filled(match.params)
    assert written.params(filled) == match.params
    matcher = Matcher(StubRequest(path=written.criterion))
    assert matcher.matches(Seen("GET", filled)) is not None


@given(first=templates(), second=templates())
def test_shapes_are_equal_where_those_of_the_table_are(first: str, second: str) -> None:
    alike = shape_of(first) == shape_of(second)
    assert (Template(first).shape == Template(second).shape) is alike


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("/a/b", "/a/{x}.json"),
        ("/a/{x}.json", "/a/{x}"),
        ("/a/{x}", "/{x}/{y}"),
        ("/a", "/"),
    ],
)
def test_more_literal_paths_are_more_specific(better: str, worse: str) -> None:
    assert Template(better).specificity > Template(worse).specificity
