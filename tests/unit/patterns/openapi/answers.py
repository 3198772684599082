"""Small specifications, and the answers that are made of them."""

from __future__ import annotations

import json
from typing import Any

from imnot_patterns.openapi import Operation, operations, read


def answer(
    responses: Any, *, examples: bool = True, version: str = "3.1.0", **more: Any
) -> Operation:
    """Return the only operation of a specification with these responses."""
    document = {"openapi": version, "paths": {"/a": {"get": {"responses": responses}}}, **more}
    (found,) = operations(read(json.dumps(document)), use_examples=examples)
    return found


def media(media_type: Any, content_type: str = "application/json", **more: Any) -> Operation:
    """Return the answer of a response with this media type."""
    return answer({"200": {"description": "", "content": {content_type: media_type}}}, **more)


def value(schema: Any, *, components: Any = None, examples: bool = True, old: bool = False) -> Any:
    """Return the value that is made for a schema."""
    version = "3.0.3" if old else "3.1.0"
    known: dict[str, Any] = {"components": {"schemas": components}} if components else {}
    return media({"schema": schema}, examples=examples, version=version, **known).value


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
