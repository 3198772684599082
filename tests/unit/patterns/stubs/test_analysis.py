"""Stubs that are never reached are found before a test runs into them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imnot_core import ConsumerRoutes
from imnot_patterns.stubs.analysis import Finding, analyse, warnings_for
from imnot_patterns.stubs.analysis.demands import Profile
from imnot_patterns.stubs.criteria import request_faults
from imnot_patterns.stubs.index import Index
from imnot_patterns.stubs.seen import Seen
from imnot_patterns.stubs.stub import Stub, StubRequest
from tests.unit.patterns.stubs.nearness import index_of, routes_of, stub

MANY = 2000
NOT_7 = {"$neq": {"value": "7"}}
ABOVE_1 = {"$gt": {"value": "1"}}
HEADER_A: dict[str, Any] = {"path": "/u", "headers": {"x": "a"}}


def inner(wanted: Any) -> dict[str, Any]:
    return {"$json": {"inner_criteria": wanted}}


def keys(**wanted: Any) -> dict[str, Any]:
    return {"$key_values": {"key_values": wanted}}


def pairs(findings: list[Finding]) -> list[tuple[str, str, str | None]]:
    return [(each.kind, each.stub_id, each.by) for each in findings]


def found(*stubs: Stub, routes: ConsumerRoutes | None = None) -> list[tuple[str, str, str | None]]:
    """What is found; for each stub the warnings at its creation are the same."""
    index = index_of(*stubs)
    findings = analyse(index, routes)
    for entry in index.entries.values():
        messages = [each.message for each in findings if each.stub_id == entry.stub.id]
        assert warnings_for(entry, index, routes) == messages
    return pairs(findings)


def test_stubs_that_are_in_order_have_no_findings() -> None:
    assert (
        found(
            stub("a", path="/users/{id}", method="GET"),
            stub("b", path="/users/{id}", method="POST"),
            stub("c", path="/users/me", method="GET"),
            stub("d", path="/users/{id}", method="GET", headers={"x-tenant": "acme"}),
            stub("e", path="/users/{id}", method="GET", query={"page": "1"}),
            stub("f"),
        )
        == []
    )


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ({"path": "/users"}, {"path": "/users/"}),
        ({"path": "/users/{id}"}, {"path": "/users/{user}"}),
        ({"headers": {"X-A": "1", "b": "2"}}, {"headers": {"b": "2", "x-a": "1"}}),
        ({"body": {"a": 1}}, {"body": inner({"$eq": {"value": {"a": 1}}})}),
        ({"method": {"$eq": {"value": "GET"}}}, {"method": {"$eq": {"value": "GET"}}}),
        ({"query": {"$key_values": {"key_values": {"a": "1"}}}}, {"query": {"a": "1"}}),
        ({}, {}),
    ],
)
def test_a_newer_stub_that_demands_the_same_is_a_duplicate(
    older: dict[str, Any], newer: dict[str, Any]
) -> None:
    assert found(stub("a", **older), stub("b", **newer)) == [("duplicate", "b", "a")]


def test_a_duplicate_is_said_to_be_never_reached() -> None:
    (finding,) = analyse(index_of(stub("a", path="/u"), stub("b", path="/u", scope=None)))

    assert finding == Finding(
        kind="duplicate",
        stub_id="b",
        scope=None,
        message="it is never reached: the stub a, which is older, demands the same",
        by="a",
    )
    assert msgspec.json.decode(msgspec.json.encode(finding), type=Finding) == finding


def test_a_stub_behind_one_with_max_calls_is_reached() -> None:
    assert found(stub("a", path="/u", max_calls=1), stub("b", path="/u")) == []


def test_stubs_of_different_owners_do_not_hide_each_other() -> None:
    assert found(stub("a", path="/u"), stub("b", path="/u", scope="s")) == []
    assert found(stub("a", path="/u", session="t"), stub("b", path="/u", scope="s")) == []
    both = found(stub("a", path="/u", scope="s"), stub("b", path="/u", scope="s"))
    assert both == [("duplicate", "b", "a")]


@pytest.mark.parametrize(
    ("first", "hidden"),
    [
        pytest.param(
            {"path": "/u", "headers": {"x": {"$regex": {"pattern": ".*"}}}},
            HEADER_A,
            id="a criterion takes the value",
        ),
        pytest.param(HEADER_A, {"path": "/u", "headers": {"x": "a", "y": "b"}}, id="fewer headers"),
        pytest.param(
            {"path": "/u", "headers": {}}, {"path": "/u", "headers": {"x": "a"}}, id="no headers"
        ),
        pytest.param(
            {"path": "/u", "body": inner(keys(a=1))},
            {"path": "/u", "body": inner(keys(a=1, b=2))},
            id="fewer keys",
        ),
        pytest.param(
            {"path": "/u", "body": inner(keys(a=keys(b=1)))},
            {"path": "/u", "body": {"a": {"b": 1, "c": 2}}},
            id="keys of the whole",
        ),
        pytest.param(
            {"path": "/u", "body": inner(keys(a={"$gt": {"value": 5}}))},
            {"path": "/u", "body": {"a": 6}},
            id="a criterion inside takes the value",
        ),
        pytest.param(
            {"path": "/u", "method": {"$or": {"items": ["GET", "PUT"]}}},
            {"path": "/u", "method": "PUT"},
            id="a method of several",
        ),
        pytest.param(
            {"path": "/u", "query": {"a": ABOVE_1}},
            {
                "path": "/u",
                "query": {"a": {"$and": {"items": [ABOVE_1, {"$neq": {"value": "7"}}]}}},
            },
            id="one criterion of both",
        ),
    ],
)
def test_a_stub_is_shadowed_by_an_older_one_that_takes_all_of_its_requests(
    first: dict[str, Any], hidden: dict[str, Any]
) -> None:
    assert found(stub("a", **first), stub("b", **hidden)) == [("shadowed", "b", "a")]
    # The other way round, the stricter one is asked first.
    assert found(stub("b", **hidden), stub("a", **first)) == []


def test_a_stub_with_more_fields_shadows_older_ones() -> None:
    assert found(stub("b", path="/u"), stub("a", path="/u", headers={})) == [("shadowed", "b", "a")]
    assert found(stub("b", headers={"x": "a"}), stub("a", headers={}, query={})) == [
        ("shadowed", "b", "a")
    ]


def test_the_message_says_why_the_other_stub_comes_first() -> None:
    ranked = analyse(index_of(stub("b", path="/u"), stub("a", path="/u", headers={})))
    older = analyse(index_of(stub("a", path="/u", headers={}), stub("b", **HEADER_A)))

    assert "the stub a ranks higher and answers all that it would" in ranked[0].message
    assert "the stub a is older and answers all that it would" in older[0].message


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"max_calls": 0}, "it never answers: its max_calls is 0"),
        ({"max_calls": -1}, "it never answers: its max_calls is -1"),
        ({"method": "get"}, 'no request has the method "get": write "GET"'),
        ({"method": "G T"}, 'no request has the method "G T"'),
        (
            {"path": "/u?a=1"},
            "a path has no query: write `/u`, and `a=1` into `query`",
        ),
        (
            {"path": "http://host/u"},
            "no path begins with `http://host/u`: the host goes into `host`",
        ),
        (
            {"path": "/a%20b"},
            (
                "a request's path is decoded before it is compared: write `/a b`,"
                " or only paths that are encoded twice fit"
            ),
        ),
        ({"host": "Example.com"}, 'a host is compared in lower case: write "example.com"'),
        (
            {"host": "example.com:8080"},
            'a host is compared without its port: write "example.com"',
        ),
        (
            {"query": {"page": 1}},
            'the query parameter `page` is always a text, and never equals 1: write "1"',
        ),
        (
            {"headers": {"x": {"$eq": {"value": True}}}},
            'the header `x` is always a text, and never equals true: write "true"',
        ),
        ({"headers": {"x": " a"}}, 'the header `x` never has blanks around it: write "a"'),
        (
            {"headers": {"x": "€"}},
            'the header `x` cannot be "€": it has characters that no header can have',
        ),
    ],
)
def test_what_no_request_can_satisfy_is_unreachable(wanted: dict[str, Any], message: str) -> None:
    index = index_of(stub("a", **wanted))

    (finding,) = analyse(index)

    assert (finding.kind, finding.message, finding.by) == ("unreachable", message, None)
    assert warnings_for(index.entries["a"], index) == [message]


@pytest.mark.parametrize(
    "wanted",
    [
        {"method": "PURGE"},
        {"method": {"$ignore_case": {"value": "get"}}},
        {"host": "::1"},
        {"path": "/100%"},
        {"query": {"a": {"$json": {"inner_criteria": 1}}}},
        {"headers": {"x": ""}},
    ],
)
def test_what_a_request_can_satisfy_is_not_unreachable(wanted: dict[str, Any]) -> None:
    assert found(stub("a", **wanted)) == []


def test_a_stub_whose_calls_are_used_up_is_found() -> None:
    index = index_of(stub("a", path="/u", max_calls=3), retired=("a",))

    (finding,) = analyse(index)

    assert (finding.kind, finding.message) == ("used_up", "its max_calls (3) are used up")


@pytest.mark.parametrize("path", ["/v1/charges", "/v1/{any}"])
def test_a_stub_whose_path_a_partner_serves_is_shadowed(path: str) -> None:
    routes = routes_of(GET_charges="/v1/{id}")
    index = index_of(stub("a", path=path, method="GET"))

    (finding,) = analyse(index, routes)

    assert (finding.kind, finding.by) == ("shadowed", "GET /v1/{id}")
    assert finding.message == (
        "it is never reached: the endpoint GET /v1/{id} of acme/charges is asked before any stub"
    )
    assert warnings_for(index.entries["a"], index, routes) == [finding.message]


def test_a_stub_for_any_method_is_partly_hidden() -> None:
    index = index_of(stub("a", path="/v1/{id}"))

    (finding,) = analyse(index, routes_of(GET_charges="/v1/{id}"))

    assert finding.message.startswith("it is partly hidden: the endpoint GET /v1/{id}")


def test_a_stub_some_of_whose_paths_a_partner_serves_is_partly_hidden() -> None:
    routes = routes_of(GET_me="/v1/me", POST_other="/v1/other")
    index = index_of(stub("a", path="/v1/{id}", method="GET"), stub("b", path="/v2/{id}"))

    (finding,) = analyse(index, routes)

    assert (finding.stub_id, finding.by) == ("a", "GET /v1/me")
    assert finding.message.startswith("it is partly hidden: the endpoint GET /v1/me of acme/me")


def test_a_path_that_no_partner_serves_is_not_hidden() -> None:
    routes = routes_of(POST_charges="/v1/{id}")

    assert found(stub("a", path="/v1/charges", method="GET"), routes=routes) == []


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param(lambda n: {"headers": {"x-id": f"t{n}", "x-more": "1"}}, id="header"),
        pytest.param(lambda n: {"body": {"order": n, "more": {"a": n}}}, id="body"),
        pytest.param(lambda n: {"body": inner(keys(a=n % 50, b=n // 50, c=1))}, id="keys"),
        pytest.param(lambda n: {"headers": {"x": {"$regex": {"pattern": f"{n}"}}}}, id="criteria"),
        pytest.param(lambda _: {"headers": {"x": "1"}}, id="all the same"),
    ],
)
def test_of_many_stubs_of_one_path_each_is_compared_to_few(
    wanted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[Profile] = []
    covers = Profile.covers

    def counted(self: Profile, other: Profile) -> bool:
        compared.append(self)
        return covers(self, other)

    monkeypatch.setattr(Profile, "covers", counted)
    index = index_of(*(stub(str(n), path="/u", **wanted(n)) for n in range(MANY)))

    analyse(index)

    assert len(compared) < 50 * MANY


def test_a_hidden_stub_is_found_among_many() -> None:
    def make(number: int, **more: str) -> Stub:
        headers = {"x-id": f"{number}", "x-more": "1"} | more
        return stub(f"{number}{more or ''}", path="/u", headers=headers)

    stubs = [make(number) for number in range(MANY)]
    index = index_of(*stubs, make(77, other="1"))

    (finding,) = analyse(index)

    assert finding.by == "77"
    assert warnings_for(index.entries[finding.stub_id], index) == [finding.message]


SMALL = st.sampled_from(["a", "b"])
CRITERIA = st.sampled_from(
    [
        {"$regex": {"pattern": "a"}},
        {"$neq": {"value": "a"}},
        {"$not": {"value": "b"}},
        {"$and": {"items": [{"$neq": {"value": "c"}}, {"$regex": {"pattern": "."}}]}},
    ]
)
NAMED = st.none() | st.dictionaries(st.sampled_from(["x", "y"]), SMALL | CRITERIA, max_size=2)
BODIES = st.sampled_from(
    [
        None,
        "a",
        {"a": 1},
        {"a": 1, "b": {"c": 2}},
        inner(keys(a=1)),
        inner(keys(a={"$gt": {"value": 0}})),
        inner(keys(b=keys(c=2))),
        inner({"$exact_key_values": {"key_values": {"a": 1}}}),
        {"$regex": {"pattern": "."}},
    ]
)
REQUESTS = st.builds(
    StubRequest,
    path=st.sampled_from([None, "/a", "/{x}", "/{y}", {"$regex": {"pattern": "/a"}}]),
    method=st.sampled_from([None, "GET", {"$neq": {"value": "GET"}}]),
    headers=NAMED,
    query=NAMED,
    body=BODIES,
)
SEEN = st.builds(
    Seen,
    method=st.sampled_from(["GET", "POST"]),
    path=st.sampled_from(["/a", "/b"]),
    raw_query=st.sampled_from(["", "x=a", "x=b&y=a"]),
    pairs=st.sampled_from([[], [("x", "a")], [("x", "b"), ("y", "b")]]),
    content=st.sampled_from([b"", b"a", b'{"a": 1}', b'{"a": 1, "b": {"c": 2}}']),
)


@given(requests=st.lists(REQUESTS, min_size=2, max_size=6), seen=st.lists(SEEN, max_size=5))
def test_what_is_said_to_be_hidden_is_never_found_first(
    requests: list[StubRequest], seen: list[Seen]
) -> None:
    stubs = [
        stub(str(number), **msgspec.structs.asdict(each))
        for number, each in enumerate(requests)
        if not request_faults(each)
    ]
    index = index_of(*stubs)
    hidden = {each.stub_id for each in analyse(index) if each.kind in ("duplicate", "shadowed")}

    for each in seen:
        first = next(index.find(each), None)
        assert first is None or first[0].stub.id not in hidden


@given(requests=st.lists(REQUESTS, min_size=2, max_size=6))
def test_what_is_hidden_at_its_creation_is_found_later(requests: list[StubRequest]) -> None:
    index = Index()
    for number, each in enumerate(requests):
        entry = index.add(stub(str(number), **msgspec.structs.asdict(each)))
        hidden = [each.stub_id for each in analyse(index) if each.by is not None]
        if any("never reached" in each for each in warnings_for(entry, index)):
            assert str(number) in hidden
