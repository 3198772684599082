"""The API plugin `mock-servers`: `/mock-servers`, and the answers below `/mocked`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from imnot_core import API_VERSION, Reply, Request, Services
from imnot_patterns.mockservers.controllers import PREFIX, controllers
from imnot_patterns.mockservers.logs import Logs
from imnot_patterns.mockservers.registry import MockServers
from imnot_patterns.mockservers.serving import PREFIX as SERVED
from imnot_patterns.mockservers.serving import respond


class MockServersApi:
    """Mock servers that are made over HTTP, route by route or from an OpenAPI document."""

    name = "mock-servers"
    api_version = API_VERSION
    prefixes: tuple[str, ...] = (PREFIX,)
    consumer_prefixes: tuple[str, ...] = (SERVED,)

    def __init__(self) -> None:
        self._parts: tuple[MockServers, Logs] | None = None

    def controllers(self, services: Services) -> Sequence[Any]:
        """The management endpoints."""
        servers, logs = self._parts = MockServers(services), Logs(services)
        return controllers(servers, logs, services)

    async def respond(self, request: Request) -> Reply | None:
        """Answer with a route of the mock server that the path names."""
        if not request.path.startswith(SERVED):
            return None
        return await respond(*self._running, request)

    @asynccontextmanager
    async def lifespan(self, _services: Services) -> AsyncIterator[None]:
        """Clear away what a server that was killed had begun to delete."""
        servers, _ = self._running
        await servers.tidy()
        yield

    @property
    def _running(self) -> tuple[MockServers, Logs]:
        if self._parts is None:
            raise RuntimeError("the mock servers are asked before their server has started")
        return self._parts
