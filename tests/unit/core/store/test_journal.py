"""The journal: requests are kept, found, listed, forgotten, and go with their sessions."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imnot_core import Journal, JournalEntry, Request, StoreError
from imnot_core.store import journal_flusher as module
from imnot_core.store.changes import ChangeLog
from imnot_core.store.journal import BODY_LIMIT
from imnot_core.store.journal_buffer import FLUSH_BYTES, MEMORY, RUN_ENTRIES
from imnot_core.store.journal_documents import NAMESPACE
from imnot_core.store.journal_entries import entries_of
from imnot_core.store.sessions import Sessions
from imnot_core.store.sqlite import SqliteStore
from imnot_core.testing.clock import ManualClock

pytestmark = pytest.mark.anyio

Make = Callable[..., Journal]


@pytest.fixture
def changes(store: SqliteStore) -> ChangeLog:
    return ChangeLog(store)


@pytest.fixture
async def make(store: SqliteStore, clock: ManualClock, changes: ChangeLog) -> AsyncIterator[Make]:
    made: list[Journal] = []

    def call(**options: Any) -> Journal:
        made.append(Journal(store, clock, changes, **options))
        return made[-1]

    yield call
    for journal in made:
        await journal.close()


@pytest.fixture
def journal(make: Make) -> Journal:
    return make()


@pytest.fixture
def shared(make: Make) -> Journal:
    return make(shared=True)


@pytest.fixture
async def other(path: Path, clock: ManualClock, store: SqliteStore) -> AsyncIterator[SqliteStore]:
    """What another process has open."""
    other = SqliteStore(str(path), clock)
    await other.open()
    yield other
    await other.close()


def request(path: str = "/things", **more: Any) -> Request:
    return Request.of("POST", path, **more)


async def eventually(holds: Callable[[], Any]) -> None:
    async with asyncio.timeout(5):
        while not await holds():
            await asyncio.sleep(0.002)


# What is kept


async def test_an_entry_tells_everything_of_its_request(
    journal: Journal, clock: ManualClock
) -> None:
    sent = Request(
        "PATCH",
        "/café/7",
        {"id": "7"},
        b'{"a": "\xc3\xa9"}',
        "s",
        [(b"x-a", b"1"), (b"x-a", b"\xe9"), (b"x-imnot-session", b"s")],
        b"q=%C3%A9&q=2",
    )
    kept = await journal.add(sent, source="acme/orders", status=201, data={"stub": [1, None]})
    found = await journal.find(kept)
    assert found is not None
    assert found == JournalEntry(
        id=kept,
        at=clock.time(),
        method="PATCH",
        path="/café/7",
        query="q=%C3%A9&q=2",
        headers=(("x-a", "1"), ("x-a", "é"), ("x-imnot-session", "s")),
        body=b'{"a": "\xc3\xa9"}',
        body_size=11,
        session="s",
        source="acme/orders",
        status=201,
        owner="s",
        data={"stub": [1, None]},
        ended=found.ended,
    )


async def test_an_unanswered_request_has_no_status(journal: Journal) -> None:
    kept = await journal.find(await journal.add(request(), source="", status=None))
    assert kept is not None
    assert (kept.status, kept.source, kept.owner, kept.session, kept.data) == (
        None,
        "",
        "",
        None,
        None,
    )


async def test_the_owner_may_be_another_than_the_session(journal: Journal) -> None:
    sent = request(session="s")
    kept = await journal.find(await journal.add(sent, source="stubs", status=200, owner="team-a"))
    assert kept is not None
    assert (kept.session, kept.owner) == ("s", "team-a")


async def test_a_body_is_cut_at_the_limit(journal: Journal) -> None:
    for size in (BODY_LIMIT - 1, BODY_LIMIT, BODY_LIMIT + 1, 3 * BODY_LIMIT):
        kept = await journal.find(
            await journal.add(request(body=bytes(size)), source="", status=200)
        )
        assert kept is not None
        assert (len(kept.body), kept.body_size) == (min(size, BODY_LIMIT), size)


@settings(deadline=None, max_examples=50)
@given(
    body=st.binary(max_size=50),
    path=st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    query=st.binary(max_size=20),
    headers=st.lists(st.tuples(st.binary(max_size=9), st.binary(max_size=9)), max_size=3),
    data=st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers(-9, 9) | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    ),
)
def test_whatever_was_sent_is_kept_as_it_was(
    body: bytes, path: str, query: bytes, headers: list[tuple[bytes, bytes]], data: Any
) -> None:
    async def check() -> None:
        clock = ManualClock()
        store = SqliteStore(":memory:", clock)
        await store.open()
        journal = Journal(store, clock, ChangeLog(store))
        sent = Request("GET", path, {}, body, None, headers, query)
        await journal.add(sent, source="x", status=200, data=data)
        (kept,) = await journal.list()
        await journal.close()
        await store.close()
        assert (kept.body, kept.path, kept.data) == (body, path, data)
        assert kept.query.encode("latin-1") == query
        pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in kept.headers]
        assert pairs == headers

    asyncio.run(check())


async def test_data_that_cannot_be_kept_is_refused_at_once(journal: Journal) -> None:
    with pytest.raises(TypeError):
        await journal.add(request(), source="", status=200, data=object())
    assert await journal.list() == []


async def test_what_is_kept_with_it_may_change_later(journal: Journal) -> None:
    data = {"calls": 1}
    kept = await journal.add(request(), source="", status=200, data=data)
    data["calls"] = 2
    found = await journal.find(kept)
    assert found is not None
    assert found.data == {"calls": 1}


# Listing and finding


async def test_entries_are_listed_in_order_by_source_and_by_owner(journal: Journal) -> None:
    for number, (source, owner) in enumerate(
        [("stubs", ""), ("acme/a", "s"), ("stubs", "s"), ("stubs", "t")]
    ):
        await journal.add(request(f"/{number}"), source=source, status=200, owner=owner)

    async def paths(*args: Any, **named: Any) -> list[str]:
        return [entry.path for entry in await journal.list(*args, **named)]

    assert await paths() == ["/0", "/1", "/2", "/3"]
    assert await paths("stubs") == ["/0", "/2", "/3"]
    assert await paths("stub") == []
    assert await paths(owner="s") == ["/1", "/2"]
    assert await paths("stubs", owner="s") == ["/2"]
    assert await paths(owner="") == ["/0"]
    assert await paths(owner="nobody") == []


async def test_an_unknown_id_is_none(journal: Journal) -> None:
    await journal.add(request(), source="", status=200)
    for unknown in ("", "x", "\0", "\u20ac"):
        assert await journal.find(unknown) is None


async def test_ids_are_unique_and_made_for_urls(make: Make) -> None:
    journals = [make(), make(shared=True)]
    ids = [
        await journal.add(request(), source="", status=200)
        for journal in journals
        for _ in range(2 * RUN_ENTRIES)
    ]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[0-9a-f][0-9a-f-]+", each) for each in ids)


async def test_the_oldest_are_forgotten(make: Make) -> None:
    journal = make(size=10)
    ids = [await journal.add(request(f"/{n}"), source="", status=200) for n in range(250)]
    assert [entry.path for entry in await journal.list()] == [f"/{n}" for n in range(240, 250)]
    assert await journal.find(ids[0]) is None
    assert await journal.find(ids[-1]) is not None


async def test_many_entries_are_listed_without_holding_others_up(
    journal: Journal,
) -> None:
    for _ in range(1000):
        await journal.add(request(), source="", status=200)
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(others())
    assert len(await journal.list()) == 1000
    task.cancel()
    assert turns >= 5


# When they are written


async def test_one_process_writes_soon_and_without_being_asked(
    journal: Journal, other: SqliteStore
) -> None:
    await journal.add(request(), source="", status=200)
    assert await other.scan(NAMESPACE) == []
    await eventually(lambda: other.scan(NAMESPACE))


async def test_entries_that_take_much_memory_do_not_wait(
    journal: Journal, other: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FLUSH_SECONDS", 3600)
    for _ in range(FLUSH_BYTES // BODY_LIMIT + 1):
        await journal.add(request(body=bytes(BODY_LIMIT)), source="", status=200)
    await eventually(lambda: other.scan(NAMESPACE, values=False))


async def test_memory_is_bounded_in_bytes_and_nothing_is_lost_of_it(journal: Journal) -> None:
    for number in range(300):
        body = bytes([number % 256]) * BODY_LIMIT
        await journal.add(request(f"/{number}", body=body), source="", status=200)
        assert journal._buffer.bytes <= MEMORY + 2 * BODY_LIMIT
    paths = [entry.path for entry in await journal.list()]
    assert paths == [f"/{number}" for number in range(300)]


async def test_close_writes_the_rest(journal: Journal, other: SqliteStore) -> None:
    await journal.add(request(), source="", status=200)
    await journal.close()
    assert len(await other.scan(NAMESPACE)) == 1


async def test_a_failure_of_the_store_is_logged_once_and_fails_no_request(
    journal: Journal,
    store: SqliteStore,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fails(*_: Any, **__: Any) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(store, "append", fails)
        for number in range(3):
            await journal.add(request(f"/waits/{number}"), source="", status=200)
            await journal.flush()
        with pytest.raises(StoreError, match="the disk is full"):
            await journal.list()
        with pytest.raises(StoreError, match="the disk is full"):
            await journal.find("unknown")
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "the disk is full" in caplog.text
    await journal.add(request("/after"), source="", status=200)
    paths = [entry.path for entry in await journal.list()]
    assert paths == ["/waits/0", "/waits/1", "/waits/2", "/after"]


async def test_while_the_store_is_locked_memory_is_bounded(
    make: Make, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = make(size=150)
    unlocked = asyncio.Event()
    append = store.append

    async def waits(*args: Any, **named: Any) -> None:
        await unlocked.wait()
        await append(*args, **named)

    monkeypatch.setattr(store, "append", waits)
    for number in range(1000):
        await journal.add(request(f"/{number}"), source="", status=200)
        await asyncio.sleep(0)
    assert len(journal._buffer.entries) <= 150
    unlocked.set()
    assert [entry.path for entry in await journal.list()] == [f"/{n}" for n in range(850, 1000)]


# Sessions


@pytest.mark.parametrize("as_shared", [False, True])
async def test_a_session_takes_its_entries_along(
    make: Make, store: SqliteStore, changes: ChangeLog, *, as_shared: bool
) -> None:
    journal = make(shared=as_shared)
    sessions = Sessions(store, lambda: "unused", changes, journal)
    await journal.add(request("/written", session="s"), source="", status=200)
    await journal.flush()
    await journal.add(request("/in memory", session="s"), source="", status=200)
    await journal.add(request("/of another", session="t"), source="", status=200)
    await journal.add(request("/of nobody"), source="", status=200)
    assert await sessions.delete("s")
    assert [entry.path for entry in await journal.list()] == ["/of another", "/of nobody"]
    assert await sessions.clear() == 0  # requests alone begin no session
    assert [entry.path for entry in await journal.list()] == ["/of nobody"]


async def test_a_request_alone_begins_no_session_but_goes_with_its_deletion(
    journal: Journal, store: SqliteStore, changes: ChangeLog
) -> None:
    sessions = Sessions(store, lambda: "unused", changes, journal)
    await journal.add(request(session="s"), source="", status=200)
    await journal.flush()
    assert not await sessions.exists("s")
    assert await sessions.list() == []
    assert await sessions.delete("s")
    assert await journal.list() == []


async def test_the_newest_entries_can_be_had_alone(make: Make) -> None:
    journal = make(size=60)
    for number in range(100):
        source, session = ("odd", "s") if number % 2 else ("even", None)
        await journal.add(request(f"/{number}", session=session), source=source, status=200)
    for newest in (1, 7, 29, 1000):
        found = await journal.list("odd", newest=newest)
        assert [e.path for e in found] == [f"/{n}" for n in range(41, 100, 2)][-newest:]
        assert await journal.list(owner="s", newest=newest) == found
        even = await journal.list(owner="", newest=newest)
        assert [e.path for e in even] == [f"/{n}" for n in range(40, 100, 2)][-newest:]


async def test_a_session_that_is_deleted_elsewhere_takes_along_what_is_in_memory(
    journal: Journal,
    changes: ChangeLog,
    other: SqliteStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "FLUSH_SECONDS", 3600)
    await changes.catch_up()  # as a server does when it starts
    await journal.add(request("/gone", session="s"), source="", status=200)
    await journal.add(request("/of nobody"), source="", status=200)
    await Sessions(other, lambda: "unused").delete("s")
    assert [entry.path for entry in await journal.list()] == ["/of nobody"]


# Runs


async def test_every_entry_of_a_run_is_found_by_its_id(make: Make) -> None:
    journal = make()
    ids = [
        await journal.add(
            request(f"/{n}", session="s" if n % 7 == 3 else None), source="", status=1
        )
        for n in range(60)
    ]
    found = [await journal.find(each) for each in ids]
    assert [each and (each.id, each.path) for each in found] == [
        (one, f"/{n}") for n, one in enumerate(ids)
    ]
    for unknown in (f"{ids[-1]}0", ids[0][:-1] + "g", ids[0][:13], "", "x" * 40):
        assert await journal.find(unknown) is None


@pytest.mark.parametrize("size", [1, 30, 1000])
async def test_what_is_stored_is_bounded_in_entries_and_not_in_runs(
    make: Make, store: SqliteStore, size: int
) -> None:
    journal = make(size=size)
    for run in range(40):
        for number in range(run):
            await journal.add(request(f"/{run}/{number}"), source="", status=200)
        await journal.flush()
    stored = [each for d in await store.scan(NAMESPACE) for each in entries_of(d)]
    assert min(size, 780) <= len(stored) <= size + size // 8 + 40
    listed = await journal.list()
    assert len(listed) == min(size, 780)
    assert [each.path for each in listed] == [each.path for each in stored][-len(listed) :]


async def test_a_process_that_begins_anew_keeps_what_is_there_within_the_bound(make: Make) -> None:
    first = make(size=50)
    for number in range(45):
        await first.add(request(f"/{number}"), source="", status=200)
        await first.flush()
    second = make(size=50)
    for number in range(45, 60):
        await second.add(request(f"/{number}"), source="", status=200)
    assert [each.path for each in await second.list()] == [f"/{n}" for n in range(10, 60)]
