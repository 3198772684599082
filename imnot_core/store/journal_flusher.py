"""When entries of the journal are written: soon, in the background, and whenever somebody asks."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from time import monotonic
from typing import Final

from imnot_core.errors import StoreError
from imnot_core.store.changes import ChangeLog
from imnot_core.store.journal_buffer import FLUSH_BYTES, Buffer, Waiting
from imnot_core.store.journal_documents import JournalDocuments
from imnot_core.store.journal_notices import Notices

FLUSH_SECONDS: Final = 0.05
"""How long entries wait in memory before some of them are written.

Each time only so many that it takes a millisecond or two: a server that is fully loaded writes some
of the entries that come in, and never those that have been forgotten by then.
"""

_log = logging.getLogger("imnot")


class Flusher:
    """Writes what is in the buffer. `is_due` says that it will do so before long."""

    def __init__(
        self,
        buffer: Buffer,
        documents: JournalDocuments,
        changes: ChangeLog,
        notices: Notices | None,
    ) -> None:
        self.is_due = False
        self._buffer = buffer
        self._documents = documents
        self._changes = changes
        self._notices = notices
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._fails = False

    def begin(self) -> None:
        """Write in the background from now on, beginning soon; at once, if there is much."""
        self.is_due = True
        if self._task is not None:
            return
        if self._buffer.bytes >= FLUSH_BYTES:
            self._start()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(FLUSH_SECONDS, self._start)

    async def flush(self) -> None:
        """Write all entries that are in memory. Raises StoreError: they stay there then."""
        count = len(self._buffer.entries)
        if not count and not self._lock.locked():
            return
        async with self._lock:
            while count > 0 and self._buffer.entries:
                count -= await self._write_some()

    async def complete(self) -> None:
        """Have everything written that was answered before now, by whichever worker.

        Raises StoreError: an answer without the last requests would be a lie.
        """
        await self.flush()
        if self._notices is not None:
            await self._notices.others()

    async def announce(self) -> None:
        """Tell other workers that there is something in memory; a failure is logged."""
        if self._notices is not None:
            try:
                await self._notices.put_up()
            except StoreError as error:
                self._refused(error)

    async def close(self) -> None:
        """Write the rest, and stop."""
        self.is_due = False
        self._disarm()
        if self._task is not None:
            await asyncio.wait([self._task])
        try:
            await self.flush()
            if self._notices is not None:
                await self._notices.take_down()
        except StoreError as error:
            self._refused(error)

    def _start(self) -> None:
        self._disarm()
        self._task = asyncio.get_running_loop().create_task(self._turn(), name="imnot journal")
        self._task.add_done_callback(self._end)

    def _end(self, _task: asyncio.Task[None]) -> None:
        self._task = None
        if self.is_due:
            self.begin()

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _turn(self) -> None:
        """Write some of it; if there was nothing left, this was the last turn."""
        with suppress(StoreError):  # it was logged; what was not written is tried again
            await self._write_or_stop()

    async def _write_or_stop(self) -> None:
        async with self._lock:
            if self._buffer.entries:
                await self._write_some()
                if self._notices is not None and await self._notices.are_wanted():
                    while self._buffer.entries:
                        await self._write_some()
                return
            self.is_due = False  # whoever comes from now on begins anew
            if self._notices is not None:
                await self._notices.take_down()

    async def _write_some(self) -> int:
        """Write the oldest entries; returns how many. Under the lock."""
        runs: list[list[Waiting]] = []
        try:
            await self._changes.catch_up()  # a session may have been deleted elsewhere
            now = monotonic()
            runs = self._buffer.take()
            is_all = not self._buffer.entries
            writes = [self._documents.append(runs)] if runs else []
            if is_all and self._notices is not None and self._notices.is_up:
                writes.append(self._notices.renew(now))
            await asyncio.gather(*writes)
            self._fails = False
        except StoreError as error:
            self._buffer.put_back(runs)
            self._refused(error)
            raise
        except BaseException:  # of whoever is cancelled meanwhile; what is written twice reads once
            self._buffer.put_back(runs)
            raise
        await self._documents.trim()
        return max(1, sum(map(len, runs)))

    def _refused(self, error: StoreError) -> None:
        if not self._fails:
            _log.error("requests are answered, but not kept in the journal: %s", error)
        self._fails = True
