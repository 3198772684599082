"""Live sessions: clocks that wake their sleepers, seeds, and an end that comes by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from math import inf
from random import Random

import msgspec
import pytest

from imnot_core.clock import SystemClock
from imnot_core.session_clock import ClockChange
from imnot_core.store.changes import ChangeLog
from imnot_core.store.live_sessions import LiveSessions, SessionSettings
from imnot_core.store.session_settings import SettingsChange
from imnot_core.store.sqlite import SqliteStore
from imnot_core.testing.clock import START, ManualClock
from tests.support import eventually_async

pytestmark = pytest.mark.anyio


class World:
    """One process: its live sessions, and the clock of the session `s`."""

    def __init__(
        self, store: SqliteStore, clock: ManualClock | SystemClock, *, shared: bool = False
    ) -> None:
        self.store = store
        self.server_clock = clock
        self.live = LiveSessions(store, ChangeLog(store, alone=not shared), clock, shared=shared)
        self.clock = self.live.clock("s")
        self.log: list[float] = []

    async def change(self, *, session: str = "s", **change: float | bool | None) -> SessionSettings:
        wish = SettingsChange(clock=msgspec.convert(change, ClockChange))
        now = self.server_clock.time()
        return await self.live.change(session, lambda known: wish.of(known, now))

    async def end(self, seconds: float | None, session: str = "s") -> None:
        wish, now = SettingsChange(ttl=seconds), self.server_clock.time()
        await self.live.change(session, lambda known: wish.of(known, now))

    async def sleeper(self, seconds: float, session: str = "s") -> asyncio.Task[None]:
        async def sleep() -> None:
            await self.live.clock(session).sleep(seconds)
            self.log.append(seconds)

        task = asyncio.create_task(sleep())
        await asyncio.sleep(0)
        return task


@pytest.fixture
async def world(store: SqliteStore, clock: ManualClock) -> AsyncIterator[World]:
    async with opened(store, clock) as world:
        yield world


@asynccontextmanager
async def opened(
    store: SqliteStore, clock: ManualClock | SystemClock, *, shared: bool = False
) -> AsyncIterator[World]:
    world = World(store, clock, shared=shared)
    await world.live.open()
    try:
        yield world
    finally:
        await world.live.close()


@asynccontextmanager
async def another_store(path: str, clock: ManualClock | SystemClock) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(path, clock)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


async def settled(task: asyncio.Task[None]) -> None:
    """Wait for a task that has nothing left to wait for."""
    await asyncio.wait_for(task, 5)


# The time in a session


async def test_a_session_without_settings_has_the_servers_time(
    world: World, clock: ManualClock
) -> None:
    assert world.clock.time() == world.live.clock(None).time() == START
    sleeper = await world.sleeper(60)
    await clock.elapse(60)
    assert sleeper.done()
    assert world.live.get("s") is world.live.get(None) is None
    assert world.live.seed("s") is None
    assert world.live.special == {}


async def test_the_time_of_one_session_is_not_that_of_another(world: World) -> None:
    await world.change(advance=3600)
    assert world.clock.time() == START + 3600
    assert world.live.clock("t").time() == world.live.clock(None).time() == START
    assert world.live.time_in("s") == START + 3600


async def test_a_clock_is_that_of_the_session_at_hand(world: World) -> None:
    sessions = ["s", None, "t"]
    at_hand = world.live.clock_of(lambda: sessions[-1])
    await world.change(advance=3600)
    assert at_hand.time() == START
    sessions.pop()
    assert at_hand.time() == START
    sessions.pop()
    assert at_hand.time() == START + 3600


async def test_advancing_wakes_those_whose_time_has_come_and_no_others(
    world: World, clock: ManualClock
) -> None:
    sleepers = [await world.sleeper(each) for each in (60, 120)]
    stranger = await world.sleeper(60, "t")
    await world.change(advance=60)
    await settled(sleepers[0])
    assert world.log == [60]
    assert clock.time() == START
    await clock.elapse(59)
    assert not stranger.done()
    assert world.log == [60]
    await clock.elapse(1)
    assert stranger.done()
    await settled(sleepers[1])
    assert world.log == [60, 60, 120]


async def test_a_frozen_session_holds_its_sleepers(world: World, clock: ManualClock) -> None:
    await world.change(frozen=True)
    sleeper = await world.sleeper(60)
    await clock.elapse(1000)
    assert not sleeper.done()
    assert clock.waiting == (inf,)
    await world.change(advance=59)
    await asyncio.sleep(0)
    assert not sleeper.done()
    await world.change(advance=1)
    await settled(sleeper)


async def test_a_session_that_is_resumed_goes_on_from_where_it_stood(
    world: World, clock: ManualClock
) -> None:
    sleeper = await world.sleeper(60)
    await clock.elapse(20)
    await world.change(frozen=True)
    await clock.elapse(1000)
    await world.change(frozen=False)
    await clock.elapse(39)
    assert not sleeper.done()
    await clock.elapse(1)
    assert sleeper.done()


async def test_going_back_makes_sleepers_wait_longer(world: World, clock: ManualClock) -> None:
    sleeper = await world.sleeper(60)
    await world.change(advance=-30)
    await clock.elapse(89)
    assert not sleeper.done()
    await clock.elapse(1)
    assert sleeper.done()


async def test_the_servers_time_again_counts_for_sleepers_too(
    world: World, clock: ManualClock
) -> None:
    await world.change(set=START - 1000)
    sleeper = await world.sleeper(60)
    await world.change(reset=True)
    await settled(sleeper)
    assert world.clock.time() == clock.time() == START


async def test_in_a_session_that_is_deleted_what_is_left_passes_with_the_servers_time(
    world: World, clock: ManualClock, store: SqliteStore
) -> None:
    await world.change(set=START + 1e9)
    sleeper = await world.sleeper(60)
    await clock.elapse(20)
    await world.end(1)
    await clock.elapse(1)  # which deletes it
    assert await store.owned("s") == []
    await clock.elapse(38)
    assert not sleeper.done()
    await clock.elapse(1)
    assert sleeper.done()


async def test_several_changes_at_once_are_all_followed(world: World) -> None:
    sleepers = [await world.sleeper(50) for _ in range(3)]
    await asyncio.gather(*(world.change(advance=1) for _ in range(50)))
    for each in sleepers:
        await settled(each)
    assert world.clock.time() == START + 50


async def test_a_sleeper_can_be_cancelled(world: World, clock: ManualClock) -> None:
    sleeper = await world.sleeper(60)
    await world.change(advance=1)
    sleeper.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sleeper
    assert clock.waiting == ()
    await world.change(advance=100)
    assert world.log == []


@pytest.mark.parametrize("seconds", [0, -1])
async def test_no_time_at_all_is_no_sleep_even_where_it_stands_still(
    world: World, seconds: float
) -> None:
    await world.change(frozen=True)
    await settled(await world.sleeper(seconds))


async def test_a_sleep_ends_at_its_time_whatever_the_numbers(
    world: World, clock: ManualClock
) -> None:
    await world.change(set=0.1)
    for span in (0.1, 1 / 3, 1e-3, 12345.678):
        await clock.elapse(0.7)
        sleeper = await world.sleeper(span)
        await clock.elapse(span)
        assert sleeper.done(), span


# Several processes


async def test_another_worker_wakes_those_who_sleep_here(store: SqliteStore) -> None:
    clock = SystemClock()
    async with (
        another_store(store.path, clock) as other_store,
        opened(store, clock, shared=True) as here,
        opened(other_store, clock, shared=True) as there,
    ):
        sleeper = await here.sleeper(3600)
        await there.change(advance=1800)
        assert not sleeper.done()
        await there.change(advance=1800)
        await eventually_async(sleeper.done)


async def test_no_advance_is_lost_when_two_workers_make_them(
    store: SqliteStore, clock: ManualClock
) -> None:
    async with (
        another_store(store.path, clock) as other_store,
        opened(store, clock, shared=True) as here,
        opened(other_store, clock, shared=True) as there,
    ):
        worlds = (here, there)
        await asyncio.gather(*(worlds[n % 2].change(advance=1) for n in range(20)))
        for each in worlds:
            await each.live.refresh()
            assert each.clock.time() == START + 20


async def test_settings_survive_a_restart(store: SqliteStore, clock: ManualClock) -> None:
    async with opened(store, clock) as before:
        await before.change(set=1000, frozen=True)
        await before.end(60)
    async with opened(store, clock) as after:
        assert after.clock.time() == 1000
        await clock.elapse(60)
        assert after.live.special == {}
        assert await store.owned("s") == []


# The end


async def test_a_session_is_deleted_when_its_time_is_over(
    world: World, store: SqliteStore, clock: ManualClock
) -> None:
    await store.put("state/a/b", "s\0key", b"1", owner="s")
    await store.put("state/a/b", "t\0key", b"1", owner="t")
    await world.end(120, "t")
    await world.end(60)
    await clock.elapse(59.5)
    assert world.live.special.keys() == {"s", "t"}
    await clock.elapse(0.5)
    assert await store.owned("s") == []
    assert world.live.special.keys() == {"t"}
    await clock.elapse(60)
    assert await store.owned("t") == []
    assert clock.waiting == ()


async def test_an_end_can_be_put_off_and_taken_away(
    world: World, store: SqliteStore, clock: ManualClock
) -> None:
    await world.end(60)
    await clock.elapse(30)
    await world.end(60)
    await clock.elapse(59)
    assert "s" in world.live.special
    await world.end(None)
    await clock.elapse(10_000)
    assert len(await store.owned("s")) == 1


async def test_the_end_is_counted_by_the_servers_time(world: World, clock: ManualClock) -> None:
    await world.end(60)
    await world.change(advance=1000, frozen=True)
    await clock.elapse(59)
    assert "s" in world.live.special
    await clock.elapse(1)
    assert "s" not in world.live.special


async def test_whoever_looks_does_not_see_an_expired_session(
    store: SqliteStore, clock: ManualClock
) -> None:
    world = World(store, clock)  # not opened, as in a command
    await world.end(60)
    clock.advance(60)
    await world.live.refresh()
    assert world.live.special == {}
    assert await store.owned("s") == []


# The seed


async def test_a_seed_repeats_what_each_route_draws(world: World) -> None:
    async def drawn(session: str, route: str) -> list[float]:
        randoms = [await world.live.draw(session, route) for _ in range(3)]
        return [random.random() for random in randoms]

    for session, seed in (("s", 7), ("t", 7), ("u", 8)):
        await world.live.change(session, partial(SettingsChange(seed=seed).of, now=START))
    first = await drawn("s", "GET /a")
    assert len(set(first)) == 3
    await drawn("t", "GET /b")  # what other routes draw makes no difference
    assert await drawn("t", "GET /a") == first
    assert await drawn("u", "GET /a") != first
    assert world.live.seed("u") == 8
    assert isinstance(await world.live.draw("s", "GET /a"), Random)


async def test_no_draw_is_made_twice_by_two_workers(store: SqliteStore, clock: ManualClock) -> None:
    async with (
        another_store(store.path, clock) as other_store,
        opened(store, clock, shared=True) as here,
        opened(other_store, clock, shared=True) as there,
    ):
        await here.live.change("s", lambda known: msgspec.structs.replace(known, seed=1))
        await there.live.refresh()
        lives = (here.live, there.live)
        randoms = await asyncio.gather(*(lives[n % 2].draw("s", "GET /a") for n in range(20)))
        assert len({random.random() for random in randoms}) == 20
