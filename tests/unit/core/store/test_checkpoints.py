"""The write-ahead log: copied beside the traffic, never for ever growing, gone at the end."""

from __future__ import annotations

import asyncio
import itertools
import logging
import sqlite3
from pathlib import Path

import pytest

from imnot_core.store.checkpoints import LOG_LIMIT, Checkpoints
from imnot_core.store.sqlite import SqliteStore
from tests.support import eventually_async

pytestmark = pytest.mark.anyio

VALUE = bytes(100_000)
KEYS = itertools.count()


def log_size(path: Path) -> int:
    return Path(f"{path}-wal").stat().st_size


async def write(store: SqliteStore) -> None:
    """Four writes at once, of new keys: to write what is there already costs SQLite nothing."""
    await asyncio.gather(*(store.put("n", str(next(KEYS)), VALUE) for _ in range(4)))


async def write_megabytes(store: SqliteStore, count: int) -> None:
    for _ in range(count * 10 // 4):
        await write(store)


async def write_until_the_log_began_anew(store: SqliteStore, path: Path, times: int) -> None:
    """Write without a pause."""
    last = 0
    for _ in range(1000):
        await write(store)
        size = log_size(path)
        times -= size < last
        if not times:
            return
        last = size
    pytest.fail(
        f"the log has {last} bytes after 400 MB, and should have begun anew {times} times more"
    )


async def test_the_log_stays_bounded_under_constant_load(store: SqliteStore, path: Path) -> None:
    await write_until_the_log_began_anew(store, path, 5)


async def test_the_log_stays_bounded_when_two_write_all_the_time(
    store: SqliteStore, path: Path
) -> None:
    other = SqliteStore(str(path), store._clock)
    await other.open()
    await asyncio.gather(
        *(write_until_the_log_began_anew(each, path, 5) for each in (store, other))
    )
    await other.close()


async def test_nothing_is_lost_when_the_log_begins_anew(store: SqliteStore, path: Path) -> None:
    await store.put("n", "first", b"1")
    await write_until_the_log_began_anew(store, path, 2)
    first, *others = [each.key for each in await store.scan("n", values=False)]
    numbers = [int(key) for key in others]
    assert first == "first"
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


async def test_a_short_log_is_left_alone(
    store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Checkpoints, "_run", None)
    await write_megabytes(store, 5)
    assert log_size(path) > 5_000_000


async def test_a_reader_in_the_way_makes_the_log_longer_only_while_it_is_there(
    store: SqliteStore, stranger: sqlite3.Connection, path: Path
) -> None:
    await store.put("n", "k", b"1")
    stranger.execute("BEGIN")
    stranger.execute("SELECT * FROM documents").fetchall()
    await write_megabytes(store, 30)
    assert log_size(path) > 30_000_000
    stranger.execute("COMMIT")
    await write_until_the_log_began_anew(store, path, 2)


async def test_closing_empties_the_log_even_if_others_stay(
    store: SqliteStore, stranger: sqlite3.Connection, path: Path
) -> None:
    await store.put("n", "k", VALUE)
    stranger.execute("SELECT 1 FROM documents").fetchall()
    await store.close()
    assert log_size(path) == 0
    assert stranger.execute("SELECT count(*) FROM documents").fetchone() == (1,)


async def test_closing_waits_for_the_round_that_is_under_way(
    store: SqliteStore, path: Path
) -> None:
    assert store._checkpoints is not None
    for number in range(LOG_LIMIT // len(VALUE) + 1):
        await store.put("n", str(number), VALUE)
        if store._checkpoints._round is not None:
            break
    else:
        pytest.fail("no round began")
    await store.close()
    assert path.stat().st_size > 0.8 * LOG_LIMIT
    assert not Path(f"{path}-wal").exists()


async def test_a_copy_that_fails_is_logged_and_writes_go_on(
    store: SqliteStore,
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(self: Checkpoints, connection: sqlite3.Connection) -> bool:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(Checkpoints, "_copy", fail)
    with caplog.at_level(logging.WARNING):
        await write_megabytes(store, 20)
        await eventually_async(lambda: caplog.messages)
    assert caplog.messages[0] == f"{path}: the write-ahead log cannot be copied: disk I/O error"
    assert len(caplog.messages) <= 2
