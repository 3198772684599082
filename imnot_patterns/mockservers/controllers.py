"""The endpoints below `/mock-servers`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from litestar import HttpMethod, Request, Router, delete, get, post, put, route
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from imnot_core import ReplyError, Services
from imnot_patterns.mockservers.documents import (
    CHANGE,
    CREATION,
    IN_WORKSPACE,
    PAGE,
    ROUTE_BODY,
    errors,
)
from imnot_patterns.mockservers.logs import Logs
from imnot_patterns.mockservers.model import MockLogEntry, MockRoute, MockServer
from imnot_patterns.mockservers.payloads import change_of, count_of, creation_of, route_of
from imnot_patterns.mockservers.registry import MockServers
from imnot_patterns.payloads.described import taking

PREFIX: Final = "/mock-servers"
SERVER: Final = "/{mockServerId:str}"
ROUTE: Final = f"{SERVER}/routes/{{routeId:str}}"
LIMIT: Final = 50

_KEY_WANTED: Final = "This needs the admin key: send the header Authorization: Bearer <key>"
_BEARER: Final = b"Bearer "
_INVALID: Final = "The body is not valid."
_NO_SERVER: Final = "There is no such mock server."
_NO_ROUTE: Final = "There is no such mock server, or it has no such route."
_METHODS: Final = {
    "/": "GET, POST",
    SERVER: "GET, PUT, DELETE",
    f"{SERVER}/routes": "GET, POST",
    ROUTE: "PUT, DELETE",
    f"{SERVER}/logs": "GET",
}
HttpRequest = Request[Any, Any, Any]


def controllers(servers: MockServers, logs: Logs, services: Services) -> Sequence[Any]:
    """What Litestar serves below `/mock-servers`; with an admin key set, only to who has it."""

    def needs_key(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        given = next(
            (value for name, value in connection.scope["headers"] if name == b"authorization"), b""
        )
        secret = given.removeprefix(_BEARER) if given.startswith(_BEARER) else b""
        if not services.admits(secret.decode(errors="replace")):
            raise ReplyError(401, _KEY_WANTED, {"WWW-Authenticate": "Bearer"})

    async def refresh(_request: HttpRequest) -> None:
        await servers.refresh()

    return [
        Router(
            PREFIX,
            # The refusals first: Litestar adds an answer to OPTIONS to what has none yet.
            route_handlers=[
                *_no_options(),
                *_servers(servers, services),
                *_server(servers, logs, services),
                *_routes(servers),
                *_logs(servers, logs),
            ],
            guards=[needs_key],
            before_request=refresh,
            tags=["mock servers"],
        )
    ]


def _servers(servers: MockServers, services: Services) -> tuple[Any, ...]:
    @get("/", operation_class=taking(parameters=IN_WORKSPACE), responses=errors())
    async def list_mock_servers(request: HttpRequest) -> list[MockServer]:
        """List the mock servers, in order of creation."""
        wanted = request.query_params.get("workspaceId")
        return [
            each.shown(services.base_url)
            for each in servers.servers()
            if wanted is None or each.workspace == wanted
        ]

    @post("/", operation_class=taking(CREATION), responses=errors(_400=_INVALID))
    async def create_mock_server(request: HttpRequest) -> MockServer:
        """Make a mock server, empty or with the routes of an OpenAPI document."""
        server = await servers.create(creation_of(await request.body()))
        return server.shown(services.base_url)

    return list_mock_servers, create_mock_server


def _server(servers: MockServers, logs: Logs, services: Services) -> tuple[Any, ...]:
    @get(SERVER, responses=errors(_404=_NO_SERVER))
    async def get_mock_server(mockServerId: FromPath[str]) -> MockServer:  # noqa: N803 - as shown
        """Show a mock server."""
        _, server = servers.found(mockServerId)
        return server.shown(services.base_url)

    @put(
        SERVER,
        operation_class=taking(CHANGE),
        responses=errors(_400=_INVALID, _404=_NO_SERVER),
    )
    async def update_mock_server(
        request: HttpRequest,
        mockServerId: FromPath[str],  # noqa: N803 - as shown
    ) -> MockServer:
        """Change a mock server; with a specification, replace the routes that were generated."""
        servers.found(mockServerId)
        changed = await servers.update(mockServerId, change_of(await request.body()))
        return changed.shown(services.base_url)

    @delete(SERVER, responses=errors(_404=_NO_SERVER))
    async def delete_mock_server(mockServerId: FromPath[str]) -> None:  # noqa: N803 - as shown
        """Delete a mock server, its routes and its log."""
        await servers.delete(mockServerId)
        await logs.delete(mockServerId)

    return get_mock_server, update_mock_server, delete_mock_server


def _routes(servers: MockServers) -> tuple[Any, ...]:
    @get(f"{SERVER}/routes", responses=errors(_404=_NO_SERVER))
    async def list_mock_routes(mockServerId: FromPath[str]) -> list[MockRoute]:  # noqa: N803
        """List the routes: those that were generated, then those made by hand."""
        host, _ = servers.found(mockServerId)
        return list(host.routes.values())

    @post(
        f"{SERVER}/routes",
        operation_class=taking(ROUTE_BODY),
        responses=errors(_400=_INVALID, _404=_NO_SERVER),
    )
    async def create_mock_route(
        request: HttpRequest,
        mockServerId: FromPath[str],  # noqa: N803 - as shown
    ) -> MockRoute:
        """Make a route."""
        servers.found(mockServerId)
        return await servers.add_route(mockServerId, route_of(await request.body()))

    @put(ROUTE, operation_class=taking(ROUTE_BODY), responses=errors(_400=_INVALID, _404=_NO_ROUTE))
    async def update_mock_route(
        request: HttpRequest,
        mockServerId: FromPath[str],  # noqa: N803 - as shown
        routeId: FromPath[str],  # noqa: N803
    ) -> MockRoute:
        """Replace a route as a whole: what is left out goes back to its default."""
        servers.found_route(mockServerId, routeId)
        given = route_of(await request.body())
        return await servers.replace_route(mockServerId, routeId, given)

    @delete(ROUTE, responses=errors(_404=_NO_ROUTE))
    async def delete_mock_route(
        mockServerId: FromPath[str],  # noqa: N803 - as shown
        routeId: FromPath[str],  # noqa: N803
    ) -> None:
        """Delete a route."""
        await servers.delete_route(mockServerId, routeId)

    return list_mock_routes, create_mock_route, update_mock_route, delete_mock_route


def _logs(servers: MockServers, logs: Logs) -> tuple[Any, ...]:
    @get(
        f"{SERVER}/logs",
        operation_class=taking(parameters=PAGE),
        responses=errors(_400="limit or offset is no count.", _404=_NO_SERVER),
    )
    async def list_mock_server_logs(
        request: HttpRequest,
        mockServerId: FromPath[str],  # noqa: N803 - as shown
    ) -> list[MockLogEntry]:
        """List the requests that a mock server received, the newest first."""
        servers.found(mockServerId)
        limit = count_of("limit", request.query_params.get("limit"), LIMIT)
        offset = count_of("offset", request.query_params.get("offset"), 0)
        return await logs.list(mockServerId, limit, offset)

    return (list_mock_server_logs,)


def _no_options() -> list[Any]:
    """Refuse OPTIONS, which the contract does not know and Litestar would answer by itself."""

    def refusing(path: str, allowed: str) -> Any:
        @route(path, http_method=[HttpMethod.OPTIONS], include_in_schema=False)
        async def refuse() -> None:
            """Say what there is."""
            raise ReplyError(405, "Method Not Allowed", {"Allow": allowed})

        return refuse

    return [refusing(path, allowed) for path, allowed in _METHODS.items()]
