"""The claim of a process on a task, renewed while it works."""

from __future__ import annotations

import asyncio
from time import time
from typing import Final

from msgspec.structs import replace

from imnot_core.store import Store
from imnot_core.tasks.task import NAMESPACE, Kept, decoded, encoded

LEASE: Final = 10.0
"""Seconds after which the task of a worker that does not renew its claim belongs to nobody."""


class Lease:
    """The claim on a task that is being done. `mine` is the task as it was claimed."""

    def __init__(self, store: Store, key: str, mine: Kept) -> None:
        self._store = store
        self._key = key
        self._mine = mine

    async def keep(self) -> None:
        """Renew the claim until this is cancelled, or until it is not ours any more."""
        held = True
        while held:
            await asyncio.sleep(LEASE / 3)
            held = await self._replace(replace(self._mine, until=time() + LEASE))

    async def end(self) -> None:
        """Delete the task, if it is still the claimed one."""
        await self._replace(None)

    async def give_back(self) -> None:
        """Let somebody else do the task."""
        await self._replace(Kept(self._mine.task, self._mine.written))

    async def _replace(self, kept: Kept | None) -> bool:
        document = await self._store.read(NAMESPACE, self._key)
        if document is None or decoded(document).holder != self._mine.holder:
            return False  # deleted with its session, or replaced by another one
        # An expired document is as good as deleted, and can be written only if nothing changed.
        value, expires_at = (b"", 0.0) if kept is None else (encoded(kept), None)
        return await self._store.compare_and_set(
            NAMESPACE,
            self._key,
            document.value,
            value,
            owner=document.owner,
            expires_at=expires_at,
        )
