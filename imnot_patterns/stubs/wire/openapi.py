"""What the OpenAPI document says of payloads and errors, which Litestar cannot know by itself."""

from __future__ import annotations

from typing import Any, Final

from litestar.openapi.spec import (
    OpenAPIType,
    Reference,
    RequestBody,
    Schema,
)

from imnot_patterns.payloads.described import body_of


def _body(description: str, example: Any, required: list[str], **fields: Schema) -> RequestBody:
    return body_of(description, example, required, fields)


def _object(description: str, **fields: Schema) -> Schema:
    properties: dict[str, Reference | Schema] | None = {**fields} or None
    return Schema(type=OpenAPIType.OBJECT, description=description, properties=properties)


_TEXT_OR_CRITERION: Final = [OpenAPIType.STRING, OpenAPIType.OBJECT]
_CRITERIA: Final = {
    "path": Schema(
        type=_TEXT_OR_CRITERION, description="A path such as /users/{id}, or a criterion."
    ),
    "method": Schema(type=_TEXT_OR_CRITERION, description="A method, or a criterion."),
    "host": Schema(type=_TEXT_OR_CRITERION, description="A host without port, or a criterion."),
    "headers": _object("Name to value or criterion; others are allowed."),
    "query": _object("Name to value or criterion; others are allowed."),
    "body": Schema(description="A text, any other JSON value, or a criterion."),
}
_ACTION: Final = _object(
    "How to answer: exactly one of these.",
    response=_object("`status_code`, `headers`, and either `body` or `template_body`."),
    proxy=_object("The answer of another server: `url`, `headers`, `timeout` in seconds."),
    sse=_object("Server-sent events: `events`, each with `data`, and `default_delay_ms`."),
)

STUB: Final = _body(
    "The stub.",
    {
        "request": {"path": "/users/{id}", "method": "GET"},
        "action": {"response": {"status_code": 200, "headers": {}, "body": {"name": "Ada"}}},
    },
    ["request", "action"],
    request=_object("Which requests it answers; {} is all of them.", **_CRITERIA),
    action=_ACTION,
    max_calls=Schema(type=OpenAPIType.INTEGER, description="After so many answers it is used up."),
    chaos=_object("`latency` in milliseconds, and `faults` that break the connection."),
)
SCOPE: Final = _body(
    "The scope.",
    {"name": "team-a"},
    ["name"],
    name=Schema(type=OpenAPIType.STRING, pattern="^[A-Za-z0-9_-]+$"),
)
ASSERTION: Final = _body(
    "Which requests to count. Other than in a stub, a text for the path is no template.",
    {"path": "/users/7", "method": "GET", "times": {"$gte": {"value": 1}}},
    [],
    **_CRITERIA,
    times=Schema(
        type=[OpenAPIType.INTEGER, OpenAPIType.OBJECT],
        description="How many there should be, a number or a criterion; at least one by default.",
    ),
)
