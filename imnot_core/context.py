"""What the core lends to a pattern: the view of the server that one datapoint gets.

It can name neither another datapoint's documents nor another session's state.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import TYPE_CHECKING, Any

from imnot_core.clock import Clock
from imnot_core.consumer_routes import ConsumerRoutes
from imnot_core.current import current_address, current_session, no_session
from imnot_core.errors import PayloadMissing
from imnot_core.features import wrap
from imnot_core.jobs import Jobs
from imnot_core.partner_files import PartnerFiles
from imnot_core.services import Services
from imnot_core.store.issued import Issued, IssuedIds
from imnot_core.store.journal import Journal
from imnot_core.store.payloads import Payload
from imnot_core.store.state import State
from imnot_core.targets import Targets
from imnot_core.tasks import Tasks
from imnot_core.tokens import TokenCheck

if TYPE_CHECKING:
    import httpx

    from imnot_core.messages import Handler
    from imnot_core.models import EndpointConfig


class Context:
    """The core as one datapoint sees it; handed to `PatternPlugin.compile`.

    `clock` is the time of the session of the request at hand, which a test can set and hold still;
    the server's own, where there is no session or it has no time of its own. `options` is what the
    settings say to the pattern (`[options.<pattern>]`); no value was checked.
    """

    def __init__(
        self,
        services: Services,
        partner: str,
        datapoint: str,
        *,
        files: PartnerFiles | None = None,
        token_checks: Mapping[str, TokenCheck] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.partner = partner
        self.datapoint = datapoint
        self.clock: Clock = services.live.clock_of(current_session.get)
        self.log = services.log.getChild(f"{partner}.{datapoint}")
        self.issued = IssuedIds(services.store, services.new_id, partner, datapoint)
        self._services = services
        self._find_payload = services.payloads.of(partner, datapoint)
        self._state = State(services.store, self.clock, partner, datapoint, current_session.get)
        self._shared = State(services.store, services.clock, partner, datapoint, no_session)
        self._files = files or PartnerFiles(None)
        self._token_checks = {} if token_checks is None else token_checks
        self.options = options or {}

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
    def shared(self) -> State:
        """The datapoint's documents that all sessions share, such as keys to sign with."""
        return self._shared

    @property
    def jobs(self) -> Jobs:
        """Background work."""
        return self._services.jobs

    @property
    def tasks(self) -> Tasks:
        """Work for later that survives a restart; `Compiled.tasks` does it."""
        return self._services.tasks.of(self.partner, self.datapoint, current_session.get)

    @property
    def targets(self) -> Targets:
        """Where callbacks may go, as the settings say."""
        return self._services.targets

    @property
    def journal(self) -> Journal:
        """The last requests, of all plugins together."""
        return self._services.journal

    @property
    def routes(self) -> ConsumerRoutes:
        """What partners serve at the moment."""
        return self._services.routes

    def file(self, name: str, field: str) -> bytes:
        """Read a file below the partner's folder; to be called in `compile`, not later.

        `field` is where the partner file names it. Raises FieldError for what is no such file. When
        the file changes, the next reload compiles the partner again.
        """
        return self._files.read(name, field)

    def token_check(self, datapoint: str) -> TokenCheck | None:
        """What judges the tokens of another datapoint of the partner; None where there is none.

        To be asked when a request comes: datapoints are compiled one after the other.
        """
        return self._token_checks.get(datapoint)

    @property
    def http(self) -> httpx.AsyncClient:
        """The HTTP client; shared, closed with the server. It follows no redirects."""
        return self._services.http

    @property
    def base_url(self) -> str:
        """The address under which clients reach the server, without a trailing slash.

        Of a request that chose its session by the address: with that, so that it is kept.
        """
        return current_address.get() or self._services.base_url

    async def clock_of(self, session: str | None) -> Clock:
        """The time of a session that is not that of the request at hand; of the server for None."""
        await self._services.live.refresh()  # for that of the request, the server has done it
        return self._services.live.clock(session)

    @property
    def own_time(self) -> bool:
        """Whether the session of the request at hand has a time of its own."""
        settings = self._services.live.get(current_session.get())
        return settings is not None and settings.clock is not None

    @property
    def random(self) -> Random:
        """The source of chance; a test can seed it, for the server or for a session."""
        return self._services.chance

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
