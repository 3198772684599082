"""Sending a whole answer at once, where the server's own way to do it is known.

By ASGI an answer is two messages, each a coroutine, and uvicorn checks and joins the headers of
every one. Replies are checked and encoded when they are made, and most are sent many times: writing
their bytes takes a fifth of that time, which is a seventh of all that a small answer costs.

What is written is what uvicorn would have written (a test compares), and afterwards its exchange is
in the state that its own `send` leaves. Whatever is not the usual case goes its own way: another
server or version, a connection that is to be closed, a client that reads slowly, HEAD.
"""

from __future__ import annotations

from typing import Any, Final

MODULE: Final = "uvicorn.protocols.http.httptools_impl"
ATTRIBUTES: Final = frozenset(
    [
        "access_log", "access_logger", "body", "chunked_encoding", "default_headers",
        "disconnected", "expected_content_length", "flow", "keep_alive", "logger",
        "message_event", "more_body", "on_response", "response_complete", "response_started",
        "scope", "transport", "waiting_for_100_continue",
    ]
)  # fmt: skip
"""What an exchange is made of: one that has more, or less, may have to be left otherwise."""
SMALL: Final = 65_536
"""So many bytes are worth to be copied, to be written as one."""


class QuickSend:
    """Sends whole answers by the exchanges of uvicorn; tells where it did not."""

    def __init__(self) -> None:
        self._kind: type | None = None
        self._others: set[type] = set()

    def __call__(self, send: object, method: str, head: bytes, body: bytes) -> bool:
        """Send an answer, unless this is not the usual case: then nothing is done, and False."""
        exchange: Any = getattr(send, "__self__", None)
        if (
            not head
            or method == "HEAD"
            or (type(exchange) is not self._kind and not self._knows(exchange))
            or not exchange.keep_alive
            or exchange.disconnected
            or exchange.response_started
            or exchange.access_log
            or exchange.flow.write_paused
            or exchange.default_headers
        ):
            return False
        if len(body) <= SMALL:
            exchange.transport.write(head + body)
        else:
            exchange.transport.writelines([head, body])
        exchange.waiting_for_100_continue = False
        exchange.chunked_encoding = False
        exchange.response_started = exchange.response_complete = True
        exchange.message_event.set()
        exchange.on_response()
        return True

    def _knows(self, exchange: object) -> bool:
        """Whether exchanges like this can be written to; looked at once for each kind."""
        kind = type(exchange)
        if exchange is None or kind in self._others:
            return False
        if kind.__module__ == MODULE and vars(exchange).keys() == ATTRIBUTES:
            self._kind = kind
            return True
        self._others.add(kind)
        return False
