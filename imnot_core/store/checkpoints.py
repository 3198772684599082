"""Copying the write-ahead log into the database file, so that no request waits for the disk.

SQLite would do it within the commit that makes the log too long: that one request, and the event
loop with it, would wait for several fsyncs. Here a thread with a connection of its own does it, in
rounds of two steps. First it copies while writes go on. As they go on, the log never comes to an
end that way, and would grow for ever under constant load; so then writes are held for the
milliseconds that it takes to copy the rest and to begin the log anew. Reads never wait.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from imnot_core.store.locking import is_locked
from imnot_core.store.writequeue import WriteQueue

LOG_LIMIT = 8 * 1024 * 1024
"""The length of the log, in bytes, at which a round begins."""

_TIMEOUT = 0.1  # seconds that the second step tries for: this process's writes wait for as long
_PAUSE = 0.001  # seconds; SQLite's own pauses grow, and a busy writer in another process wins
_log = logging.getLogger(__name__)

T = TypeVar("T")


class Checkpoints:
    """The rounds for one database file.

    Every process that uses the file has its own; the length of the log is what they share.
    """

    def __init__(self, path: str, queue: WriteQueue) -> None:
        self._path = path
        self._log_file = Path(f"{path}-wal")
        self._queue = queue
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="imnot-checkpoint")
        self._round: asyncio.Task[None] | None = None
        self._threshold = LOG_LIMIT

    def notice(self) -> None:
        """Begin a round if the log is long; to be called after each commit (1.5 µs)."""
        size = self._log_size()
        if size < LOG_LIMIT:
            self._threshold = LOG_LIMIT
        elif size >= self._threshold and self._round is None:
            self._round = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """Wait for the round that is under way, and leave an empty log behind."""
        if self._round is not None:
            await self._round
        if self._log_size():
            await self._attempt(self._empty)
        self._thread.shutdown()

    async def _run(self) -> None:
        try:
            copied = await self._attempt(self._copy)
            # Not: another process is at it. If the log has grown long meanwhile, then because this
            # one's writes keep it from the second step: they wait for it, too.
            if copied or self._log_size() > 2 * LOG_LIMIT:
                self._queue.hold()
                try:
                    await self._attempt(self._start_anew)
                finally:
                    self._queue.release()
        finally:
            self._round = None
            # Long still: others were in the way. Not again before it has grown by as much again.
            self._threshold = self._log_size() + LOG_LIMIT

    async def _attempt(self, step: Callable[[sqlite3.Connection], bool]) -> bool:
        """Run one step in the thread. A failure loses nothing: the log just stays as long."""
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._thread, self._connected, step
            )
        except sqlite3.Error as error:
            if not is_locked(error):
                _log.warning("%s: the write-ahead log cannot be copied: %s", self._path, error)
            return False

    def _connected(self, step: Callable[[sqlite3.Connection], T]) -> T:
        connection = sqlite3.connect(self._path, timeout=0, isolation_level=None)
        with closing(connection):
            return step(connection)

    def _copy(self, connection: sqlite3.Connection) -> bool:
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        return not busy  # busy: another process is at it

    def _empty(self, connection: sqlite3.Connection) -> bool:
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy  # busy: somebody writes, or still reads from the log

    def _start_anew(self, connection: sqlite3.Connection) -> bool:
        deadline = time.monotonic() + _TIMEOUT
        while self._log_size() >= LOG_LIMIT:
            if self._empty(connection):
                # The first write to an empty log waits for the disk. Let it be this one, of a
                # number that nobody reads.
                connection.execute("PRAGMA user_version = 1")
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(_PAUSE)
        return True  # by another process

    def _log_size(self) -> int:
        try:
            return self._log_file.stat().st_size
        except OSError:  # nothing was written yet, or the folder is gone: SQLite will say so
            return 0
