"""Reading a request's body to the end, within the limit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from imnot_core.errors import ReplyError


class ClientGone(Exception):
    """The client went away before its request was complete; nobody is left to be answered."""


async def read_body(
    receive: Callable[[], Awaitable[dict[str, Any]]], announced: int, limit: int
) -> bytes:
    """Read all of it. Raises ReplyError (413) above the limit, ClientGone when it breaks off.

    `announced` is the length in bytes that the client announced, 0 if it did not.
    """
    if announced > limit:
        raise error_too_large(limit)
    chunks: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise error_too_large(limit)
        chunks.append(chunk)
        more = message.get("more_body", False)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def error_too_large(limit: int) -> ReplyError:
    """The answer to a body above the limit, which is in bytes: 413."""
    # The rest of the body is not read, so the connection cannot be used again.
    detail = f"The request body is larger than the limit of {limit} bytes"
    return ReplyError(413, detail, {"Connection": "close"})
