"""The index finds what going through all stubs would find, in the order of the ranking."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imnot_patterns.stubs.index import Entry, Index
from imnot_patterns.stubs.matcher import Matcher, Part
from imnot_patterns.stubs.seen import Seen
from imnot_patterns.stubs.stub import Action, ResponseAction, Stub, StubRequest

ACTION = Action(response=ResponseAction(status_code=200, body=""))
MANY = 300


def op(name: str, **arguments: Any) -> dict[str, Any]:
    return {f"${name}": arguments}


def stub(name: str, scope: str | None = None, **fields: Any) -> Stub:
    return Stub(id=name, scope=scope, request=StubRequest(**fields), action=ACTION)


def index_of(*stubs: Stub) -> Index:
    index = Index()
    for each in stubs:
        index.add(each)
    return index


def seen(path: str = "/u", method: str = "GET", query: str = "", **more: Any) -> Seen:
    return Seen(method, path, query, more.get("pairs", [("x-a", "1")]), more.get("body", b""))


def found(index: Index, of: Seen, *owners: str) -> list[str]:
    return [entry.stub.id for entry, _ in index.find(of, owners or ("",))]


# The ranking


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"method": "GET", "query": {}}, {"path": "/u"}),
        ({"method": "GET", "path": "/u"}, {"method": "GET", "body": ""}),
        ({"path": "/u"}, {"method": "GET"}),
        ({"method": "GET"}, {"body": ""}),
        ({"body": ""}, {"host": ""}),
        ({"host": ""}, {"query": {}}),
        ({"query": {}}, {"headers": {}}),
        ({"headers": {}}, {}),
        ({"path": "/u"}, {"path": "/{x}"}),
        ({"path": "/u"}, {"path": op("eq", value="/u")}),
    ],
)
def test_the_better_stub_comes_first(better: dict[str, Any], worse: dict[str, Any]) -> None:
    first, second = stub("better", **better), stub("worse", **worse)
    assert found(index_of(first, second), seen()) == ["better", "worse"]
    assert found(index_of(second, first), seen()) == ["better", "worse"]


def test_of_equal_stubs_the_oldest_comes_first() -> None:
    paths = ["/{x}", op("regex", pattern="/"), "/{y}"]
    stubs = [stub(name, path=path) for name, path in zip("abc", paths, strict=True)]
    assert found(index_of(*stubs), seen()) == ["a", "b", "c"]


def test_a_stub_of_the_requests_scope_beats_a_more_specific_path_of_everybody() -> None:
    index = index_of(stub("global", path="/u"), stub("own", "team-a", path="/{x}"))
    assert found(index, seen(), "team-a", "") == ["own", "global"]


def test_a_stub_of_everybody_with_more_fields_beats_one_of_the_requests_scope() -> None:
    index = index_of(stub("own", "team-a", path="/u"), stub("global", path="/u", method="GET"))
    assert found(index, seen(), "team-a", "") == ["global", "own"]


def test_stubs_of_other_scopes_are_not_found() -> None:
    index = index_of(stub("a", "team-a"), stub("b", "team-b"), stub("global"))
    assert found(index, seen(), "team-a", "") == ["a", "global"]
    assert found(index, seen()) == ["global"]
    assert found(index, seen(), "team-c", "") == ["global"]


def test_the_parameters_of_the_path_are_given() -> None:
    index = index_of(stub("a", path="/{kind}/{id}"), stub("b", path="/u/{id}"))
    assert [params for _, params in index.find(seen("/u/7/"))] == [
        {"id": "7"},
        {"kind": "u", "id": "7"},
    ]


# Adding and removing


def test_a_retired_entry_stays_but_is_not_found() -> None:
    index = index_of(stub("a"), stub("b"))
    index.retire(index.entries["a"])
    index.retire(index.entries["a"])
    assert found(index, seen()) == ["b"]
    assert list(index.entries) == ["a", "b"]


def test_identical_stubs_behind_one_that_is_retired_meanwhile_are_reached() -> None:
    index = index_of(*[stub(name, path="/u") for name in "abcd"], stub("other"))
    reached = []
    for entry, _ in index.find(seen()):
        reached.append(entry.stub.id)
        index.retire(entry)
    assert reached == ["a", "b", "c", "d", "other"]
    assert found(index, seen()) == []


def test_what_is_removed_meanwhile_is_not_reached() -> None:
    index = index_of(*[stub(name, path="/u") for name in "abcd"], stub("other"))
    reached = []
    for entry, _ in index.find(seen()):
        reached.append(entry.stub.id)
        for name in "ab" if entry.stub.id == "a" else ("other",):
            index.remove(name)
    assert reached == ["a", "c", "d"]


def test_a_stub_with_the_id_of_another_replaces_it() -> None:
    index = index_of(stub("a", path="/u"), stub("b", path="/u"), stub("a", path="/{x}"))
    assert found(index, seen()) == ["b", "a"]
    assert list(index.entries) == ["b", "a"]


def test_removing_what_is_not_there_does_nothing() -> None:
    index = index_of(stub("a"))
    index.remove("b")
    assert found(index, seen()) == ["a"]


def test_nothing_is_kept_of_what_was_removed() -> None:
    index = index_of(
        stub("a", path="/u/{id}", method="GET", headers={"x": "1"}, body={"a": 1}),
        stub("b", "team", path=op("eq", value="/"), query={"a": "1"}),
        stub("c", path="/u"),
    )
    index.retire(index.entries["a"])
    for name in "abc":
        index.remove(name)
    assert not index.entries
    assert not index._files


def test_listeners_hear_of_what_comes_and_goes() -> None:
    heard: list[tuple[str, str]] = []

    class Listener:
        def on_add(self, entry: Entry) -> None:
            heard.append(("add", entry.stub.id))

        def on_remove(self, entry: Entry) -> None:
            heard.append(("remove", entry.stub.id))

    index = index_of(stub("before"))
    index.listeners.append(Listener())
    index.add(stub("a"))
    index.retire(index.entries["a"])
    index.remove("a")
    index.remove("a")
    assert heard == [("add", "a"), ("remove", "a")]


# Stubs are looked up, not gone through


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[Part]:
    """The criteria that were judged, not looked up."""
    parts: list[Part] = []
    matches = Part.matches

    def noting(part: Part, of: Seen) -> bool:
        parts.append(part)
        return matches(part, of)

    monkeypatch.setattr(Part, "matches", noting)
    return parts


@pytest.mark.parametrize(
    ("alike", "of"),
    [
        (lambda n: {"path": f"/u{n}", "method": "GET"}, seen("/u7")),
        (lambda n: {"path": f"/u{n}/{{id}}"}, seen("/u7/1")),
        (lambda n: {"path": op("eq", value=f"/u{n}")}, seen("/u7")),
        (lambda n: {"method": f"M{n}"}, seen(method="M7")),
        (lambda n: {"path": "/u", "host": f"h{n}"}, seen(pairs=[("host", "h7:1")])),
        (lambda n: {"path": "/u", "headers": {"X-A": f"{n}"}}, seen(pairs=[("x-a", "7")])),
        (lambda n: {"path": "/u", "headers": {f"X-{n}": "1"}}, seen(pairs=[("x-7", "1")])),
        (lambda n: {"headers": {"x": op("eq", value=f"{n}")}}, seen(pairs=[("x", "7")])),
        (lambda n: {"path": "/u", "query": {"a": "1", "b": f"{n}"}}, seen(query="b=7&a=1&c=1")),
        (lambda n: {"query": op("key_values", key_values={"b": f"{n}"})}, seen(query="b=7")),
        (lambda n: {"path": "/u", "body": f"{n}"}, seen(body=b"7")),
        (lambda n: {"path": "/u", "body": {"a": [n, "x"]}}, seen(body=b'{"a": [7.0, "x"]}')),
        (lambda n: {"body": op("json", inner_criteria=op("eq", value=n))}, seen(body=b"7")),
    ],
)
def test_stubs_that_differ_in_an_equality_are_not_gone_through(
    judged: list[Part], alike: Any, of: Seen
) -> None:
    index = index_of(*[stub(str(n), **alike(n)) for n in range(MANY)])
    assert found(index, of) == ["7"]
    assert judged == []


def test_only_what_the_equalities_leave_is_judged(judged: list[Part]) -> None:
    index = index_of(
        *[
            stub(str(n), path=f"/u{n}", headers={"a": op("regex", pattern="1")}, query={"q": "1"})
            for n in range(MANY)
        ]
    )
    assert found(index, seen("/u7", pairs=[("a", "1")], query="q=1")) == ["7"]
    assert [part.label for part in judged] == ["header a"]


def test_a_body_that_looks_different_at_a_glance_is_not_looked_up() -> None:
    of = seen(body=b"[1, 2, 3]")
    assert found(index_of(stub("a", body=[1, 2]), stub("b", body={})), of) == []
    assert "json_key" not in vars(of)


def test_worse_stubs_are_not_judged_before_they_are_asked_for(judged: list[Part]) -> None:
    patterns = [stub(str(n), path=op("regex", pattern="/")) for n in range(MANY)]
    results = index_of(*patterns, stub("best", path="/u", method="GET")).find(seen())
    assert next(results)[0].stub.id == "best"
    assert len(judged) <= 1
    assert next(results)[0].stub.id == "0"
    assert len(judged) <= 2


# Whatever the stubs, the index finds what going through all of them would find


def naive(index: Index, of: Seen, owners: tuple[str, ...]) -> Iterator[tuple[str, dict[str, str]]]:
    """The ranking as it is documented, of all stubs that are not retired."""
    ranked = []
    for owner_number, owner in enumerate(owners):
        for entry in index.entries.values():
            made = Matcher(entry.stub.request)
            params = made.matches(of)
            if entry.stub.owner == owner and entry.is_filed and params is not None:
                rank = (made.count, made.weight, int(owner_number == 0), made.specificity)
                ranked.append((rank, entry.stub.id, params))
    ranked.sort(key=lambda each: each[0], reverse=True)  # equal ones stay in their order
    for _, name, params in ranked:
        yield name, params


SEGMENTS = st.sampled_from(["a", "b", "{x}", "{y}", ""])
VALUES = st.sampled_from(["1", "2", ""])
JUDGED = (
    VALUES
    | VALUES.map(lambda value: op("eq", value=value))
    | VALUES.map(lambda value: op("not", value=value))
    | st.just(op("regex", pattern="[12]"))
    | st.just(1)
)
NAMED = st.dictionaries(st.sampled_from(["x", "Y"]), JUDGED, max_size=2)
MAPPING = (
    st.none()
    | NAMED
    | NAMED.map(lambda value: op("key_values", key_values=value))
    | NAMED.map(lambda value: op("not", value=op("key_values", key_values=value)))
)
JSON: st.SearchStrategy[Any] = st.sampled_from(
    [1, 1.0, True, {"a": 1}, {"a": True}, {"a": [1]}, [], {}, None]
)
JSON_BODY = JSON.map(lambda value: op("json", inner_criteria=op("eq", value=value)))
BODY = st.none() | JUDGED | JSON | JSON_BODY | st.just(op("json", inner_criteria=op("odd")))
PATH = (
    st.none()
    | st.lists(SEGMENTS, max_size=3).map("/".join)
    | st.lists(SEGMENTS, max_size=2).map(lambda parts: op("eq", value="/" + "/".join(parts)))
    | st.just(op("regex", pattern="/a"))
)
METHOD = st.none() | st.sampled_from(["GET", "PUT", op("eq", value="GET"), op("neq", value="GET")])
STUBS = st.builds(
    lambda scope, **fields: (scope, StubRequest(**fields)),
    st.sampled_from([None, "s", "t"]),
    path=PATH,
    method=METHOD,
    host=st.sampled_from([None, None, "h", op("neq", value="h")]),
    headers=MAPPING,
    query=MAPPING,
    body=BODY,
)
REQUESTS = st.builds(
    Seen,
    st.sampled_from(["GET", "PUT"]),
    st.lists(st.sampled_from(["a", "b", ""]), max_size=3).map(lambda parts: "/" + "/".join(parts)),
    st.sampled_from(["", "x=1", "x=2&Y=1", "x=1&Y="]),
    st.dictionaries(st.sampled_from(["x", "Y", "host"]), st.sampled_from(["1", "2", "h"])).map(
        lambda pairs: list(pairs.items())
    ),
    st.sampled_from([b"", b"1", b"2", b"1.0", b"true", b'{"a": 1}', b'{"a": [1]}', b"[]", b"\xff"]),
)
CHANGES = st.lists(STUBS | st.tuples(st.sampled_from(["remove", "retire"]), st.integers(0, 9)))


def changed(index: Index, changes: list[Any]) -> None:
    for number, change in enumerate(changes):
        kind, what = change
        if isinstance(what, StubRequest):
            index.add(Stub(id=str(number), request=what, action=ACTION, scope=kind))
        elif index.entries:
            name = list(index.entries)[what % len(index.entries)]
            if kind == "remove":
                index.remove(name)
            else:
                index.retire(index.entries[name])


@given(
    CHANGES,
    st.lists(REQUESTS, min_size=1, max_size=4),
    st.sampled_from([("",), ("s", ""), ("s", "t", ""), ("t", "s"), ()]),
)
def test_the_index_finds_what_going_through_all_stubs_finds(
    changes: list[Any], requests: list[Seen], owners: tuple[str, ...]
) -> None:
    index = Index()
    changed(index, changes)
    for of in requests:
        results = [(entry.stub.id, params) for entry, params in index.find(of, owners)]
        assert results == list(naive(index, of, owners))


@given(CHANGES)
def test_nothing_stays_when_all_is_removed(changes: list[Any]) -> None:
    index = Index()
    changed(index, changes)
    for name in list(index.entries):
        index.remove(name)
    assert not index._files
