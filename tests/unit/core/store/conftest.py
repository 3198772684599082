"""What tests of the SQLite store share."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from imnot_core.store.sqlite import SqliteStore
from imnot_core.testing.clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "imnot.db"


@pytest.fixture
async def store(path: Path, clock: ManualClock) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(str(path), clock)
    await store.open()
    yield store
    await store.close()


@pytest.fixture
def stranger(path: Path, store: SqliteStore) -> Iterator[sqlite3.Connection]:
    """A connection to the store's file that is not the store's."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as connection:
        yield connection
