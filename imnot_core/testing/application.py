"""An ASGI application in memory: its lifespan, and requests to it, from a synchronous test."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import httpx

from imnot_core.testing.clock import ManualClock
from imnot_core.testing.loop import LoopThread

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

BASE_URL = "http://localhost:8000"
SHUTDOWN_PATIENCE = 10.0


class Application(httpx.BaseTransport):
    """A started application, in a thread of its own; the transport of the clients that talk to it.

    `make` is called in that thread, and what the application raises at startup comes out of the
    constructor. Within a request the clock does not have to be moved: a delay moves it.
    """

    def __init__(self, make: Callable[[], App], clock: ManualClock, timeout: float) -> None:
        self._clock = clock
        self._timeout = timeout
        self.loop = LoopThread(clock, "imnot in memory")
        try:
            self.loop.call(self._start(make))
        except BaseException:
            self.loop.close()
            raise
        self.loop.remember_residents()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of a client. Raises ReadTimeout after the harness's `timeout`."""
        body = request.read()
        try:
            return self.loop.call(self._exchange(request, body), self._timeout)
        except TimeoutError:
            message = f"no answer to {request.method} {request.url} within {self._timeout:g} s"
            raise httpx.ReadTimeout(message, request=request) from None

    def stop(self) -> list[str]:
        """Shut down as a server does; returns the names of the tasks that run on regardless."""
        try:
            self.loop.cancel_sleepers()  # the server would wait a second of real time for each
            self.loop.call(self._lifespan.stop(), SHUTDOWN_PATIENCE)
            return self.loop.tasks()
        finally:
            self.loop.close()

    async def _start(self, make: Callable[[], App]) -> None:
        self._app = make()
        self._lifespan = Lifespan(self._app)
        try:
            await self._lifespan.start()
        except BaseExceptionGroup as group:
            raise _only(group) from None

    async def _exchange(self, request: httpx.Request, body: bytes) -> httpx.Response:
        exchange = _Exchange(body)
        with self._clock.jump():
            await self._app(_scope(request), exchange.receive, exchange.send)
        return exchange.response(request)


class Lifespan:
    """The startup and the shutdown of an ASGI application."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._outbox: asyncio.Queue[Message] = asyncio.Queue()

    async def start(self) -> None:
        """Start the application; raises what it raises."""
        scope: Message = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
        self._task = asyncio.ensure_future(self._app(scope, self._inbox.get, self._outbox.put))
        await self._say("startup")

    async def stop(self) -> None:
        """Shut the application down; raises what it raises."""
        await self._say("shutdown")
        await self._task

    async def _say(self, phase: str) -> None:
        await self._inbox.put({"type": f"lifespan.{phase}"})
        reply = asyncio.ensure_future(self._outbox.get())
        await asyncio.wait({reply, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if not reply.done():
            reply.cancel()
            await self._task
            raise RuntimeError(f"the application ended without a word about its {phase}")
        said = reply.result()
        if said["type"] != f"lifespan.{phase}.complete":
            await self._task
            raise RuntimeError(f"{said['type']}: {said.get('message', '')}")


class _Exchange:
    """One request and what the application sends back."""

    def __init__(self, body: bytes) -> None:
        self._request: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
        self._start: Message | None = None
        self._body = b""
        self._complete = asyncio.Event()

    async def receive(self) -> Message:
        if self._request:
            return self._request.pop()
        await self._complete.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        elif message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                self._complete.set()

    def response(self, request: httpx.Request) -> httpx.Response:
        """The answer as a client behind a real server gets it."""
        if self._start is None or not self._complete.is_set():
            raise httpx.RemoteProtocolError(
                "Server disconnected without a response.", request=request
            )
        body = b"" if request.method == "HEAD" else self._body
        headers = httpx.Headers(self._start.get("headers", []))
        length = headers.get("content-length")
        if length is not None and int(length) != len(self._body) and request.method != "HEAD":
            text = f"content-length is {length}, but the body has {len(self._body)} bytes"
            raise httpx.RemoteProtocolError(text, request=request)
        stream = httpx.ByteStream(body)
        return httpx.Response(self._start["status"], headers=headers, stream=stream)


def _only(error: BaseException) -> BaseException:
    """The one error that a group is about: Litestar starts within a task group."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def _scope(request: httpx.Request) -> Message:
    # raw_path without the query, as uvicorn gives it and the ASGI specification asks for.
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.url.scheme,
        "path": request.url.path,
        "raw_path": request.url.raw_path.partition(b"?")[0],
        "query_string": request.url.query,
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": ("127.0.0.1", 50_000),
        "server": (request.url.host, request.url.port or 80),
        "state": {},
    }
