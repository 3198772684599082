"""The endpoints of `/v1/mocks`: create, read, delete."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from litestar import HttpMethod, Request, Response, Router, delete, get, post, route
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from imnot_core import ReplyError, Services
from imnot_patterns.mocks.mock import MockMetadata
from imnot_patterns.mocks.openapi import MOCK, errors, taking
from imnot_patterns.mocks.parameters import mock_of
from imnot_patterns.mocks.shelf import Shelf
from imnot_patterns.payloads.details import Unprocessable

PREFIX: Final = "/v1/mocks"

_KEY_WANTED: Final = (
    "This needs the admin key: send it as Authorization: Bearer <key>, or as X-API-Key"
)
HttpRequest = Request[Any, Any, Any]


class MockAnswer(msgspec.Struct, frozen=True):
    """A mock as it stands."""

    mock: MockMetadata


class MockDeleted(msgspec.Struct, frozen=True):
    """What was done."""

    message: str


def controllers(shelf: Shelf, services: Services) -> Sequence[Any]:
    """What Litestar serves below `/v1/mocks`; with an admin key set, only to those who have it."""

    def needs_key(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        if not services.admits_headers(connection.headers):
            raise ReplyError(401, _KEY_WANTED, {"WWW-Authenticate": "Bearer"})

    return [
        Router(
            PREFIX,
            # The refusals first: Litestar adds an answer to OPTIONS to what has none yet.
            route_handlers=[*_refusals(), _creation(shelf, services), *_mocks(shelf)],
            guards=[needs_key],
            exception_handlers={Unprocessable: _unprocessable},
            tags=["mocks"],
        )
    ]


def _unprocessable(_request: HttpRequest, error: Unprocessable) -> Response[Any]:
    return Response({"detail": [each.wire() for each in error.details]}, status_code=422)


def _creation(shelf: Shelf, services: Services) -> Any:
    @post(
        "/",
        operation_class=taking(MOCK),
        responses=errors({422: "The parameters are not valid."}),
    )
    async def create_mock(request: HttpRequest) -> MockAnswer:
        """Create a mock."""
        body = await request.body()
        mock = mock_of(body, mock_id=services.new_id(), now=services.clock.time())
        return MockAnswer(await shelf.add(mock))

    return create_mock


def _mocks(shelf: Shelf) -> tuple[Any, ...]:
    unknown = errors({404: "There is no such mock, or no longer."})

    @get("/{mock_id:str}", responses=unknown)
    async def show_mock(mock_id: FromPath[str]) -> MockAnswer:
        """Show what is to be known of a mock, and how many requests it has answered."""
        found = await shelf.metadata(mock_id)
        if found is None:
            raise _absent(mock_id)
        return MockAnswer(found)

    @delete("/{mock_id:str}", status_code=200, responses=unknown)
    async def delete_mock(mock_id: FromPath[str]) -> MockDeleted:
        """Delete a mock."""
        if not await shelf.remove(mock_id):
            raise _absent(mock_id)
        return MockDeleted(f"Mock {mock_id} was deleted")

    return show_mock, delete_mock


def _absent(mock_id: str) -> ReplyError:
    return ReplyError(
        404, f"There is no mock {mock_id!r}: it has expired, was deleted or never was"
    )


def _refusals() -> tuple[Any, ...]:
    """Refuse OPTIONS, as every other method that is not documented."""

    def refusing(path: str, allowed: str) -> Any:
        @route(
            path,
            http_method=[HttpMethod.OPTIONS],
            status_code=405,
            include_in_schema=False,
            sync_to_thread=False,
        )
        def refuse() -> None:
            raise ReplyError(405, "Method Not Allowed", {"Allow": allowed})

        return refuse

    return refusing("/", "POST"), refusing("/{mock_id:str}", "GET, DELETE")
