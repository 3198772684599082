"""Assertions: which requests count, and how many there should be."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imnot_patterns.payloads.details import Unprocessable
from imnot_patterns.stubs.seen import Seen
from imnot_patterns.stubs.wire.assertions import Assertion

HOST = ("host", "Localhost:8000")
HELLO = Seen("GET", "/hello", "a=1&b=", [HOST, ("x-tenant", "acme"), ("x-tenant", "other")])
JSON = Seen("POST", "/users", "", [HOST], b'{"user": {"id": 5}}')
TEXT = Seen("POST", "/users/", "", [HOST], "schön".encode())
BYTES = Seen("PUT", "/raw", "", [], b"\xff\x00")
TEMPLATE = Seen("GET", "/users/{id}", "", [])
ALL = [HELLO, JSON, TEXT, BYTES, TEMPLATE]


def holds(data: Any, requests: list[Seen] = ALL) -> bool:
    return Assertion.of(data).holds(requests)


def exactly(times: int, **fields: Any) -> bool:
    return holds({**fields, "times": times})


@pytest.mark.parametrize(
    ("fields", "times"),
    [
        ({}, 5),
        ({"path": None, "method": None, "nonsense": 3}, 5),
        ({"path": "/hello"}, 1),
        ({"path": "hello"}, 0),
        ({"path": "/hello/"}, 0),
        ({"path": "/users"}, 1),
        ({"path": "/users/"}, 1),
        ({"path": "/{name}"}, 0),
        ({"path": "/users/{id}"}, 1),
        ({"path": ""}, 0),
        ({"path": {"$regex": {"pattern": "/users"}}}, 3),
        ({"method": "GET"}, 2),
        ({"method": "get"}, 0),
        ({"method": {"$ignore_case": {"value": "get"}}}, 2),
        ({"host": "localhost"}, 3),
        ({"headers": {"x-tenant": "acme"}}, 1),
        ({"headers": {"X-Tenant": "acme"}}, 1),
        ({"headers": {"x-tenant": "other"}}, 0),
        ({"headers": {}}, 5),
        ({"query": {"a": "1"}}, 1),
        ({"query": {"a": 1}}, 0),
        ({"query": {"b": ""}}, 1),
        ({"query": {"a": {"$contains": {"items": ["1"]}}}}, 1),
        ({"body": "schön"}, 1),
        ({"body": '{"user": {"id": 5}}'}, 1),
        ({"body": '{"user":{"id":5}}'}, 0),
        ({"body": {"$json": {"inner_criteria": {"user": {"id": 5}}}}}, 1),
        ({"body": {"user": {"id": 5}}}, 1),
        ({"body": {"user": {}}}, 0),
        ({"body": [1]}, 0),
        ({"body": ""}, 2),
        ({"method": "POST", "path": "/users"}, 1),
    ],
)
def test_requests_count_that_satisfy_all_fields(fields: Any, times: int) -> None:
    assert exactly(times, **fields)
    assert not exactly(times + 1, **fields)
    assert holds(fields) == (times > 0)


@pytest.mark.parametrize(
    ("times", "counts"),
    [
        (None, {1, 2, 3}),
        (2, {2}),
        ("2", {2}),
        (2.0, {2}),
        (0, {0}),
        (-1, set()),
        ({"$eq": {"value": 0}}, {0}),
        ({"$lt": {"value": 2}}, {0, 1}),
        ({"$between": {"lower": 1, "upper": 2}}, {1, 2}),
        ({"$not": {"value": 2}}, {0, 1, 3}),
        ({"$even": {}}, {0, 2}),
    ],
)
def test_times_is_a_number_or_a_criterion(times: Any, counts: set[int]) -> None:
    assertion = Assertion.of({"times": times})
    assert {count for count in range(4) if assertion.holds([HELLO] * count)} == counts


def test_there_are_no_requests_at_all() -> None:
    assert not holds({}, [])
    assert holds({"times": 0}, [])


@pytest.mark.parametrize(
    ("data", "locs"),
    [
        ([], [()]),
        ({"path": 5, "query": []}, [("path",), ("query",)]),
        ({"times": 1.5}, [("times",)]),
        ({"times": True}, [("times",)]),
        ({"times": "often"}, [("times",)]),
        ({"times": []}, [("times",)]),
        ({"times": {}}, [("times",)]),
        ({"times": {"at_least": 1}}, [("times",)]),
        ({"times": {"$gte": 1}}, [("times", "$gte")]),
        ({"times": {"$gtee": {"value": 1}}, "method": {"$eq": 5}},
         [("method", "$eq"), ("times", "$gtee")]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_all_at_once(data: Any, locs: list[tuple[str, ...]]) -> None:
    with pytest.raises(Unprocessable) as caught:
        Assertion.of(data)
    assert [each.loc for each in caught.value.details] == [("body", *loc) for loc in locs]


NAMES = st.sampled_from(
    ["path", "method", "host", "headers", "query", "body", "times", "$eq", "$gt", "$not", "$json",
     "$regex", "value", "pattern", "inner_criteria", "x"]
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
)


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_whatever_comes_holds_or_not_or_is_refused(data: Any) -> None:
    try:
        assertion = Assertion.of(data)
    except Unprocessable:
        return
    assert assertion.holds(ALL) in (True, False)
