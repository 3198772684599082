"""Bodies in pieces, clients that go away, and what one request leaves behind for the next."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from imnot_core import Context, Reply, Request
from tests.server.samples import CHARGES, PLAIN, Plain, answering
from tests.server.wire import DISCONNECT, chunks, exchange, serving

pytestmark = pytest.mark.anyio

PAYLOAD = "/imnot/admin/bookingco/charges/payload"
LIMIT = 1000
CHUNKED = [("Transfer-Encoding", "chunked")]


def echo(request: Request, _context: Context) -> Reply:
    return Reply(body=request.body)


def length(size: int) -> list[tuple[str, str]]:
    return [("Content-Length", str(size))]


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[Any]:
    plugins = [answering(echo)]
    async with serving(tmp_path, PLAIN, CHARGES, plugins=plugins, body_limit=LIMIT) as started:
        yield started


# Bodies


@pytest.mark.parametrize("headers", [length(10), CHUNKED])
@pytest.mark.parametrize(
    "parts",
    [
        [b"[1,2,3,45]"],
        [b"[1,", b"2,3,", b"45]"],
        [b"", b"[1,2,3,45]", b"", b""],
        [bytes([each]) for each in b"[1,2,3,45]"],
    ],
)
async def test_a_body_may_come_in_pieces(
    app: Any, parts: list[bytes], headers: list[tuple[str, str]]
) -> None:
    echoed = await exchange(app, "POST", "/it", headers=headers, messages=chunks(*parts))
    assert (echoed.status, echoed.body) == (200, b"[1,2,3,45]")
    upload = await exchange(app, "POST", PAYLOAD, headers=headers, messages=chunks(*parts))
    assert upload.status == 200
    assert (await exchange(app, "GET", "/v1/charges")).body == b"[1,2,3,45]"


@pytest.mark.parametrize("headers", [[], length(0)])
async def test_without_a_body_none_is_waited_for(app: Any, headers: list[tuple[str, str]]) -> None:
    answer = await exchange(app, "POST", "/it", headers=headers, messages=[DISCONNECT])
    assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize("path", ["/it", PAYLOAD, "/imnot/admin/partners"])
async def test_a_body_of_the_limit_is_taken_and_one_byte_more_is_413(app: Any, path: str) -> None:
    for headers in (length(LIMIT), CHUNKED):
        body = b'"' + b"x" * (LIMIT - 2) + b'"'
        answer = await exchange(app, "POST", path, headers=headers, messages=chunks(body))
        assert answer.status != 413
    for headers in (length(LIMIT + 1), CHUNKED):
        messages = chunks(b"x" * LIMIT, b"x")
        answer = await exchange(app, "POST", path, headers=headers, messages=messages)
        assert answer.status == 413
        assert answer.headers["content-type"] == "application/json"
        assert isinstance(answer.json()["detail"], str)


@pytest.mark.parametrize("path", ["/it", PAYLOAD, "/imnot/admin/partners"])
async def test_an_announced_size_is_refused_unread(app: Any, path: str) -> None:
    headers = length(10**15)
    answer = await exchange(app, "POST", path, headers=headers, messages=chunks(b"x"))
    assert (answer.status, answer.taken) == (413, 0)


async def test_an_endless_body_is_not_read_to_its_end(app: Any) -> None:
    for path in ("/it", PAYLOAD):
        messages = chunks(*[b"x" * 100] * 1000)
        answer = await exchange(app, "POST", path, headers=CHUNKED, messages=messages)
        assert answer.status == 413
        assert answer.taken <= LIMIT // 100 + 1


async def test_a_connection_with_an_unread_body_is_closed(app: Any) -> None:
    for path in ("/it", PAYLOAD):
        answer = await exchange(app, "POST", path, headers=length(LIMIT + 1))
        assert answer.status == 413
        assert answer.headers["connection"] == "close"


async def test_an_upload_that_is_refused_changes_nothing(app: Any) -> None:
    await exchange(app, "POST", PAYLOAD, headers=length(1), messages=chunks(b"1"))
    body = b'"' + b"x" * LIMIT + b'"'
    await exchange(app, "POST", PAYLOAD, headers=length(len(body)), messages=chunks(body))
    assert (await exchange(app, "GET", "/v1/charges")).body == b"1"


# Clients that go away


async def test_a_client_that_goes_away_while_it_sends_is_not_answered(app: Any) -> None:
    started = chunks(b"[1,", b"2]")[:1]
    for path in ("/it", PAYLOAD):
        answer = await exchange(
            app, "POST", path, headers=length(6), messages=[*started, DISCONNECT]
        )
        assert answer.sent == [] or answer.status >= 400
    assert (await exchange(app, "GET", "/v1/charges")).status == 404


async def test_the_server_goes_on_after_it(app: Any) -> None:
    await exchange(app, "POST", "/it", headers=length(6), messages=[DISCONNECT])
    answer = await exchange(app, "POST", "/it", headers=length(2), messages=chunks(b"ok"))
    assert answer.body == b"ok"


# What requests share


class Counter(Plain):
    """Counts its requests, for each session by itself."""

    async def answer(self, request: Request, context: Context) -> Any:
        return Reply.json(await context.state.increment("count"))


async def test_a_request_without_session_never_gets_the_state_of_the_last_one(
    tmp_path: Path,
) -> None:
    # A server may run the next request of a connection in the context of the one before.
    async with serving(tmp_path, PLAIN, plugins=[Counter]) as app:
        session = [("X-Imnot-Session", "mine")]
        for _ in range(3):
            await exchange(app, "POST", "/it", headers=session)
        assert (await exchange(app, "POST", "/it")).json() == 1
        assert (await exchange(app, "POST", "/it", headers=session)).json() == 4
        empty = [("X-Imnot-Session", "")]
        assert (await exchange(app, "POST", "/it", headers=empty)).json() == 2


# Unusual requests


@pytest.mark.parametrize(
    "path", [b"*", b"", b"it", b"//", b"/\xff", b"/%", b"/%zz", b"/%00", b"/" + b"a/" * 5000]
)
@pytest.mark.parametrize("method", ["GET", "OPTIONS", "NONSENSE", "get"])
async def test_any_path_and_method_is_answered(app: Any, path: bytes, method: str) -> None:
    assert (await exchange(app, method, path)).status == 404


async def test_large_headers_are_no_failure(app: Any) -> None:
    large = "x" * 300_000
    headers = [("X-Imnot-Session", large), ("X-Other", large), ("Authorization", large)]
    for path in ("/v1/charges", PAYLOAD, "/imnot/admin/sessions", "/it"):
        answer = await exchange(app, "GET", path, headers=headers)
        assert answer.status in {200, 404, 405}


async def test_a_websocket_is_closed(app: Any) -> None:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(
        {"type": "websocket", "path": "/it", "raw_path": b"/it", "headers": []}, receive, send
    )
    assert [message["type"] for message in sent] == ["websocket.close"]
