"""Payloads: upload and inspection, global and for a session."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, get, post
from litestar.params import FromPath, FromQuery

from imnot_core import content_types
from imnot_core.clock import instant
from imnot_core.errors import PayloadMissing, ReplyError
from imnot_core.server.openapi import errors
from imnot_core.server.runtime import Runtime
from imnot_core.store.payloads import Payload, Payloads, uploaded

SESSION_HEADER = "x-imnot-session"
BASE = "/imnot/admin/{partner:str}/{datapoint:str}/payload"
MISSING = errors({404: "No such datapoint, session or payload, or it takes none."})
UPLOAD_ERRORS = errors(
    {
        400: "The body is not JSON, and no other content type was sent with it.",
        404: "No such datapoint or session, or it takes no payload.",
        413: "The body is larger than the limit.",
    }
)
REMEDY = (
    "for a payload that is no JSON, send its type: as Content-Type: application/xml or, for plain"
    " text, as ?content_type=text/plain"
)
HttpRequest = Request[Any, Any, Any]


def payload_handlers(runtime: Runtime) -> tuple[Any, ...]:
    """The four payload endpoints of every datapoint that takes one."""
    return (*_global(runtime), *_of_sessions(runtime))


def _global(runtime: Runtime) -> tuple[Any, ...]:
    payloads = Payloads(runtime.store)

    @post(BASE, status_code=200, tags=["payloads"], responses=UPLOAD_ERRORS)
    async def upload(
        request: HttpRequest,
        partner: FromPath[str],
        datapoint: FromPath[str],
        content_type: FromQuery[str] = "",
    ) -> dict[str, str]:
        """Upload the global payload, or with X-Imnot-Session that of an existing session."""
        _check_takes_payload(runtime, partner, datapoint)
        given = await _uploaded(request, content_type)
        session = await _named_session(runtime, request)
        await payloads.put(partner, datapoint, session, given.body, given.content_type)
        return {"status": "ok", "partner": partner, "datapoint": datapoint}

    @get(BASE, tags=["payloads"], responses=MISSING)
    async def inspect(
        request: HttpRequest, partner: FromPath[str], datapoint: FromPath[str]
    ) -> dict[str, Any]:
        """Inspect the global payload, or with X-Imnot-Session that of the session."""
        _check_takes_payload(runtime, partner, datapoint)
        session = await _named_session(runtime, request)
        stored = await payloads.inspect(partner, datapoint, session)
        if stored is None:
            where = "global payload" if session is None else f"payload in session {session!r}"
            raise PayloadMissing(f"No {where} found for {partner}/{datapoint}")
        return {**_shown(stored.payload), "updated_at": instant(stored.updated)}

    return upload, inspect


def _of_sessions(runtime: Runtime) -> tuple[Any, ...]:
    payloads = Payloads(runtime.store)

    @post(f"{BASE}/session", status_code=200, tags=["payloads"], responses=UPLOAD_ERRORS)
    async def upload_for_session(
        request: HttpRequest,
        partner: FromPath[str],
        datapoint: FromPath[str],
        content_type: FromQuery[str] = "",
    ) -> dict[str, str]:
        """Upload a payload for a new session, or for the one that X-Imnot-Session names."""
        _check_takes_payload(runtime, partner, datapoint)
        given = await _uploaded(request, content_type)
        session = await _named_session(runtime, request)
        session = session or await runtime.services.sessions.create()
        await payloads.put(partner, datapoint, session, given.body, given.content_type)
        return {"session_id": session}

    # Of type `path`: whoever names sessions may use slashes. It comes with one at its beginning.
    @get(f"{BASE}/session/{{session_id:path}}", tags=["payloads"], responses=MISSING)
    async def inspect_of_session(
        partner: FromPath[str], datapoint: FromPath[str], session_id: FromPath[str]
    ) -> dict[str, Any]:
        """Inspect a session's payload."""
        _check_takes_payload(runtime, partner, datapoint)
        session_id = session_id.removeprefix("/")
        stored = await payloads.inspect(partner, datapoint, session_id)
        if stored is None:
            detail = f"Session not found: {session_id} has no payload for {partner}/{datapoint}"
            raise PayloadMissing(detail)
        return {
            "session_id": session_id,
            "partner": partner,
            "datapoint": datapoint,
            **_shown(stored.payload),
            "created_at": instant(stored.created),
        }

    return upload_for_session, inspect_of_session


async def _named_session(runtime: Runtime, request: HttpRequest) -> str | None:
    session = request.headers.get(SESSION_HEADER) or None
    if session is not None and not await runtime.services.sessions.exists(session):
        detail = f"Session not found: {session}; begin one with POST /imnot/admin/sessions"
        raise ReplyError(404, detail)
    return session


def _check_takes_payload(runtime: Runtime, partner: str, datapoint: str) -> None:
    found = runtime.deployer.current.datapoint(partner, datapoint)
    if found is None:
        raise ReplyError(404, f"There is no datapoint {partner}/{datapoint}")
    if not found.compiled.takes_payload:
        pattern = found.config.pattern
        detail = f"{partner}/{datapoint} takes no payload: its pattern is {pattern!r}"
        raise ReplyError(404, detail)


async def _uploaded(request: HttpRequest, explicit: str) -> Payload:
    kind, semicolon, parameters = explicit.partition(";")
    # A plus sign in a query stands for a space: as in application/hal+json.
    explicit = kind.strip().replace(" ", "+") + semicolon + parameters
    declared = request.headers.get("content-type", "")
    try:
        return uploaded(await request.body(), declared, explicit or None)
    except ValueError as error:
        detail = f"{error}; {REMEDY}"
        raise ReplyError(400, detail[0].upper() + detail[1:]) from error


def _shown(payload: Payload) -> dict[str, Any]:
    if payload.content_type == content_types.JSON:
        return {"payload": msgspec.Raw(payload.body)}
    text, encoding = payload.readable()
    value = msgspec.Raw(payload.body) if encoding == "json" else text
    return {"payload": value, "content_type": payload.content_type, "encoding": encoding}
