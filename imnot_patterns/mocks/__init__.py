"""The API plugin `mocks`: short-lived mocks that are made over HTTP, each at an address of its own.

`/v1/mocks` manages them, `/v1/mock/{mock_id}` serves them. `parameters` reads what is to be made,
`mock` is what it becomes, `shelf` keeps, counts and answers, `controllers` are the endpoints.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from imnot_core import API_VERSION, Reply, Request, Services
from imnot_patterns.mocks.controllers import PREFIX, controllers
from imnot_patterns.mocks.mock import SERVED_BELOW
from imnot_patterns.mocks.shelf import Shelf

__all__ = ["MocksApi"]


class MocksApi:
    """Mocks that are made over HTTP, answer every method, count it, and expire."""

    name = "mocks"
    api_version = API_VERSION
    prefixes: tuple[str, ...] = (PREFIX,)
    consumer_prefixes: tuple[str, ...] = (SERVED_BELOW,)

    def __init__(self) -> None:
        self._shelf: Shelf | None = None

    def controllers(self, services: Services) -> Sequence[Any]:
        """The management endpoints."""
        self._shelf = Shelf(services)
        return controllers(self._shelf, services)

    async def respond(self, request: Request) -> Reply | None:
        """Answer with the mock whose address it is; to all others, this is 404 or 405."""
        if not f"{request.path}/".startswith(f"{SERVED_BELOW}/"):
            return None
        if self._shelf is None:
            raise RuntimeError("the mocks are asked before their server has started")
        return await self._shelf.respond(request)
