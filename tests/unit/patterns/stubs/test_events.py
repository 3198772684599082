"""The action `sse`: the wire format, the delays, and what a real client receives."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from imnot_core import Reply, Request
from imnot_core.testing import ManualClock, ServerProcess
from imnot_patterns.stubs.actions import template_faults
from tests.support import eventually
from tests.unit.patterns.stubs.acting import (
    action,
    answer,
    answering,
    body_of,
    exchange,
    faults,
    serving,
)

pytestmark = pytest.mark.anyio

GET = Request.of("GET", "/events")


async def streamed(*events: dict[str, Any], request: Request = GET, **more: Any) -> Reply:
    return await answer(action(sse={"events": list(events), **more}), request)


async def text_of(reply: Reply) -> str:
    return (await body_of(reply)).decode()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    def endpoint(path: str, *events: dict[str, Any]) -> dict[str, Any]:
        return {"method": "GET", "path": path, "action": {"sse": {"events": events}}}

    endpoints = (
        endpoint("/two", {"data": "a"}, {"data": "b", "delay_ms": 20}),
        endpoint("/long", {"data": "a"}, {"data": "b", "delay_ms": 3_600_000}),
    )
    with serving(tmp_path_factory.mktemp("sse"), *endpoints) as server:
        yield server


class TestFormat:
    @pytest.mark.parametrize(
        ("event", "wire"),
        [
            ({"data": "first"}, "data: first\n\n"),
            (
                {"data": "x", "event": "message", "id": "1", "retry": 5},
                "id: 1\nevent: message\nretry: 5\ndata: x\n\n",
            ),
            ({"data": "x", "event": "", "id": "", "retry": 0},
             "id: \nevent: \nretry: 0\ndata: x\n\n"),
            ({"data": ""}, "data: \n\n"),
            ({"data": "a\nb\r\nc\rd\x0be\u2028f\x85g"},
             "".join(f"data: {each}\n" for each in "abcdefg") + "\n"),
            ({"data": "a\n\nb\n"}, "data: a\ndata: \ndata: b\n\n"),
            ({"data": " é "}, "data:  é \n\n"),
        ],
    )  # fmt: skip
    async def test_an_event_is_written_as_the_standard_says(
        self, event: dict[str, Any], wire: str
    ) -> None:
        assert await text_of(await streamed(event)) == wire

    async def test_events_follow_each_other(self) -> None:
        assert (
            await text_of(await streamed({"data": "a"}, {"data": "b"})) == "data: a\n\ndata: b\n\n"
        )

    async def test_status_and_headers_are_the_server_s(self) -> None:
        reply = await streamed({"data": "a"})

        assert reply.status == 200
        assert reply.headers == (
            ("Content-Type", "text/event-stream"),
            ("Cache-Control", "no-cache"),
            ("Connection", "keep-alive"),
        )


class TestTemplates:
    async def test_data_event_and_id_are_rendered(self) -> None:
        name = "{{ request.query.%s }}"
        event = {"id": name % "id", "event": name % "e", "data": f"room={name % 'room'}\n!"}
        request = Request.of("GET", "/?id=9&e=x&room=blue%0Agreen")

        text = await text_of(await streamed(event, request=request))
        assert text == "id: 9\nevent: x\ndata: room=blue\ndata: green\ndata: !\n\n"

    async def test_an_error_in_any_event_is_500_before_the_first_byte(self) -> None:
        reply = await streamed({"data": "a"}, {"data": "b {{ nope }}"})

        assert (reply.status, reply.stream) == (500, None)
        assert msgspec.json.decode(reply.body) == {
            "error": "TEMPLATE_RENDER_ERROR",
            "detail": "events[1].data, line 1, at `nope`: `nope` is undefined",
        }

    @pytest.mark.parametrize("name", ["id", "event"])
    async def test_what_would_begin_another_line_is_an_error(self, name: str) -> None:
        request = Request.of("GET", "/?x=1%0Adata:%20evil")
        reply = await streamed({"data": "a", name: "{{ request.query.x }}"}, request=request)

        assert reply.status == 500
        detail = msgspec.json.decode(reply.body)["detail"]
        assert detail.startswith(f"events[0].{name}: it would be more than one line")

    async def test_json_that_is_none_is_an_error_for_constant_events_too(self) -> None:
        request = Request.of("GET", "/", headers={"Content-Type": "application/json"})
        reply = await streamed({"data": "a"}, request=request)

        assert reply.status == 500

    def test_syntax_errors_are_told_with_their_field(self) -> None:
        events = [{"data": "{{ a"}, {"data": "x", "id": "1\n{{ b b }}", "event": "{% if %}"}]
        found = template_faults(action(sse={"events": events}))

        assert [field for field, _, _ in found] == [
            "sse.events[0].data",
            "sse.events[1].event",
            "sse.events[1].id",
        ]
        assert found[2][1].startswith("line 2, at `b`: ")


class TestDelays:
    async def test_each_event_waits_for_its_own_delay_or_the_default(self) -> None:
        clock = ManualClock(start=0)
        events = [{"data": "a"}, {"data": "b", "delay_ms": 0}, {"data": "c", "delay_ms": 1500}]
        acting = action(sse={"events": events, "default_delay_ms": 250})
        reply = await answer(acting, GET, using=answering(clock))
        assert reply.stream is not None
        stream = reply.stream()

        async def times() -> list[float]:
            return [clock.time() async for _ in stream]

        arrived = asyncio.create_task(times())
        await clock.elapse(5)
        assert await arrived == [0.25, 0.25, 1.75]


class TestFaults:
    def test_there_is_at_least_one_event(self) -> None:
        assert list(faults(sse={"events": []})) == ["sse.events"]

    def test_times_are_not_negative(self) -> None:
        event = {"data": "", "retry": -1, "delay_ms": -1}

        assert list(faults(sse={"events": [event], "default_delay_ms": -1})) == [
            "sse.default_delay_ms",
            "sse.events[0].retry",
            "sse.events[0].delay_ms",
        ]

    def test_event_and_id_are_one_line(self) -> None:
        event = {"data": "a\nb", "event": "a\rb", "id": "a\nb"}

        assert list(faults(sse={"events": [event]})) == ["sse.events[0].event", "sse.events[0].id"]


class TestServer:
    def test_all_headers_and_events_arrive(self, server: ServerProcess) -> None:
        with server.client.stream("GET", "/two") as answer:
            assert list(answer.iter_lines()) == ["data: a", "", "data: b", ""]

        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/event-stream"
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.headers["connection"] == "keep-alive"

    def test_the_connection_closes_for_a_client_that_wants_it(self, server: ServerProcess) -> None:
        received = exchange(server.port, b"GET /two HTTP/1.1\r\nConnection: close\r\n\r\n")

        assert received.endswith(b"data: b\n\n\r\n0\r\n\r\n")

    def test_the_stream_ends_when_its_client_goes_away(self, server: ServerProcess) -> None:
        with server.client.stream("GET", "/long") as answer:
            lines = answer.iter_lines()  # kept: the connection closes with it
            assert next(lines) == "data: a"
            assert server.get("/open").json() == 1

        eventually(lambda: server.get("/open").json() == 0)
