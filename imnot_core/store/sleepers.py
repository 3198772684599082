"""Sleepers: who waits in a session for its time, which a test may move at any moment."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from math import inf
from typing import Final

from imnot_core.clock import Clock
from imnot_core.errors import StoreError
from imnot_core.store.session_settings import SessionSettings, time_in

LOOK_SECONDS: Final = 0.05
"""How often a worker asks whether another one moved the time, while somebody sleeps here."""
TOLERANCE: Final = 1e-6
"""What is due in fewer seconds is due: floating-point times of our days are 0.24 µs apart."""


class Sleepers:
    """All who sleep in sessions, in this process. `special` are the sessions that have settings.

    `catch_up` learns what other processes changed; None where there are none.
    """

    def __init__(
        self,
        clock: Clock,
        special: Mapping[str, SessionSettings],
        catch_up: Callable[[], Awaitable[None]] | None,
    ) -> None:
        self._clock = clock
        self._special = special
        self._catch_up = catch_up
        self._alarms: defaultdict[str, set[asyncio.Timeout]] = defaultdict(set)
        self._timer: asyncio.TimerHandle | None = None
        self._look: asyncio.Task[None] | None = None

    async def sleep(self, session: str, seconds: float) -> None:
        """Wait until the session's time is so many seconds later than now.

        When the session is deleted meanwhile, what is left passes with the server's time.
        """
        known = self._special.get(session)
        now = self._clock.time()
        due = time_in(known, now) + seconds
        while (left := _seconds_until(due, known, now)) > 0:
            await self._doze(session, left)
            now = self._clock.time()
            before, known = known, self._special.get(session)
            if known is None and before is not None:
                due = now + (due - time_in(before, now))

    def wake(self, session: str) -> None:
        """Have all who sleep in a session look at its time again."""
        if self._alarms:
            for alarm in self._alarms.pop(session, ()):  # one that rings cannot be set again
                alarm.reschedule(asyncio.get_running_loop().time())

    async def close(self) -> None:
        """Ask other workers no more."""
        self._catch_up = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._look is not None:
            await asyncio.wait({self._look})

    async def _doze(self, session: str, seconds: float) -> None:
        """Sleep by the server's clock, until somebody changes the session's settings."""
        # A sleep that is cut short, and not a wait for either of two tasks: the task that calls
        # must itself sleep on the clock, for that is what clocks of tests go by.
        try:
            async with asyncio.timeout(None) as alarm:
                self._alarms[session].add(alarm)
                self._look_soon()
                await self._clock.sleep(seconds)
        except TimeoutError:
            if not alarm.expired():
                raise
        finally:
            if session in self._alarms:
                self._alarms[session].discard(alarm)
                if not self._alarms[session]:
                    del self._alarms[session]

    def _look_soon(self) -> None:
        if self._alarms and self._timer is None and self._catch_up is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(LOOK_SECONDS, self._begin_look)

    def _begin_look(self) -> None:
        self._timer = None
        if self._alarms and self._catch_up is not None:
            # A task for each look: one that never ends would keep a server in memory from settling.
            self._look = asyncio.create_task(self._ask(self._catch_up), name="imnot session times")

    async def _ask(self, catch_up: Callable[[], Awaitable[None]]) -> None:
        with suppress(StoreError):  # whoever needs the store is told; here it is asked again
            await catch_up()
        self._look_soon()


def _seconds_until(due: float, settings: SessionSettings | None, now: float) -> float:
    """In how many seconds of the server's clock it is `due` in a session; inf if never."""
    left = due - time_in(settings, now)
    if left < TOLERANCE:
        return 0.0
    is_frozen = settings is not None and settings.clock is not None and settings.clock.frozen
    return inf if is_frozen else left
