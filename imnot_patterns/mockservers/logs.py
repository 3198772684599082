"""The log of a mock server: the requests that were sent to it."""

from __future__ import annotations

from typing import Final

import msgspec

from imnot_core import Entry, Request, Services, instant
from imnot_patterns.mockservers.model import MockLogEntry, MockRoute

KEPT: Final = 2000
"""How many requests are kept of each mock server."""


class Logs:
    """The logs of all mock servers. A request is in it before it is answered."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def add(
        self, server_id: str, request: Request, path: str, route: MockRoute | None, status: int
    ) -> None:
        """Keep a request, with the route that was found for it and the status of its answer."""
        entry = MockLogEntry(
            id=self._services.new_id(),
            server=server_id,
            route_id=msgspec.UNSET if route is None else route.id,
            request_method=request.method,
            request_path=path,
            request_headers=_headers(request),
            response_status_code=status,
            matched=route is not None,
            timestamp=instant(self._services.clock.time()),
        )
        document = Entry(entry.id, msgspec.json.encode(entry))
        await self._services.store.append(_namespace(server_id), (document,), keep=KEPT)

    async def list(self, server_id: str, limit: int, offset: int) -> list[MockLogEntry]:
        """The newest requests, newest first, without the first `offset` of them."""
        if not limit:
            return []
        last = min(limit + offset, 2 * KEPT)
        found = await self._services.store.tail(_namespace(server_id), last=last)
        newest = found[::-1][offset:][:limit]
        return [msgspec.json.decode(each.value, type=MockLogEntry) for _, each in newest]

    async def delete(self, server_id: str) -> None:
        """Forget all of a mock server."""
        await self._services.store.clear(_namespace(server_id))


def _namespace(server_id: str) -> str:
    return f"mock-server-log/{server_id}"


def _headers(request: Request) -> dict[str, str]:
    """Name to value; the values of a repeated header are joined, as HTTP says they may be."""
    headers = request.headers
    return {name: ", ".join(headers.getall(name)) for name in headers}
