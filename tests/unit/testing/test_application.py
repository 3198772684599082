from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from imnot_core.testing import ManualClock
from imnot_core.testing.application import Application, Message, Receive, Send

Handle = Callable[[Message, Receive, Send], Awaitable[None]]


async def answer(send: Send, body: bytes = b"", **headers: str) -> None:
    pairs = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": 200, "headers": pairs})
    await send({"type": "http.response.body", "body": body})


class App:
    """An ASGI application whose requests a function answers, and whose lifespan may fail."""

    def __init__(self, handle: Handle, fails_at: str = "") -> None:
        self.handle = handle
        self.fails_at = fails_at
        self.phases: list[str] = []

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self.handle(scope, receive, send)
            return
        for phase in ("startup", "shutdown"):
            assert (await receive())["type"] == f"lifespan.{phase}"
            if phase == self.fails_at:
                await send({"type": f"lifespan.{phase}.failed"})
                raise ValueError(f"no {phase}")
            self.phases.append(phase)
            await send({"type": f"lifespan.{phase}.complete"})


@contextmanager
def running(
    handle: Handle, clock: ManualClock | None = None, timeout: float = 5
) -> Iterator[tuple[httpx.Client, Application]]:
    application = Application(lambda: App(handle), clock or ManualClock(), timeout)
    with httpx.Client(transport=application, base_url="http://localhost:8000") as client:
        yield client, application
        assert application.stop() == []


def test_the_lifespan_is_entered_before_the_first_request_and_left_at_the_end() -> None:
    async def handle(_scope: Message, _receive: Receive, send: Send) -> None:
        await answer(send, ",".join(app.phases).encode())

    app = App(handle)
    application = Application(lambda: app, ManualClock(), 5)
    with httpx.Client(transport=application, base_url="http://localhost:8000") as client:
        assert client.get("/").text == "startup"
        application.stop()
    assert app.phases == ["startup", "shutdown"]


def test_what_the_application_raises_at_startup_comes_out() -> None:
    async def handle(_scope: Message, _receive: Receive, _send: Send) -> None:
        raise NotImplementedError

    with pytest.raises(ValueError, match="no startup"):
        Application(lambda: App(handle, fails_at="startup"), ManualClock(), 5)


def test_the_path_arrives_as_a_real_server_passes_it_on() -> None:
    seen: list[Message] = []

    async def handle(scope: Message, _receive: Receive, send: Send) -> None:
        seen.append(scope)
        await answer(send)

    with running(handle) as (client, _):
        client.get("/a%2Fb/%C3%A4?x=%20&y")
    assert seen[0]["raw_path"] == b"/a%2Fb/%C3%A4"
    assert seen[0]["path"] == "/a/b/ä"
    assert seen[0]["query_string"] == b"x=%20&y"


def test_repeated_headers_arrive_one_by_one_in_both_directions() -> None:
    async def handle(scope: Message, _receive: Receive, send: Send) -> None:
        values = [value for name, value in scope["headers"] if name == b"x-a"]
        headers = [(b"x-b", value) for value in values]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body"})

    with running(handle) as (client, _):
        response = client.get("/", headers=[("X-A", "1"), ("X-A", "2, 3")])
    assert response.headers.get_list("x-b") == ["1", "2, 3"]


def test_a_body_may_come_in_pieces_from_both_sides() -> None:
    async def handle(_scope: Message, receive: Receive, send: Send) -> None:
        body = (await receive())["body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for byte in body:
            await send({"type": "http.response.body", "body": bytes([byte]), "more_body": True})
        await send({"type": "http.response.body"})
        assert (await receive())["type"] == "http.disconnect"

    def pieces() -> Iterator[bytes]:
        yield b"ab"
        yield b"cd"

    with running(handle) as (client, _):
        assert client.post("/", content=pieces()).content == b"abcd"


def test_the_answer_to_head_has_no_body() -> None:
    async def handle(_scope: Message, _receive: Receive, send: Send) -> None:
        await answer(send, b"text", **{"content-length": "4"})

    with running(handle) as (client, _):
        response = client.head("/")
    assert response.content == b""
    assert response.headers["content-length"] == "4"


@pytest.mark.parametrize("length", ["3", "5"])
def test_a_wrong_content_length_is_what_a_real_client_would_make_of_it(length: str) -> None:
    async def handle(_scope: Message, _receive: Receive, send: Send) -> None:
        await answer(send, b"text", **{"content-length": length})

    with (
        running(handle) as (client, _),
        pytest.raises(httpx.RemoteProtocolError, match=f"content-length is {length}"),
    ):
        client.get("/")


def test_no_answer_is_a_lost_connection() -> None:
    async def handle(_scope: Message, _receive: Receive, _send: Send) -> None:
        return

    with running(handle) as (client, _), pytest.raises(httpx.RemoteProtocolError):
        client.get("/")


def test_a_request_that_hangs_ends_with_a_timeout_that_names_it() -> None:
    async def handle(_scope: Message, _receive: Receive, _send: Send) -> None:
        await asyncio.Event().wait()

    with (
        running(handle, timeout=0.1) as (client, _),
        pytest.raises(httpx.ReadTimeout, match=r"GET http://localhost:8000/slow within 0\.1 s"),
    ):
        client.get("/slow")


def test_a_delay_within_a_request_moves_the_clock_and_costs_no_time() -> None:
    clock = ManualClock(start=0)

    async def handle(_scope: Message, _receive: Receive, send: Send) -> None:
        await clock.sleep(3600)
        await answer(send, str(clock.time()).encode())

    with running(handle, clock, timeout=2) as (client, _):
        assert client.get("/").text == "3600.0"
    assert clock.time() == 3600


def test_a_job_that_a_request_began_waits_for_the_clock() -> None:
    clock, log, jobs = ManualClock(start=0), list[float](), list[asyncio.Task[Any]]()

    async def job() -> None:
        await clock.sleep(10)
        log.append(clock.time())

    async def handle(_scope: Message, _receive: Receive, send: Send) -> None:
        await answer(send)
        jobs.append(asyncio.create_task(job()))

    with running(handle, clock) as (client, _):
        client.get("/")
        clock.advance(9)
        assert log == []
        clock.advance(1)
        assert log == [10]


def test_tasks_that_outlive_the_shutdown_are_named() -> None:
    tasks = list[asyncio.Task[Any]]()

    async def handle(_scope: Message, _receive: Receive, send: Send) -> None:
        tasks.append(asyncio.create_task(asyncio.Event().wait(), name="forgotten"))
        await answer(send)

    application = Application(lambda: App(handle), ManualClock(), 5)
    with httpx.Client(transport=application, base_url="http://localhost:8000") as client:
        client.get("/")
        assert application.stop() == ["forgotten"]


def test_a_task_that_never_rests_is_reported_and_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("imnot_core.testing.loop.PATIENCE", 0.1)
    tasks = list[asyncio.Task[Any]]()

    async def handle(_scope: Message, _receive: Receive, send: Send) -> None:
        tasks.append(asyncio.create_task(asyncio.Event().wait(), name="restless"))
        await answer(send)

    application = Application(lambda: App(handle), ManualClock(), 5)
    with httpx.Client(transport=application, base_url="http://localhost:8000") as client:
        client.get("/")
        with pytest.raises(TimeoutError, match="restless"):
            application.loop.settle()
    application.stop()
