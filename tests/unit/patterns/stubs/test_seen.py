"""What criteria see of a request."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imnot_core import Request
from imnot_patterns.stubs.seen import MAX_DEPTH, Seen, frozen, outline, parsed

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=15,
)


def seen(path: str = "/", query: str = "", body: bytes = b"", **headers: str) -> Seen:
    return Seen("GET", path, query, list(headers.items()), body)


@pytest.mark.parametrize(
    ("path", "segments"),
    [
        ("/", ()),
        ("", ()),
        ("//", ()),
        ("/u/1", ("u", "1")),
        ("/u/1/", ("u", "1")),
        ("//u/1//", ("u", "1")),
        ("/a//b", ("a", "", "b")),
    ],
)
def test_slashes_at_the_ends_of_a_path_do_not_count(path: str, segments: tuple[str, ...]) -> None:
    assert seen(path).segments == segments


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("", {}),
        ("a=1&a=2", {"a": "2"}),
        ("b", {"b": ""}),
        ("b=", {"b": ""}),
        ("q=one+two%20three", {"q": "one two three"}),
        ("n=%C3%BC", {"n": "ü"}),
    ],
)
def test_a_query_parameter_has_its_last_value(query: str, values: dict[str, str]) -> None:
    assert seen(query=query).query == values


def test_a_header_has_its_first_value_and_a_lower_case_name() -> None:
    pairs = [("X-Tenant", "a"), ("x-tenant", "b"), ("Accept", "c")]
    assert Seen("GET", "/", "", pairs).headers == {"x-tenant": "a", "accept": "c"}


@pytest.mark.parametrize(
    ("header", "host"),
    [
        ("Shop.Example:8910", "shop.example"),
        ("shop.example", "shop.example"),
        ("[::1]:8910", "::1"),
        ("[::1]", "::1"),
        ("", ""),
    ],
)
def test_the_host_has_no_port_and_no_capitals(header: str, host: str) -> None:
    assert seen(host=header).host == host


def test_without_a_host_header_the_host_is_empty() -> None:
    assert seen().host == ""


@pytest.mark.parametrize(
    ("sent", "body"), [(b"", ""), ("ü".encode(), "ü"), (b"\xff\xfe", b"\xff\xfe")]
)
def test_the_body_is_text_where_it_is_utf_8(sent: bytes, body: str | bytes) -> None:
    assert seen(body=sent).body == body


@pytest.mark.parametrize(
    "sent", [b"", b"{", b"\xff", b"\xef\xbb\xbf1", b"[" * 100_000, b"1" * 5000]
)
def test_a_body_that_is_no_json_has_none(sent: bytes) -> None:
    assert seen(body=sent).json is msgspec.UNSET
    assert seen(body=sent).json_key is None


@pytest.mark.parametrize("sent", ["Infinity", "1e400", r'"\ud800"', "1" * 40, '{"a": 1, "a": 2}'])
def test_a_body_is_parsed_as_python_parses_it(sent: str) -> None:
    assert seen(body=sent.encode()).json == json.loads(sent)


@given(JSON)
def test_the_body_as_json_is_the_value_that_was_sent(value: Any) -> None:
    sent = json.dumps(value)
    assert seen(body=sent.encode()).json == value == parsed(sent)


@given(JSON, JSON)
def test_values_have_the_same_frozen_form_when_they_are_equal(one: Any, other: Any) -> None:
    assert (frozen(one) == frozen(other)) == (one == other)
    assert frozen(one) == frozen(json.loads(json.dumps(one)))
    assert outline(one) == outline(other) or one != other


@pytest.mark.parametrize(("one", "other"), [(5, 5.0), (True, 1), ({"a": [0]}, {"a": [False]})])
def test_numbers_are_frozen_by_their_value(one: Any, other: Any) -> None:
    assert frozen(one) == frozen(other)
    assert hash(frozen(one)) == hash(frozen(other))


def test_an_empty_list_and_an_empty_object_differ_when_frozen() -> None:
    assert frozen([]) != frozen({})


def test_what_is_nested_too_deep_is_not_frozen() -> None:
    value: Any = 0
    for _ in range(MAX_DEPTH):
        value = [value]
    assert frozen(value) is not None
    assert frozen([value]) is None


def test_a_request_is_seen_as_it_was_sent() -> None:
    request = Request.of(
        "POST", "/a%20b?x=1", headers={"Host": "h:1", "X-A": "é"}, json={"n": [1, 2]}
    )
    of = Seen.of(request)
    assert (of.method, of.path, of.host, of.query) == ("POST", "/a b", "h", {"x": "1"})
    assert of.headers["x-a"] == "é"
    assert of.json == {"n": [1, 2]}


@given(st.binary(max_size=50), st.binary(max_size=20), st.text(max_size=20))
def test_nothing_that_can_be_sent_raises(body: bytes, wild: bytes, path: str) -> None:
    of = Seen("GET", path, wild, [(b"host", wild), (wild, wild)], body)
    for name in ("segments", "headers", "query", "host", "body", "json", "json_key"):
        getattr(of, name)
