"""Sessions: listed, deleted whole, cleared."""

from __future__ import annotations

from typing import Any

from litestar import Request, delete, get, post
from litestar.params import FromPath

from imnot_core.clock import instant
from imnot_core.errors import ReplyError
from imnot_core.server.openapi import errors
from imnot_core.server.runtime import Runtime

BASE = "/imnot/admin/sessions"
UNKNOWN = errors({404: "There is no such session."})
UNNAMED = errors({404: "The path ends with a slash, as if a session was to follow."})


def session_handlers(runtime: Runtime) -> tuple[Any, ...]:
    """The endpoints for sessions."""
    sessions = runtime.services.sessions

    @get(BASE, tags=["sessions"])
    async def list_sessions() -> list[dict[str, str | None]]:
        """List the sessions, newest first: an entry per session and datapoint with a payload."""
        return [
            {
                "session_id": entry.session,
                "partner": entry.partner,
                "datapoint": entry.datapoint,
                "created_at": instant(entry.created),
            }
            for entry in await sessions.list()
        ]

    @post(BASE, tags=["sessions"])
    async def create_session() -> dict[str, str]:
        """Begin a session; its first payload may also begin one (POST …/payload/session)."""
        return {"session_id": await sessions.create()}

    @delete(BASE, status_code=200, tags=["sessions"], responses=UNNAMED)
    async def clear_sessions(request: Request[Any, Any, Any]) -> dict[str, Any]:
        """Delete all sessions; global payloads and what was issued without a session stay."""
        if request.scope["raw_path"].endswith(b"/"):  # a script whose $SESSION is empty
            raise ReplyError(404, f"No session is named; DELETE {BASE} deletes all of them")
        return {"status": "ok", "deleted": await sessions.clear()}

    # Of type `path`: whoever names sessions may use slashes. It comes with one at its beginning.
    @delete(f"{BASE}/{{session_id:path}}", status_code=200, tags=["sessions"], responses=UNKNOWN)
    async def delete_session(session_id: FromPath[str]) -> dict[str, str]:
        """Delete a session with everything that was written in it."""
        session_id = session_id.removeprefix("/")
        if not await sessions.delete(session_id):
            raise ReplyError(404, f"Session not found: {session_id}")
        return {"status": "ok", "session_id": session_id}

    return list_sessions, create_session, clear_sessions, delete_session
