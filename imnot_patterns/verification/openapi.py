"""What the OpenAPI document says of a question."""

from __future__ import annotations

from typing import Any, Final

from litestar.openapi.spec import OpenAPIType, Schema

from imnot_patterns.payloads.described import body_of


def _text(description: str) -> Schema:
    return Schema(type=OpenAPIType.STRING, description=description)


def _number(description: str) -> Schema:
    return Schema(type=OpenAPIType.NUMBER, description=description)


_EXAMPLE: Final[dict[str, Any]] = {
    "request": {"method": "POST", "path": "/orders/{id}", "body": {"state": "paid"}},
    "count": 1,
}
_FIELDS: Final[dict[str, Schema]] = {
    "request": Schema(
        type=OpenAPIType.OBJECT,
        description="Criteria as those of a stub: path, method, headers, query, host, body.",
    ),
    "partner": _text("The partner that answered, or sent a callback."),
    "datapoint": _text("The datapoint that did."),
    "source": _text("What answered: partner/datapoint, or the name of a plugin."),
    "session": _text("The session of the request; null for requests of none."),
    "method": _text("The method."),
    "path": _text("The path, in which `*` stands for anything and `{name}` for a segment."),
    "status": _text("The status of the answer: 404, 4xx, none."),
    "kind": _text("request, or callback for those that the server sent."),
    "since": _text("The earliest instant."),
    "until": _text("The latest instant."),
    "unmatched": Schema(
        type=OpenAPIType.BOOLEAN, description="Requests that nothing answered, or only others."
    ),
    "attempt": Schema(type=OpenAPIType.INTEGER, description="Which attempt of a callback."),
    "count": Schema(
        type=[OpenAPIType.INTEGER, OpenAPIType.OBJECT],
        description="How many; or `min` and `max`. At least one by default.",
    ),
    "order": Schema(
        type=OpenAPIType.ARRAY,
        items=Schema(type=OpenAPIType.OBJECT),
        description="Descriptions of requests that were answered in this order.",
    ),
    "within_ms": _number("Milliseconds from the first to the last of `order`."),
    "timeout_seconds": _number("How long to wait until it is true, 60 at most."),
}

QUESTION: Final = body_of("Which requests were received.", _EXAMPLE, [], _FIELDS)
