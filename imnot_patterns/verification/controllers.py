"""The endpoint POST /imnot/admin/verify."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from litestar import Request, Response, Router, post

from imnot_core import JSON_CONTENT_TYPE, ReplyError, Services
from imnot_patterns.payloads.described import errors, taking
from imnot_patterns.payloads.details import Unprocessable
from imnot_patterns.stubs.wire.bodies import object_of
from imnot_patterns.verification.openapi import QUESTION
from imnot_patterns.verification.question import question_of
from imnot_patterns.verification.waiting import answer

PREFIX: Final = "/imnot/admin/verify"
_NOT_KEPT: Final = "There is nothing to verify: the server was started with --journal-size 0"

HttpRequest = Request[Any, Any, Any]


class Verification(msgspec.Struct, omit_defaults=True):
    """Whether it is true, and what came nearest where it is not."""

    verified: bool
    count: int
    expected: dict[str, Any]
    matches: list[str]
    reason: str | None = None
    nearest: list[Any] | None = None


def controllers(services: Services) -> Sequence[Any]:
    """What Litestar serves below `/imnot/admin/verify`; the core guards it with the admin key."""

    @post(
        "/",
        status_code=200,
        operation_class=taking(QUESTION),
        responses=errors(
            {
                400: "The body cannot be read.",
                409: "The server keeps no journal.",
                422: "The question is not valid: all that is wrong with it.",
            }
        ),
    )
    async def verify(request: HttpRequest) -> Verification:
        """Tell whether requests or callbacks were received as described, and what came nearest."""
        # Like the other admin requests of imnot, whatever the body is said to be.
        asked = question_of(object_of(await request.body(), JSON_CONTENT_TYPE))
        if not services.journal.keeps:
            raise ReplyError(409, _NOT_KEPT)
        return Verification(**await answer(asked, services.journal))

    return [
        Router(
            PREFIX,
            route_handlers=[verify],
            exception_handlers={Unprocessable: _unprocessable},
            tags=["requests"],
        )
    ]


def _unprocessable(_request: HttpRequest, error: Unprocessable) -> Response[Any]:
    return Response({"detail": [each.wire() for each in error.details]}, status_code=422)
