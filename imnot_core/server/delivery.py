"""Answers that are more than a status, headers and one body: streams, and broken connections.

ASGI has no way to break a connection. uvicorn's `send` is a method of the exchange at hand, which
knows its transport; another server, or a test in memory, only sees that no answer is completed.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, suppress
from typing import Any, cast

from imnot_core.messages import Reply

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

# With a linger time of 0 seconds, closing a socket sends a reset (RST) instead of an end (FIN).
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


async def deliver(reply: Reply, receive: Receive, send: Send) -> None:
    """Send a reply that has a stream or a fault. Raises what the stream raises."""
    if reply.fault is not None:
        await _break(reply, receive, send)
        return
    await send(reply.start)
    await _while_connected(_send_all(_chunks(reply), send), receive)


async def cut_off(receive: Receive, send: Send) -> None:
    """Break the connection in the middle of an answer, so that the client does not believe it."""
    transport = _transport(send)
    if transport is not None:
        transport.close()
        await _gone(receive)


async def _break(reply: Reply, receive: Receive, send: Send) -> None:
    transport = _transport(send)
    if reply.fault == "cut":
        await send(reply.start)
        await _send_half(reply, send)
    if transport is None:
        return
    if reply.fault == "reset":
        with suppress(OSError):  # the client may have been faster
            transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE
            )
        transport.abort()
    else:
        transport.close()
    # uvicorn takes a return before this for a mistake, and logs it as one.
    await _gone(receive)


async def _send_half(reply: Reply, send: Send) -> None:
    async with aclosing(_chunks(reply)) as chunks:
        async for chunk in chunks:
            half = chunk[: max(1, len(chunk) // 2)]
            await send({"type": "http.response.body", "body": half, "more_body": True})
            return


async def _send_all(chunks: AsyncIterator[bytes], send: Send) -> None:
    async for chunk in chunks:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _chunks(reply: Reply) -> AsyncGenerator[bytes, None]:
    if reply.stream is None:
        yield reply.body
        return
    chunks = reply.stream()
    try:
        async for chunk in chunks:
            yield chunk
    finally:
        if isinstance(chunks, AsyncGenerator):
            await chunks.aclose()


async def _while_connected(work: Awaitable[None], receive: Receive) -> None:
    """Do it until it is done or the client has gone; then a stream without end ends too.

    In the task of the request, as all else that a handler does: only the watch has one of its own.
    """
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - for the type checker
    has_left = False

    def leave(_: object) -> None:
        nonlocal has_left
        has_left = True
        task.cancel()

    watching = asyncio.ensure_future(_gone(receive))
    watching.add_done_callback(leave)
    try:
        await work
    except asyncio.CancelledError:
        if not has_left or task.uncancel() > 0:
            raise  # the server itself ends
    finally:
        watching.remove_done_callback(leave)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _transport(send: Send) -> asyncio.Transport | None:
    exchange = getattr(send, "__self__", None)
    return cast("asyncio.Transport | None", getattr(exchange, "transport", None))
