"""A server for the tests of the proxy: it keeps and sends bytes, and interprets little."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from tests.support import eventually

Answer = bytes | Callable[["Connection"], None]


class Connection:
    """One connection from the proxy."""

    def __init__(self, own: socket.socket, upstream: Upstream) -> None:
        self.own = own
        self.upstream = upstream

    def send(self, data: bytes) -> None:
        self.own.sendall(data)

    def wait_for_end(self) -> None:
        """Return when the proxy has closed the connection."""
        while self.own.recv(65536):
            pass
        self.upstream.left += 1


class Upstream:
    """Answers by path, within `with`; `seen` has the requests as they came."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        self._answers = answers
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.seen: list[bytes] = []
        self.go_on = threading.Event()
        self.left = 0
        self._begin(self._accept)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.go_on.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        for each in self._open:
            each.close()

    @property
    def head(self) -> tuple[str, list[tuple[str, str]]]:
        """The request line and the headers of the last request."""
        first, *lines = self.seen[-1].partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
        pairs = [line.partition(": ")[::2] for line in lines]
        return first, [(name.lower(), value) for name, value in pairs]

    @property
    def body(self) -> bytes:
        """The body of the last request."""
        return self.seen[-1].partition(b"\r\n\r\n")[2]

    def wait_until_left(self, before: int) -> None:
        eventually(lambda: self.left > before)

    def _begin(self, run: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=run, args=args, name="upstream")
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            self._begin(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError):
            while request := self._read(connection):
                self.seen.append(request)
                path = request.split(b" ", 2)[1].decode().partition("?")[0]
                answer = self._answers[path]
                if callable(answer):
                    answer(Connection(connection, self))
                    break
                head, end, body = answer.partition(b"\r\n\r\n")
                connection.sendall(head + end + (b"" if request.startswith(b"HEAD ") else body))
            connection.shutdown(socket.SHUT_RDWR)

    def _read(self, connection: socket.socket) -> bytes:
        received = b""
        while b"\r\n\r\n" not in received:
            data = connection.recv(65536)
            received += data
            if not data or not received[:1].isupper():  # a greeting in TLS
                return b""
        head, _, body = received.partition(b"\r\n\r\n")
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
                while len(body) < length:
                    body += connection.recv(65536)
        return head + b"\r\n\r\n" + body
