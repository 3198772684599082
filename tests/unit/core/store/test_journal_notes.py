"""What the server notes of each request, what handlers add to it, and callbacks."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from time import perf_counter
from typing import Any

import msgspec
import pytest

from imnot_core import Journal, JournalEntry, Reply, Request
from imnot_core.store import Document
from imnot_core.store.changes import ChangeLog
from imnot_core.store.journal import BODY_LIMIT
from imnot_core.store.journal_buffer import ANSWER_LIMIT
from imnot_core.store.journal_documents import NAMESPACE
from imnot_core.store.journal_entries import entries_of
from imnot_core.store.journal_filter import UNMATCHED
from imnot_core.store.sqlite import SqliteStore
from imnot_core.testing.clock import ManualClock

pytestmark = pytest.mark.anyio


@pytest.fixture
async def make(store: SqliteStore, clock: ManualClock) -> AsyncIterator[Callable[..., Journal]]:
    made: list[Journal] = []

    def call(**options: Any) -> Journal:
        made.append(Journal(store, clock, ChangeLog(store), **options))
        return made[-1]

    yield call
    for journal in made:
        await journal.close()


@pytest.fixture
def journal(make: Callable[..., Journal]) -> Journal:
    return make()


def request(path: str = "/things", **more: Any) -> Request:
    return Request.of("POST", path, **more)


async def only(journal: Journal) -> JournalEntry:
    (entry,) = await journal.list()
    return entry


async def test_a_request_is_noted_with_its_answer(journal: Journal, clock: ManualClock) -> None:
    sent = request("/orders/7?q=1", headers={"X-A": "1"}, body=b"{}", session="s")
    reply = Reply.json({"id": 7}, 201, {"Location": "/orders/7"})
    assert journal.note(sent, "acme/orders", reply, perf_counter() - 0.5) is None
    entry = await only(journal)
    assert (entry.kind, entry.source, entry.partner, entry.datapoint) == (
        "request",
        "acme/orders",
        "acme",
        "orders",
    )
    assert (entry.at, entry.method, entry.path, entry.query) == (
        clock.time(),
        "POST",
        "/orders/7",
        "q=1",
    )
    assert (entry.headers, entry.body, entry.body_size) == ((("x-a", "1"),), b"{}", 2)
    assert (entry.session, entry.owner, entry.status, entry.problem) == ("s", "s", 201, "")
    assert entry.duration == pytest.approx(0.5, abs=0.3)
    assert entry.response_body == b'{"id":7}'
    assert entry.response_size == 8
    assert dict(entry.response_headers)["Location"] == "/orders/7"
    assert await journal.find(entry.id) == entry


async def test_the_delay_that_a_reply_asks_for_is_part_of_its_duration(journal: Journal) -> None:
    reply = msgspec.structs.replace(Reply.empty(204), delay=3.0)
    journal.note(request(), "acme/slow", reply, perf_counter())
    assert (await only(journal)).duration == pytest.approx(3.0, abs=0.3)


async def test_bodies_are_cut_at_their_limits(journal: Journal) -> None:
    reply = Reply.of(b"x" * (ANSWER_LIMIT + 1))
    for _ in range(2):
        journal.note(request(body=bytes(BODY_LIMIT + 1)), "a/b", reply, perf_counter())
    for entry in await journal.list():
        assert (len(entry.body), entry.body_size) == (BODY_LIMIT, BODY_LIMIT + 1)
        assert entry.response_body == b"x" * ANSWER_LIMIT
        assert entry.response_size == ANSWER_LIMIT + 1


async def test_the_body_of_a_stream_is_unknown(journal: Journal) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"x"

    journal.note(request(), "a/b", Reply.streaming(chunks), perf_counter())
    entry = await only(journal)
    assert (entry.status, entry.response_body, entry.response_size) == (200, None, None)


async def test_equal_answers_are_stored_once_and_told_apart(
    journal: Journal, store: SqliteStore
) -> None:
    replies = [Reply.of(b"a" * 4000), Reply.of(b"b" * 4000), Reply.of(b"c" * 3999 + b"d", 404)]
    for number in range(90):
        journal.note(request(f"/{number}"), f"a/{number % 3}", replies[number % 3], perf_counter())
    for number, entry in enumerate(await journal.list()):
        assert entry.response_body == replies[number % 3].body
        assert entry.status == replies[number % 3].status
    stored = sum(len(each.value) for each in await store.scan(NAMESPACE))
    assert stored < 30_000


async def test_equal_bodies_with_other_headers_keep_their_headers(journal: Journal) -> None:
    body = b"a" * 4000
    for kind in ("text/plain", "text/html", "text/plain"):
        journal.note(request(), "a/b", Reply.of(body, content_type=kind), perf_counter())
    found = [dict(each.response_headers)["Content-Type"] for each in await journal.list()]
    assert found == ["text/plain", "text/html", "text/plain"]


async def test_what_nobody_answers_is_unmatched(journal: Journal) -> None:
    journal.note(request(), "", Reply.json({"detail": "?"}, 404), perf_counter())
    journal.note(request(), "", Reply.json({"detail": "?"}, 413), perf_counter())
    journal.note(request(), "a/b", Reply.json({}, 404), perf_counter(), "no payload")
    assert [each.problem for each in await journal.list()] == [UNMATCHED, "", "no payload"]


async def test_what_a_handler_added_is_completed_and_not_noted_twice(journal: Journal) -> None:
    sent = request("/stub", session="s")
    kept = await journal.add(sent, source="stubs", status=None, owner="scope", data={"stub": "1"})
    derived = msgspec.structs.replace(sent, params={"id": "7"})
    journal.note(derived, "stubs", Reply.text("hello", 202), perf_counter() - 1)
    entry = await only(journal)
    assert (entry.id, entry.owner, entry.data) == (kept, "scope", {"stub": "1"})
    assert (entry.status, entry.response_body) == (202, b"hello")
    assert entry.duration == pytest.approx(1, abs=0.3)
    journal.note(request("/next"), "a/b", Reply.empty(204), perf_counter())
    assert [each.path for each in await journal.list()] == ["/stub", "/next"]


async def test_what_was_written_before_its_answer_is_completed_too(
    journal: Journal, store: SqliteStore
) -> None:
    for number in range(3):
        sent = request(f"/proxy/{number}")
        kept = await journal.add(sent, source="stubs", status=None, data=number)
        found = await journal.find(kept)
        assert found is not None
        assert (found.status, found.data) == (None, number)
        journal.note(sent, "stubs", Reply.text("late"), perf_counter())
        found = await journal.find(kept)
        assert found is not None
        assert (found.status, found.data, found.response_body) == (200, number, b"late")
    entries = await journal.list()
    assert [(each.path, each.status) for each in entries] == [
        (f"/proxy/{number}", 200) for number in range(3)
    ]


async def test_a_request_that_fits_no_stub_of_a_partner_is_unmatched(journal: Journal) -> None:
    sent = request()
    await journal.add(sent, source="acme/stub", status=404, is_answered=False)
    journal.note(sent, "acme/stub", Reply.json({}, 404), perf_counter())
    assert (await only(journal)).problem == UNMATCHED


async def test_callbacks_are_entries_of_their_own(journal: Journal) -> None:
    kept = await journal.add_callback(
        session="s",
        partner="acme",
        datapoint="rates",
        method="POST",
        url="https://user:pw@me.example:8443/hooks/caf%C3%A9?a=1",
        headers={"Content-Type": "application/json"},
        body=b'{"EUR":1}',
        status=503,
        attempt=2,
        duration=0.25,
        response_body=b"later",
        data={"webhook-id": "msg_1"},
    )
    entry = await only(journal)
    assert entry == await journal.find(kept)
    assert (entry.kind, entry.partner, entry.datapoint, entry.session, entry.owner) == (
        "callback",
        "acme",
        "rates",
        "s",
        "s",
    )
    assert (entry.path, entry.query, entry.attempt, entry.status, entry.duration) == (
        "/hooks/café",
        "a=1",
        2,
        503,
        0.25,
    )
    assert entry.headers == (("host", "me.example:8443"), ("content-type", "application/json"))
    assert (entry.body, entry.response_body, entry.data) == (
        b'{"EUR":1}',
        b"later",
        {"webhook-id": "msg_1"},
    )


async def test_a_callback_that_nobody_answered_says_why(journal: Journal) -> None:
    await journal.add_callback(
        session=None, partner="a", datapoint="b", method="POST", url="http://me", error="refused"
    )
    entry = await only(journal)
    assert (entry.status, entry.problem, entry.path, entry.attempt) == (None, "refused", "/", 1)


async def test_a_callback_is_not_taken_for_the_request_that_began_it(journal: Journal) -> None:
    sent = request()
    await journal.add_callback(
        session=None, partner="a", datapoint="b", method="PUT", url="http://m/h"
    )
    journal.note(sent, "a/b", Reply.empty(202), perf_counter())
    assert [(each.method, each.kind) for each in await journal.list()] == [
        ("PUT", "callback"),
        ("POST", "request"),
    ]


async def test_a_journal_of_size_0_keeps_nothing(
    make: Callable[..., Journal], store: SqliteStore
) -> None:
    journal = make(size=0)
    assert not journal.keeps
    assert await journal.add(request(), source="x", status=200)
    assert journal.note(request(), "a/b", Reply.empty(204), perf_counter()) is None
    assert await journal.list() == []
    assert await store.scan(NAMESPACE) == []


async def test_entries_can_be_cleared_all_or_by_owner(journal: Journal) -> None:
    def note() -> None:
        for session in ("s", "t", None, None):
            journal.note(request(session=session), "a/b", Reply.empty(204), perf_counter())

    note()
    assert await journal.clear("s") == 1
    assert [each.session for each in await journal.list()] == ["t", None, None]
    assert await journal.clear("") == 2
    assert await journal.clear("nobody") == 0
    note()
    assert await journal.clear() == 5
    assert await journal.list() == []


async def test_who_reads_again_gets_what_is_new(journal: Journal) -> None:
    journal.note(request("/a"), "a/b", Reply.empty(204), perf_counter())
    point, entries = await journal.read()
    assert [each.path for each in entries] == ["/a"]
    assert await journal.read(point) == (point, [])
    journal.note(request("/b"), "a/b", Reply.empty(204), perf_counter())
    _, entries = await journal.read(point)
    assert [each.path for each in entries] == ["/b"]


async def test_what_cannot_be_kept_fails_no_request(
    journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    reply = Reply.empty(204)
    assert journal.note(request(), "a/b", reply, perf_counter(), "\ud800") is None
    assert [each.levelno for each in caplog.records] == [logging.ERROR]
    assert "is not kept in the journal" in caplog.text


async def test_entries_of_older_databases_can_be_read(journal: Journal, store: SqliteStore) -> None:
    old = (1, "stubs", 5.0, "GET", "/old", b"q=1", [(b"a", b"b")], b"x", 1, "s", 200, {"stub": "1"})
    later = (2, "stubs", 6.0, *old[3:])
    value = b"\x92" + msgspec.msgpack.encode(old) + msgspec.msgpack.encode(later)
    key = "0123456789ab-00000001"
    await store.put(NAMESPACE, key, value, owner="s")
    document = await store.read(NAMESPACE, key)
    assert isinstance(document, Document)
    first, second = entries_of(document)
    assert (first.id, first.path, first.status, first.data) == (key, "/old", 200, {"stub": "1"})
    assert (first.kind, first.duration, first.response_body) == ("request", None, None)
    assert await journal.find("0123456789ab-00000002") == second
