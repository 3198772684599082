"""The journals of several processes are one to whoever asks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from time import monotonic, perf_counter

import pytest

from imnot_core import Journal, Reply, Request
from imnot_core.store import journal_flusher, journal_notices
from imnot_core.store.changes import ChangeLog
from imnot_core.store.journal_notices import NAMESPACE, WANTED
from imnot_core.store.sqlite import SqliteStore
from imnot_core.testing.clock import ManualClock

pytestmark = pytest.mark.anyio


@pytest.fixture
async def workers(path: Path, clock: ManualClock) -> AsyncIterator[list[Journal]]:
    """Two, each with a connection of its own."""
    stores = [SqliteStore(str(path), clock) for _ in range(2)]
    for store in stores:
        await store.open()
    journals = [Journal(store, clock, ChangeLog(store), shared=True) for store in stores]
    yield journals
    for store, journal in zip(stores, journals, strict=True):
        await journal.close()
        await store.close()


async def note(journal: Journal, path: str) -> None:
    """Do what the server does before it sends an answer."""
    sent = Request.of("GET", path)
    turn = journal.note(sent, "acme/a", Reply.empty(204), perf_counter())
    if turn is not None:
        await turn


async def test_every_worker_lists_what_any_has_answered(workers: list[Journal]) -> None:
    paths = []
    for number in range(120):
        await note(workers[number % 2], f"/{number}")
        paths.append(f"/{number}")
        if number % 7 == 0:
            asker = workers[number % 3 % 2]
            assert [each.path for each in await asker.list()] == paths


async def test_an_answer_of_another_worker_is_found_and_cleared(workers: list[Journal]) -> None:
    here, there = workers
    await note(here, "/a")
    (entry,) = await there.list()
    assert await there.find(entry.id) == entry
    await note(here, "/b")
    assert await there.clear() == 2
    assert await here.list() == []


async def test_answering_costs_no_write_while_a_notice_is_up(
    workers: list[Journal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_flusher, "FLUSH_SECONDS", 3600)
    here, _ = workers
    await note(here, "/first")
    for number in range(100):
        sent = Request.of("GET", f"/{number}")
        assert here.note(sent, "acme/a", Reply.empty(204), perf_counter()) is None


async def test_who_has_nothing_more_takes_the_notice_down(
    workers: list[Journal], store: SqliteStore
) -> None:
    await note(workers[0], "/a")
    assert len(await store.scan(NAMESPACE)) == 1
    async with asyncio.timeout(5):
        while await store.scan(NAMESPACE):
            await asyncio.sleep(0.005)
    assert [each.path for each in await workers[1].list()] == ["/a"]


async def test_who_is_waited_for_writes_all_that_there_is(
    workers: list[Journal], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = workers
    for number in range(3000):  # more than is written at once
        await note(here, f"/{number}")
    assert len(await there.list()) == 3000


async def test_a_worker_that_was_killed_is_not_waited_for(
    workers: list[Journal],
    store: SqliteStore,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await store.put(NAMESPACE, "0123456789ab-", b"0.0 999999999")
    started = monotonic()
    assert await workers[0].list() == []
    assert monotonic() - started < 1
    assert "ended before it wrote its last requests" in caplog.text
    # Nor one that lives, and does not answer.
    monkeypatch.setattr(journal_notices, "PATIENCE", 0.1)
    await store.put(NAMESPACE, "0123456789ab-", b"0.0 1")
    assert await workers[0].list() == []
    assert await store.get(NAMESPACE, "0123456789ab-") is None


async def test_what_was_wanted_before_the_machine_was_started_is_not_any_more(
    workers: list[Journal], store: SqliteStore
) -> None:
    await store.put(NAMESPACE, WANTED, f"{monotonic() + 1e6}".encode())
    await note(workers[0], "/a")
    assert [each.path for each in await workers[1].list()] == ["/a"]
