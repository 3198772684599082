"""The pattern `push`: what reaches the receiver, what is kept of it, and the admin routes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest

from imnot_core import ReplyError, instant
from imnot_core.testing import CallbackReceiver
from imnot_patterns.callback import Callback
from imnot_patterns.callback.submitted import KEPT_ATTEMPTS
from tests.support import eventually_async
from tests.unit.patterns.world import LOG, Mounted, World

pytestmark = pytest.mark.anyio

PAYLOAD = '{ "amount": 1.50, "city": "Zürich" }\n'.encode()
START = "2026-01-01T00:00:00.000000+00:00"


@pytest.fixture
def receiver() -> Iterator[CallbackReceiver]:
    with CallbackReceiver() as running:
        yield running


@pytest.fixture
def push(world: World) -> Mounted:
    return mount(world)


def mount(world: World, **response: Any) -> Mounted:
    return world.mount(Callback, {"response": {"callback_url_header": "X-U", **response}})


async def submit(push: Mounted, url: str, **request: Any) -> str:
    reply = await push("POST", "/things", headers={"X-U": url}, **request)
    return str(msgspec.json.decode(reply.body)["request_id"])


async def settle(world: World) -> None:
    await asyncio.wait_for(world.services.jobs.settle(), 10)


async def shown(push: Mounted, request_id: str) -> dict[str, Any]:
    reply = await push.admin("GET", f"/push/{request_id}")
    found: dict[str, Any] = msgspec.json.decode(reply.body)
    return found


async def only_delivery(push: Mounted, request_id: str) -> dict[str, Any]:
    (delivery,) = (await shown(push, request_id))["deliveries"]
    assert isinstance(delivery, dict)
    return delivery


class TestDelivery:
    async def test_the_payload_arrives_as_it_was_uploaded(
        self, world: World, push: Mounted, receiver: CallbackReceiver
    ) -> None:
        await world.upload(PAYLOAD)

        request_id = await submit(push, f"{receiver.url}/hook?key=1")
        await settle(world)

        (received,) = receiver
        assert (received.method, received.url) == ("POST", f"{receiver.url}/hook?key=1")
        assert received.body == PAYLOAD
        assert received.headers["content-type"] == "application/json"
        assert received.headers["content-length"] == str(len(PAYLOAD))
        assert await only_delivery(push, request_id) == {
            "at": START,
            "status": 200,
            "error": None,
        }

    @pytest.mark.parametrize("method", ["PUT", "patch", "Delete", "GET", "HEAD"])
    async def test_the_configured_method_is_used(
        self, world: World, receiver: CallbackReceiver, method: str
    ) -> None:
        await world.upload(PAYLOAD)

        await submit(mount(world, callback_method=method), receiver.url)
        await settle(world)

        assert [(each.method, each.body) for each in receiver] == [(method.upper(), PAYLOAD)]

    async def test_it_waits_for_the_delay_by_the_clock_of_the_server(
        self, world: World, receiver: CallbackReceiver
    ) -> None:
        push = mount(world, callback_delay_seconds=2.5)
        await world.upload(PAYLOAD)
        request_id = await submit(push, receiver.url)

        await world.clock.elapse(2.4)
        assert not len(receiver)
        assert (await shown(push, request_id))["deliveries"] == []

        await world.clock.elapse(0.1)
        await settle(world)
        assert len(receiver) == 1
        assert (await only_delivery(push, request_id))["at"] == instant(world.clock.time())

    async def test_the_payload_is_that_of_the_moment_of_delivery(
        self, world: World, receiver: CallbackReceiver
    ) -> None:
        await world.upload(b"1")
        await submit(mount(world, callback_delay_seconds=1), receiver.url)
        await world.upload(b"2")

        await world.clock.elapse(1)
        await settle(world)

        assert [each.body for each in receiver] == [b"2"]

    async def test_the_payload_is_that_of_the_session_of_the_submit(
        self, world: World, push: Mounted, receiver: CallbackReceiver
    ) -> None:
        await world.upload(b"0")
        await world.upload(b"1", session="a")

        await submit(push, receiver.url, session="a")
        await settle(world)

        assert [each.body for each in receiver] == [b"1"]

    async def test_redirects_are_not_followed(
        self, world: World, push: Mounted, receiver: CallbackReceiver
    ) -> None:
        receiver.answer(307, headers={"Location": f"{receiver.url}/elsewhere"})
        await world.upload(PAYLOAD)

        request_id = await submit(push, receiver.url)
        await settle(world)

        assert len(receiver) == 1
        assert (await only_delivery(push, request_id))["status"] == 307

    @pytest.mark.parametrize("size", [10, 1_000_000])
    async def test_the_body_of_the_answer_does_not_matter(
        self, world: World, push: Mounted, receiver: CallbackReceiver, size: int
    ) -> None:
        receiver.answer(201, body=b"x" * size)
        await world.upload(PAYLOAD)

        request_id = await submit(push, receiver.url)
        await settle(world)

        delivery = await only_delivery(push, request_id)
        assert (delivery["status"], delivery["error"]) == (201, None)


class TestFailedDelivery:
    async def test_without_a_payload_nothing_is_sent(
        self,
        world: World,
        push: Mounted,
        receiver: CallbackReceiver,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        request_id = await submit(push, receiver.url)
        await settle(world)

        assert not len(receiver)
        (record,) = logged(caplog)
        assert record.levelno == logging.WARNING
        assert "acme/things" in record.getMessage()
        delivery = await only_delivery(push, request_id)
        assert delivery["status"] is None
        assert "not sent: No global payload found for acme/things" in delivery["error"]

    async def test_a_session_never_sends_the_global_payload(
        self, world: World, push: Mounted, receiver: CallbackReceiver
    ) -> None:
        await world.upload(PAYLOAD)

        request_id = await submit(push, receiver.url, session="a")
        await settle(world)

        assert not len(receiver)
        assert "session 'a'" in (await only_delivery(push, request_id))["error"]

    @pytest.mark.parametrize("status", [199 + 101, 404, 500])
    async def test_an_answer_other_than_2xx_is_logged_and_kept(
        self,
        world: World,
        push: Mounted,
        receiver: CallbackReceiver,
        caplog: pytest.LogCaptureFixture,
        status: int,
    ) -> None:
        receiver.answer(status)
        await world.upload(PAYLOAD)

        request_id = await submit(push, f"{receiver.url}/hook")
        await settle(world)

        (record,) = logged(caplog)
        assert record.levelno == logging.ERROR
        assert f"POST {receiver.url}/hook" in record.getMessage()
        assert str(status) in record.getMessage()
        delivery = await only_delivery(push, request_id)
        assert (delivery["status"], delivery["at"]) == (status, START)
        assert str(status) in delivery["error"]
        assert len(receiver) == 1, "it is not tried again"

    async def test_a_port_where_nobody_listens(
        self, world: World, push: Mounted, caplog: pytest.LogCaptureFixture
    ) -> None:
        with CallbackReceiver() as gone:
            url = f"{gone.url}/hook"
        await world.upload(PAYLOAD)

        request_id = await submit(push, url)
        await settle(world)

        (record,) = logged(caplog)
        assert record.levelno == logging.ERROR
        assert url in record.getMessage()
        delivery = await only_delivery(push, request_id)
        assert delivery["status"] is None
        assert delivery["error"].startswith("ConnectError")

    async def test_a_receiver_that_does_not_answer_in_time(
        self, world: World, push: Mounted, receiver: CallbackReceiver
    ) -> None:
        world.client.timeout = httpx.Timeout(0.1)
        receiver.answer(delay=60)
        await world.upload(PAYLOAD)

        request_id = await submit(push, receiver.url)
        await settle(world)

        delivery = await only_delivery(push, request_id)
        assert (delivery["status"], delivery["error"]) == (None, "ReadTimeout")

    async def test_a_receiver_that_hangs_up(
        self, world: World, push: Mounted, receiver: CallbackReceiver
    ) -> None:
        receiver.drop()
        await world.upload(PAYLOAD)

        request_id = await submit(push, receiver.url)
        await settle(world)

        error = (await only_delivery(push, request_id))["error"]
        assert error.startswith("RemoteProtocolError: ")

    @pytest.mark.parametrize("url", ["http://999.1.1.1/", "http://xn--a.test/", "http://[v1.a]/"])
    async def test_a_url_that_only_shows_its_fault_when_it_is_called(
        self, world: World, push: Mounted, url: str
    ) -> None:
        await world.upload(PAYLOAD)

        request_id = await submit(push, url)
        await settle(world)

        delivery = await only_delivery(push, request_id)
        assert delivery["status"] is None
        assert delivery["error"]

    async def test_payloads_do_not_appear_in_the_log(
        self,
        world: World,
        push: Mounted,
        receiver: CallbackReceiver,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level(logging.DEBUG, LOG.name)
        receiver.answer(500)
        await world.upload(b'"secret-4711"')

        await submit(push, receiver.url)
        await settle(world)

        assert "secret-4711" not in caplog.text

    async def test_a_deleted_session_receives_nothing_and_does_not_come_back(
        self,
        world: World,
        receiver: CallbackReceiver,
    ) -> None:
        push = mount(world, callback_delay_seconds=1)
        await world.upload(PAYLOAD, session="a")
        await submit(push, receiver.url, session="a")
        await world.services.sessions.delete("a")

        await world.clock.elapse(1)
        await settle(world)

        assert not len(receiver)
        assert await world.services.store.owned("a") == []

    async def test_a_session_deleted_during_the_delivery_does_not_come_back(
        self, world: World, push: Mounted, receiver: CallbackReceiver
    ) -> None:
        receiver.answer(delay=60)
        await world.upload(PAYLOAD, session="a")
        await submit(push, receiver.url, session="a")
        await eventually_async(lambda: len(receiver))

        await world.services.sessions.delete("a")
        receiver.close()
        await settle(world)

        assert await world.services.store.owned("a") == []


def logged(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [each for each in caplog.records if each.name.startswith(LOG.name)]


class TestRetrigger:
    @pytest.mark.parametrize("word", ["push", "callback"])
    async def test_it_sends_once_more(
        self, world: World, push: Mounted, receiver: CallbackReceiver, word: str
    ) -> None:
        await world.upload(PAYLOAD)
        request_id = await submit(push, f"{receiver.url}/hook")

        reply = await push.admin("POST", f"/{word}/{request_id}/retrigger")
        await settle(world)

        assert reply.status == 200
        assert msgspec.json.decode(reply.body) == {
            "status": "dispatched",
            "request_id": request_id,
        }
        assert [each.url for each in receiver] == [f"{receiver.url}/hook"] * 2
        assert len((await shown(push, request_id))["deliveries"]) == 2

    async def test_it_sends_at_once_with_the_stored_url_method_and_session(
        self, world: World, receiver: CallbackReceiver
    ) -> None:
        push = mount(world, callback_delay_seconds=60, callback_method="PUT")
        request_id = await submit(push, receiver.url, session="a")
        await world.upload(b"0")
        await world.upload(b"1", session="a")
        changed = mount(world, callback_delay_seconds=60, callback_method="POST")

        await changed.admin("POST", f"/push/{request_id}/retrigger")
        (received,) = await eventually_async(lambda: list(receiver))

        assert (received.method, received.body) == ("PUT", b"1")

    async def test_it_sends_the_payload_of_the_moment(
        self, world: World, push: Mounted, receiver: CallbackReceiver
    ) -> None:
        await world.upload(b"1")
        request_id = await submit(push, receiver.url)
        await settle(world)
        await world.upload(b"2")

        await push.admin("POST", f"/push/{request_id}/retrigger")
        await settle(world)

        assert [each.body for each in receiver] == [b"1", b"2"]

    async def test_an_id_that_was_not_handed_out_is_404_by_name(self, push: Mounted) -> None:
        unknown = str(uuid4())

        with pytest.raises(ReplyError, match=unknown) as error:
            await push.admin("POST", f"/push/{unknown}/retrigger")

        assert error.value.status == 404

    async def test_an_id_of_another_datapoint_is_unknown(self, world: World, push: Mounted) -> None:
        other = world.mount(Callback, {"response": {"callback_url_header": "X-U"}}, name="others")
        request_id = await submit(other, "http://127.0.0.1:9/")

        with pytest.raises(ReplyError, match=request_id):
            await push.admin("POST", f"/push/{request_id}/retrigger")

    async def test_an_id_of_a_time_with_another_pattern_is_unknown(self, push: Mounted) -> None:
        job = await push.context.issued.issue(None)

        with pytest.raises(ReplyError, match=job):
            await push.admin("POST", f"/push/{job}/retrigger")
        assert (await push.admin("GET", "/push")).body == b"[]"


class TestInspection:
    async def test_a_request_is_shown_with_its_deliveries_in_order(
        self, world: World, push: Mounted, receiver: CallbackReceiver
    ) -> None:
        receiver.answer(503)
        await world.upload(PAYLOAD, session="a")
        request_id = await submit(push, receiver.url, session="a")
        await settle(world)
        await world.clock.elapse(1)
        await push.admin("POST", f"/push/{request_id}/retrigger")
        await settle(world)

        found = await shown(push, request_id)
        (callback,) = found.pop("callbacks")
        assert [each["status"] for each in callback["attempts"]] == [503, 200]
        assert found == {
            "request_id": request_id,
            "state": "delivered",
            "url": receiver.url,
            "method": "POST",
            "session": "a",
            "created_at": START,
            "deliveries": [
                {"at": START, "status": 503, "error": "the answer was 503, not 2xx"},
                {"at": "2026-01-01T00:00:01.000000+00:00", "status": 200, "error": None},
            ],
        }

    async def test_all_requests_are_listed_newest_first(self, world: World, push: Mounted) -> None:
        assert (await push.admin("GET", "/push")).body == b"[]"
        ids = [await submit(push, f"http://127.0.0.1:9/{n}") for n in range(3)]
        await settle(world)

        listed = msgspec.json.decode((await push.admin("GET", "/callback")).body)

        assert [each["request_id"] for each in listed] == ids[::-1]
        assert listed[0] == await shown(push, ids[2])

    async def test_deliveries_that_end_at_once_are_all_kept(
        self, world: World, push: Mounted, receiver: CallbackReceiver
    ) -> None:
        await world.upload(PAYLOAD)
        request_id = await submit(push, receiver.url)

        for _ in range(4):
            await push.admin("POST", f"/push/{request_id}/retrigger")
        await settle(world)

        assert len((await shown(push, request_id))["deliveries"]) == 5

    async def test_deliveries_are_shown_in_the_order_in_which_they_began(
        self, world: World, push: Mounted, receiver: CallbackReceiver
    ) -> None:
        receiver.answer(500, delay=0.3)
        await world.upload(PAYLOAD)
        request_id = await submit(push, receiver.url)
        await eventually_async(lambda: len(receiver))
        await world.clock.elapse(1)
        await push.admin("POST", f"/push/{request_id}/retrigger")
        await settle(world)

        deliveries = (await shown(push, request_id))["deliveries"]
        assert [each["status"] for each in deliveries] == [500, 200]

    async def test_only_the_last_deliveries_are_kept(self, world: World, push: Mounted) -> None:
        request_id = await submit(push, "http://127.0.0.1:9/")
        await settle(world)
        for _ in range(KEPT_ATTEMPTS):
            await world.clock.elapse(1)
            await push.admin("POST", f"/push/{request_id}/retrigger")
            await settle(world)

        deliveries = (await shown(push, request_id))["deliveries"]

        assert len(deliveries) == KEPT_ATTEMPTS
        assert deliveries[0]["at"] > START
        assert deliveries[-1]["at"] == instant(world.clock.time())
