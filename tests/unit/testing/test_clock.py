from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imnot_core.testing import ManualClock
from imnot_core.testing.clock import START
from imnot_core.testing.loop import LoopThread

pytestmark = pytest.mark.anyio


async def remind(clock: ManualClock, seconds: float, log: list[float]) -> None:
    await clock.sleep(seconds)
    log.append(clock.time())


async def test_time_stands_still_until_it_is_moved() -> None:
    clock = ManualClock()
    assert clock.time() == START
    clock.advance(1.5)
    assert clock.time() == START + 1.5


async def test_sleepers_wake_in_the_order_in_which_they_are_due_each_at_its_time() -> None:
    clock, log = ManualClock(start=0), list[float]()
    sleepers = [asyncio.create_task(remind(clock, each, log)) for each in (30, 10, 20)]
    await clock.elapse(25)
    assert log == [10, 20]
    assert clock.time() == 25
    await clock.elapse(5)
    assert log == [10, 20, 30]
    await asyncio.gather(*sleepers)


async def test_of_two_due_at_once_the_one_that_slept_first_wakes_first() -> None:
    clock, log = ManualClock(start=0), list[str]()

    async def say(word: str) -> None:
        await clock.sleep(5)
        log.append(word)

    sleepers = [asyncio.create_task(say(word)) for word in "abc"]
    await clock.elapse(5)
    assert log == ["a", "b", "c"]
    await asyncio.gather(*sleepers)


async def test_somebody_who_sleeps_again_is_woken_again_in_the_same_advance() -> None:
    clock, log = ManualClock(start=0), list[float]()

    async def tick() -> None:
        for _ in range(3):
            await remind(clock, 10, log)

    task = asyncio.create_task(tick())
    await clock.elapse(100)
    assert log == [10, 20, 30]
    await task


async def test_what_a_sleeper_does_after_waking_is_done_when_the_time_has_passed() -> None:
    clock, log = ManualClock(start=0), list[str]()

    async def work() -> None:
        await clock.sleep(1)
        await asyncio.to_thread(threading.Event().wait, 0.05)
        log.append("done")

    task = asyncio.create_task(work())
    await clock.elapse(1)
    assert log == ["done"]
    await task


async def test_a_cancelled_sleeper_is_forgotten() -> None:
    clock = ManualClock()
    task = asyncio.create_task(clock.sleep(10))
    await clock.elapse(0)
    assert clock.waiting == (10,)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert clock.waiting == ()
    await clock.elapse(20)


async def test_no_time_is_no_sleep() -> None:
    clock = ManualClock()
    await clock.sleep(0)
    await clock.sleep(-1)
    assert clock.time() == START


async def test_within_jump_a_sleep_moves_the_clock_and_wakes_others_on_the_way() -> None:
    clock, log = ManualClock(start=0), list[float]()
    other = asyncio.create_task(remind(clock, 3, log))
    await clock.elapse(0)
    with clock.jump():
        await clock.sleep(10)
    assert log == [3]
    assert clock.time() == 10
    await other


async def test_advancing_inside_the_sleepers_loop_is_refused_because_it_would_hang() -> None:
    clock = ManualClock()
    task = asyncio.create_task(clock.sleep(10))
    await clock.elapse(0)
    with pytest.raises(RuntimeError, match="elapse"):
        clock.advance(10)
    task.cancel()


async def test_set_goes_to_a_moment_and_wakes_who_is_due_by_then() -> None:
    clock = ManualClock()
    clock.set(datetime(2026, 3, 1, tzinfo=UTC))
    assert datetime.fromtimestamp(clock.time(), UTC) == datetime(2026, 3, 1, tzinfo=UTC)
    clock.set(0)
    assert clock.time() == 0


def test_another_thread_advances_a_loop_and_finds_everything_done() -> None:
    clock, log = ManualClock(start=0), list[float]()
    loop = LoopThread(clock, "test")

    async def begin() -> None:
        begun.append(asyncio.create_task(remind(clock, 60, log)))

    begun: list[asyncio.Task[None]] = []
    try:
        loop.call(begin())
        clock.advance(59)
        assert log == []
        clock.advance(1)
        assert log == [60]
    finally:
        loop.close()


def test_one_clock_serves_several_loops() -> None:
    clock, log = ManualClock(start=0), list[float]()
    loops = [LoopThread(clock, f"test {number}") for number in range(2)]
    begun = list[asyncio.Task[None]]()

    async def begin(seconds: float) -> None:
        begun.append(asyncio.create_task(remind(clock, seconds, log)))

    try:
        loops[0].call(begin(20))
        loops[1].call(begin(10))
        clock.advance(30)
        assert log == [10, 20]
    finally:
        for loop in loops:
            loop.close()


durations = st.floats(min_value=0.001, max_value=1000, allow_nan=False)


@settings(max_examples=50, deadline=None)
@given(st.lists(durations, min_size=1, max_size=8), st.lists(durations, max_size=6))
def test_everybody_wakes_at_its_own_time_however_the_time_passes(
    sleeps: list[float], steps: list[float]
) -> None:
    clock, log = ManualClock(start=0), list[float]()

    async def scenario() -> None:
        tasks = [asyncio.create_task(remind(clock, each, log)) for each in sleeps]
        for step in [*steps, 1001]:
            await clock.elapse(step)
            assert all(each <= clock.time() for each in log)
        await asyncio.gather(*tasks)

    asyncio.run(scenario())
    assert log == sorted(sleeps)
