"""The claims of routes: two are equal exactly if the same requests are meant."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imnot_core import Route, RouteTable, template_fault
from imnot_patterns.mockservers.paths import claim_of, claim_on

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
PIECES = st.lists(
    st.sampled_from(["/", "{id}", "{}", "{a b}", "{2}", "{", "}", "%", "%2F", "?", "é"])
)
PATHS = st.one_of(TEXT, PIECES.map("".join)).map(lambda text: f"/{text}")


@given(PATHS)
def test_every_path_can_be_served(path: str) -> None:
    method, template = claim_of("GET", path)
    assert template_fault(template) is None
    table = RouteTable.build([Route(method, template, path, "test")])
    if "{" not in path:
        asked, raw_path = claim_on("GET", path)
        if "%" not in path:
            match = table.match(asked, raw_path.encode())
            assert match is not None
            assert match.target == path


@given(TEXT, TEXT)
def test_texts_have_one_claim_if_they_are_the_same_decoded(one: str, other: str) -> None:
    claims = {claim_of("GET", f"/{quote(each)}") for each in (one, other)}
    assert len(claims) == len({one, other})


@given(st.text())
def test_no_text_is_too_strange(path: str) -> None:
    assert claim_of("GET", f"/{path}")
    assert claim_on("GET", f"/{path}")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/a/{x}", "/a/{y}"),
        ("/a/{x}", "/%61/{x}"),
        ("/a b", "/a%20b"),
        ("/a%2Fb", "/a/b"),
        ("/{a}{b}", "/{c}"),
        ("/{a}-{b}", "/{b}-{a}"),
    ],
)
def test_these_take_the_same_requests(one: str, other: str) -> None:
    assert claim_of("GET", one) == claim_of("GET", other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/a", "/a/"),
        ("/a//b", "/a/b"),
        ("/a//b", "//a/b"),
        ("/", "//"),
        ("/a", "/A"),
        ("/{a}", "/%7Ba%7D"),
        ("/{a}.csv", "/{a}"),
        ("/a{2}", "/a{x}"),
    ],
)
def test_these_do_not(one: str, other: str) -> None:
    assert claim_of("GET", one) != claim_of("GET", other)


def test_a_long_path_takes_no_long_time() -> None:
    claim_of("GET", "/" + "{" * 300_000)
    claim_of("GET", "/" + "{a" * 200_000)
    claim_of("GET", "/" + "{a}" * 100_000)
