"""What a session changes about the answer of an endpoint: overrides, and a seed of its own."""

from __future__ import annotations

from imnot_core.chaos import disturbed
from imnot_core.compiled import Target
from imnot_core.current import current_random
from imnot_core.errors import ReplyError
from imnot_core.messages import Reply, Request
from imnot_core.refusals import error_reply
from imnot_core.services import Services


class InSession:
    """Answers requests in sessions that have anything of their own.

    `is_special` is to be asked for each request in a session, and must cost little.
    """

    def __init__(self, services: Services) -> None:
        self._live = services.live
        self._special = services.live.special
        self._overrides = services.overrides
        self._overridden = services.overrides.sessions
        self._services = services
        self.is_seeded = False
        """Whether any request had the chance of its session: what follows it must not."""

    async def is_special(self, session: str) -> bool:
        """Whether the session has settings or overrides, as any worker wrote them."""
        await self._live.refresh()
        return session in self._special or session in self._overridden

    async def seed(self, session: str, route: str) -> None:
        """Give the request at hand the chance of its session, if that has a seed."""
        if self._live.seed(session) is not None:
            self.is_seeded = True
            current_random.set(await self._live.draw(session, route))

    async def answer(self, target: Target, request: Request) -> Reply:
        """Answer as the session says; as the endpoint would where that says nothing."""
        await self.seed(request.session or "", target.route)
        override = None
        if not target.admin:
            override = await self._overrides.of(request, target.owner, target.route)
        if override is None:
            return await target.handler(request)
        try:
            reply = await target.handler(request) if override.reply is None else override.reply
        except ReplyError as error:
            reply = error_reply(error)
        if override.chaos is None:
            return reply
        return disturbed(
            reply, override.chaos, self._services.chance, has_body=request.method != "HEAD"
        )
