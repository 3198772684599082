"""What the OpenAPI document says of bodies and refusals, which Litestar cannot know by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from litestar.openapi import ResponseSpec
from litestar.openapi.spec import (
    OpenAPIMediaType,
    OpenAPIType,
    Operation,
    Parameter,
    Reference,
    RequestBody,
    Schema,
)

from imnot_core import JSON_CONTENT_TYPE


class Refusal(msgspec.Struct):
    """Why it is refused: in words, or for 422 as a list of all that is wrong."""

    detail: Any


def errors(causes: Mapping[int, str]) -> dict[int, ResponseSpec]:
    """The answers of a handler that are no success, for its decorator."""
    return {
        status: ResponseSpec(data_container=Refusal, description=cause, generate_examples=False)
        for status, cause in causes.items()
    }


def taking(
    body: RequestBody | None = None, parameters: Sequence[Parameter] = ()
) -> type[Operation]:
    """The kind of operation that takes these, for the decorator of a handler."""

    @dataclass
    class Taking(Operation):
        def __post_init__(self) -> None:
            self.request_body = body
            self.parameters = [*(self.parameters or ()), *parameters] or None

    return Taking


def body_of(
    description: str, example: Any, required: list[str], fields: Mapping[str, Schema]
) -> RequestBody:
    """A JSON object with these fields."""
    properties: dict[str, Reference | Schema] = {**fields}
    schema = Schema(type=OpenAPIType.OBJECT, properties=properties, required=required or None)
    content = {JSON_CONTENT_TYPE: OpenAPIMediaType(schema=schema, example=example)}
    return RequestBody(content=content, description=description, required=True)
