"""What the OpenAPI document says of parameters and errors, which Litestar cannot know by itself."""

from __future__ import annotations

from typing import Final

from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Reference, RequestBody, Schema

from imnot_core import JSON_CONTENT_TYPE
from imnot_patterns.mocks.parameters import (
    LIFE,
    LONGEST_DELAY_MS,
    LONGEST_LIFE,
    LONGEST_NAME,
    SHORTEST_LIFE,
)
from imnot_patterns.payloads.described import errors, taking

__all__ = ["MOCK", "errors", "taking"]


def _text(description: str, default: str | None = None, longest: int | None = None) -> Schema:
    return Schema(
        type=OpenAPIType.STRING, description=description, default=default, max_length=longest
    )


def _integer(description: str, default: int, least: int, most: int) -> Schema:
    return Schema(
        type=OpenAPIType.INTEGER,
        description=description,
        default=default,
        minimum=least,
        maximum=most,
    )


_PARAMETERS: Final[dict[str, Reference | Schema]] = {
    "name": _text("For people.", longest=LONGEST_NAME),
    "status_code": _integer("The HTTP status of the answer.", 200, 200, 599),
    "headers": Schema(
        type=OpenAPIType.OBJECT,
        description="More headers of the answer, name to text.",
        additional_properties=Schema(type=OpenAPIType.STRING),
    ),
    "body": _text("The body of the answer, sent as it is in UTF-8."),
    "content_type": _text("The Content-Type of the answer.", default=JSON_CONTENT_TYPE),
    "delay_ms": _integer("Milliseconds that the answer is held back.", 0, 0, LONGEST_DELAY_MS),
    "ttl_seconds": _integer("Seconds until it is gone.", LIFE, SHORTEST_LIFE, LONGEST_LIFE),
}
_EXAMPLE: Final = {"name": "payments-accepted", "status_code": 202, "body": '{"accepted":true}'}

MOCK: Final = RequestBody(
    description="The mock; every parameter is optional.",
    required=True,
    content={
        JSON_CONTENT_TYPE: OpenAPIMediaType(
            schema=Schema(type=OpenAPIType.OBJECT, properties=_PARAMETERS), example=_EXAMPLE
        )
    },
)
