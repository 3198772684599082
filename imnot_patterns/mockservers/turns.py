"""One change of a mock server at a time, whichever worker makes it.

What a change is checked against must still be so when it is written: two routes for one path, made
through two workers at once, would both find it free.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from weakref import WeakValueDictionary

from imnot_core import Services

NAMESPACE: Final = "mock-server-turns"
LEASE: Final = 3.0
"""After how many seconds others go on without a worker that took a turn: it must have been killed.

A turn takes a few milliseconds: nothing but writes to the store happens in it.
"""
_PAUSE: Final = 0.003


class Turns:
    """Gives the turns, in this process by locks, among several by documents of the store."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def of(self, server_id: str) -> AsyncIterator[None]:
        """Hold up all other changes of a mock server."""
        lock = self._locks.get(server_id)
        if lock is None:
            lock = self._locks[server_id] = asyncio.Lock()
        async with lock:
            if self._services.shared:
                async with self._among_workers(server_id):
                    yield
            else:
                yield

    @asynccontextmanager
    async def _among_workers(self, server_id: str) -> AsyncIterator[None]:
        token = self._services.new_id().encode()
        while not await self._exchange(server_id, None, token, LEASE):  # noqa: ASYNC110 - others are processes
            await asyncio.sleep(_PAUSE)
        try:
            yield
        finally:
            # Only one's own: another worker may have gone on without this one.
            await self._exchange(server_id, token, b"", 0)

    async def _exchange(
        self, server_id: str, expected: bytes | None, token: bytes, seconds: float
    ) -> bool:
        expires = self._services.clock.time() + seconds
        swap = self._services.store.compare_and_set
        return await swap(NAMESPACE, server_id, expected, token, expires_at=expires)
