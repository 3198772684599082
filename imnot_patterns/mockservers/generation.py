"""Routes from an OpenAPI document."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

from imnot_core import JSON_CONTENT_TYPE, ReplyError, header_faults
from imnot_patterns.mockservers.model import METHODS, MockRoute

if TYPE_CHECKING:
    from imnot_patterns.openapi import Operation


async def generate(text: str, *, use_examples: bool, log: logging.Logger) -> list[MockRoute]:
    """The routes of a specification, one for each operation, in its order.

    Raises ReplyError (400) for a specification of which none can be made. Other requests are
    answered meanwhile.
    """
    from imnot_patterns.openapi import SpecificationError  # noqa: PLC0415 - 4 MB, for who needs it

    try:
        return await asyncio.to_thread(_generated, text, use_examples=use_examples)
    except SpecificationError as error:
        raise ReplyError(400, f"specification: {error}") from error
    except ReplyError:
        raise
    except Exception as error:
        # Whatever somebody sends, it is what they sent that cannot be used; and to be looked into.
        log.exception("no routes can be made from a specification")
        detail = f"specification: cannot be used: {type(error).__name__}: {error}"
        raise ReplyError(400, detail) from error


def _generated(text: str, *, use_examples: bool) -> list[MockRoute]:
    from imnot_patterns.openapi import operations, read  # noqa: PLC0415 - as above

    found = operations(read(text), use_examples=use_examples)
    return [_route(each) for each in found if each.method in METHODS]


def _route(operation: Operation) -> MockRoute:
    if not operation.path.startswith("/"):
        raise ReplyError(400, f"specification: paths.{operation.path}: a path begins with `/`")
    content_type = operation.content_type
    if not content_type or any(header_faults("", "Content-Type", content_type)):
        content_type = JSON_CONTENT_TYPE
    return MockRoute(
        id="",
        server="",
        method=operation.method,
        path=_text(operation.path),
        status_code=operation.status,
        response_headers=dict(_headers(operation)),
        response_body=_text(operation.body or ""),
        content_type=content_type,
    )


def _headers(operation: Operation) -> Iterator[tuple[str, str]]:
    """Those that can be sent; the content type is said by the content alone."""
    for name, value in operation.headers.items():
        if name.lower() != "content-type" and not any(header_faults("", name, value)):
            yield name, value


def _text(text: str) -> str:
    """The text without halves of characters, which YAML can write and UTF-8 cannot."""
    return text.encode(errors="replace").decode()
