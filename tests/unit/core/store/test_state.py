"""State: apart for every session, expiring by the time of the session, exact among workers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imnot_core.clock import Clock
from imnot_core.errors import StoreError
from imnot_core.store.sqlite import SqliteStore
from imnot_core.store.state import State
from imnot_core.store.timed import Timed, timed
from imnot_core.testing.clock import ManualClock

pytestmark = pytest.mark.anyio

Make = Callable[[str | None], State]


@pytest.fixture
def session_clock() -> ManualClock:
    """The time in the session, which the store knows nothing of."""
    return ManualClock(start=5_000_000_000)


@pytest.fixture
def state(store: SqliteStore, clock: ManualClock, session_clock: ManualClock) -> Make:
    def make(session: str | None) -> State:
        own: Clock = session_clock if session else clock
        return State(store, own, "acme", "orders", lambda: session)

    return make


@pytest.fixture(params=["s", None])
def any_state(request: pytest.FixtureRequest, state: Make) -> State:
    return state(request.param)


def both(clock: ManualClock, session_clock: ManualClock, seconds: float) -> None:
    clock.advance(seconds)
    session_clock.advance(seconds)


async def test_a_value_is_kept_as_it_was_put(any_state: State) -> None:
    values: list[Any] = [{"a": [1, 2.5, None]}, "text", 0, False, []]
    for value in values:
        await any_state.put("key", value)
        assert await any_state.get("key") == value
    assert await any_state.get("other", "default") == "default"


async def test_what_one_session_writes_no_other_sees(state: Make) -> None:
    states = [state(session) for session in ("a", "b", None)]
    for number, each in enumerate(states):
        await each.put("key", number, expires_in=60)
        assert await each.increment("count", number + 1, expires_in=60) == number + 1
    assert [await each.get("key") for each in states] == [0, 1, 2]
    assert [await each.items() for each in states] == [
        {"key": number, "count": number + 1} for number in range(3)
    ]
    assert await states[0].clear() == 2
    assert [len(await each.items()) for each in states] == [0, 2, 2]


async def test_what_expires_is_gone_when_its_time_has_come(
    any_state: State, clock: ManualClock, session_clock: ManualClock
) -> None:
    await any_state.put("key", 1, expires_in=60)
    await any_state.put("other", 2)
    both(clock, session_clock, 59)
    assert await any_state.items() == {"key": 1, "other": 2}
    both(clock, session_clock, 1)
    assert await any_state.get("key") is None
    assert await any_state.items() == {"other": 2}
    assert await any_state.clear() == 1


async def test_in_a_session_the_time_of_the_session_decides(
    state: Make, clock: ManualClock, session_clock: ManualClock
) -> None:
    own, everybodys = state("s"), state(None)
    for each in (own, everybodys):
        await each.put("key", 1, expires_in=60)
    session_clock.advance(60)
    assert [await each.get("key") for each in (own, everybodys)] == [None, 1]
    session_clock.set(session_clock.time() - 60)  # who goes back finds what there was
    clock.advance(3600)
    assert [await each.get("key") for each in (own, everybodys)] == [1, None]


async def test_a_value_that_is_put_again_expires_anew(
    any_state: State, clock: ManualClock, session_clock: ManualClock
) -> None:
    await any_state.put("key", 1, expires_in=60)
    both(clock, session_clock, 30)
    await any_state.put("key", 1, expires_in=60)
    both(clock, session_clock, 45)
    assert await any_state.get("key") == 1
    await any_state.put("key", 1)
    both(clock, session_clock, 1000)
    assert await any_state.get("key") == 1


async def test_deleting_tells_whether_there_was_a_value(
    any_state: State, clock: ManualClock, session_clock: ManualClock
) -> None:
    await any_state.put("key", None)
    assert await any_state.delete("key")
    assert not await any_state.delete("key")
    await any_state.put("key", 1, expires_in=60)
    both(clock, session_clock, 60)
    assert not await any_state.delete("key")


async def test_compare_and_set_replaces_what_was_expected_and_nothing_else(
    any_state: State, clock: ManualClock, session_clock: ManualClock
) -> None:
    assert await any_state.compare_and_set("key", None, 1, expires_in=60)
    assert not await any_state.compare_and_set("key", None, 2)
    assert not await any_state.compare_and_set("key", 5, 2)
    assert await any_state.compare_and_set("key", 1, 2, expires_in=60)
    both(clock, session_clock, 60)
    assert not await any_state.compare_and_set("key", 2, 3)
    assert await any_state.compare_and_set("key", None, 4)
    both(clock, session_clock, 1000)
    assert await any_state.compare_and_set("key", 4, 5)
    assert await any_state.get("key") == 5


async def test_a_counter_keeps_the_time_that_it_began_with(
    any_state: State, clock: ManualClock, session_clock: ManualClock
) -> None:
    assert await any_state.increment("count", expires_in=60) == 1
    both(clock, session_clock, 30)
    assert await any_state.increment("count", 5, expires_in=60) == 6
    assert await any_state.increment("count") == 7
    both(clock, session_clock, 30)
    assert await any_state.increment("count", expires_in=60) == 1


async def test_a_counter_without_an_end_gets_none(
    any_state: State, clock: ManualClock, session_clock: ManualClock
) -> None:
    assert await any_state.increment("count") == 1
    assert await any_state.increment("count", expires_in=60) == 2
    both(clock, session_clock, 1000)
    assert await any_state.increment("count") == 3


@pytest.mark.parametrize("expires_in", [None, 60])
async def test_counting_is_exact_among_workers(
    state: Make, store: SqliteStore, session_clock: ManualClock, expires_in: float | None
) -> None:
    other = SqliteStore(store.path, session_clock)
    await other.open()
    try:
        states = [state("s"), State(other, session_clock, "acme", "orders", lambda: "s")]
        counts = await asyncio.gather(
            *(states[n % 2].increment("count", expires_in=expires_in) for n in range(40))
        )
    finally:
        await other.close()
    assert sorted(counts) == list(range(1, 41))


async def test_what_is_no_number_cannot_be_counted(any_state: State) -> None:
    await any_state.put("key", "text", expires_in=60)
    with pytest.raises(StoreError, match="no number to count on from"):
        await any_state.increment("key", expires_in=60)
    with pytest.raises(StoreError, match="no number to count on from"):
        await any_state.increment("key")


async def test_a_part_has_keys_of_its_own(state: Make) -> None:
    own = state("s")
    part, other = own.part("limits"), own.part("checks")
    await own.put("key", "mine")
    await part.put("key", "of the part")
    assert await own.items() == {"key": "mine"}
    assert await part.items() == {"key": "of the part"}
    assert await other.items() == await state("t").part("limits").items() == {}
    assert await own.clear() == 1
    assert await part.get("key") == "of the part"


@given(st.binary().filter(lambda raw: not raw.startswith(b"\x01")), st.floats(allow_nan=False))
def test_a_timed_value_is_read_as_it_was_written(value: bytes, expires_at: float) -> None:
    assert Timed.of(timed(value, expires_at)) == (value, expires_at)
    assert Timed.of(timed(value, None)) == (value, None)
