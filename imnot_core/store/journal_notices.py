"""How the journals of several processes are seen as one: who has entries that are not written yet.

To write every entry before its answer is sent would cost each request a commit. So a process says
once that it has entries in memory, and until when all were written; and who reads waits for those
that said so. The clock is the machine's monotonic one, which is the same for all its processes.
"""

from __future__ import annotations

import asyncio
import logging
import os
from time import monotonic
from typing import Final

from imnot_core.store import Document, Store

NAMESPACE: Final = "journal-notices"
WANTED: Final = "wanted"
PATIENCE: Final = 2.0
"""For how many seconds others are waited for; who takes longer was killed."""
_PAUSE: Final = 0.004
_log = logging.getLogger("imnot")


class Notices:
    """The notice of one process, and those of the others. `name` is the process's own."""

    def __init__(self, store: Store, name: str) -> None:
        self._store = store
        self._name = name
        self.is_up = False
        self._written = 0.0
        self._posting: asyncio.Task[None] | None = None

    async def put_up(self) -> None:
        """Say that there are entries in memory; to be awaited before the answer of one is sent."""
        if self.is_up:
            return
        if self._posting is None:
            self._posting = asyncio.ensure_future(self._post())
            self._posting.add_done_callback(self._posted)
        await asyncio.shield(self._posting)

    async def _post(self) -> None:
        await self.renew(0.0)
        self.is_up = True

    def _posted(self, task: asyncio.Task[None]) -> None:
        self._posting = None
        if not task.cancelled():
            task.exception()  # whoever waits has it

    async def renew(self, written: float) -> None:
        """Say that all entries from before the time `written` can be read."""
        self._written = written
        await self._store.put(NAMESPACE, self._name, f"{written} {os.getpid()}".encode())

    async def take_down(self) -> None:
        """Say that there is nothing in memory."""
        if self.is_up:
            self.is_up = False
            await self._store.delete(NAMESPACE, self._name)

    async def are_wanted(self) -> bool:
        """Whether somebody waits for entries of this process."""
        value = await self._store.get(NAMESPACE, WANTED)
        return value is not None and self._written < float(value) <= monotonic()

    async def others(self) -> None:
        """Wait until the others have written what they answered before now."""
        now = monotonic()
        behind = await self._behind(now)
        if not behind:
            return
        await self._store.put(NAMESPACE, WANTED, f"{now}".encode())
        while behind := await self._behind(now):
            if monotonic() > now + PATIENCE or not any(map(_is_alive, behind)):
                await self._give_up(behind)
                return
            await asyncio.sleep(_PAUSE)

    async def _behind(self, now: float) -> list[Document]:
        documents = await self._store.scan(NAMESPACE)
        return [
            each
            for each in documents
            if each.key not in (self._name, WANTED) and _written(each) < now
        ]

    async def _give_up(self, behind: list[Document]) -> None:
        for each in behind:
            _log.warning(
                "a worker ended before it wrote its last requests; the journal goes without them"
            )
            await self._store.delete(NAMESPACE, each.key)


def _written(notice: Document) -> float:
    return float(notice.value.split()[0])


def _is_alive(notice: Document) -> bool:
    if os.name != "posix":  # elsewhere, to ask would be to kill
        return True
    try:
        os.kill(int(notice.value.split()[1]), 0)
    except ProcessLookupError:
        return False
    except OSError:  # there is one, of another user
        return True
    return True
