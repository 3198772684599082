"""Group commit: all writes that are asked for in one turn of the event loop share a transaction.

A commit costs about five times what the write itself does, so 32 requests at once wait for one
commit instead of 32. The database is only ever locked within one call: no transaction is open while
the loop does something else.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeVar

from imnot_core.clock import Clock
from imnot_core.store.failures import explain
from imnot_core.store.locking import PATIENCE, is_locked, pauses

T = TypeVar("T")

Committed = Callable[[int], None]
"""Called after each commit with the number of writes in it."""


@dataclass(slots=True, eq=False)
class _Write:
    operation: Callable[[sqlite3.Connection, float], object]
    future: asyncio.Future[Any]  # every write has a result of its own type
    deadline: float  # of the event loop's clock: how long to wait for a locked database

    def fail(self, error: Exception) -> None:
        if not self.future.done():
            self.future.set_exception(error)


class WriteQueue:
    """The writes that wait for their commit, in order."""

    def __init__(
        self, connection: sqlite3.Connection, clock: Clock, place: str, committed: Committed
    ) -> None:
        self._connection = connection
        self._clock = clock
        self._place = place
        self._committed = committed
        self._pending: list[_Write] = []
        self._scheduled: asyncio.Handle | None = None
        self._pauses: Iterator[float] = pauses()
        self._held = False

    def submit(self, operation: Callable[[sqlite3.Connection, float], T]) -> asyncio.Future[T]:
        """Have the operation run with the connection and the present time, and committed.

        The future has its result once it is committed, or `StoreError`. An operation whose future
        was cancelled before its turn is left out.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._pending.append(_Write(operation, future, loop.time() + PATIENCE))
        if self._scheduled is None:
            self._scheduled = loop.call_soon(self._flush)
        return future

    def hold(self) -> None:
        """Let writes wait until `release`."""
        self._held = True

    def release(self) -> None:
        """End `hold`."""
        self._held = False
        if self._pending and self._scheduled is None:
            self._scheduled = asyncio.get_running_loop().call_soon(self._flush)

    async def drain(self) -> None:
        """Wait until every write so far is committed or has failed."""
        if self._pending:
            await asyncio.wait([write.future for write in self._pending])

    def _flush(self) -> None:
        self._scheduled = None
        if self._held:
            return
        writes = [write for write in self._pending if not write.future.done()]
        self._pending.clear()
        batches = deque([writes] if writes else [])
        while batches:
            batch = batches.popleft()
            try:
                results = self._transact(batch)
            except Exception as error:  # noqa: BLE001 - it belongs to whoever awaits the write
                if is_locked(error):
                    self._postpone([*batch, *chain.from_iterable(batches)], error)
                    return
                if len(batch) > 1:  # nothing of it was written; alone, only the culprit fails
                    batches.extend([write] for write in batch)
                else:
                    batch[0].fail(self._explained(error))
            else:
                self._pauses = pauses()
                for write, result in zip(batch, results, strict=True):
                    write.future.set_result(result)
                self._committed(len(batch))

    def _transact(self, writes: list[_Write]) -> list[object]:
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            now = self._clock.time()
            results = [write.operation(connection, now) for write in writes]
            connection.execute("COMMIT")
        except BaseException:
            connection.rollback()
            raise
        return results

    def _postpone(self, writes: list[_Write], error: Exception) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for write in writes:
            if write.deadline < now:
                write.fail(self._explained(error))
        self._pending[:0] = [write for write in writes if not write.future.done()]
        if self._pending:
            self._scheduled = loop.call_later(next(self._pauses), self._flush)

    def _explained(self, error: Exception) -> Exception:
        if not isinstance(error, (sqlite3.Error, UnicodeError)):
            return error
        failure = explain(error, self._place)
        failure.__cause__ = error
        return failure
