"""What the core lends to a plugin.

`Services` are the parts of a running server; a `Context` is the view that one datapoint gets:
it can name neither another datapoint's documents nor another session's
state.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from imnot_core.clock import Clock
from imnot_core.consumer_routes import ConsumerRoutes
from imnot_core.credentials import secrets_in
from imnot_core.errors import PayloadMissing
from imnot_core.features import wrap
from imnot_core.jobs import Jobs
from imnot_core.store import Document, Store
from imnot_core.store.changes import ChangeLog
from imnot_core.store.issued import Issued, IssuedIds
from imnot_core.store.journal import SIZE, Journal
from imnot_core.store.mirror import Mirror
from imnot_core.store.payloads import Payload, Payloads
from imnot_core.store.sessions import Sessions
from imnot_core.store.state import State

if TYPE_CHECKING:
    import httpx

    from imnot_core.messages import Handler
    from imnot_core.models import EndpointConfig

T = TypeVar("T")

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
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What the settings say to plugins, by the name of the plugin; no value was checked."""
    folder: Path = Path()
    """What relative paths in `options` are relative to: the folder of imnot.toml or the current."""
    routes: ConsumerRoutes = field(default_factory=ConsumerRoutes)
    """What partners serve at the moment."""
    journal_size: int = SIZE
    """How many requests the journal keeps."""
    shared: bool = False
    """Whether other processes answer for the same server."""
    changes: ChangeLog = field(init=False)
    """What processes tell each other of documents that are in memory; mirrors stand on it."""
    journal: Journal = field(init=False)
    """The last requests, of all plugins together."""

    def __post_init__(self) -> None:
        """Make what stands on the store."""
        changes = ChangeLog(self.store, alone=not self.shared)
        journal = Journal(
            self.store, self.clock, changes, size=self.journal_size, shared=self.shared
        )
        object.__setattr__(self, "changes", changes)
        object.__setattr__(self, "journal", journal)

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
        return Sessions(self.store, self.new_id, self.changes, self.journal)

    def mirror(
        self,
        namespace: str,
        decode: Callable[[Document], T],
        *,
        added: Callable[[str, T], None],
        removed: Callable[[str, T], None],
    ) -> Mirror[T]:
        """Keep the documents of a namespace in memory, in step with what every process writes.

        To be made once, for instance when an API plugin gives its controllers. The namespace must
        be the plugin's own: begin it with the plugin's name.
        """
        return Mirror(self.store, self.changes, namespace, decode, added=added, removed=removed)

    def admits_headers(self, headers: Mapping[str, str]) -> bool:
        """Whether a request carries the admin key, in any of the ways that clients have.

        As `Authorization: Bearer <key>`, as the password of `Authorization: Basic` with any user
        name, or as `X-API-Key`. Always, when none is set.
        """
        # The empty one is admitted where none is set.
        return any(self.admits(secret) for secret in ("", *secrets_in(headers)))


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
    def journal(self) -> Journal:
        """The last requests, of all plugins together."""
        return self._services.journal

    @property
    def routes(self) -> ConsumerRoutes:
        """What partners serve at the moment."""
        return self._services.routes

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

    def wrap(self, config: EndpointConfig, handler: Handler) -> Handler:
        """The handler with the features that an endpoint declares; itself if it declares none.

        For patterns that do not serve an endpoint as it is declared, but several as one, or under
        another path: they wrap each handler themselves and return the `Endpoint` as `wrapped`. The
        wrapper of a handler that raises `ReplyError` may return the answer instead of raising.
        """
        return wrap(config, handler, self)

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
