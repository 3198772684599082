"""The mocks of a server: kept in the store, counted there, and answered from it.

Nothing is kept in memory: a request that is counted is a write, beside which reading the mock costs
little. So every worker knows the same, and the store itself lets mocks and counters expire.
"""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from imnot_core import Reply, Request, Services
from imnot_patterns.mocks.mock import SERVED_BELOW, Mock, MockMetadata

MOCKS: Final = "mocks"
HITS: Final = "mocks/hits"
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
"""The methods that a mock answers."""


class Shelf:
    """All mocks of a server. Every method raises `StoreError` when the store cannot be used."""

    def __init__(self, services: Services) -> None:
        self._store = services.store
        self._new_id = services.new_id

    async def add(self, mock: Mock) -> MockMetadata:
        """Put a mock into effect; it gets another id, should there be a mock that has its own."""
        while not await self._store.compare_and_set(
            MOCKS, mock.id, None, msgspec.json.encode(mock), expires_at=mock.expires
        ):
            mock = msgspec.structs.replace(mock, id=self._new_id())
        return MockMetadata.of(mock, 0)

    async def metadata(self, mock_id: str) -> MockMetadata | None:
        """What is to be told of a mock; None if there is none, or no longer."""
        mock = await self._find(mock_id)
        if mock is None:
            return None
        return MockMetadata.of(mock, int(await self._store.get(HITS, mock_id) or 0))

    async def remove(self, mock_id: str) -> bool:
        """Delete a mock with its counter; tells whether there was one."""
        deleted, _ = await asyncio.gather(
            self._store.delete(MOCKS, mock_id), self._store.delete(HITS, mock_id)
        )
        return deleted

    async def respond(self, request: Request) -> Reply:
        """Answer a request below `/v1/mock`, and count it if it is a mock that answers."""
        if request.method not in METHODS:
            detail = f"A mock answers {', '.join(METHODS)}, not {request.method}"
            return Reply.json({"detail": detail}, 405, {"Allow": ", ".join(METHODS)})
        mock = await self._find(request.path.removeprefix(SERVED_BELOW).removeprefix("/"))
        if mock is None or not await self._counted(mock):
            return Reply.json({"detail": f"There is no mock at {request.path}"}, 404)
        return mock.reply()

    async def _find(self, mock_id: str) -> Mock | None:
        value = await self._store.get(MOCKS, mock_id)
        return None if value is None else msgspec.json.decode(value, type=Mock)

    async def _counted(self, mock: Mock) -> bool:
        """Count a hit; False if the mock has gone since it was read."""
        hits = await self._store.increment(HITS, mock.id, expires_at=mock.expires)
        if hits > 1 or await self._store.get(MOCKS, mock.id) is not None:
            return True
        # It was deleted, and its counter with it: this hit began one that nobody would delete.
        await self._store.delete(HITS, mock.id)
        return False
