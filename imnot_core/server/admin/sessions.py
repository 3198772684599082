"""Sessions: begun, listed, described, changed, copied, emptied, deleted."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.params import FromPath

from imnot_core.errors import ReplyError
from imnot_core.plugin import HasSessions
from imnot_core.server.admin.session_bodies import NewSession, new_session, settings_change
from imnot_core.server.admin.session_clocks import clock_handlers
from imnot_core.server.admin.session_views import described, listed
from imnot_core.server.openapi import errors
from imnot_core.server.runtime import Runtime
from imnot_core.store.session_settings import SessionSettings, for_copy

BASE = "/imnot/admin/sessions"
UNKNOWN = errors({404: "There is no such session."})
UNNAMED = errors({404: "The path ends with a slash, as if a session was to follow."})
UNFIT = {400: "The body is not JSON.", 422: "The body says what cannot be; all faults are told."}
NEW = errors({**UNFIT, 404: "There is no session to copy.", 409: "The id is taken."})
CHANGED = errors({**UNFIT, 404: "There is no such session."})

HttpRequest = Request[Any, Any, Any]


def session_handlers(runtime: Runtime) -> tuple[Any, ...]:
    """The endpoints for sessions."""
    return (*_all_sessions(runtime), *_one_session(runtime))


def _all_sessions(runtime: Runtime) -> tuple[Any, ...]:
    sessions = runtime.services.sessions

    @get(BASE, tags=["sessions"])
    async def list_sessions() -> list[dict[str, str | None]]:
        """List the sessions, newest first: an entry per session and datapoint with a payload."""
        return [listed(entry) for entry in await sessions.list()]

    @post(BASE, tags=["sessions"], responses=NEW)
    async def create_session(request: HttpRequest) -> dict[str, str]:
        """Begin a session; its first payload may also begin one (POST …/payload/session)."""
        return {"session_id": await _begin(runtime, new_session(await request.body()))}

    @delete(BASE, status_code=200, tags=["sessions"], responses=UNNAMED)
    async def clear_sessions(request: HttpRequest) -> dict[str, Any]:
        """Delete all sessions; global payloads and what was issued without a session stay."""
        if request.scope["raw_path"].endswith(b"/"):  # a script whose $SESSION is empty
            raise ReplyError(404, f"No session is named; DELETE {BASE} deletes all of them")
        return {"status": "ok", "deleted": await sessions.clear()}

    return list_sessions, create_session, clear_sessions


def _one_session(runtime: Runtime) -> tuple[Any, ...]:
    copy_session, reset_session = _actions(runtime)
    get_clock, change_clock = clock_handlers(runtime.services, BASE)
    below = {"copy": copy_session, "reset": reset_session, "clock": change_clock}

    # Of type `path`: whoever names sessions may use slashes. It comes with one at its beginning,
    # and takes in what stands behind the session: Litestar does not ask the handlers in `below`,
    # which are there for its OpenAPI document.
    @get(f"{BASE}/{{session_id:path}}", tags=["sessions"], responses=UNKNOWN)
    async def show_session(request: HttpRequest, session_id: FromPath[str]) -> dict[str, Any]:
        """Describe a session: what was settled for it, its time, and how much it holds."""
        session, action = _split(request, session_id, ("clock",))
        if action:
            shown: dict[str, Any] = await get_clock.fn(session)
            return shown
        return await _described(runtime, session)

    @post(f"{BASE}/{{session_id:path}}", include_in_schema=False)
    async def act(request: HttpRequest, session_id: FromPath[str]) -> Response[Any]:
        """Do what the last segment of the path says."""
        session, action = _split(request, session_id, below)
        if not action:
            detail = f"Nothing can be posted to a session; there are {', '.join(below)} below it"
            raise ReplyError(405, detail, {"Allow": "DELETE, GET, PATCH"})
        answer: Response[Any] = await below[action].fn(request, session)
        return answer

    shown = (show_session, act, copy_session, reset_session, get_clock, change_clock)
    return (*shown, *_changes(runtime))


def _changes(runtime: Runtime) -> tuple[Any, Any]:
    services, sessions = runtime.services, runtime.services.sessions

    @patch(f"{BASE}/{{session_id:path}}", tags=["sessions"], responses=CHANGED)
    async def change_session(request: HttpRequest, session_id: FromPath[str]) -> dict[str, Any]:
        """Change name, time to live or seed of a session; null takes one away."""
        session = session_id.removeprefix("/")
        change = settings_change(await request.body())
        await sessions.require(session)
        now = services.clock.time()
        await services.live.change(session, lambda settings: change.of(settings, now))
        return await _described(runtime, session)

    @delete(f"{BASE}/{{session_id:path}}", status_code=200, tags=["sessions"], responses=UNKNOWN)
    async def delete_session(session_id: FromPath[str]) -> dict[str, str]:
        """Delete a session with everything that was written in it."""
        session = session_id.removeprefix("/")
        if not await sessions.delete(session):
            raise ReplyError(404, f"Session not found: {session}")
        return {"status": "ok", "session_id": session}

    return change_session, delete_session


def _actions(runtime: Runtime) -> tuple[Any, Any]:
    sessions = runtime.services.sessions

    @post(f"{BASE}/{{session_id:str}}/copy", tags=["sessions"], responses=NEW)
    async def copy_session(request: HttpRequest, session_id: FromPath[str]) -> Response[Any]:
        """Begin a session that holds what this one does: payloads, state, ids, stubs, time."""
        wish = new_session(await request.body(), copying=True)
        wish = msgspec.structs.replace(wish, copy_of=session_id)
        return Response({"session_id": await _begin(runtime, wish)}, status_code=201)

    @post(f"{BASE}/{{session_id:str}}/reset", status_code=200, tags=["sessions"], responses=UNKNOWN)
    async def reset_session(request: HttpRequest, session_id: FromPath[str]) -> Response[Any]:  # noqa: ARG001 - one form for all actions
        """Empty a session; it keeps its name, time to live and seed."""
        await sessions.reset(session_id)
        return Response({"status": "ok", "session_id": session_id}, status_code=200)

    return copy_session, reset_session


async def _described(runtime: Runtime, session: str) -> dict[str, Any]:
    details = await runtime.services.sessions.describe(session)
    return described(details, runtime.services.clock.time())


async def _begin(runtime: Runtime, wish: NewSession) -> str:
    sessions, now = runtime.services.sessions, runtime.services.clock.time()
    known = SessionSettings()
    if wish.copy_of is not None:
        known = for_copy(await sessions.settings(wish.copy_of), now)
    try:
        settings = wish.settings.of(known, now)
    except ValueError as error:
        raise ReplyError(422, f"clock: {error}") from None
    plugins = runtime.apis.plugins
    return await sessions.create(
        wish.id,
        settings=settings,
        copy_of=wish.copy_of,
        copiers=[each.copy_session for each in plugins if isinstance(each, HasSessions)],
    )


def _split(request: HttpRequest, path: str, actions: Any) -> tuple[str, str]:
    """The session that a path names, and what stands behind it if that is one of the actions.

    A slash in the name itself may be written as it is or as %2F: `a%2Fclock` is a session.
    """
    session = path.removeprefix("/")
    last = request.scope["raw_path"].rstrip(b"/").rpartition(b"/")[2]
    action = unquote_to_bytes(last).decode("utf-8", "replace")
    if action in actions and session.endswith(f"/{action}"):
        return session.removesuffix(f"/{action}"), action
    return session, ""
