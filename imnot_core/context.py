"""What the core lends to a plugin.

`Services` are the parts of a running server; a `Context` is the view that one datapoint gets:
it can name neither another datapoint's documents nor another session's
state.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING
from uuid import UUID

from imnot_core.clock import Clock
from imnot_core.errors import PayloadMissing
from imnot_core.jobs import Jobs
from imnot_core.store import Store
from imnot_core.store.issued import Issued, IssuedIds
from imnot_core.store.payloads import Payload, Payloads
from imnot_core.store.sessions import Sessions
from imnot_core.store.state import State

if TYPE_CHECKING:
    import httpx

# Set by the surface for requests that carry the session header; a job started by such a request
# inherits it. That makes `context.state` the state of the request's session without an argument
# that a plugin could forget.
current_session: ContextVar[str | None] = ContextVar("imnot_session", default=None)


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of a running server that plugins may use."""

    store: Store
    clock: Clock
    jobs: Jobs
    client: Callable[[], httpx.AsyncClient]
    base_url: str
    random: Random
    log: logging.Logger
    admits: Callable[[str], bool]
    """Whether a secret is the admin key (always, when none is set); compares in constant time."""

    @property
    def http(self) -> httpx.AsyncClient:
        """The HTTP client; shared, closed with the server. It follows no redirects."""
        return self.client()

    def new_id(self) -> str:
        """A random UUID, version 4, from `random`, so that a seeded test gets the same ones."""
        return str(UUID(int=self.random.getrandbits(128), version=4))

    @property
    def payloads(self) -> Payloads:
        """All payloads of the server."""
        return Payloads(self.store)

    @property
    def sessions(self) -> Sessions:
        """All sessions of the server."""
        return Sessions(self.store, self.new_id)


class Context:
    """The core as one datapoint sees it; handed to `PatternPlugin.compile`."""

    def __init__(self, services: Services, partner: str, datapoint: str) -> None:
        self.partner = partner
        self.datapoint = datapoint
        self.log = services.log.getChild(f"{partner}.{datapoint}")
        self.issued = IssuedIds(services.store, services.new_id, partner, datapoint)
        self._services = services
        self._find_payload = services.payloads.of(partner, datapoint)
        self._state = State(services.store, services.clock, partner, datapoint, current_session.get)

    async def payload(self, session: str | None) -> Payload:
        """The session's payload, or the global one where `session` is None.

        Raises `PayloadMissing` (404). A session without the payload never gets the global one.
        """
        found = await self._find_payload(session)
        if found is None:
            raise PayloadMissing(self._missing(session))
        return found

    async def payload_of(self, issued: Issued, session: str | None) -> Payload:
        """The payload for a step that carries an id.

        The session of the request decides; without one the global payload, and where there is none
        that of the session in which the id was issued. Raises `PayloadMissing` (404).
        """
        if session is not None or issued.session is None:
            return await self.payload(session)
        found = await self._find_payload(None)
        return found or await self.payload(issued.session)

    @property
    def state(self) -> State:
        """The datapoint's own documents in the store, those of the request's session alone."""
        return self._state

    @property
    def jobs(self) -> Jobs:
        """Background work."""
        return self._services.jobs

    @property
    def http(self) -> httpx.AsyncClient:
        """The HTTP client; shared, closed with the server. It follows no redirects."""
        return self._services.http

    @property
    def base_url(self) -> str:
        """The address under which clients reach the server, without a trailing slash."""
        return self._services.base_url

    @property
    def clock(self) -> Clock:
        """The server's time; a test can hold it still."""
        return self._services.clock

    @property
    def random(self) -> Random:
        """The source of chance; a test can seed it."""
        return self._services.random

    def new_id(self) -> str:
        """A new random UUID, version 4."""
        return self._services.new_id()

    def _missing(self, session: str | None) -> str:
        owner = f"{self.partner}/{self.datapoint}"
        upload = f"/imnot/admin/{owner}/payload"
        if session is None:
            return f"No global payload found for {owner}; upload one with POST {upload}"
        return (
            f"No payload found for {owner} in session {session!r}; upload one with POST"
            f" {upload}/session and the header X-Imnot-Session: {session}"
        )
