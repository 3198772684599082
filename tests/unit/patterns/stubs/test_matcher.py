"""Which requests a stub answers, how it ranks, and what its evidence and its listed form are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imnot_patterns.stubs.matcher import Evidence, Matcher
from imnot_patterns.stubs.seen import Seen
from imnot_patterns.stubs.stub import FIELDS, StubRequest


def op(name: str, **arguments: Any) -> dict[str, Any]:
    return {f"${name}": arguments}


def matcher(**fields: Any) -> Matcher:
    return Matcher(StubRequest(**fields))


def seen(
    method: str = "GET",
    path: str = "/",
    query: str = "",
    headers: dict[str, str] | None = None,
    body: bytes = b"",
) -> Seen:
    return Seen(method, path, query, list((headers or {}).items()), body)


@pytest.mark.parametrize(
    ("template", "path", "params"),
    [
        ("/u/1", "/u/1", {}),
        ("/u/1", "/u/1/", {}),
        ("u/1/", "/u/1", {}),
        ("//u/1", "/u/1", {}),
        ("/u/1", "/u/2", None),
        ("/u/1", "/U/1", None),
        ("/u", "/u/1", None),
        ("/u/{id}", "/u/1", {"id": "1"}),
        ("/u/{id}", "/u/a b", {"id": "a b"}),
        ("/u/{id}", "/u/", None),
        ("/u/{id}", "/u", None),
        ("/u/{id}", "/u/1/2", None),
        ("/{a}/{b}", "/x/y", {"a": "x", "b": "y"}),
        ("/{a}/{a}", "/x/y", {"a": "y"}),
        ("/a/{x}/b", "/a//b", {"x": ""}),
        ("/a//b", "/a//b", {}),
        ("/a//b", "/a/b", None),
        ("/{n}.json", "/1.json", None),
        ("/{n}.json", "/{n}.json", {}),
        ("/{}", "/x", None),
        ("/{}", "/{}", {}),
        ("/{a}-{b}", "/1-2", None),
        ("/{a{b}", "/x", None),
        ("", "/", {}),
        ("/", "", {}),
        ("/", "//", {}),
        ("/", "/u", None),
        ("/u?a=1", "/u", None),
        ("/%2F", "/%2F", {}),
        ("/ü", "/ü", {}),
    ],
)
def test_a_text_path_is_a_template(template: str, path: str, params: dict[str, str] | None) -> None:
    assert matcher(path=template).matches(seen(path=path, query="a=1")) == params


REQUEST = seen(
    "POST",
    "/u/1",
    "a=1&b=&r=1&r=2&p=x+y",
    {"Host": "Shop.example:8910", "X-Tenant": "acme", "x-n": "5"},
    b'{"id": 1, "tags": ["v2"]}',
)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"method": "POST"},
        {"method": op("ignore_case", value="post")},
        {"path": op("regex", pattern="/u/[0-9]+$")},
        {"path": op("eq", value="/u/1")},
        {"host": "shop.example"},
        {"host": op("regex", pattern="shop")},
        {"headers": {}},
        {"headers": {"x-tenant": "acme"}},
        {"headers": {"X-Tenant": "acme", "host": "Shop.example:8910"}},
        {"headers": {"X-TENANT": op("regex", pattern="a")}},
        {"headers": {"X-Tenant": "acme", "x-tenant": op("regex", pattern="a")}},
        {"headers": op("key_values", key_values={"X-Tenant": "acme"})},
        {"headers": op("not", value=op("key_values", key_values={"X-Other": "1"}))},
        {"headers": op("and", items=[
            op("key_values", key_values={"X-N": "5"}), op("length", value=3)])},
        {"headers": op("contains", items=["X-Tenant", "Host"])},
        {"headers": op("exact_key_values", key_values={
            "Host": op("length", value=17), "X-Tenant": "acme", "X-N": "5"})},
        {"query": {}},
        {"query": {"a": "1", "b": "", "r": "2", "p": "x y"}},
        {"query": {"a": op("lt", value="2")}},
        {"query": op("length", value=4)},
        {"body": '{"id": 1, "tags": ["v2"]}'},
        {"body": op("regex", pattern=".*v2")},
        {"body": {"tags": ["v2"], "id": 1.0}},
        {"body": {"tags": [op("regex", pattern="v")], "id": 1}},
        {"body": op("json", inner_criteria={"tags": ["v2"], "id": 1})},
        {"body": op("json", inner_criteria=op("key_values", key_values={"id": op("odd")}))},
    ],
)  # fmt: skip
def test_a_request_that_satisfies_the_criteria_matches(fields: dict[str, Any]) -> None:
    assert matcher(**fields).matches(REQUEST) == {}


@pytest.mark.parametrize(
    "fields",
    [
        {"method": "post"},
        {"method": ""},
        {"path": op("eq", value="/u/1/")},
        {"path": op("regex", pattern="u/1")},
        {"path": op("eq", value="/u/{id}")},
        {"host": "Shop.example"},
        {"host": "shop.example:8910"},
        {"headers": {"x-other": "acme"}},
        {"headers": {"x-tenant": "Acme"}},
        {"headers": {"x-n": 5}},
        {"headers": {"x-n": op("gt", value=1)}},
        {"headers": {"X-Tenant": "acme", "x-tenant": "other"}},
        {"headers": {"x-other": op("not", value="a")}},
        {"headers": op("regex", pattern="a")},
        {"headers": op("eq", value={"X-Tenant": "acme"})},
        {"query": {"a": 1}},
        {"query": {"A": "1"}},
        {"query": {"r": "1"}},
        {"query": {"c": ""}},
        {"query": op("exact_key_values", key_values={"a": "1"})},
        {"body": ""},
        {"body": '{"id":1,"tags":["v2"]}'},
        {"body": {"id": 1}},
        {"body": {"id": "1", "tags": ["v2"]}},
        {"body": []},
        {"body": 0},
        {"body": op("eq", value={"id": 1, "tags": ["v2"]})},
        {"method": "POST", "headers": {"x-tenant": "acme"}, "query": {"a": "2"}},
    ],
)
def test_a_request_that_does_not_satisfy_all_criteria_does_not_match(
    fields: dict[str, Any],
) -> None:
    assert matcher(**fields).matches(REQUEST) is None


@pytest.mark.parametrize(
    ("body", "sent", "does"),
    [
        ("", b"", True),
        ("", b"x", False),
        ({}, b"{}", True),
        ({}, b"", False),
        ([1, 2], b"[1, 2]", True),
        (5, b"5.0", True),
        (5, b'"5"', False),
        (True, b"true", True),
        ("\N{SNOWMAN}", "\N{SNOWMAN}".encode(), True),
        (op("neq", value="a"), b"\xff", True),
        (op("regex", pattern=""), b"\xff", False),
        (op("json", inner_criteria=op("eq", value=None)), b"null", True),
        (op("json", inner_criteria=op("eq", value=None)), b"", False),
        (op("json", inner_criteria=op("neq", value=1)), b"no json", False),
    ],
)
def test_a_plain_body_that_is_no_text_means_equal_json(body: Any, sent: bytes, does: bool) -> None:
    assert (matcher(body=body).matches(seen(body=sent)) is not None) == does


@pytest.mark.parametrize(
    ("fields", "count", "weight", "specificity"),
    [
        ({}, 1, 1, 0),
        ({"path": "/u/{id}/x"}, 1, 79, 2),
        ({"path": "/"}, 1, 79, 0),
        ({"path": "/a//b"}, 1, 79, 2),
        ({"path": op("eq", value="/u/1")}, 1, 79, 0),
        ({"method": "GET"}, 1, 37, 0),
        ({"body": ""}, 1, 17, 0),
        ({"host": "h"}, 1, 7, 0),
        ({"query": {"a": "1", "b": "2"}}, 1, 3, 0),
        ({"headers": {}}, 1, 2, 0),
        (
            {"path": "/u", "method": "GET", "headers": {}, "body": "", "host": "", "query": {}},
            6, 145, 1,
        ),
    ],
)  # fmt: skip
def test_a_stub_ranks_by_its_fields(
    fields: dict[str, Any], count: int, weight: int, specificity: int
) -> None:
    made = matcher(**fields)
    assert (made.count, made.weight, made.specificity) == (count, weight, specificity)


def test_the_evidence_has_every_criterion_matched_or_not() -> None:
    made = matcher(
        path="/u/{id}",
        method="GET",
        headers={"X-Tenant": "umbrella", "x-missing": "1"},
        query={"a": "1", "n": op("gt", value=5)},
        body=op("json", inner_criteria={"id": 1}),
        host=op("regex", pattern="shop"),
    )
    assert made.evidence(REQUEST) == [
        Evidence("path", True, "/u/{id}", "/u/1"),
        Evidence("method", False, '"GET"', "POST"),
        Evidence("header x-tenant", False, '"umbrella"', "acme"),
        Evidence("header x-missing", False, '"1"', None),
        Evidence("body", False, 'is JSON that is {"id":1}', '{"id": 1, "tags": ["v2"]}'),
        Evidence("host", True, 'matches the regular expression "shop"', "shop.example"),
        Evidence("query a", True, '"1"', "1"),
        Evidence("query n", False, "is greater than 5", None),
    ]


def test_the_evidence_of_bytes_is_text() -> None:
    (evidence,) = matcher(body="a").evidence(seen(body=b"a\xff"))
    assert evidence == Evidence("body", False, '"a"', "a\\xff")


@pytest.mark.parametrize("wire", [{}, op("length", value=0)])
def test_a_criterion_for_all_of_the_query_is_one_piece_of_evidence(wire: Any) -> None:
    (evidence,) = matcher(query=wire).evidence(seen())
    assert (evidence.field, evidence.matched, evidence.actual) == ("query", True, {})


@pytest.mark.parametrize(
    ("field", "given", "listed"),
    [
        ("path", "/u/{id}", "/u/{id}"),
        ("path", "", ""),
        ("method", op("not", value="GET"), op("not", value=op("eq", value="GET"))),
        ("host", "h", "h"),
        ("body", "", ""),
        ("body", {"a": 1}, {"a": 1}),
        ("body", [1], [1]),
        ("headers", {"X-H": "v"}, op("key_values", key_values={"X-H": op("eq", value="v")})),
        ("headers", {}, op("key_values", key_values={})),
        (
            "query",
            {"n": op("odd"), "m": 1},
            op("key_values", key_values={"n": op("odd"), "m": op("eq", value=1)}),
        ),
        ("query", op("length", value=1), op("length", value=op("eq", value=1))),
        ("path", op("huh", value=1), op("huh", value=1)),
        ("path", {"$gt": 5}, {"$gt": 5}),
    ],
)
def test_a_stub_is_listed_in_the_documented_form(field: str, given: Any, listed: Any) -> None:
    nothing = dict.fromkeys(("method", "path", "body", "headers", "host", "query"))
    assert matcher(**{field: given}).wire == {**nothing, field: listed}


PLACES = st.sampled_from(["a", "b", "1", "{id}", "", "X-A"])
VALUES = st.recursive(
    PLACES | st.integers(0, 2),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(PLACES, inner, max_size=2)
        | inner.map(lambda value: op("eq", value=value))
        | inner.map(lambda value: op("not", value=value))
        | inner.map(lambda value: op("json", inner_criteria=value))
        | st.dictionaries(PLACES, inner, max_size=2).map(lambda v: op("key_values", key_values=v))
    ),
    max_leaves=4,
)
REQUESTS = st.builds(
    StubRequest,
    path=st.none() | st.lists(PLACES, max_size=3).map("/".join),
    method=st.none() | VALUES,
    host=st.none() | VALUES,
    headers=st.none() | st.dictionaries(PLACES, VALUES, max_size=2) | VALUES,
    query=st.none() | st.dictionaries(PLACES, VALUES, max_size=2) | VALUES,
    body=st.none() | VALUES,
)
SEEN = st.builds(
    Seen,
    st.sampled_from(["GET", "a"]),
    st.lists(PLACES, max_size=3).map("/".join),
    st.sampled_from(["", "a=1&b=a", "1=a"]),
    st.dictionaries(PLACES, PLACES, max_size=2).map(lambda pairs: list(pairs.items())),
    st.sampled_from([b"", b"a", b"1", b'{"a": 1}', b'{"a": "b", "b": [1]}', b"\xff"]),
)


@given(REQUESTS, SEEN)
def test_a_stub_matches_when_all_of_its_evidence_does(request_: StubRequest, of: Seen) -> None:
    made = Matcher(request_)
    assert (made.matches(of) is not None) == all(each.matched for each in made.evidence(of))


@given(REQUESTS, SEEN)
def test_what_is_listed_can_be_posted_again(request_: StubRequest, of: Seen) -> None:
    made = Matcher(request_)
    again = Matcher(StubRequest(**{field: made.wire[field] for field in FIELDS}))
    assert again.wire == made.wire
    assert again.matches(of) == made.matches(of)
    assert (again.count, again.weight) == (made.count, made.weight)
