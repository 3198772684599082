"""A clock that stands still until a test moves it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from math import inf

START = 1_767_225_600.0
"""Where a `ManualClock` begins: 2026-01-01T00:00:00 UTC."""

PATIENCE = 10.0
"""Real seconds after which something that should have happened at once is reported as stuck."""


@dataclass(eq=False)
class _Sleeper:
    due: float
    task: asyncio.Task[object]
    alarm: asyncio.Future[None]
    settled: Future[None] = field(default_factory=Future)
    """Done once the woken task has ended or sleeps again."""


class ManualClock:
    """Time that passes only when a test says so.

    Give it to whatever asks for a `Clock`. `advance` wakes those who sleep in the order in which
    they are due, each at its own time, and returns when all have done their work. It may be called
    from any thread but that of the event loop which the sleepers run in; a test that runs there
    itself uses `await clock.elapse(seconds)`::

        async def remind(clock):
            await clock.sleep(60)
            return clock.time()


        async def test_the_reminder_comes_after_a_minute():
            clock = ManualClock(start=0)
            reminder = asyncio.create_task(remind(clock))
            await clock.elapse(59)
            assert not reminder.done()
            await clock.elapse(1)
            assert reminder.result() == 60
    """

    def __init__(self, start: float = START) -> None:
        self._now = float(start)
        self._lock = threading.RLock()
        self._sleepers: list[_Sleeper] = []
        self._awake: dict[asyncio.Task[object], _Sleeper] = {}
        self._jumping: set[asyncio.Task[object] | None] = set()
        self._settlers: list[Callable[[], None]] = []
        self._listeners: list[Callable[[], None]] = []

    def time(self) -> float:
        """Seconds since 1970, UTC."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Wait until a test has moved the clock by that many seconds."""
        task = asyncio.current_task()
        if task is None or seconds <= 0:
            await asyncio.sleep(0)
        elif task in self._jumping and seconds < inf:
            await self.elapse(seconds)
        else:
            await self._sleep_until(self._now + seconds, task)

    def advance(self, seconds: float) -> None:
        """Let so many seconds pass, and everybody do what is due in them."""
        self._refuse_the_loop_of_the_sleepers()
        self._settle()
        target = self._now + seconds
        while sleeper := self._wake_next(target):
            sleeper.settled.result(PATIENCE)
            self._settle()
        self._now = max(self._now, target)

    async def elapse(self, seconds: float) -> None:
        """Do as `advance` does, for a test that runs in the sleepers' own event loop."""
        await asyncio.sleep(0)  # tasks created just now come to their first sleep
        target = self._now + seconds
        while sleeper := self._wake_next(target):
            await asyncio.wait_for(asyncio.wrap_future(sleeper.settled), PATIENCE)
        self._now = max(self._now, target)

    def set(self, moment: float | datetime) -> None:
        """Go to a moment; forwards as `advance` does, backwards without waking anybody."""
        seconds = moment.timestamp() if isinstance(moment, datetime) else moment
        if seconds >= self._now:
            self.advance(seconds - self._now)
        else:
            self._now = seconds

    @property
    def waiting(self) -> tuple[float, ...]:
        """In how many seconds each sleeper is due, the next one first."""
        with self._lock:
            return tuple(sorted(sleeper.due - self._now for sleeper in self._sleepers))

    def asleep(self, task: asyncio.Task[object]) -> bool:
        """Whether a task sleeps on this clock now."""
        with self._lock:
            return any(sleeper.task is task for sleeper in self._sleepers)

    @contextmanager
    def jump(self) -> Iterator[None]:
        """Within it, a sleep of the current task moves the clock itself.

        The harness answers requests so: an answer with a delay comes at once, later by the clock.
        """
        task = asyncio.current_task()
        self._jumping.add(task)
        try:
            yield
        finally:
            self._jumping.discard(task)

    def attach(self, settle: Callable[[], None], listener: Callable[[], None]) -> None:
        """Have `settle` called before and between wakings, and `listener` when a task falls asleep.

        `settle` returns when its event loop has nothing left to do. The clock may serve several
        loops.
        """
        self._settlers.append(settle)
        self._listeners.append(listener)

    def detach(self, settle: Callable[[], None], listener: Callable[[], None]) -> None:
        """Undo `attach`."""
        self._settlers.remove(settle)
        self._listeners.remove(listener)

    async def _sleep_until(self, due: float, task: asyncio.Task[object]) -> None:
        sleeper = _Sleeper(due, task, asyncio.get_running_loop().create_future())
        with self._lock:
            self._settled(task)
            self._sleepers.append(sleeper)
        for listener in tuple(self._listeners):
            listener()
        try:
            await sleeper.alarm
        finally:
            with self._lock:
                if sleeper in self._sleepers:
                    self._sleepers.remove(sleeper)

    def _wake_next(self, target: float) -> _Sleeper | None:
        """Go to the time of the next sleeper that is due by `target` and wake it."""
        with self._lock:
            due = [sleeper for sleeper in self._sleepers if sleeper.due <= target]
            if not due:
                return None
            sleeper = min(due, key=lambda each: each.due)  # of equals, who fell asleep first
            self._sleepers.remove(sleeper)
            self._awake[sleeper.task] = sleeper
            self._now = max(self._now, sleeper.due)
        loop = sleeper.alarm.get_loop()
        loop.call_soon_threadsafe(self._ring, sleeper)
        return sleeper

    def _ring(self, sleeper: _Sleeper) -> None:
        sleeper.task.add_done_callback(self._settled)
        if not sleeper.alarm.done():
            sleeper.alarm.set_result(None)

    def _settled(self, task: asyncio.Task[object]) -> None:
        with self._lock:
            sleeper = self._awake.pop(task, None)
        if sleeper is not None:
            sleeper.settled.set_result(None)

    def _settle(self) -> None:
        for settle in tuple(self._settlers):
            settle()

    def _refuse_the_loop_of_the_sleepers(self) -> None:
        try:
            running = asyncio.get_running_loop()
        except RuntimeError:
            return
        if any(sleeper.alarm.get_loop() is running for sleeper in self._sleepers):
            raise RuntimeError("advance() would block the sleepers: use `await clock.elapse(...)`")
