"""The clocks of sessions: asked, set, advanced, held still."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from imnot_core.errors import ReplyError
from imnot_core.server.admin.session_bodies import check_id, clock_change
from imnot_core.server.admin.session_views import clock_of
from imnot_core.server.openapi import errors
from imnot_core.services import Services
from imnot_core.store.session_settings import SettingsChange

UNKNOWN = errors({404: "There is no such session."})
UNFIT = errors(
    {
        400: "The body is not JSON.",
        422: "The body says what cannot be; all faults are told.",
    }
)


def clock_handlers(services: Services, base: str) -> tuple[Any, Any]:
    """The endpoints for the time of a session, which may be one that nobody began."""
    live = services.live

    @get(f"{base}/{{session_id:str}}/clock", tags=["sessions"], responses=UNKNOWN)
    async def get_clock(session_id: FromPath[str]) -> dict[str, Any]:
        """Tell the time in a session, and whether it stands still."""
        settings = await services.sessions.settings(session_id)
        return clock_of(settings, services.clock.time())

    @post(f"{base}/{{session_id:str}}/clock", status_code=200, tags=["sessions"], responses=UNFIT)
    async def change_clock(
        request: Request[Any, Any, Any], session_id: FromPath[str]
    ) -> Response[Any]:
        """Set, advance, freeze or resume the time in a session, or give it the server's again."""
        check_id(session_id)  # nobody may have begun it
        change = SettingsChange(clock=clock_change(await request.body()))
        await live.refresh()
        now = services.clock.time()
        try:
            settings = await live.change(session_id, lambda known: change.of(known, now))
        except ValueError as error:
            raise ReplyError(422, f"The clock cannot be changed: {error}") from None
        return Response(clock_of(settings, services.clock.time()), status_code=200)

    return get_clock, change_clock
