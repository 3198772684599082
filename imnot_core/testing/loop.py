"""An event loop in a thread of its own, which a synchronous test can talk to."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from imnot_core.testing.clock import PATIENCE, ManualClock

T = TypeVar("T")


class LoopThread:
    """Runs coroutines in an event loop that lives from construction to `close`."""

    def __init__(self, clock: ManualClock, name: str) -> None:
        self._clock = clock
        self._residents: set[asyncio.Task[Any]] = set()
        self._loop: asyncio.AbstractEventLoop
        self._dozed: asyncio.Event
        started = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(started,), name=name, daemon=True)
        self.thread.start()
        started.wait()
        clock.attach(self.settle, self._wake_settlers)

    def call(self, work: Coroutine[Any, Any, T], timeout: float | None = None) -> T:
        """Run a coroutine in the loop and return its result.

        Raises TimeoutError, and cancels the coroutine, after so many real seconds.
        """
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(timeout)
        except TimeoutError:
            future.cancel()
            raise

    def settle(self) -> None:
        """Return when every task has ended or sleeps on the clock.

        Tasks that `remember_residents` saw do not count: a server has some that never end.
        """
        try:
            self.call(self._settle(), PATIENCE)
        except TimeoutError:
            busy = ", ".join(self.call(self._names_of_busy_tasks()))
            message = f"for {PATIENCE:g} s these tasks neither ended nor slept on the clock: {busy}"
            raise TimeoutError(message) from None

    def remember_residents(self) -> None:
        """Take the tasks that run now for those that run as long as the server does."""
        self.call(self._remember())

    def tasks(self) -> list[str]:
        """The names of all tasks that run now."""
        return self.call(self._names_of_tasks())

    def cancel_sleepers(self) -> None:
        """Cancel the tasks that sleep on the clock, residents aside: time is not going to pass."""
        self.call(self._cancel_sleepers())

    def close(self) -> None:
        """Cancel what still runs, and end the thread."""
        self._clock.detach(self.settle, self._wake_settlers)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self.thread.join()

    def _run(self, started: threading.Event) -> None:
        with asyncio.Runner() as runner:
            self._loop = runner.get_loop()
            self._dozed = asyncio.Event()
            self._loop.call_soon(started.set)
            self._loop.run_forever()

    def _wake_settlers(self) -> None:
        self._loop.call_soon_threadsafe(self._dozed.set)

    async def _settle(self) -> None:
        while busy := self._busy():
            self._dozed.clear()
            dozed = asyncio.ensure_future(self._dozed.wait())
            busy.discard(dozed)
            await asyncio.wait({*busy, dozed}, return_when=asyncio.FIRST_COMPLETED)
            dozed.cancel()
            await asyncio.wait({dozed})

    async def _cancel_sleepers(self) -> None:
        sleepers = {task for task in self._visitors() if self._clock.asleep(task)}
        for task in sleepers:
            task.cancel()
        if sleepers:
            await asyncio.wait(sleepers)

    def _busy(self) -> set[asyncio.Task[Any]]:
        return {task for task in self._visitors() if not self._clock.asleep(task)}

    def _visitors(self) -> set[asyncio.Task[Any]]:
        return asyncio.all_tasks() - self._residents - {_this()}

    async def _remember(self) -> None:
        self._residents = asyncio.all_tasks() - {_this()}

    async def _names_of_tasks(self) -> list[str]:
        return [task.get_name() for task in asyncio.all_tasks() - {_this()}]

    async def _names_of_busy_tasks(self) -> list[str]:
        return [f"{task.get_name()} ({task.get_coro()})" for task in self._busy()]


def _this() -> asyncio.Task[Any]:
    task = asyncio.current_task()
    assert task is not None  # only called inside a coroutine
    return task
