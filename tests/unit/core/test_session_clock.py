"""How the time of a session relates to the server's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imnot_core.session_clock import LATEST, ClockChange, SessionTime

TIMES = st.floats(min_value=0, max_value=4e9)
SPANS = st.floats(min_value=0, max_value=1e8)
NOW = 1_767_225_600.0


def test_a_time_that_was_set_goes_on_with_the_servers() -> None:
    own = ClockChange(set=1000.0).of(None, NOW)
    assert own is not None
    assert own.at(NOW) == 1000.0
    assert own.at(NOW + 60) == 1060.0


def test_it_may_be_set_to_the_past_and_to_the_future() -> None:
    for moment in (0.0, NOW - 1, NOW + 1e9, LATEST):
        own = ClockChange(set=moment).of(None, NOW)
        assert own is not None
        assert own.at(NOW) == moment


def test_advancing_adds_to_what_there_is() -> None:
    own = ClockChange(advance=60).of(None, NOW)
    assert own == SessionTime(moment=NOW + 60, since=NOW)
    assert own is not None
    later = ClockChange(advance=30).of(own, NOW + 5)
    assert later is not None
    assert later.at(NOW + 5) == NOW + 95


def test_a_frozen_time_stands_still_until_it_is_resumed_and_goes_on_from_there() -> None:
    frozen = ClockChange(frozen=True).of(None, NOW)
    assert frozen is not None
    assert frozen.at(NOW + 1000) == NOW
    resumed = ClockChange(frozen=False).of(frozen, NOW + 1000)
    assert resumed is not None
    assert resumed.at(NOW + 1000) == NOW
    assert resumed.at(NOW + 1010) == NOW + 10


@pytest.mark.parametrize("change", [ClockChange(advance=60), ClockChange(set=NOW + 60)])
def test_a_frozen_time_stays_frozen_when_it_is_moved(change: ClockChange) -> None:
    frozen = ClockChange(frozen=True).of(None, NOW)
    moved = change.of(frozen, NOW + 5)
    assert moved == SessionTime(moment=NOW + 60, since=NOW + 5, frozen=True)


def test_it_can_be_set_advanced_and_frozen_at_once() -> None:
    change = ClockChange(set=1000, advance=60, frozen=True)
    assert change.of(None, NOW) == SessionTime(moment=1060, since=NOW, frozen=True)


def test_a_reset_gives_the_servers_time_again() -> None:
    own = ClockChange(set=1000).of(None, NOW)
    assert ClockChange(reset=True).of(own, NOW) is None
    assert ClockChange(reset=True, advance=5).of(own, NOW) == SessionTime(moment=NOW + 5, since=NOW)


@pytest.mark.parametrize(
    "change", [ClockChange(advance=-2 * NOW), ClockChange(advance=LATEST), ClockChange(set=-1)]
)
def test_a_time_that_could_not_be_written_is_refused(change: ClockChange) -> None:
    with pytest.raises(ValueError, match="between the years 1970 and 9000"):
        change.of(None, NOW)


@given(TIMES, SPANS, SPANS)
def test_what_was_just_changed_is_exactly_what_was_asked_for(
    now: float, moment: float, span: float
) -> None:
    own = ClockChange(set=moment).of(None, now)
    assert own is not None
    assert own.at(now) == moment
    moved = ClockChange(advance=span).of(own, now)
    assert moved is not None
    assert moved.at(now) == moment + span


@given(TIMES, st.lists(SPANS, min_size=1, max_size=5), SPANS)
def test_a_running_time_never_goes_back_by_itself(
    now: float, passed: list[float], moment: float
) -> None:
    own = ClockChange(set=moment).of(None, now)
    assert own is not None
    times = [own.at(now + each) for each in sorted(passed)]
    assert times == sorted(times)
    assert times[0] >= moment
