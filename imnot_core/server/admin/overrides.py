"""Overrides: what the endpoints of a datapoint answer in one session instead."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, delete, get, put
from litestar.params import FromPath

from imnot_core.compiled import CompiledDatapoint
from imnot_core.errors import ReplyError
from imnot_core.explain import show_path
from imnot_core.messages import parse_json
from imnot_core.overrides import Override
from imnot_core.reading import faults_of
from imnot_core.routes import normalise
from imnot_core.server.openapi import errors
from imnot_core.server.runtime import Runtime

BASE = "/imnot/admin/overrides/{partner:str}/{datapoint:str}"
NO_SESSION = "An override is for one session: name it in the header X-Imnot-Session"
ASKED = errors({400: "No session is named.", 404: "There is no such datapoint."})
WRITTEN = {
    **errors({400: "No session is named, or the body is not JSON."}),
    **errors({404: "There is no such datapoint.", 422: "The body is no override."}),
}
HttpRequest = Request[Any, Any, Any]


def override_handlers(runtime: Runtime) -> tuple[Any, ...]:
    """The endpoints to override answers, see overrides, and remove them."""
    return (*_writing(runtime), *_reading(runtime))


def _writing(runtime: Runtime) -> tuple[Any, ...]:
    overrides = runtime.services.overrides

    @put(BASE, tags=["sessions"], responses=WRITTEN)
    async def override(
        request: HttpRequest, partner: FromPath[str], datapoint: FromPath[str]
    ) -> dict[str, str]:
        """Override the answer of an endpoint, or of all of a datapoint, in one session."""
        session, found = _session(request), _datapoint(runtime, partner, datapoint)
        asked = _override(await request.body(), found)
        await overrides.put(session, f"{partner}/{datapoint}", asked)
        return {
            "status": "ok",
            "session_id": session,
            "partner": partner,
            "datapoint": datapoint,
            "endpoint": asked.endpoint,
        }

    @delete(BASE, status_code=200, tags=["sessions"], responses=ASKED)
    async def clear_overrides(
        request: HttpRequest, partner: FromPath[str], datapoint: FromPath[str]
    ) -> dict[str, Any]:
        """Remove a session's overrides of a datapoint: its pattern answers again."""
        session = _session(request)
        _datapoint(runtime, partner, datapoint)
        deleted = await overrides.clear(session, f"{partner}/{datapoint}")
        return {"status": "ok", "deleted": deleted}

    return override, clear_overrides


def _reading(runtime: Runtime) -> tuple[Any, ...]:
    overrides = runtime.services.overrides

    @get(BASE, tags=["sessions"], responses=ASKED)
    async def list_overrides(
        request: HttpRequest, partner: FromPath[str], datapoint: FromPath[str]
    ) -> list[dict[str, Any]]:
        """List a session's overrides of a datapoint, each with how often it was used."""
        session = _session(request)
        _datapoint(runtime, partner, datapoint)
        return [
            {"endpoint": each.endpoint, "used": used, **msgspec.to_builtins(each)}
            for each, used in await overrides.list(session, f"{partner}/{datapoint}")
        ]

    return (list_overrides,)


def _session(request: HttpRequest) -> str:
    session = request.headers.get("x-imnot-session")
    if not session:
        raise ReplyError(400, NO_SESSION)
    return session


def _datapoint(runtime: Runtime, partner: str, datapoint: str) -> CompiledDatapoint:
    found = runtime.deployer.current.datapoint(partner, datapoint)
    if found is None:
        raise ReplyError(404, f"There is no datapoint {partner}/{datapoint}")
    return found


def _override(body: bytes, datapoint: CompiledDatapoint) -> Override:
    try:
        written = parse_json(body)
    except ValueError as error:
        raise ReplyError(400, f"The request body is not valid JSON: {error}") from error
    if faults := faults_of(written, Override):
        told = "; ".join(_told(*each) for each in faults)
        raise ReplyError(422, f"This is no override: {told}")
    asked = msgspec.convert(written, Override)
    if asked.path is not None:
        asked = msgspec.structs.replace(asked, path=normalise(asked.path))
    served = [
        f"{each.method.upper()} {normalise(each.path)}" for each in datapoint.compiled.endpoints
    ]
    if asked.method is not None and asked.endpoint not in served:
        detail = f"{asked.endpoint} is no endpoint of it; there are {', '.join(served)}"
        raise ReplyError(422, f"This is no override: path: {detail}")
    return asked


def _told(path: tuple[str | int, ...], what: str, hint: str) -> str:
    return f"{show_path(path) or 'the body'}: {what}{f' ({hint})' if hint else ''}"
