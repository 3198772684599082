"""The store in a SQLite file: the default, for one machine and any number of processes.

Reads run directly on the event loop, as they take microseconds (3.5 for a payload by its key, which
no cache in front of it could better by much). Writes go through the write queue. The file is in WAL
mode: readers and writers do not wait for each other, and what is committed is in the hands of the
operating system, so that it survives the end of this process, whatever that may be.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from imnot_core.clock import Clock
from imnot_core.errors import StoreError
from imnot_core.store import Document, Entry, writes
from imnot_core.store.checkpoints import Checkpoints
from imnot_core.store.failures import explain
from imnot_core.store.locking import when_unlocked
from imnot_core.store.migrations import check_origin, migrate
from imnot_core.store.writequeue import WriteQueue

_MEMORY = ":memory:"

# The room of expired documents is freed after so many writes, of so many documents at once: twice
# as fast as writes could make them, in steps too short to notice.
_PURGE_EVERY = 50
_PURGE_LIMIT = 100

_GET = "SELECT value, expires FROM documents WHERE namespace = ? AND key = ?"
_CHANGES = "PRAGMA data_version"
_HEAD = "SELECT namespace, key, x'', owner, created, updated FROM documents"
_FULL = "SELECT namespace, key, value, owner, created, updated FROM documents"
_READ = f"{_FULL} WHERE namespace = ? AND key = ? AND {writes.LIVE}"
_TAIL = f"""
SELECT sequence, namespace, key, value, owner, created, updated FROM documents
WHERE namespace = ? AND sequence > ? AND {writes.LIVE} ORDER BY sequence DESC LIMIT ?
"""
_OWNED = f"{_HEAD} WHERE owner = ? AND owner <> '' AND {writes.LIVE} ORDER BY id"
_OWNERS = f"""
SELECT owner FROM documents WHERE owner <> '' AND {writes.LIVE} GROUP BY owner ORDER BY min(id)
"""

T = TypeVar("T")


class SqliteStore:
    """A `Store` in the file named by a path, `sqlite:///relative` or `sqlite:////absolute`.

    `:memory:` (or `sqlite://`) is a database of this object's own that ends with it. An instance
    belongs to the event loop that opened it, until it is closed.
    """

    def __init__(self, url_or_path: str, clock: Clock) -> None:
        self.path = database_path(url_or_path)
        self._clock = clock
        self._connection: sqlite3.Connection | None = None
        self._queue: WriteQueue | None = None
        self._checkpoints: Checkpoints | None = None
        self._closing = asyncio.Lock()
        self._writes_since_purge = 0
        self._execute: Callable[[str, tuple[object, ...]], sqlite3.Cursor] = self._refuse

    async def open(self) -> None:
        """Connect; create or migrate the database if need be."""
        self._closing = asyncio.Lock()  # it belongs to one event loop, and this may be another
        try:
            await when_unlocked(self._connect)
        except (sqlite3.Error, UnicodeError) as error:
            raise explain(error, self.path) from error

    async def close(self) -> None:
        """Finish pending writes and disconnect. Doing it twice is no harm."""
        async with self._closing:
            queue, self._queue = self._queue, None
            self._execute = self._refuse
            if self._connection is None or queue is None:
                return
            await queue.drain()
            if self._checkpoints is not None:
                await self._checkpoints.close()
            self._connection.close()
            self._connection = None

    async def get(self, namespace: str, key: str) -> bytes | None:
        """The value, or None. The cheapest read there is."""
        try:
            row = self._execute(_GET, (namespace, key)).fetchone()
        except (sqlite3.Error, UnicodeError):  # most likely locked, which is rare for a read
            row = next(iter(await self._rows(_GET, namespace, key)), None)
        if row is None:
            return None
        value: bytes
        value, expires = row
        if expires is not None and expires <= self._clock.time():
            return None
        return value

    async def read(self, namespace: str, key: str) -> Document | None:
        """The value with its owner and times, or None."""
        rows = await self._rows(_READ, namespace, key, self._clock.time())
        return Document(*rows[0]) if rows else None

    async def put(
        self,
        namespace: str,
        key: str,
        value: bytes,
        *,
        owner: str = "",
        expires_at: float | None = None,
    ) -> None:
        """Write, whether or not the key exists. `created` and the order of creation are kept."""
        entry = writes.Entry(namespace, key, value, owner, expires_at)
        await self._write(partial(writes.put, entry))

    async def compare_and_set(
        self,
        namespace: str,
        key: str,
        expected: bytes | None,
        value: bytes,
        *,
        owner: str = "",
        expires_at: float | None = None,
    ) -> bool:
        """Write only if the present value is `expected` (None: only if absent)."""
        entry = writes.Entry(namespace, key, value, owner, expires_at)
        if expected is None:
            return await self._write(partial(writes.add, entry))
        return await self._write(partial(writes.swap, entry, expected))

    async def increment(
        self,
        namespace: str,
        key: str,
        by: int = 1,
        *,
        owner: str = "",
        expires_at: float | None = None,
    ) -> int:
        """Add to a counter that begins at 0 and return the new value; of any size.

        Raises `StoreError` also if the key holds something that is no number.
        """
        entry = writes.Entry(namespace, key, b"%d" % by, owner, expires_at)
        return await self._write(partial(writes.increment, entry, by))

    async def delete(self, namespace: str, key: str) -> bool:
        """Delete; tells whether there was anything."""
        return await self._write(partial(writes.delete, namespace, key))

    async def scan(
        self, namespace: str, prefix: str = "", *, values: bool = True
    ) -> list[Document]:
        """The documents whose key starts with `prefix`, in order of creation."""
        condition, parameters = writes.key_range(namespace, prefix)
        statement = f"{_FULL if values else _HEAD} WHERE {condition} AND {writes.LIVE} ORDER BY id"
        rows = await self._rows(statement, *parameters, self._clock.time())
        return [Document(*row) for row in rows]

    async def clear(self, namespace: str, prefix: str = "") -> int:
        """Delete the documents that `scan` would give; returns how many there were."""
        return await self._write(partial(writes.clear, namespace, prefix))

    async def owners(self) -> list[str]:
        """Every owner that has a document, in order of its oldest one."""
        return [owner for (owner,) in await self._rows(_OWNERS, self._clock.time())]

    async def owned(self, owner: str) -> list[Document]:
        """All documents of one owner, without their values, in order of creation."""
        return [Document(*row) for row in await self._rows(_OWNED, owner, self._clock.time())]

    async def delete_owned(self, owner: str) -> int:
        """Delete all documents of one owner at once; returns how many there were."""
        return await self._write(partial(writes.delete_owned, owner))

    async def append(self, namespace: str, entries: Sequence[Entry], *, keep: int) -> None:
        """Write documents, in order and all at once, and forget all but the `keep` appended last.

        What is beyond `keep` goes at once, in the time that it takes to find one of them.
        """
        if entries:
            await self._write(partial(writes.append, namespace, tuple(entries), keep))

    async def tail(
        self, namespace: str, after: int = 0, *, last: int | None = None
    ) -> list[tuple[int, Document]]:
        """What was appended behind the number `after`, or the last of it, in order."""
        limit = -1 if last is None else last  # SQLite's word for all
        rows = await self._rows(_TAIL, namespace, after, self._clock.time(), limit)
        return [(number, Document(*rest)) for number, *rest in reversed(rows)]

    async def change_token(self) -> int:
        """SQLite's `data_version`: what other connections change in the file changes it.

        So does a checkpoint, once in some thousand writes. Own writes do not, nor does a write of
        what is there already.
        """
        version: int
        try:
            (version,) = self._execute(_CHANGES, ()).fetchone()
        except sqlite3.Error:  # most likely locked, as above
            ((version,),) = await self._rows(_CHANGES)
        return version

    def _connect(self) -> None:
        connection = sqlite3.connect(self.path, timeout=0, isolation_level=None)
        try:
            check_origin(connection, self.path)
            _configure(connection)
            now = self._clock.time()
            migrate(connection, self.path, now)
            # Also shows, before anything depends on it, whether the file can be written.
            writes.purge(_PURGE_LIMIT, connection, now)
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        self._execute = connection.execute
        self._queue = WriteQueue(connection, self._clock, self.path, self._committed)
        if self.path != _MEMORY:
            self._checkpoints = Checkpoints(self.path, self._queue)

    async def _rows(self, statement: str, *parameters: object) -> list[Any]:
        try:
            return await when_unlocked(lambda: self._execute(statement, parameters).fetchall())
        except (sqlite3.Error, UnicodeError) as error:
            raise explain(error, self.path) from error

    def _write(self, operation: Callable[[sqlite3.Connection, float], T]) -> asyncio.Future[T]:
        if self._queue is None:
            self._refuse()
        return self._queue.submit(operation)

    def _committed(self, count: int) -> None:
        if self._checkpoints is not None:
            self._checkpoints.notice()
        self._writes_since_purge += count
        if self._writes_since_purge >= _PURGE_EVERY and self._queue is not None:
            self._writes_since_purge = 0
            purge = self._queue.submit(partial(writes.purge, _PURGE_LIMIT))
            # It is tried again soon, and a disk that fails is told to those who write.
            purge.add_done_callback(lambda done: done.cancelled() or done.exception())

    def _refuse(self, *_: object) -> NoReturn:
        raise StoreError(f"{self.path}: the store is not open")


def database_path(url_or_path: str) -> str:
    """The absolute path of the database file that `--db` names, or `:memory:`.

    Raises `StoreError` if it names none.
    """
    host, path = "", url_or_path
    if url_or_path.startswith("sqlite://"):
        host, _, path = url_or_path.removeprefix("sqlite://").partition("/")
        path = path or host or _MEMORY
    elif url_or_path.startswith("sqlite:"):
        path = url_or_path.removeprefix("sqlite:")
    if _MEMORY in (host, path):
        return _MEMORY
    if host or not path or "\0" in path:
        raise StoreError(
            f"{url_or_path!r} names no database file; write a path, "
            "sqlite:///relative/path.db or sqlite:////absolute/path.db"
        )
    return str(Path(path).absolute())  # the current directory may change


def _configure(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    # A commit is handed to the operating system at once, and reaches the disk with a checkpoint.
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
