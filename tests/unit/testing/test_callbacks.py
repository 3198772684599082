from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from imnot_core.testing import ManualClock
from imnot_core.testing.callbacks import Callbacks

pytestmark = pytest.mark.anyio


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(start=0)


@pytest.fixture
def callbacks(clock: ManualClock) -> Callbacks:
    return Callbacks(clock, lambda: None)


@pytest.fixture
async def client(callbacks: Callbacks) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=callbacks, timeout=10) as client:
        yield client


async def test_a_callback_is_kept_and_answered_200(
    client: httpx.AsyncClient, callbacks: Callbacks, clock: ManualClock
) -> None:
    clock.advance(5)
    response = await client.put("https://me.example/hook?a=1", json={"n": 1}, headers={"X-A": "b"})
    assert response.status_code == 200
    (received,) = callbacks.wait(1)
    assert (received.method, received.url) == ("PUT", "https://me.example/hook?a=1")
    assert received.headers["x-a"] == "b"
    assert received.json() == {"n": 1}
    assert received.at == 5


async def test_answers_come_by_the_script(client: httpx.AsyncClient, callbacks: Callbacks) -> None:
    callbacks.answer(503, json={"wait": True})
    callbacks.drop()
    callbacks.refuse()
    assert (await client.post("http://me")).json() == {"wait": True}
    with pytest.raises(httpx.RemoteProtocolError):
        await client.post("http://me")
    with pytest.raises(httpx.ConnectError):
        await client.post("http://me")
    assert (await client.post("http://me")).status_code == 200
    assert len(callbacks) == 3  # the refused one reached nobody


async def test_a_slow_answer_takes_time_of_the_clock(
    client: httpx.AsyncClient, callbacks: Callbacks, clock: ManualClock
) -> None:
    callbacks.answer(delay=4)
    sending = asyncio.create_task(client.post("http://me"))
    while not clock.waiting:
        await asyncio.sleep(0)
    assert len(callbacks) == 1
    await clock.elapse(4)
    assert (await sending).status_code == 200


async def test_an_answer_slower_than_the_timeout_is_a_timeout_when_it_is_over(
    client: httpx.AsyncClient, callbacks: Callbacks, clock: ManualClock
) -> None:
    callbacks.answer(delay=60)
    with clock.jump(), pytest.raises(httpx.ReadTimeout):
        await client.post("http://me")
    assert clock.time() == 10


async def test_waiting_in_vain_says_what_arrived_and_what_is_still_to_come(
    client: httpx.AsyncClient, callbacks: Callbacks, clock: ManualClock
) -> None:
    await client.post("http://me/only", content=b"one")
    later = asyncio.create_task(clock.sleep(30))
    await clock.elapse(0)
    with pytest.raises(AssertionError) as failed:
        callbacks.wait(2)
    assert "1 of 2 callbacks" in str(failed.value)
    assert "POST http://me/only b'one'" in str(failed.value)
    assert "due in 30 s" in str(failed.value)
    later.cancel()


async def test_callbacks_are_a_sequence_that_can_be_emptied(
    client: httpx.AsyncClient, callbacks: Callbacks
) -> None:
    await client.post("http://me/1")
    await client.post("http://me/2")
    assert [each.url for each in callbacks] == ["http://me/1", "http://me/2"]
    assert callbacks[-1].url == "http://me/2"
    callbacks.clear()
    assert len(callbacks) == 0
