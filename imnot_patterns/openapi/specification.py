"""What a specification is once it is read, and what is wrong with one that cannot be used."""

from __future__ import annotations

from typing import Any

import msgspec


class SpecificationError(ValueError):
    """A specification that cannot be used: what is wrong, where, and what would be right.

    `line` and `column` count from 1; 0 means that the place is not known. `path` leads to the value
    in the document, for instance `paths./pets.get.responses`; "" is the document itself.
    """

    def __init__(
        self, reason: str, *, hint: str = "", line: int = 0, column: int = 0, path: str = ""
    ) -> None:
        place = f"{line}:{column}: " if line else ""
        at = f" (at {path})" if path else ""
        super().__init__(f"{place}{reason}{at}{f'; {hint}' if hint else ''}")
        self.reason = reason
        self.hint = hint
        self.line = line
        self.column = column
        self.path = path


class Unusable(Exception):
    """Raised inside this package: what is wrong with a mapping or list of the document.

    Where it stands is looked for when the error is shown, see `reading.error_of`.
    """

    def __init__(
        self, reason: str, node: Any = None, *, key: str | None = None, hint: str = ""
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.node = node
        self.key = key
        self.hint = hint


class Specification(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """An OpenAPI text that was read; made by `read`.

    `version` is that of the described API, `openapi` that of the format. `document` is the whole
    text as plain data, whose keys are texts.
    """

    title: str = ""
    description: str = ""
    version: str = ""
    servers: tuple[str, ...] = ()
    openapi: str
    document: dict[str, Any]
    text: str


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation of a specification, and the answer that is made of it.

    `path` is the key in `paths`. `content_type` is "" and `body` None for an answer without
    content. `value` is what a JSON body says; `schema` is that of the body, its `$ref` followed.
    """

    method: str
    path: str
    status: int
    content_type: str = ""
    body: str | None = None
    headers: dict[str, str] = {}
    summary: str = ""
    operation_id: str = ""
    tags: tuple[str, ...] = ()
    value: Any = msgspec.UNSET
    schema: Any = None
