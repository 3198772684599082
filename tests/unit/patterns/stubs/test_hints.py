"""The slips that are recognised where a request nearly satisfies a criterion."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imnot_core import Request
from imnot_patterns.stubs.nearmiss.differences import difference
from imnot_patterns.stubs.nearmiss.likeness import edits, likeness, nearly
from imnot_patterns.stubs.nearmiss.paths import path_hint
from imnot_patterns.stubs.nearmiss.showing import plain, shown
from tests.unit.patterns.stubs.nearness import hint_of

JSON = "application/json"


def header_hint(wanted: Any, actual: str) -> str:
    request = Request.of("GET", "/", headers={"x-a": actual})
    return hint_of(request, "header x-a", path="/", headers={"x-a": wanted})


def query_hint(wanted: Any, query: str) -> str:
    return hint_of(Request.of("GET", f"/?{query}"), "query a", path="/", query={"a": wanted})


def body_hint(wanted: Any, body: bytes, content_type: str = "") -> str:
    headers = {"content-type": content_type} if content_type else {}
    return hint_of(
        Request.of("POST", "/", headers=headers, body=body), "body", path="/", body=wanted
    )


def json_hint(wanted: Any, body: bytes) -> str:
    return body_hint({"$json": {"inner_criteria": wanted}}, body, JSON)


@pytest.mark.parametrize(
    ("pattern", "path", "hint"),
    [
        ("/users", "/Users", "only the letter case differs: `Users`, expected `users`"),
        ("/a/users", "/a//users", "the request's path has an empty segment (`//`), which counts"),
        ("/a//users", "/a/users", "the pattern has an empty segment (`//`), which counts"),
        (
            "/a/users/{id}",
            "/A//users/5",
            (
                "the request's path has an empty segment (`//`), which counts;"
                " the letter case differs: `A`, expected `a`"
            ),
        ),
        (
            "/search?q=1",
            "/search",
            "a path has no query: write `/search`, and `q=1` into `query`",
        ),
        (
            "http://host/users",
            "/users",
            "a path begins after the host: write `/users`, and the host into `host`",
        ),
        (
            "/a%20b",
            "/a b",
            "a request's path is decoded before it is compared: write `a b`",
        ),
        ("/a b", "/a%20b", "the request encodes its path twice: decoded once it has `a%20b`"),
        ("/a b", "/a+b", "`+` is a blank in a query only: in a path, a blank is sent as `%20`"),
        ("/a+b", "/a b", "`+` in a pattern is a plus sign: write a blank for a blank"),
        ("/users ", "/users", "the pattern has blanks beside a segment"),
        ("/users", "/users ", "the request's path has blanks beside a segment"),
        ("/users/:id", "/users/5", "`:id` is literal text: a parameter is written `{id}`"),
        (
            "/users/<int:id>",
            "/users/5",
            "`<int:id>` is literal text: a parameter is written `{id}`",
        ),
        ("/users/*", "/users/5", "`*` is literal text: a parameter is written `{any}`"),
        (
            "/f/{n}.json",
            "/f/5.json",
            "`{n}.json` is literal text: a parameter takes a whole segment",
        ),
        ("/users/{id}", "/users/", "`{id}` is empty"),
        ("/users/{id}", "/users", "`{id}` has no segment in the request"),
        ("/users/{id}", "/api/v1/users/5", "the request has `/api/v1` in front of it"),
        ("/api/users/{id}", "/users/5", "the request lacks `/api` in front"),
        (
            "/users/{id}",
            "/users/5/notes",
            "the request goes on with `/notes`; a parameter takes one segment",
        ),
        ("/users/{id}/notes", "/users/5", "the request ends before `/notes`"),
        ("/users/{id}", "/a/b/c", "the pattern has 2 segments, the request 3"),
        ("/x", "/a/b/c", "the pattern has 1 segment, the request 3"),
        ("/users/{id}", "/usres/5", "`usres` is nearly `users`"),
        ("/users/{id}", "/orders/5", ""),
        ("/{a}/{b}", "/x", "the pattern has 2 segments, the request 1"),
    ],
)
def test_slips_in_a_path_are_recognised(pattern: str, path: str, hint: str) -> None:
    assert path_hint(pattern, path) == hint


def test_the_hint_for_a_path_is_in_the_evidence() -> None:
    hint = hint_of(Request.of("GET", "/Users/5"), "path", path="/users/{id}")

    assert hint == "only the letter case differs: `Users`, expected `users`"


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("/x/a/", "without the slash at the end, `/x/a`, it would fit"),
        ("/x//a", "without the double slash, `/x/a`, it would fit"),
        ("/X/A", "in lower case, `/x/a`, it would fit"),
    ],
)
def test_a_criterion_of_the_path_minds_slashes_and_says_so(path: str, hint: str) -> None:
    equality = {"$eq": {"value": "/x/a"}}
    criterion = {"$and": {"items": [equality]}}

    assert hint_of(Request.of("GET", path), "path", path=equality) == hint
    assert hint_of(Request.of("GET", path), "path", path=criterion) == hint


def test_a_missing_slash_is_recognised_too() -> None:
    hint = hint_of(Request.of("GET", "/a"), "path", path={"$regex": {"pattern": "/a/$"}})

    assert hint == "with a slash at the end, `/a/`, it would fit"


def test_a_method_is_written_in_capitals() -> None:
    assert hint_of(Request.of("GET", "/"), "method", path="/", method="get") == (
        "a method is written in capitals"
    )


@pytest.mark.parametrize(
    ("wanted", "hint"),
    [
        ("Example.com", "a host is compared in lower case"),
        ("example.com:8080", 'a host is compared without its port: write "example.com"'),
    ],
)
def test_a_host_has_no_port_and_no_capitals(wanted: str, hint: str) -> None:
    request = Request.of("GET", "/", headers={"host": "example.com:8080"})

    assert hint_of(request, "host", path="/", host=wanted) == hint


@pytest.mark.parametrize(
    ("wanted", "actual", "hint"),
    [
        ("Acme", "acme", '`{"$ignore_case": …}` compares without: only the letter case differs'),
        (" acme", "acme", "the expected value has blanks or line ends around it"),
        ("a  b", "a b", "only blanks and line ends differ"),
        ('"abc"', "abc", "only the quotation marks differ"),
        (
            "application/json",
            "application/json; charset=utf-8",
            (
                "only what follows `;` differs:"
                ' {"$regex": {"pattern": "application/json"}} takes any parameters'
            ),
        ),
        ("Bearer abc", "abc", "the request lacks `Bearer` in front"),
        ("abc", "Bearer abc", "the request has `Bearer` in front"),
        ("a b", "a%20b", "the request sends it percent-encoded: `a%20b`"),
        ("a%20b", "a b", 'the request sends it decoded: write "a b"'),
        ("acme", "umbrella", ""),
        (5, "5", '`5` is a number, and a header is always text: write "5"'),
        (True, "true", '`true` is a truth value, and a header is always text: write "true"'),
        (5, "6", '`5` is a number, and a header is always text: write "5"'),
    ],
)
def test_slips_in_a_header_are_recognised(wanted: Any, actual: str, hint: str) -> None:
    assert header_hint(wanted, actual) == hint


def test_the_first_difference_of_long_values_is_found() -> None:
    hint = header_hint("a" * 50 + "b", "a" * 50 + "c")

    assert hint == 'the first difference is at character 51: "c", expected "b"'


def test_a_value_that_ends_early_is_recognised() -> None:
    assert header_hint("a" * 50, "a" * 45) == "45 characters, expected 50"


@pytest.mark.parametrize(
    ("pattern", "actual", "hint"),
    [
        (
            "b[0-9]",
            "ab1",
            'a pattern has to fit from the first character on; ".*b[0-9]" would fit',
        ),
        (
            "error",
            "an error",
            'a pattern has to fit from the first character on; ".*error" would fit',
        ),
        ("Error", "error", ""),
        ("error", "ERROR", "in lower case, `error`, it would fit"),
    ],
)
def test_a_pattern_that_fits_later_or_otherwise_is_recognised(
    pattern: str, actual: str, hint: str
) -> None:
    assert header_hint({"$regex": {"pattern": pattern}}, actual) == hint


def test_a_criterion_for_numbers_never_takes_a_text() -> None:
    assert header_hint({"$gt": {"value": 3}}, "5") == (
        "it would take the number 5, but a header is always text"
    )


@pytest.mark.parametrize(
    ("wanted", "query", "hint"),
    [
        (1, "a=1", '`1` is a number, and the values of a query are always text: write "1"'),
        ("a%20b", "a=a%20b", 'a query is decoded before it is compared: write "a b"'),
        ("a b", "a=a%2520b", "the request encodes it twice: `a%20b`"),
        ("a+b", "a=a+b", 'a query is decoded before it is compared: write "a b"'),
        ("1", "", "the request has no query"),
        ("1", "A=1", "the request has `A`: names in a query keep their letter case"),
        ("1", "a[]=1", "the request has `a[]`: is it meant?"),
        ("1", "other=1", ""),
    ],
)
def test_slips_in_a_query_are_recognised(wanted: Any, query: str, hint: str) -> None:
    assert query_hint(wanted, query) == hint


@pytest.mark.parametrize(
    ("name", "headers", "target", "hint"),
    [
        (
            "x-tenant",
            {"x-tenent": "a"},
            "/",
            "the request has the header `x-tenent`: is it meant?",
        ),
        ("x-tenant", {"x_tenant": "a"}, "/", "the request has the header `x_tenant`: is it meant?"),
        ("tenant", {}, "/?tenant=a", "the request has it as the query parameter `tenant`"),
        ("x-tenant", {"accept": "a"}, "/", ""),
    ],
)
def test_a_missing_header_is_looked_for_under_other_names(
    name: str, headers: dict[str, str], target: str, hint: str
) -> None:
    request = Request.of("GET", target, headers=headers)

    assert hint_of(request, f"header {name}", path="/", headers={name: "a"}) == hint


def test_a_missing_query_parameter_is_looked_for_among_headers_and_in_a_form() -> None:
    as_header = Request.of("GET", "/?x=1", headers={"page": "1"})
    as_form = Request.of(
        "POST",
        "/",
        headers={"content-type": "application/x-www-form-urlencoded"},
        body=b"page=1",
    )

    assert hint_of(as_header, "query page", path="/", query={"page": "1"}) == (
        "the request has it as the header `page`"
    )
    assert hint_of(as_form, "query page", path="/", query={"page": "1"}) == (
        "the request has it in the form of its body: that is `body`, not `query`"
    )


@pytest.mark.parametrize(
    ("wanted", "body", "content_type", "hint"),
    [
        ({"a": 1}, b"", JSON, "the request has no body"),
        (
            {"a": 1},
            b"a=1",
            "application/x-www-form-urlencoded",
            (
                "the body is no JSON but a form: the request's content-type is"
                " `application/x-www-form-urlencoded`"
            ),
        ),
        (
            {"a": 1},
            b"hello",
            "text/plain",
            "the body is no JSON: the request's content-type is `text/plain`",
        ),
        ({"a": 1}, b"{'a': 1}", "", "the body is no JSON, and the request has no content-type"),
        (
            {"a": 1},
            b"{'a': 1}",
            JSON,
            "the body is no JSON, although the request's content-type is `application/json`",
        ),
        ({"a": 1}, b"\xff", JSON, "the body is no UTF-8 text, so it is no JSON"),
        (
            {"a": 1},
            rb'"{\"a\": 1}"',
            JSON,
            "the body is JSON encoded twice: a text that holds JSON",
        ),
        ("text", b"\xff", "", "the body is no UTF-8 text"),
        ("text", b"text\n", "", "the request's value has blanks or line ends around it"),
        (
            '{"a":1}',
            b'{ "a": 1 }',
            JSON,
            'the same JSON in another spelling: `{"$json": …}` compares values',
        ),
        ('{"a":1}', b'{"a":2}', JSON, "$.a: expected 1, got 2"),
    ],
)
def test_slips_in_a_body_are_recognised(
    wanted: Any, body: bytes, content_type: str, hint: str
) -> None:
    assert body_hint(wanted, body, content_type) == hint


@pytest.mark.parametrize(
    ("wanted", "body", "hint"),
    [
        (
            {"user": {"id": 5}},
            b'{"user": {"id": "5"}}',
            '$.user.id: expected 5, got "5" (a number, a text)',
        ),
        ({"user": {"id": 5}}, b'{"user": {}}', "$.user.id is missing"),
        (
            {"userId": 5},
            b'{"user_id": 5}',
            "$.userId is missing; is $.user_id meant?",
        ),
        (
            {"a": {"b": 1}},
            b'{"a": {"b": 1, "c": 2}}',
            "$.a.c is more than expected: `$key_values` inside `$json` allows other keys",
        ),
        ([1, 2], b"[2, 1]", "$: the same elements in another order"),
        ([1, 2], b"[1]", "$: expected 2 elements, got 1"),
        ({"a": [1, {"b": 2}]}, b'{"a": [1, {"b": 3}]}', "$.a[1].b: expected 2, got 3"),
        ([0] * 700 + [1], b"[" + b"0," * 700 + b"2]", "$[700]: expected 1, got 2"),
        ({"a b": 1}, b'{"a b": 2}', '$["a b"]: expected 1, got 2'),
        ({"a": None}, b'{"a": 0}', "$.a: expected null, got 0"),
        (
            {"$key_values": {"key_values": {"id": {"$gt": {"value": 5}}}}},
            b'{"id": 3, "more": 1}',
            "$.id: expected a value that is greater than 5, got 3",
        ),
        (
            {"$key_values": {"key_values": {"user": {"$key_values": {"key_values": {"id": 5}}}}}},
            b'{"user": {"id": 6}}',
            "$.user.id: expected 5, got 6",
        ),
        (
            {"$exact_key_values": {"key_values": {"id": 5}}},
            b'{"id": 5, "more": 1}',
            "$.more is more than expected: `$key_values` allows other keys",
        ),
        (
            {"$contains_exactly": {"items": [1, {"$odd": {}}]}},
            b"[1, 2]",
            "$[1]: expected a value that is odd, got 2",
        ),
        (
            {"$and": {"items": [{"$gt": {"value": 1}}, {"$lt": {"value": 3}}]}},
            b"5",
            "$: expected a value that is less than 3, got 5",
        ),
    ],
)
def test_the_first_place_where_json_differs_is_named(wanted: Any, body: bytes, hint: str) -> None:
    assert json_hint(wanted, body) == hint


def test_a_deep_difference_neither_fails_nor_is_found() -> None:
    one: Any = 1
    other: Any = 2
    for _ in range(60):
        one, other = {"a": one}, {"a": other}

    assert difference(one, other) == ""


WORDS = st.text(alphabet="abc", max_size=8)


@given(one=WORDS, other=WORDS)
def test_edits_count_single_slips(one: str, other: str) -> None:
    limit = 2
    found = edits(one, other, limit)

    assert found == edits(other, one, limit)
    assert (found == 0) == (one == other)
    assert found == min(_distance(one, other), limit + 1)
    assert 0 <= likeness(one, other) <= 1


def _distance(one: str, other: str) -> int:
    """The textbook's recursion: insert, delete, replace, swap neighbours."""
    table = {(row, 0): row for row in range(len(one) + 1)}
    table |= {(0, column): column for column in range(len(other) + 1)}
    for row in range(1, len(one) + 1):
        for column in range(1, len(other) + 1):
            same = one[row - 1] == other[column - 1]
            costs = [
                table[row - 1, column] + 1,
                table[row, column - 1] + 1,
                table[row - 1, column - 1] + (not same),
            ]
            if row > 1 and column > 1 and one[row - 2 : row] == other[column - 2 : column][::-1]:
                costs.append(table[row - 2, column - 2] + 1)
            table[row, column] = min(costs)
    return table[len(one), len(other)]


@pytest.mark.parametrize(
    ("name", "names", "near"),
    [
        ("x-tenant", ["accept", "x-tenent"], "x-tenent"),
        ("userId", ["user_id", "usersId"], "user_id"),
        ("id", ["ip"], None),
        ("page", ["pages"], "pages"),
        ("page", ["age-of-it"], None),
    ],
)
def test_a_name_is_near_by_a_slip_or_another_spelling(
    name: str, names: list[str], near: str | None
) -> None:
    assert nearly(name, names) == near


def test_values_are_shown_on_one_line_with_nothing_invisible() -> None:
    assert shown("a\nb\x00\u202e\xa0") == r'"a\nb\x00\u202e\xa0"'
    assert shown('say "yes"') == "'say \"yes\"'"
    assert shown("both ' and \"") == r'"both ' + r"' and \"" + '"'
    assert shown("back\\slash") == r'"back\\slash"'
    assert shown(b"\xff") == r"1 bytes, '\xff'"
    assert shown({"a": [1, None]}) == '{"a":[1,null]}'


def test_values_are_cut_for_showing() -> None:
    assert len(shown("a" * 1000)) == 202
    assert len(shown(list(range(1000)))) < 60
    assert plain({str(number): number for number in range(100)})["…"] == "…"
    assert plain(10**30) == "a huge number"
    assert plain(object()) == "a value of type object"
