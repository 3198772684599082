"""The endpoints below `/__mock__`: what they take and answer is the reference's, word for word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from litestar import HttpMethod, Request, Response, Router, delete, get, post, route
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from imnot_core import ReplyError, Services
from imnot_patterns.payloads.described import errors, taking
from imnot_patterns.payloads.details import Unprocessable
from imnot_patterns.stubs.engine import SeenRequest, StubEngine
from imnot_patterns.stubs.stub import Stub
from imnot_patterns.stubs.wire.assertions import Assertion
from imnot_patterns.stubs.wire.bodies import object_of
from imnot_patterns.stubs.wire.cautions import cautions
from imnot_patterns.stubs.wire.listing import listed_request, listed_stub, seen_entry
from imnot_patterns.stubs.wire.openapi import ASSERTION, SCOPE, STUB
from imnot_patterns.stubs.wire.payloads import stub_of
from imnot_patterns.stubs.wire.scopes import normal, scope_name

PREFIX: Final = "/__mock__"
SESSION_HEADER: Final = "x-imnot-session"

_KEY_WANTED: Final = (
    "This needs the admin key: send it as Authorization: Bearer <key>, as the password of Basic"
    " credentials, or as X-API-Key"
)
_CHALLENGE: Final = {"WWW-Authenticate": 'Basic realm="imnot"'}
_TWO_SCOPES: Final = "Two scopes are named by headers."
_METHODS: Final = (
    HttpMethod.GET,
    HttpMethod.POST,
    HttpMethod.PUT,
    HttpMethod.DELETE,
    HttpMethod.PATCH,
    HttpMethod.OPTIONS,
    HttpMethod.HEAD,
)
HttpRequest = Request[Any, Any, Any]


def controllers(engine: StubEngine, services: Services) -> Sequence[Any]:
    """What Litestar serves below `/__mock__`; with an admin key set, only to those who have it."""

    def needs_key(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        if not services.admits_headers(connection.headers):
            raise ReplyError(401, _KEY_WANTED, _CHALLENGE)

    async def refresh(_request: HttpRequest) -> None:
        await engine.refresh()

    return [
        Router(
            PREFIX,
            route_handlers=[
                *_listing(),
                *_creation(engine, services),
                *_stubs(engine),
                *_scopes(engine),
                *_requests(engine),
            ],
            guards=[needs_key],
            before_request=refresh,
            exception_handlers={Unprocessable: _unprocessable},
            tags=["stubs"],
        )
    ]


def _unprocessable(_request: HttpRequest, error: Unprocessable) -> Response[Any]:
    return Response({"detail": [each.wire() for each in error.details]}, status_code=422)


def _listing() -> tuple[Any, ...]:
    paths = ["stubs", "stubs/{stub_id}", "assert", "requests", "requests/{id}"]
    paths += ["requests/{id}/near-misses", "scopes", "scopes/{name}", "analysis"]
    listing = {
        "message": "The stub API of imnot. Create a stub with POST /__mock__/stubs.",
        "available_endpoints": [PREFIX, *(f"{PREFIX}/{path}" for path in paths)],
    }

    @route("/", http_method=_METHODS, status_code=200, sync_to_thread=False)
    def endpoints() -> Response[dict[str, Any]]:
        """Say what is here."""
        return Response(listing)

    return (endpoints,)


def _creation(engine: StubEngine, services: Services) -> tuple[Any, ...]:
    @post(
        "/stubs",
        status_code=200,
        operation_class=taking(STUB),
        responses=errors(
            {400: _TWO_SCOPES, 404: "There is no such session.", 422: "The stub is not valid."}
        ),
    )
    async def create_stub(request: HttpRequest) -> dict[str, Any]:
        """Create a stub, for everybody or in the scope or session that a header names."""
        scope = engine.scope_of(request.scope["headers"])
        session = None if scope else request.headers.get(SESSION_HEADER) or None
        stub = stub_of(
            await _payload(request), new_id=services.new_id, scope=scope, session=session
        )
        if session is not None and not await services.sessions.exists(session):
            detail = f"Session not found: {session}; begin one with POST /imnot/admin/sessions"
            raise ReplyError(404, detail)
        warnings = [*cautions(stub), *await engine.add(stub)]
        answer: dict[str, Any] = {"success": True, "stub_id": stub.id}
        return answer | {"warnings": warnings} if warnings else answer

    return (create_stub,)


def _stubs(engine: StubEngine) -> tuple[Any, ...]:
    @get("/stubs", responses=errors({400: _TWO_SCOPES}))
    async def list_stubs(request: HttpRequest) -> dict[str, Any]:
        """List the stubs: those of the scope or session that a header names, then everybody's."""
        # Taken before anything is waited for, while which a stub could be deleted.
        found = [
            (stub, engine.index.entries[stub.id].matcher.wire)
            for stub in engine.stubs(_owner(engine, request))
        ]
        return {"stubs": [await _listed(engine, *each) for each in found]}

    # Of type `path`: whoever names stubs in a file may use slashes. It comes with one in front.
    @delete(
        "/stubs/{stub_id:path}",
        status_code=200,
        responses=errors(
            {400: _TWO_SCOPES, 404: "There is no such stub, or it is of another scope."}
        ),
    )
    async def delete_stub(request: HttpRequest, stub_id: FromPath[str]) -> dict[str, Any]:
        """Delete a stub; with the header of a scope or session, none of another one."""
        stub_id = stub_id.removeprefix("/")
        if not await engine.remove(stub_id, _owner(engine, request)):
            raise ReplyError(404, f"Stub '{stub_id}' was not found")
        return {"success": True, "stub_id": stub_id}

    @get("/analysis", sync_to_thread=False)
    def analysis() -> dict[str, Any]:
        """List what is wrong with the stubs as they stand together: which can never answer."""
        return {"findings": engine.findings()}

    return list_stubs, delete_stub, analysis


def _scopes(engine: StubEngine) -> tuple[Any, ...]:
    @post(
        "/scopes",
        operation_class=taking(SCOPE),
        responses=errors({409: "There is such a scope.", 422: "That is no name of a scope."}),
    )
    async def create_scope(request: HttpRequest) -> dict[str, Any]:
        """Begin a scope: a header of that name, in any case and with any value, selects it."""
        name = scope_name(await _payload(request))
        if not await engine.create_scope(normal(name)):
            raise ReplyError(409, f"Scope '{name}' already exists")
        return {"success": True, "name": normal(name)}

    @get("/scopes", sync_to_thread=False)
    def list_scopes() -> dict[str, Any]:
        """List the scopes, in order of creation."""
        return {"scopes": engine.scopes()}

    @delete(
        "/scopes/{name:str}", status_code=200, responses=errors({404: "There is no such scope."})
    )
    async def delete_scope(name: FromPath[str]) -> dict[str, Any]:
        """End a scope, with its stubs and requests."""
        if not await engine.delete_scope(normal(name)):
            raise ReplyError(404, f"Scope '{name}' was not found")
        return {"success": True, "name": normal(name)}

    return create_scope, list_scopes, delete_scope


def _requests(engine: StubEngine) -> tuple[Any, ...]:
    @post(
        "/assert",
        status_code=200,
        operation_class=taking(ASSERTION),
        responses=errors({400: _TWO_SCOPES, 422: "The assertion is not valid."}),
    )
    async def confirm(request: HttpRequest) -> dict[str, bool]:
        """Tell whether as many requests as expected were received, answered or not."""
        owner = _owner(engine, request)
        assertion = Assertion.of(await _payload(request))
        requests = await engine.requests(owner)
        return {"result": assertion.holds(seen_entry(each.entry) for each in requests)}

    @get("/requests", responses=errors({400: _TWO_SCOPES}))
    async def list_requests(request: HttpRequest) -> dict[str, Any]:
        """List the requests: those of the scope or session that a header names, then the others."""
        requests = await engine.requests(_owner(engine, request))
        return {"requests": [_listed_request(each) for each in requests]}

    unknown = errors({404: "No such request is kept."})

    @get("/requests/{id:str}", responses=unknown)
    async def show_request(id: FromPath[str]) -> dict[str, Any]:  # noqa: A002 - as in the list
        """Show one request."""
        return _listed_request(await found(id))

    @get("/requests/{id:str}/near-misses", responses=unknown)
    async def near_misses(id: FromPath[str]) -> dict[str, Any]:  # noqa: A002 - as in the list
        """Tell what came nearest to a request that nothing answered, and what was in the way."""
        return {"near_misses": (await found(id)).near_misses}

    async def found(request_id: str) -> SeenRequest:
        request = await engine.request(request_id)
        if request is None:
            raise ReplyError(404, f"Request '{request_id}' was not found")
        return request

    return confirm, list_requests, show_request, near_misses


async def _payload(request: HttpRequest) -> dict[str, Any]:
    return object_of(await request.body(), request.headers.get("content-type", ""))


def _owner(engine: StubEngine, request: HttpRequest) -> str:
    """The scope that a header names, else the session, "" without either."""
    scope = engine.scope_of(request.scope["headers"])
    return scope or request.headers.get(SESSION_HEADER) or ""


async def _listed(engine: StubEngine, stub: Stub, wire: dict[str, Any]) -> dict[str, Any]:
    calls = None if stub.max_calls is None else await engine.calls(stub)
    return listed_stub(stub, wire, calls=calls)


def _listed_request(request: SeenRequest) -> dict[str, Any]:
    return listed_request(
        request.entry, scope=request.scope, matched_stub_id=request.matched_stub_id
    )
