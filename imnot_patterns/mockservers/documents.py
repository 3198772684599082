"""What the OpenAPI document says of bodies, parameters and refusals, which Litestar cannot know."""

from __future__ import annotations

from typing import Any, Final

from litestar.openapi import ResponseSpec
from litestar.openapi.spec import (
    OpenAPIType,
    Parameter,
    Schema,
)

from imnot_core import JSON_CONTENT_TYPE
from imnot_patterns.mockservers.model import METHODS
from imnot_patterns.payloads.described import body_of
from imnot_patterns.payloads.described import errors as refusals

_EVERYWHERE: Final = {"_401": "There is an admin key, and the request does not have it."}


def errors(**causes: str) -> dict[int, ResponseSpec]:
    """The answers that are no success, as `_404="There is none."`, for a handler's decorator."""
    return refusals({int(status[1:]): cause for status, cause in (causes | _EVERYWHERE).items()})


def _text(description: str, **more: Any) -> Schema:
    return Schema(type=OpenAPIType.STRING, description=description, **more)


def _integer(description: str, **more: Any) -> Schema:
    return Schema(type=OpenAPIType.INTEGER, description=description, **more)


_SERVER: Final = {
    "name": _text("A name for people."),
    "specification": _text("An OpenAPI document 3.0 or 3.1, as YAML or JSON."),
    "useExamples": Schema(
        type=OpenAPIType.BOOLEAN, description="Whether its examples are answered.", default=True
    ),
}
CREATION: Final = body_of(
    "The mock server.",
    {"name": "Pets", "workspaceId": "team-a"},
    ["name", "workspaceId"],
    {**_SERVER, "workspaceId": _text("What servers are listed by; any text.")},
)
CHANGE: Final = body_of("What is to change; the rest stays.", {"name": "Pets"}, [], _SERVER)
ROUTE_BODY: Final = body_of(
    "The route.",
    {"method": "GET", "path": "/pets/{id}", "statusCode": 200, "responseBody": '{"name": "Rex"}'},
    ["method", "path", "statusCode"],
    {
        "method": _text("The method.", enum=list(METHODS)),
        "path": _text("The path below the server's URL; {name} stands for a segment or a part."),
        "statusCode": _integer("The status, from 200 to 599.", minimum=200, maximum=599),
        "responseHeaders": Schema(
            type=OpenAPIType.OBJECT,
            additional_properties=Schema(type=OpenAPIType.STRING),
            description="Names to values, sent as they are.",
        ),
        "responseBody": _text("The body, sent as it is."),
        "contentType": _text("Its type.", default=JSON_CONTENT_TYPE),
        "delay": _integer("How many milliseconds the answer waits.", minimum=0, default=0),
    },
)


def _in_query(name: str, schema: Schema) -> Parameter:
    return Parameter(name=name, param_in="query", schema=schema, description=schema.description)


IN_WORKSPACE: Final = (_in_query("workspaceId", _text("List only the servers of this one.")),)
PAGE: Final = (
    _in_query("limit", _integer("How many entries at most.", minimum=0, default=50)),
    _in_query("offset", _integer("How many are left out, the newest.", minimum=0, default=0)),
)
