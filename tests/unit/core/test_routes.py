"""The route table: what matches, in which order, what is refused, and what it costs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import product
from urllib.parse import quote, unquote, unquote_to_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imnot_core.errors import RouteConflict
from imnot_core.routes import (
    Conflict,
    Match,
    Route,
    RouteTable,
    conflicts,
    normalise,
    template_fault,
)
from imnot_core.routes.nearness import edits


def table(*templates: str, method: str = "GET") -> RouteTable[str]:
    return RouteTable.build(Route(method, template, template, "a/b") for template in templates)


def found(routes: RouteTable[str], path: str | bytes, method: str = "GET") -> object:
    match = routes.match(method, path if isinstance(path, bytes) else path.encode())
    return None if match is None else (match.target, dict(match.params))


# Literal paths


def test_a_literal_path_is_found_with_its_method_only() -> None:
    routes = table("/orders")
    assert found(routes, "/orders") == ("/orders", {})
    assert found(routes, "/orders", "POST") is None
    assert found(routes, "/orders", "HEAD") is None
    assert found(routes, "/order") is None
    assert found(routes, "/orders/1") is None


@pytest.mark.parametrize("template", ["/orders", "/orders/", "/orders//"])
def test_one_slash_at_the_end_makes_no_difference(template: str) -> None:
    routes = table(template)
    assert found(routes, "/orders") == found(routes, "/orders/") == (template, {})
    assert found(routes, "/orders//") is None
    assert found(routes, "//orders") is None


def test_the_root_is_itself() -> None:
    assert found(table("/"), "/") == ("/", {})
    assert found(table("/"), "//") is None
    assert found(table("/"), "") is None
    assert found(table("/{x}"), "/") is None


@pytest.mark.parametrize("template", ["/café/a~b", "/caf%C3%A9/a~b", "/caf%c3%a9/%61%7Eb"])
@pytest.mark.parametrize(
    "path",
    ["/caf%C3%A9/a~b", "/caf%c3%a9/a%7eb", "/%63af%C3%A9/%61~b", "/café/a~b", "/caf%C3%A9/a~b/"],
)
def test_every_spelling_of_a_literal_path_matches(template: str, path: str) -> None:
    assert found(table(template), path) == (template, {})


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("/a%20b", "/a%20b"),
        ("/a%3Fb", "/a%3fb"),
        ("/a%25b", "/a%25b"),
        ("/a|b", "/a%7Cb"),
        ("/a|b", "/a|b"),
        ("/a%7Bb%7D", "/a{b}"),
        ("/a%7Bb%7D", "/a%7bb%7d"),
        ("/a%2Fb", "/a%2fb"),
    ],
)
def test_what_must_be_encoded_matches_in_every_spelling(template: str, path: str) -> None:
    assert found(table(template), path) == (template, {})


def test_an_encoded_slash_is_no_slash() -> None:
    assert found(table("/a%2Fb"), "/a/b") is None
    assert found(table("/a/b"), "/a%2Fb") is None
    assert found(table("/{x}"), "/a%2Fb") == ("/{x}", {"x": "a/b"})
    assert found(table("/{x}/{y}"), "/a%2Fb") is None


def test_an_encoded_percent_sign_is_decoded_once() -> None:
    assert found(table("/a%2541"), "/a%2541") == ("/a%2541", {})
    assert found(table("/a%2541"), "/aA") is None
    assert found(table("/aA"), "/a%2541") is None


def test_dot_segments_are_left_as_they_are() -> None:
    assert found(table("/a/{x}/c"), "/a/../c") == ("/a/{x}/c", {"x": ".."})
    assert found(table("/c"), "/a/../c") is None


# Parameters


def test_parameters_take_one_segment_that_is_not_empty() -> None:
    routes = table("/orders/{id}", "/orders/{id}/items/{item}")
    assert found(routes, "/orders/5") == ("/orders/{id}", {"id": "5"})
    assert found(routes, "/orders/5/") == ("/orders/{id}", {"id": "5"})
    assert found(routes, "/orders/") is None
    assert found(routes, "/orders//items/5") is None
    assert found(routes, "/orders/5/items/6") == (
        "/orders/{id}/items/{item}",
        {"id": "5", "item": "6"},
    )
    assert found(routes, "/orders/5/parts/6") is None


def test_values_of_parameters_are_decoded() -> None:
    routes = table("/o/{id}")
    assert found(routes, "/o/a%20b%C3%A9+c") == ("/o/{id}", {"id": "a bé+c"})
    assert found(routes, "/o/%FFx") == ("/o/{id}", {"id": "\ufffdx"})
    assert found(routes, b"/o/\xff") == ("/o/{id}", {"id": "\ufffd"})
    assert found(routes, "/o/é") == ("/o/{id}", {"id": "é"})
    assert found(routes, "/o/100%") == ("/o/{id}", {"id": "100%"})


def test_literal_text_comes_before_a_parameter() -> None:
    routes = table("/o/{id}", "/o/new", "/{kind}/new")
    assert found(routes, "/o/new") == ("/o/new", {})
    assert found(routes, "/o/n%65w") == ("/o/new", {})
    assert found(routes, "/o/5") == ("/o/{id}", {"id": "5"})
    assert found(routes, "/x/new") == ("/{kind}/new", {"kind": "x"})


def test_a_wrong_turn_is_taken_back() -> None:
    routes = table("/a/{x}/c", "/a/b/{y}/d", "/{x}/b/c/{z}")
    assert found(routes, "/a/b/c") == ("/a/{x}/c", {"x": "b"})
    assert found(routes, "/a/b/c/d") == ("/a/b/{y}/d", {"y": "c"})
    assert found(routes, "/a/b/c/e") == ("/{x}/b/c/{z}", {"x": "a", "z": "e"})
    assert found(routes, "/a/b/d") is None


def test_taking_back_wrong_turns_stays_fast() -> None:
    depth = 16
    routes = table(*("".join(f"/{p}" for p in parts) + "/end" for parts in _turns(depth)))
    assert found(routes, "/a" * depth + "/other") is None


def _turns(depth: int) -> Iterable[tuple[str, ...]]:
    names = [f"{{p{i}}}" for i in range(depth)]
    return product(*([("a", name) for name in names[:10]] + [(name,) for name in names[10:]]))


def test_mixed_segments_come_between_literals_and_parameters() -> None:
    routes = table(
        "/f/{name}", "/f/{name}.json", "/f/x{name}.json", "/f/x.json", "/f/{name}:cancel"
    )
    assert found(routes, "/f/x.json") == ("/f/x.json", {})
    assert found(routes, "/f/xy.json") == ("/f/x{name}.json", {"name": "y"})
    assert found(routes, "/f/y.json") == ("/f/{name}.json", {"name": "y"})
    assert found(routes, "/f/y:cancel") == ("/f/{name}:cancel", {"name": "y"})
    assert found(routes, "/f/y%3Acancel") == ("/f/{name}:cancel", {"name": "y"})
    assert found(routes, "/f/.json") == ("/f/{name}", {"name": ".json"})


def test_several_parameters_in_a_segment_are_cut_from_the_left() -> None:
    routes = table("/{a}-{b}", "/v{x}.{y}.{z}")
    assert found(routes, "/1-2-3") == ("/{a}-{b}", {"a": "1", "b": "2-3"})
    assert found(routes, "/--3") == ("/{a}-{b}", {"a": "-", "b": "3"})
    assert found(routes, "/v1.2.3.4") == ("/v{x}.{y}.{z}", {"x": "1", "y": "2", "z": "3.4"})
    assert found(routes, "/1-") is None
    assert found(routes, "/v1.2.") is None


def test_a_hostile_segment_takes_no_long_time() -> None:
    routes = table("/" + "-".join(f"{{p{i}}}" for i in range(12)) + "!")
    assert found(routes, "/" + "-" * 60_000) is None


# The table


def test_the_table_lists_its_routes_in_order() -> None:
    routes = [
        Route("GET", "/b", 1, "x"),
        Route("POST", "/a/{id}", 2, "y"),
        Route("PUT", "/b", 3, "z"),
    ]
    built = RouteTable.build(routes)
    assert list(built) == routes
    assert len(built) == 3
    assert built.match("PUT", b"/b") == Match(3, {})
    assert len(RouteTable.build(())) == 0


def test_params_of_a_literal_path_cannot_be_changed() -> None:
    match = table("/a").match("GET", b"/a")
    assert match is not None
    with pytest.raises(TypeError):
        match.params["x"] = "y"  # type: ignore[index]


def test_methods_of_a_path_are_all_that_would_be_answered() -> None:
    routes = RouteTable.build(
        [
            Route("POST", "/o/{id}", 1, ""),
            Route("GET", "/o/{key}", 2, ""),
            Route("DELETE", "/o/new", 3, ""),
            Route("PUT", "/p/{id}", 4, ""),
        ]
    )
    assert routes.methods(b"/o/new") == ["DELETE", "GET", "POST"]
    assert routes.methods(b"/o/5/") == ["GET", "POST"]
    assert routes.methods(b"/x") == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("/a", "/a"),
        ("/a", "/a/"),
        ("/a/{x}", "/a/{y}"),
        ("/a/{x}.json", "/a/{y}.json"),
        ("/café", "/caf%C3%A9"),
        ("/a/%7Eb/{x}", "/a/~b/{y}"),
    ],
)
def test_two_owners_of_the_same_requests_are_refused(first: str, second: str) -> None:
    one, other = Route("GET", first, 1, "acme/o (a.yaml:7:9)"), Route("GET", second, 2, "beta/p")
    with pytest.raises(RouteConflict) as caught:
        RouteTable.build([one, other])
    assert caught.value.route == f"GET {second}"
    assert "acme/o (a.yaml:7:9)" in caught.value.first
    assert (first in caught.value.first) == (first != second)
    assert caught.value.second == "beta/p"
    assert conflicts([one, other]) == [Conflict(one, other)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("/a/{x}", "/a/b"),
        ("/a/{x}", "/a/{x}.json"),
        ("/a/{x}", "/{x}/a"),
        ("/a%2Fb", "/a/b"),
        ("/a/%3F", "/a/{x}"),
        ("/a/%7B%7D", "/a/{x}"),
        ("/A", "/a"),
    ],
)
def test_routes_that_differ_in_more_than_names_live_side_by_side(first: str, second: str) -> None:
    assert len(table(first, second)) == 2


def test_all_conflicts_are_listed_each_with_the_first_of_its_kind() -> None:
    a, b, c = (Route("GET", f"/x/{{{name}}}", name, name) for name in "abc")
    other = Route("PUT", "/x/{a}", "d", "d")
    assert conflicts([a, other, b, c]) == [Conflict(a, b), Conflict(a, c)]


def test_a_template_that_cannot_be_served_is_refused() -> None:
    with pytest.raises(ValueError, match="GET orders of acme: a path begins with `/`"):
        RouteTable.build([Route("GET", "orders", 1, "acme")])


# Templates


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/a", "/a/", "/a/b.c~d_e-f", "/{id}", "/{a_b-c1}/{_x}", "/{id}.json", "/v{a}.{b}"),
        *("/café", "/caf%C3%A9", "/a%20b", "/a:b", "/@me", "/a,b;c=d", "/日本/{x}", "/a%7Bb"),
        *("/..", "/a|b", '/"', "//"),
    ],
)
def test_a_good_template_has_no_fault(path: str) -> None:
    assert template_fault(path) is None


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("", "begins with `/`"),
        ("orders", "begins with `/`"),
        ("{id}", "begins with `/`"),
        ("http://x/a", "begins with `/`"),
        ("/a?b=1", "query"),
        ("/a#b", "fragment"),
        ("/a b", "SPACE"),
        ("/a\tb", "cannot contain"),
        ("/a\x00", "cannot contain"),
        ("/a\u00a0b", "NO-BREAK SPACE"),
        ("/a\ud800", "cannot contain"),
        ("/a//b", "empty segments"),
        ("//a", "empty segments"),
        ("/a%zz", "hexadecimal"),
        ("/100%", "%25"),
        ("/{id", "braces"),
        ("/id}", "braces"),
        ("/{{id}}", "braces"),
        ("/{a{b}}", "braces"),
        ("/{}", "`{}` is no parameter"),
        ("/{1a}", "`{1a}` is no parameter"),
        ("/{id:str}", "`{id:str}` is no parameter"),
        ("/{a/b}", "parameter"),
        ("/{é}", "no parameter"),
        ("/{a}/b/{a}", "`{a}` occurs twice"),
        ("/{a}{b}", "text between them"),
    ],
)
def test_a_bad_template_is_explained(path: str, word: str) -> None:
    assert word in (template_fault(path) or "")


@pytest.mark.parametrize(
    ("path", "normal"), [("/", "/"), ("//", "/"), ("/a", "/a"), ("/a/", "/a"), ("/a/b//", "/a/b")]
)
def test_slashes_at_the_end_are_cut_off(path: str, normal: str) -> None:
    assert normalise(path) == normal


# The nearest routes


def test_the_nearest_routes_are_those_of_the_fewest_edits() -> None:
    routes = table("/orders/{id}", "/orders", "/customers", "/invoices/{id}/lines", "/health")
    assert [r.template for r in routes.nearest("GET", "/oders/17", 2)] == [
        "/orders/{id}",
        "/orders",
    ]
    assert routes.nearest("GET", "/invoice/a-long-id-like-this/line")[0].template == (
        "/invoices/{id}/lines"
    )


def test_the_same_method_is_nearer() -> None:
    routes = RouteTable.build([Route(m, f"/a/{m}x", m, "") for m in ("PUT", "GET", "POST")])
    assert routes.nearest("GET", "/a/PUTx")[0].method == "PUT"
    routes = RouteTable.build([Route("PUT", "/orders", "1", ""), Route("GET", "/orderz", "2", "")])
    assert routes.nearest("GET", "/ordery")[0].method == "GET"


@pytest.mark.parametrize("path", ["", "/", "?", "\ud800\x00", "/" * 5000, "/é" * 400, "a{}%%/{x"])
def test_nearest_routes_are_named_for_any_path(path: str) -> None:
    routes = table("/", "/a", "/{x}", "/a/{x}.json", "/" + "long/" * 200)
    assert len(routes.nearest("", path)) == 3
    assert len(routes.nearest("GET", path, 99)) == 5
    assert RouteTable.build(()).nearest("GET", path) == []


def _plain_distance(one: str, other: str) -> int:
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        previous, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
    return row[-1]


@given(st.text("ab/", max_size=12), st.text("ab/", max_size=12))
def test_the_edit_distance_is_that_of_levenshtein(one: str, other: str) -> None:
    assert edits(one, other) == _plain_distance(one, other)


# A matcher so simple that it is right: try every template, take the best


def _expression(segment: str) -> str:
    parts = re.split(r"\{([^}]*)\}", segment)
    texts = [re.escape(unquote(part)) for part in parts[::2]]
    names = [f"(?P<{name}>.+?)" for name in parts[1::2]]
    return "".join(text + name for text, name in zip(texts, [*names, ""], strict=True))


def _rank(segment: str) -> tuple[int, int, list[str]]:
    texts = [unquote(text) for text in re.split(r"\{[^}]*\}", segment)]
    if len(texts) == 1:
        return 0, 0, []
    return (1, -len("".join(texts)), texts) if any(texts) else (2, 0, [])


def naive(templates: Iterable[str], path: bytes) -> tuple[str, Mapping[str, str]] | None:
    parts = [unquote_to_bytes(part).decode("utf-8", "replace") for part in path.split(b"/")]
    if len(parts) > 2 and not parts[-1]:
        parts.pop()
    hits = []
    for template in templates:
        segments = normalise(template).split("/")
        if len(segments) != len(parts):
            continue
        matches = [
            re.fullmatch(_expression(segment), part, re.DOTALL)
            for segment, part in zip(segments, parts, strict=True)
        ]
        if all(matches):
            values = {k: v for match in matches if match for k, v in match.groupdict().items()}
            hits.append(([_rank(segment) for segment in segments], template, values))
    return min(hits)[1:] if hits else None


TEXTS = ("a", "b", "ab", "a.b", ".", "-", "%41", "A", "é", "%C3%A9", "%2F", "%25", "~", "+", "|")
PIECES = st.sampled_from(TEXTS)


@st.composite
def templates(draw: st.DrawFn) -> str:
    names = iter("pqrstuvw")
    segments = []
    for kind in draw(
        st.lists(st.sampled_from(["text", "one", "mixed", "two"]), min_size=1, max_size=4)
    ):
        if kind == "text":
            segments.append("".join(draw(st.lists(PIECES, min_size=1, max_size=2))))
        elif kind == "one":
            segments.append(f"{{{next(names)}}}")
        else:
            before, between, after = (draw(st.sampled_from(["", *TEXTS[:6]])) for _ in range(3))
            second = f"{between or '-'}{{{next(names)}}}" if kind == "two" else ""
            segments.append(f"{before}{{{next(names)}}}{second}{after}")
    return "/" + "/".join(segments) + draw(st.sampled_from(["", "", "/"]))


RAW = (
    *"aabb.-A~+|",
    "ab",
    "a.b",
    "é",
    "%41",
    "%61",
    "%C3%A9",
    "%2F",
    "%2f",
    "%25",
    "%",
    "%zz",
    "%FF",
)
PATHS = st.lists(st.lists(st.sampled_from(RAW), max_size=4).map("".join), min_size=1, max_size=5)


@given(st.lists(templates(), max_size=12), st.lists(PATHS.map("/".join), max_size=6), st.data())
@settings(max_examples=300, deadline=None)
def test_the_table_agrees_with_the_simple_matcher(
    wanted: list[str], wild: list[str], data: st.DataObject
) -> None:
    routes = [Route("GET", template, template, "x") for template in wanted]
    refused = [conflict.second for conflict in conflicts(routes)]
    kept = [route for route in routes if not any(route is other for other in refused)]
    built = RouteTable.build(kept)
    fitting = [_filled(route.template, data) for route in kept]
    for path in ["/" + path for path in wild] + wild + fitting:
        raw = path.encode()
        expected = naive((route.template for route in kept), raw)
        assert found(built, raw) == expected, path


def _filled(template: str, data: st.DataObject) -> str:
    """A path that the template fits, in a spelling that need not be its own."""
    value = st.sampled_from(["a", "b", "ab", "a.b", "-", "%2F", "%C3%A9", "é"])
    path = re.sub(r"\{[^}]*\}", lambda _: data.draw(value), template)
    if data.draw(st.booleans()):
        path = "/".join(quote(unquote(part), safe="") for part in path.split("/"))
    return path
