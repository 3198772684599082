"""Which stubs and endpoints are named for a request that nothing answered, and what is said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imnot_core import Request
from imnot_patterns.stubs.criteria import request_faults
from imnot_patterns.stubs.index import Index
from imnot_patterns.stubs.nearmiss import Candidates, NearMiss, header, near_misses, report
from imnot_patterns.stubs.nearmiss.candidates import MAX_JUDGED, MAX_OTHERS
from imnot_patterns.stubs.seen import Seen
from imnot_patterns.stubs.stub import Stub, StubRequest
from tests.unit.patterns.stubs.nearness import index_of, misses, routes_of, stub

GET_USER = Request.of("GET", "/users/5", headers={"x-tenant": "acme"})
LARGE = 3000  # stubs: far more than are judged


def ids(found: list[NearMiss]) -> list[str | None]:
    return [each.stub_id for each in found]


def test_a_near_miss_has_every_criterion_matched_or_not() -> None:
    (miss,) = misses(
        GET_USER,
        stub(path="/users/{id}", method="GET", headers={"X-Tenant": "umbrella"}, query={"a": "1"}),
    )

    assert [(each.field, each.matched) for each in miss.criteria] == [
        ("path", True),
        ("method", True),
        ("header x-tenant", False),
        ("query a", False),
    ]
    header_x = miss.criteria[2]
    assert (header_x.expected, header_x.actual) == ('"umbrella"', "acme")
    assert miss.criteria[3].actual is None


def test_the_reason_is_understood_at_once() -> None:
    (miss,) = misses(
        GET_USER, stub(path="/users/{id}", method="GET", headers={"x-tenant": "umbrella"})
    )

    assert miss.reason == 'GET /users/{id}: header x-tenant is "acme", expected "umbrella"'
    assert (miss.kind, miss.stub_id, miss.route) == ("stub", "one", "GET /users/{id}")


def test_a_wrong_method_does_not_hide_the_other_mismatches() -> None:
    (miss,) = misses(
        GET_USER, stub(path="/users/{id}", method="POST", headers={"x-tenant": "umbrella"})
    )

    assert [each.matched for each in miss.criteria] == [True, False, False]
    assert miss.reason == (
        'POST /users/{id}: method is "GET", expected "POST";'
        ' header x-tenant is "acme", expected "umbrella"'
    )


def test_a_reason_says_how_many_mismatches_it_leaves_out() -> None:
    wanted = {"a": "1", "b": "1", "c": "1"}
    (miss,) = misses(GET_USER, stub(path="/users/{id}", headers=wanted))

    assert miss.reason.endswith("; 1 more")


def test_a_missing_header_is_said_to_be_missing() -> None:
    (miss,) = misses(GET_USER, stub(path="/users/{id}", headers={"accept": "text/html"}))

    assert miss.reason == '* /users/{id}: header accept is missing, expected "text/html"'


def test_a_criterion_is_described() -> None:
    wanted = {"x-tenant": {"$regex": {"pattern": "v[0-9]"}}}
    (miss,) = misses(GET_USER, stub(path="/users/{id}", headers=wanted))

    assert 'expected a value that matches the regular expression "v[0-9]"' in miss.reason


def test_the_nearest_come_first_and_at_most_three() -> None:
    found = misses(
        GET_USER,
        stub("far", path="/orders", method="POST"),
        stub("method", path="/users/{id}", method="POST"),
        stub("header", path="/users/{id}", method="GET", headers={"x-tenant": "umbrella"}),
        stub("absent", path="/users/{id}", method="GET", headers={"x-other": "1"}),
        stub("path", path="/user/{id}", method="GET"),
    )

    assert ids(found) == ["header", "absent", "path"]
    assert 1 > found[0].score > found[1].score > found[2].score


def test_a_stub_of_the_path_is_nearer_than_one_of_no_path() -> None:
    found = misses(
        GET_USER,
        stub("any", method="GET", headers={"x-tenant": "umbrella"}),
        stub("path", path="/users/{id}", method="POST"),
    )

    assert ids(found)[0] == "path"


def test_what_has_nothing_in_common_is_no_near_miss() -> None:
    assert misses(GET_USER, stub(path="/favicon.ico", method="POST")) == []
    assert misses(GET_USER) == []


def test_a_stub_whose_calls_are_used_up_is_named_with_that_cause() -> None:
    (miss,) = misses(GET_USER, stub(path="/users/{id}", max_calls=3), retired=("one",))

    assert miss.causes == ("fits, but its max_calls (3) are used up",)
    assert miss.score == 1
    assert miss.reason == "* /users/{id}: fits, but its max_calls (3) are used up"


def test_the_engine_can_tell_what_is_used_up() -> None:
    index = index_of(stub(path="/users/{id}", max_calls=3))
    told = near_misses(Seen.of(GET_USER), index, ("",), used_up=lambda _: (3, 3))

    assert told[0].causes == ("fits, but its max_calls (3) are used up",)


def test_a_stub_that_answers_nothing_from_the_start_says_so() -> None:
    (miss,) = misses(GET_USER, stub(path="/users/{id}", max_calls=0), retired=("one",))

    assert miss.causes == ("fits, but its max_calls (0) let it answer nothing",)


def test_a_stub_of_another_scope_that_fits_is_named_with_its_header() -> None:
    found = misses(
        GET_USER,
        stub("other", path="/users/{id}", scope="team-a"),
        stub("near", path="/users/{id}", method="POST"),
    )

    assert ids(found) == ["other", "near"]
    assert found[0].scope == "team-a"
    assert found[0].causes == ('a stub of scope "team-a" fits: send the header team-a',)


def test_a_stub_of_another_session_that_fits_is_named_with_its_header() -> None:
    (miss,) = misses(GET_USER, stub(path="/users/{id}", session="s-1"))

    assert miss.session == "s-1"
    assert miss.causes == ('a stub of session "s-1" fits: send the header X-Imnot-Session: s-1',)


def test_a_stub_of_another_scope_that_does_not_fit_is_named_only_where_nothing_else_is() -> None:
    other = stub("other", path="/users/{id}", method="POST", scope="team-a")

    assert ids(misses(GET_USER, other, stub("near", path="/users/{x}", method="PUT"))) == ["near"]
    (alone,) = misses(GET_USER, other)
    assert alone.causes == ('it answers only requests of scope "team-a": send the header team-a',)


def test_stubs_of_the_own_scope_come_before_equally_near_ones_of_everybody() -> None:
    found = misses(
        GET_USER,
        stub("all", path="/users/{id}", method="POST"),
        stub("own", path="/users/{id}", method="POST", scope="team-a"),
        owners=("team-a", ""),
    )

    assert ids(found) == ["own", "all"]
    assert found[0].causes == ()


def test_an_endpoint_that_is_asked_before_a_stub_is_its_cause() -> None:
    (miss,) = misses(GET_USER, stub(path="/users/{id}"), routes=routes_of(GET_people="/users/{id}"))

    assert miss.causes == ("fits, but GET /users/{id} of acme/people is asked before any stub",)


def test_a_stub_that_fits_for_no_known_cause_says_that_it_came_late() -> None:
    (miss,) = misses(GET_USER, stub(path="/users/{id}"))

    assert "was not there" in miss.causes[0]


def test_an_endpoint_of_the_path_for_another_method_is_named() -> None:
    (miss,) = misses(GET_USER, routes=routes_of(POST_people="/users/{id}"))

    assert (miss.kind, miss.owner, miss.route) == ("route", "acme/people", "POST /users/{id}")
    assert [(each.field, each.matched) for each in miss.criteria] == [
        ("path", True),
        ("method", False),
    ]
    assert miss.reason == ('POST /users/{id} of acme/people: method is "GET", expected "POST"')


def test_the_nearest_endpoints_are_named() -> None:
    (miss,) = misses(GET_USER, routes=routes_of(GET_people="/user/{id}", POST_other="/x"))

    assert miss.route == "GET /user/{id}"
    assert miss.criteria[0].hint == "`users` is nearly `user`"


def test_an_endpoint_with_text_beside_a_parameter_gets_no_hint_for_stubs() -> None:
    (miss,) = misses(Request.of("GET", "/file/a.json"), routes=routes_of(GET_a="/files/{id}.json"))

    assert miss.criteria[0].hint == ""
    assert 'expected "/files/{id}.json"' in miss.reason


def test_near_misses_are_json_and_can_be_read_back() -> None:
    request = Request.of("POST", "/users", body=b"\xff\x00\xfe")
    (miss,) = misses(request, stub(path="/users", body="text", headers={"a": 1}))

    encoded = msgspec.json.encode(miss)

    assert msgspec.json.decode(encoded, type=NearMiss) == miss


def test_long_values_are_cut() -> None:
    request = Request.of("POST", "/users", body=b"a" * 10_000)
    (miss,) = misses(request, stub(path="/users", body="b" * 10_000))

    (body,) = [each for each in miss.criteria if each.field == "body"]
    assert len(body.actual) <= 200
    assert len(body.expected) <= 200


def test_of_very_many_criteria_the_first_mismatches_are_told() -> None:
    wanted = {f"h-{number}": "1" for number in range(1000)}
    (miss,) = misses(GET_USER, stub(path="/users/{id}", headers=wanted))

    assert len(miss.criteria) == 50
    assert not any(each.matched for each in miss.criteria)
    assert miss.reason.endswith("; 998 more")


def test_endpoints_that_are_near_are_not_looked_for_beside_a_stub_that_is_nearer() -> None:
    near = stub("near", path="/users/{id}", headers={"x-tenant": "umbrella"})
    found = misses(GET_USER, near, routes=routes_of(GET_people="/user/{id}"))

    assert ids(found) == ["near"]


# Among many stubs


def many(make: Callable[[int], Stub], count: int = LARGE) -> list[Stub]:
    return [make(number) for number in range(count)]


@pytest.mark.parametrize(
    ("stubs", "request_", "wanted"),
    [
        pytest.param(
            many(lambda n: stub(str(n), path=f"/items/{n}", method="POST")),
            Request.of("GET", "/items/77"),
            "77",
            id="the path is right",
        ),
        pytest.param(
            many(lambda n: stub(str(n), path=f"/Items/{n}")),
            Request.of("GET", "/items//77"),
            "77",
            id="the path in another spelling",
        ),
        pytest.param(
            many(lambda n: stub(str(n), path=f"/things{n}/{{id}}/notes")),
            Request.of("GET", "/things77/5/note"),
            "77",
            id="one segment differs",
        ),
        pytest.param(
            many(lambda n: stub(str(n), path=f"/word{n:05}x")),
            Request.of("GET", "/word00077y"),
            "77",
            id="a slip at the end",
        ),
        pytest.param(
            many(lambda n: stub(str(n), path=f"/{n % 10}a/{n:05}")),
            Request.of("GET", "/xa/00077"),
            "77",
            id="a slip at the beginning",
        ),
        pytest.param(
            many(lambda n: stub(str(n), path=f"/api/v1/users{n}/{{id}}")),
            Request.of("GET", "/users77/5"),
            "77",
            id="the beginning of the path is missing",
        ),
        pytest.param(
            many(lambda n: stub(str(n), path="/u", headers={"x-id": f"T{n}", "x-more": "1"})),
            Request.of("GET", "/u", headers={"X-Id": "T77"}),
            "77",
            id="a header is right",
        ),
        pytest.param(
            many(lambda n: stub(str(n), path="/u", headers={"x-id": f"T{n}"})),
            Request.of("GET", "/u", headers={"x-id": "t77"}),
            "77",
            id="a header but for its case",
        ),
        pytest.param(
            many(lambda n: stub(str(n), path="/u", query={"page": n})),
            Request.of("GET", "/u?page=77"),
            "77",
            id="a number against a text",
        ),
        pytest.param(
            many(lambda n: stub(str(n), path="/u", body={"order": n, "kind": "a"})),
            Request.of("POST", "/u", json={"order": 77, "kind": "b"}),
            "77",
            id="a member of the body is right",
        ),
        pytest.param(
            many(
                lambda n: stub(str(n), path={"$regex": {"pattern": f"/{n}$"}}, query={"a": f"{n}"})
            ),
            Request.of("GET", "/elsewhere?a=77"),
            "77",
            id="a stub without text path",
        ),
        pytest.param(
            [*many(lambda n: stub(str(n), path=f"/own/{n}", scope="s")), stub("all", path="/user")],
            Request.of("GET", "/users"),
            "all",
            id="a stub of everybody beside many of the scope",
        ),
    ],
)
def test_the_right_one_is_found_among_many(
    stubs: list[Stub], request_: Request, wanted: str
) -> None:
    found = misses(request_, *stubs, owners=("s", ""))

    assert wanted in ids(found)


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param(lambda n: {"path": "/users/{id}", "headers": {"x-id": f"{n}"}}, id="one path"),
        pytest.param(lambda n: {"path": f"/users/{n}"}, id="many paths"),
        pytest.param(lambda n: {"path": "/".join("a" * (n % 40))}, id="many depths"),
        pytest.param(lambda n: {"headers": {"x-tenant": f"{n}"}}, id="no path"),
        pytest.param(lambda _: {"path": "/users/{id}"}, id="all the same"),
    ],
)
def test_only_few_stubs_are_judged(wanted: Callable[[int], dict[str, Any]]) -> None:
    index = index_of(*many(lambda n: stub(str(n), **wanted(n))))

    near = Candidates.of(index).near(Seen.of(GET_USER), ("",))

    assert 0 < len(near) <= MAX_JUDGED


def test_only_few_other_scopes_are_asked() -> None:
    index = index_of(*many(lambda n: stub(str(n), path="/users/{id}", scope=f"s{n}")))

    others = Candidates.of(index).others(("s7", ""))

    assert len(others) == MAX_OTHERS
    assert others[0] == f"s{LARGE - 1}"


def test_candidates_follow_the_index() -> None:
    index = index_of(stub("a", path="/users/{id}", method="POST"))
    assert ids(near_misses(Seen.of(GET_USER), index, ("",))) == ["a"]

    index.add(stub("b", path="/users/{id}", method="PUT"))
    index.remove("a")

    assert ids(near_misses(Seen.of(GET_USER), index, ("",))) == ["b"]


def test_candidates_are_made_when_first_asked_for() -> None:
    index = Index()
    index.add(stub("a", path="/users/{id}", method="POST"))

    assert ids(near_misses(Seen.of(GET_USER), index, ("",))) == ["a"]
    assert Candidates.of(index) is Candidates.of(index)


TEXTS = st.sampled_from(
    ["", "a", "A", " a", "a%20b", "a b", "é", "\ud800", "5", "\x00", "{x}", "{"]
)
PATHS = st.lists(TEXTS, max_size=4).map("/".join)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
CRITERIA = st.sampled_from(
    [
        {"$regex": {"pattern": "a+[b"}},
        {"$regex": {"pattern": "[[a]b"}},
        {"$regex": {"pattern": "b$"}},
        {"$gt": {"value": 5}},
        {"$length": {"value": {"$gt": {"value": 3}}}},
        {"$and": {"items": [{"$even": {}}, {"$neq": {"value": 3}}]}},
        {"$json": {"inner_criteria": {"$key_values": {"key_values": {"a": {"$odd": {}}}}}}},
        {"$json": {"inner_criteria": {"$contains_exactly": {"items": [1, {"a": 2}]}}}},
        {"$json": {"inner_criteria": {"$exact_key_values": {"key_values": {"a": 1}}}}},
        {"$key_values": {"key_values": {"a": "b"}}},
        {"$exact_key_values": {"key_values": {}}},
        {"$not": {"value": {"$ignore_case": {"value": "A"}}}},
        {"$gt": 5},
        {"$eq": {}},
    ]
)
MAPPINGS = st.none() | st.dictionaries(TEXTS, VALUES | CRITERIA, max_size=3) | CRITERIA
STUBS = st.builds(
    StubRequest,
    path=st.none() | PATHS | CRITERIA,
    method=st.none() | st.sampled_from(["GET", "get", " GET", "POST"]) | CRITERIA,
    headers=MAPPINGS,
    query=MAPPINGS,
    host=st.none() | TEXTS | CRITERIA,
    body=VALUES | CRITERIA,
)
BODIES = (
    st.binary(max_size=20)
    | VALUES.map(lambda value: repr(value).encode("utf-8", "replace"))
    | st.sampled_from([b'{"a": 1}', b'"{}"', b"[" * 5000, b'{"a": "1", "b": 2}', b"1e999", b"NaN"])
)


@given(
    requests=st.lists(STUBS, max_size=5),
    method=st.sampled_from(["GET", "POST", "", "x" * 300]),
    path=PATHS | st.text(max_size=30),
    query=st.binary(max_size=30),
    headers=st.lists(st.tuples(TEXTS | st.text(max_size=10), st.text(max_size=20)), max_size=4),
    body=BODIES,
)
def test_nothing_raises_whatever_the_request_and_the_stubs(
    requests: list[StubRequest],
    method: str,
    path: str,
    query: bytes,
    headers: list[tuple[str, str]],
    body: bytes,
) -> None:
    stubs = [
        stub(str(number), **msgspec.structs.asdict(each))
        for number, each in enumerate(requests)
        if not request_faults(each)
    ]
    seen = Seen(method, f"/{path}", query, headers, body)

    found = near_misses(seen, index_of(*stubs), ("",), routes_of(GET_a="/a/{b}"))

    msgspec.json.encode(found)
    text = report(seen, found, "an-id")
    assert all(len(line) <= 119 and line.isprintable() for line in text.splitlines())
    line = header(found)
    assert len(line) <= 500
    assert line.isprintable()
    line.encode("latin-1")


@given(requests=st.lists(STUBS, max_size=20), removed=st.sets(st.integers(0, 19)))
def test_removing_stubs_leaves_no_trace_of_them(
    requests: list[StubRequest], removed: set[int]
) -> None:
    good = [each for each in requests if not request_faults(each)]
    stubs = [stub(str(n), **msgspec.structs.asdict(each)) for n, each in enumerate(good)]
    index = index_of(*stubs)
    for number in removed & set(range(len(stubs))):
        index.remove(str(number))

    home = Candidates.of(index)._homes.get("")
    fresh = index_of(*(each for n, each in enumerate(stubs) if n not in removed))
    wanted = Candidates.of(fresh)._homes.get("")

    assert (home is None) == (wanted is None)
    if home is not None and wanted is not None:
        assert home._clues.keys() == wanted._clues.keys()
        assert home._masks == wanted._masks
        assert home._texts == wanted._texts
        assert home._backwards == wanted._backwards
