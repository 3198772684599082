"""A database that somebody else has locked: waiting without blocking, giving up with a reason."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from imnot_core.errors import StoreError
from imnot_core.store import locking, writequeue
from imnot_core.store.sqlite import SqliteStore
from imnot_core.testing.clock import ManualClock

pytestmark = pytest.mark.anyio


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locking, "PATIENCE", 0.1)
    monkeypatch.setattr(writequeue, "PATIENCE", 0.1)


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0.001)


async def test_writes_wait_for_the_lock_while_the_loop_goes_on(
    store: SqliteStore, stranger: sqlite3.Connection
) -> None:
    stranger.execute("BEGIN IMMEDIATE")
    first = asyncio.create_task(store.increment("n", "k"))
    await turns(20)
    second = asyncio.create_task(store.increment("n", "k"))
    await turns(20)
    assert await store.get("n", "k") is None
    assert not first.done()
    stranger.execute("COMMIT")
    assert [await first, await second] == [1, 2]


async def test_writes_keep_their_order_while_they_wait(
    store: SqliteStore, stranger: sqlite3.Connection
) -> None:
    stranger.execute("BEGIN IMMEDIATE")
    tasks = []
    for key in "dacb":
        tasks.append(asyncio.create_task(store.put("n", key, b"1")))
        await turns(5)
    stranger.execute("COMMIT")
    await asyncio.gather(*tasks)
    assert [each.key for each in await store.scan("n")] == list("dacb")


async def test_close_finishes_writes_that_wait(
    store: SqliteStore, stranger: sqlite3.Connection
) -> None:
    stranger.execute("BEGIN IMMEDIATE")
    write = asyncio.create_task(store.put("n", "k", b"1"))
    await turns(5)
    closing_task = asyncio.create_task(store.close())
    await turns(5)
    assert not closing_task.done()
    stranger.execute("COMMIT")
    await closing_task
    await write
    assert stranger.execute("SELECT count(*) FROM documents").fetchone() == (1,)


@pytest.mark.usefixtures("impatient")
async def test_a_lock_that_stays_is_an_error_that_names_file_and_remedy(
    store: SqliteStore, stranger: sqlite3.Connection, path: Path
) -> None:
    stranger.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match=f"^{path}: another process .* end that process"):
        await store.put("n", "k", b"1")
    stranger.execute("ROLLBACK")
    await store.put("n", "k", b"2")
    assert await store.get("n", "k") == b"2"


async def test_opening_waits_for_the_lock(path: Path, clock: ManualClock) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        store = SqliteStore(str(path), clock)
        opening = asyncio.create_task(store.open())
        await turns(20)
        assert not opening.done()
        other.execute("COMMIT")
        await opening
    await store.put("n", "k", b"1")
    await store.close()


@pytest.mark.usefixtures("impatient")
async def test_opening_gives_up_on_a_lock_that_stays(path: Path, clock: ManualClock) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        store = SqliteStore(str(path), clock)
        with pytest.raises(StoreError, match=f"^{path}: another process"):
            await store.open()
    await store.close()


async def test_reads_wait_for_the_lock(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    # Reads meet one only while another process recovers the log of a third that crashed.
    await store.put("n", "k", b"1")
    execute, failures = store._execute, iter(range(3))

    def busy_at_first(statement: str, parameters: tuple[object, ...]) -> sqlite3.Cursor:
        if next(failures, None) is None:
            return execute(statement, parameters)
        error = sqlite3.OperationalError("database is locked")
        error.sqlite_errorcode = sqlite3.SQLITE_BUSY | 1 << 8  # SQLITE_BUSY_RECOVERY
        raise error

    monkeypatch.setattr(store, "_execute", busy_at_first)
    assert await store.get("n", "k") == b"1"
    failures = iter(range(3))
    assert len(await store.scan("n")) == 1
