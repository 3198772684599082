"""A real HTTP server that receives callbacks, for tests of a server in a process of its own."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

import httpx

from imnot_core.testing.answers import Answer, Received, Script


class CallbackReceiver(Script):
    """Keeps every request that reaches `url`, whatever its method and path, and answers by script.

    It listens on a free port of this machine, within `with`::

        with CallbackReceiver() as receiver:
            receiver.answer(503)
            httpx.post(f"{receiver.url}/hook", json={"state": "done"})
            (received,) = receiver.wait(1, timeout=5)
        assert received.json() == {"state": "done"}

    It accepts every connection: instead of being refused, a request is dropped. To test a refusal
    use the URL of a receiver that was left.
    """

    def __init__(self, host: str = "127.0.0.1") -> None:
        super().__init__()
        self._received: list[Received] = []
        self._arrived = threading.Condition()
        self._stopped = threading.Event()
        self._server = _Server((host, 0), self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="callback receiver"
        )
        self.url = f"http://{host}:{self._server.server_port}"

    def wait(self, count: int = 1, timeout: float = 10.0) -> tuple[Received, ...]:
        """Return all requests as soon as there are `count` or more of them.

        Raises AssertionError, with what arrived, after so many seconds.
        """
        __tracebackhide__ = True
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self._received) >= count, timeout):
                arrived = "".join(f"\n  {received}" for received in self._received)
                found = f"{len(self._received)} of {count} requests"
                raise AssertionError(f"{found} arrived within {timeout:g} s:{arrived}")
            return tuple(self._received)

    def clear(self) -> None:
        """Forget what has arrived."""
        with self._arrived:
            self._received.clear()

    def __len__(self) -> int:
        return len(self._received)

    def __getitem__(self, index: int) -> Received:
        return self._received[index]

    def __iter__(self) -> Iterator[Received]:
        return iter(tuple(self._received))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening; answers that are still delayed are sent at once."""
        self._stopped.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def take(self, received: Received) -> Answer:
        """Keep a request and return its answer, after the delay; called by the server's threads."""
        answer = self.next()
        with self._arrived:
            self._received.append(received)
            self._arrived.notify_all()
        self._stopped.wait(answer.delay)
        return answer


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # closing waits for them: nothing of a test outlives it
    request_queue_size = 1024  # callbacks of parallel tests come at once, and it is 5 by default

    def __init__(self, address: tuple[str, int], receiver: CallbackReceiver) -> None:
        super().__init__(address, _Exchange)
        self.receiver = receiver

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that did not wait for its answer."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Exchange(BaseHTTPRequestHandler):
    """One connection, with one request: HTTP/1.0 is closed after the answer."""

    server: _Server

    def handle_one_request(self) -> None:
        """Take whatever method comes, instead of those that have a `do_` method."""
        self.close_connection = True
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            return
        self.close_connection = True
        self._answer(self.server.receiver.take(self._read()))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base
        """Say nothing: the test has the requests."""

    def _read(self) -> Received:
        length = int(self.headers.get("Content-Length") or 0)
        return Received(
            method=self.command,
            url=f"{self.server.receiver.url}{self.path}",
            headers=httpx.Headers(list(self.headers.items())),
            body=self.rfile.read(length),
            at=time.time(),
        )

    def _answer(self, answer: Answer) -> None:
        if answer.dropped or answer.refused:
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
