"""Sessions with an id, a name, a time to live, a seed; copied, emptied, described."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from imnot_core import Context, Reply, Request
from imnot_core.testing import Harness
from tests.server.samples import ACME, CHARGES, PLAIN, Plain

SESSIONS = "/imnot/admin/sessions"
CLOCK_AT_START = {
    "now": "2026-01-01T00:00:00.000000+00:00",
    "frozen": False,
    "offset_seconds": 0.0,
}


class Counter(Plain):
    """Counts its requests for each session, and says what the die of the session shows."""

    async def answer(self, request: Request, context: Context) -> Any:
        asked = request.json() if request.body else {}
        count = await context.state.increment("count", expires_in=asked.get("expires_in"))
        return Reply.json({"count": count, "die": context.random.randrange(10**9)})


@pytest.fixture
def server() -> Iterator[Harness]:
    with Harness(PLAIN, CHARGES, plugins=[Counter]) as harness:
        yield harness


def create(server: Harness, **wish: Any) -> str:
    answer = server.post(SESSIONS, json=wish)
    assert answer.status_code == 201, answer.text
    session: str = answer.json()["session_id"]
    return session


def count(server: Harness, session: object, **asked: Any) -> int:
    answer: dict[str, int] = server.post("/it", session=str(session), json=asked).json()
    return answer["count"]


def details(server: Harness, session: object) -> dict[str, Any]:
    answer = server.get(f"{SESSIONS}/{quote(str(session), safe='')}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def stub(path: str) -> dict[str, Any]:
    response = {"status_code": 200, "headers": {}, "body": {"is": path}}
    return {"request": {"path": path}, "action": {"response": response}}


def ids(server: Harness) -> set[str]:
    return {each["session_id"] for each in server.get(SESSIONS).json()}


# Beginning


@pytest.mark.parametrize("content", [b"", b"{}", b" {} "])
def test_a_session_can_be_begun_without_a_word(server: Harness, content: bytes) -> None:
    answer = server.post(SESSIONS, content=content)
    assert answer.status_code == 201
    assert answer.json().keys() == {"session_id"}


def test_a_session_has_the_id_that_was_asked_for(server: Harness) -> None:
    assert create(server, id="checkout/1") == "checkout/1"
    assert ids(server) == {"checkout/1"}
    server.upload("bookingco", "charges", "mine", session="checkout/1")
    assert server.get("/v1/charges", session="checkout/1").json() == "mine"


def test_an_id_is_given_once(server: Harness) -> None:
    create(server, id="mine")
    count(server, "begun by a write")
    for taken in ("mine", "begun by a write"):
        answer = server.post(SESSIONS, json={"id": taken, "name": "another"})
        assert answer.status_code == 409
        assert repr(taken) in answer.json()["detail"]
        assert details(server, taken)["name"] is None
    server.delete(f"{SESSIONS}/mine")
    assert create(server, id="mine") == "mine"


def test_name_and_end_are_listed_where_there_are_any(server: Harness) -> None:
    create(server, id="plain")
    server.clock.advance(1)
    create(server, id="named", name="checkout", ttl_seconds="1h")
    named, plain = server.get(SESSIONS).json()
    assert named["name"] == "checkout"
    assert named["expires_at"] == "2026-01-01T01:00:01.000000+00:00"
    assert plain.keys() == {"session_id", "partner", "datapoint", "created_at"}


def test_a_session_is_described(server: Harness) -> None:
    create(server, id="s", name="checkout", ttl_seconds=90, seed=7)
    server.upload("bookingco", "charges", "mine", session="s")
    count(server, "s")
    assert details(server, "s") == {
        "session_id": "s",
        "name": "checkout",
        "created_at": "2026-01-01T00:00:00.000000+00:00",
        "ttl_seconds": 90.0,
        "expires_at": "2026-01-01T00:01:30.000000+00:00",
        "seed": 7,
        "clock": CLOCK_AT_START,
        "payloads": [{"partner": "bookingco", "datapoint": "charges"}],
        "documents": {"payloads": 1, "state": 1},
        "requests": 1,
    }


def test_a_session_that_nobody_settled_anything_for_is_described_too(server: Harness) -> None:
    count(server, "s")
    found = details(server, "s")
    assert (found["name"], found["ttl_seconds"], found["expires_at"], found["seed"]) == (None,) * 4
    assert found["clock"] == CLOCK_AT_START


@pytest.mark.parametrize(
    ("wish", "faults"),
    [
        ({"id": ""}, ["id must have 1 to 2000 characters"]),
        ({"id": ".."}, ["id must not be . or .., which clients take out of the paths"]),
        ({"id": " a"}, ["id must have"]),
        ({"id": "a\nb"}, ["id must have"]),
        ({"id": "日本"}, ["id must have"]),
        ({"id": 5}, ["id must be a text"]),
        ({"name": "a" * 501}, ["name must have at most 500"]),
        ({"ttl_seconds": 0}, ["ttl_seconds must be more than 0"]),
        ({"ttl_seconds": "soon"}, ["ttl_seconds must be a number of seconds, or a text such as"]),
        ({"seed": 1.5}, ["seed must be a whole number"]),
        ({"seed": True}, ["seed must be a whole number"]),
        ({"seed": 2**63}, ["seed must be a whole number"]),
        ({"ttl": 5}, ["there is no field 'ttl'; there are id, name, ttl_seconds, seed"]),
        ({"clock": {}}, ["clock.set is missing", "give one of set, advance, freeze"]),
        ({"clock": {"set": "noon"}}, ["clock.set must be a time such as 2030-01-31T09:00:00Z"]),
        ({"clock": {"advance": -1e11}}, ["clock: the time of a session lies between"]),
        (
            {"id": 5, "name": [], "seed": "x", "clock": {"advance": "x", "freeze": 10**18}},
            ["id must", "name must", "seed must", "clock.advance must", "clock.freeze must lie"],
        ),
        ([], ["the body must be a JSON object"]),
    ],
)
def test_what_cannot_be_is_refused_with_all_that_is_wrong(
    server: Harness, wish: Any, faults: list[str]
) -> None:
    answer = server.post(SESSIONS, json=wish)
    assert answer.status_code == 422
    for fault in faults:
        assert fault in answer.json()["detail"]
    assert ids(server) == set()


@pytest.mark.parametrize("content", [b"{", b"\xff", b'{"a": "\\ud800"}'])
@pytest.mark.parametrize("place", ["", "/s/copy", "/s/clock"])
def test_a_body_that_is_no_json_is_refused(server: Harness, content: bytes, place: str) -> None:
    create(server, id="s")
    answer = server.post(f"{SESSIONS}{place}", content=content)
    assert answer.status_code == 400
    assert "not valid JSON" in answer.json()["detail"]


# Changing


def test_name_end_and_seed_can_be_changed_and_taken_away(server: Harness) -> None:
    create(server, id="s", name="old", ttl_seconds=60, seed=1)
    server.clock.advance(30)
    changed = server.patch(f"{SESSIONS}/s", json={"name": "new", "ttl_seconds": 60})
    assert changed.status_code == 200
    assert changed.json() == details(server, "s")
    assert (changed.json()["name"], changed.json()["seed"]) == ("new", 1)
    assert changed.json()["expires_at"] == "2026-01-01T00:01:30.000000+00:00"
    nothing = {"name": None, "ttl_seconds": None, "seed": None}
    cleared = server.patch(f"{SESSIONS}/s", json=nothing).json()
    assert {key: cleared[key] for key in nothing} == nothing
    server.clock.advance(10_000)
    assert ids(server) == {"s"}


def test_only_what_can_be_changed_is(server: Harness) -> None:
    create(server, id="s")
    answer = server.patch(f"{SESSIONS}/s", json={"id": "t", "name": 5})
    assert answer.status_code == 422
    assert "there is no field 'id'" in answer.json()["detail"]
    assert "name must be a text" in answer.json()["detail"]
    assert server.patch(f"{SESSIONS}/nobody", json={"name": "x"}).status_code == 404
    assert ids(server) == {"s"}


# The end


def test_a_session_ends_when_its_time_is_over(server: Harness) -> None:
    session = server.session(ttl=60)
    session.upload("bookingco", "charges", "mine")
    server.clock.advance(59)
    assert server.get("/v1/charges", session=session).json() == "mine"
    server.clock.advance(1)
    assert server.delete(f"{SESSIONS}/{session}").status_code == 404
    assert server.get("/v1/charges", session=session).status_code == 404
    assert ids(server) == set()
    assert server.get(f"{SESSIONS}/{session}").status_code == 404
    upload = server.post(
        "/imnot/admin/bookingco/charges/payload", content=b"1", session=str(session)
    )
    assert upload.status_code == 404
    assert create(server, id=session.id) == session.id


def test_a_request_in_an_ended_session_finds_it_empty_and_begins_it_anew(tmp_path: Any) -> None:
    db = tmp_path / "imnot.db"
    with Harness(PLAIN, plugins=[Counter], db=db) as server:
        create(server, id="s", name="old", ttl_seconds=60)
        assert [count(server, "s") for _ in range(2)] == [1, 2]
        start = server.clock.time()
    with Harness(PLAIN, plugins=[Counter], db=db, start=start + 60) as server:
        assert count(server, "s") == 1
        assert details(server, "s")["name"] is None


def test_the_end_survives_a_restart(server: Harness) -> None:
    create(server, id="s", ttl_seconds=60)
    server.restart()
    server.clock.advance(59)
    assert ids(server) == {"s"}
    server.clock.advance(1)
    assert ids(server) == set()


def test_a_server_stops_while_sessions_are_yet_to_end() -> None:
    with Harness(PLAIN, plugins=[Counter], workers=2) as server:
        create(server, id="s", ttl_seconds=60)
        create(server, id="t", ttl_seconds=30)


# Copies


def test_a_copy_holds_what_the_session_holds_and_each_has_its_own(server: Harness) -> None:
    session = server.session(seed=5, name="prepared")
    session.upload("bookingco", "charges", "prepared")
    session.upload("bookingco", "refunds", "prepared")
    for _ in range(3):
        count(server, session)
    session.clock.freeze("2030-01-01T00:00:00Z")
    copies = [session.copy(), session.copy(id="mine", name="checkout", seed=6)]
    for copy in copies:
        assert server.get("/v1/charges", session=copy).json() == "prepared"
        copy.upload("bookingco", "refunds", copy.id)
        assert count(server, copy) == 4
        assert copy.clock.now.year == 2030
        assert copy.clock.is_frozen
    for each in (*copies, session):
        expected = "prepared" if each is session else each.id
        assert server.get("/v1/refunds", session=each).json() == expected
    assert count(server, session) == 4
    found = [details(server, each) for each in copies]
    assert [(each["name"], each["seed"]) for each in found] == [(None, 5), ("checkout", 6)]
    session.delete()
    assert count(server, copies[0]) == 5


def test_ids_that_were_handed_out_and_overrides_are_those_of_the_copy_too() -> None:
    with Harness(ACME) as server:
        session = server.session()
        session.upload("acme", "export", "of the session")
        export = server.post("/exports", session=session).json()["id"]
        wish = {"response": {"body": "overridden"}}
        server.admin("PUT", "/overrides/acme/health", json=wish, session=session)
        copy = session.copy().copy()
        copy.upload("acme", "export", "of the copy")
        assert server.get("/health", session=copy).json() == "overridden"
        assert server.get(f"/exports/{export}", session=copy).json() == "of the copy"
        assert server.get(f"/exports/{export}", session=session).json() == "of the session"
        session.delete()
        assert server.get(f"/exports/{export}", session=copy).json() == "of the copy"
        assert server.get("/health", session=copy).json() == "overridden"


def test_a_copy_can_be_made_in_both_ways(server: Harness) -> None:
    count(server, "prepared")
    one = create(server, copy_of="prepared")
    answer = server.post(f"{SESSIONS}/prepared/copy")
    assert answer.status_code == 201
    two = answer.json()["session_id"]
    assert [count(server, each) for each in (one, two, "prepared")] == [2, 2, 2]


def test_a_copy_of_a_copy_is_one(server: Harness) -> None:
    session = server.session()
    session.upload("bookingco", "charges", "prepared")
    count(server, session)
    copy = session.copy().copy()
    assert server.get("/v1/charges", session=copy).json() == "prepared"
    assert count(server, copy) == 2


def test_the_time_to_live_of_a_copy_begins_with_it(server: Harness) -> None:
    session = server.session(ttl=60)
    server.clock.advance(30)
    copy, short = session.copy(), session.copy(ttl=10)
    server.clock.advance(10)
    assert ids(server) == {session.id, copy.id}
    assert short.id not in ids(server)
    server.clock.advance(20)
    assert ids(server) == {copy.id}
    server.clock.advance(30)
    assert ids(server) == set()


def test_the_journal_is_not_copied(server: Harness) -> None:
    session = server.session()
    count(server, session)
    assert details(server, session)["requests"] == 1
    assert details(server, session.copy())["requests"] == 0


def test_there_is_no_copy_of_nothing_nor_over_something(server: Harness) -> None:
    create(server, id="s")
    create(server, id="t")
    for answer in (
        server.post(f"{SESSIONS}/nobody/copy"),
        server.post(SESSIONS, json={"copy_of": "nobody"}),
    ):
        assert answer.status_code == 404
        assert "nobody" in answer.json()["detail"]
    assert server.post(f"{SESSIONS}/s/copy", json={"id": "t"}).status_code == 409
    assert ids(server) == {"s", "t"}


def test_stubs_of_a_session_are_copied_with_what_they_have_left(server: Harness) -> None:
    session = server.session()
    for path, calls in (("/often", None), ("/thrice", 3)):
        wish = {**stub(path), "max_calls": calls}
        assert server.post("/__mock__/stubs", json=wish, session=session).status_code == 200
    assert server.get("/thrice", session=session).status_code == 200
    copy = session.copy()
    assert server.get("/often", session=copy).json() == {"is": "/often"}
    for each in (copy, session):
        statuses = [server.get("/thrice", session=each).status_code for _ in range(3)]
        assert statuses == [200, 200, 404]
    session.delete()
    assert server.get("/often", session=copy).json() == {"is": "/often"}
    assert server.get("/often").status_code == 404


# Emptied


def test_a_reset_session_is_empty_and_keeps_what_was_settled(server: Harness) -> None:
    session = server.session(name="checkout", ttl=60, seed=5)
    session.upload("bookingco", "charges", "mine")
    count(server, session)
    session.clock.advance(3600)
    before = details(server, session)
    session.reset()
    assert server.get("/v1/charges", session=session).status_code == 404
    after = details(server, session)
    kept = ("name", "ttl_seconds", "expires_at", "seed")
    assert [after[key] for key in kept] == [before[key] for key in kept]
    assert after["clock"] == CLOCK_AT_START
    assert (after["documents"], after["payloads"], after["requests"]) == ({}, [], 1)
    assert count(server, session) == 1


def test_a_session_that_only_a_write_began_exists_after_a_reset_too(server: Harness) -> None:
    count(server, "s")
    answer = server.post(f"{SESSIONS}/s/reset")
    assert answer.json() == {"status": "ok", "session_id": "s"}
    assert ids(server) == {"s"}
    assert server.post(f"{SESSIONS}/nobody/reset").status_code == 404


def test_stubs_go_when_their_session_is_emptied(server: Harness) -> None:
    session = server.session()
    server.post("/__mock__/stubs", json=stub("/x"), session=session)
    assert server.get("/x", session=session).status_code == 200
    session.reset()
    assert server.get("/x", session=session).status_code == 404


# Seeds


def test_what_is_drawn_in_a_session_with_a_seed_repeats(server: Harness) -> None:
    def drawn(session: object) -> list[int]:
        answers = [server.post("/it", session=str(session)).json() for _ in range(4)]
        return [each["die"] for each in answers]

    first, second, other = (server.session(seed=seed) for seed in (1, 1, 2))
    draws = drawn(first)
    assert len(set(draws)) == 4
    server.post("/it")  # whatever is drawn elsewhere
    assert drawn(second) == draws
    assert drawn(other) != draws
    first.reset()
    assert drawn(first) == draws


# Names with slashes, and what stands behind a name


@pytest.mark.parametrize("name", ["a/b", "a/clock", "clock", "x/copy", "reset", "a b%c", "äöü"])
def test_a_session_of_any_name_is_described_changed_copied_emptied_and_deleted(
    server: Harness, name: str
) -> None:
    session = server.session(id=name)
    assert details(server, name)["session_id"] == name
    session.clock.advance(60)
    assert details(server, name)["clock"]["offset_seconds"] == 60
    encoded = quote(name, safe="")
    assert server.patch(f"{SESSIONS}/{encoded}", json={"name": "x"}).json()["name"] == "x"
    session.copy(id="copied")
    assert details(server, "copied")["clock"]["offset_seconds"] == 60
    session.reset()
    session.delete()
    assert ids(server) == {"copied"}


def test_slashes_may_be_written_as_they_are(server: Harness) -> None:
    create(server, id="feature/login")
    assert server.get(f"{SESSIONS}/feature/login").json()["session_id"] == "feature/login"
    moved = server.post(f"{SESSIONS}/feature/login/clock", json={"advance": 60}).json()
    assert moved["offset_seconds"] == 60
    assert server.get(f"{SESSIONS}/feature/login/clock/").json() == moved


def test_nothing_can_be_posted_to_a_session_itself(server: Harness) -> None:
    create(server, id="s")
    for path in ("s", "s/else", "clock"):
        answer = server.post(f"{SESSIONS}/{path}", json={})
        assert answer.status_code == 405
        assert "copy, reset, clock" in answer.json()["detail"]


# Several workers


def test_settings_are_those_of_all_workers_at_once() -> None:
    with Harness(PLAIN, plugins=[Counter], workers=2) as server:
        session = server.session(name="checkout")
        for number in range(4):
            session.clock.advance(60)
            offsets = [details(server, session)["clock"]["offset_seconds"] for _ in range(2)]
            assert offsets == [60 * (number + 1)] * 2
            server.get("/healthz")  # so that the other one takes the next change
        session.reset()
        assert [details(server, session)["name"] for _ in range(2)] == ["checkout"] * 2
        assert [count(server, session) for _ in range(2)] == [1, 2]
        session.delete()
        assert [server.get(f"{SESSIONS}/{session}").status_code for _ in range(2)] == [404] * 2


# The kit


def test_the_kit_asks_for_what_was_requested_in_a_session(server: Harness) -> None:
    session, other = server.session(), server.session()
    for _ in range(2):
        count(server, session)
    assert len(session.verify("POST", "/it", count=2)) == 2
    assert len(session.verify_order(("POST", "/it"), ("POST", "/it"))) == 2
    assert [each["path"] for each in session.received()] == ["/it", "/it"]
    assert other.received() == []
    other.verify("POST", "/it", count=0)
    with pytest.raises(AssertionError):
        other.verify("POST", "/it")
    assert len(server.verify("POST", "/it")) == len(server.received()) == 2
    assert len(server.verify_order(("POST", "/it"))) == 1
