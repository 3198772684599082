"""Work that outlives the request that began it: started by name, cancelled at shutdown."""

from __future__ import annotations

import asyncio
import logging

from imnot_core.clock import Clock
from imnot_core.messages import Job


class Jobs:
    """The background tasks of one server process."""

    def __init__(self, clock: Clock, log: logging.Logger) -> None:
        self._clock = clock
        self._log = log
        self._running: set[asyncio.Task[None]] = set()

    def keep_time_of(self, clock: Clock) -> None:
        """Wait for delays by this clock from now on: it knows the time of sessions."""
        self._clock = clock

    def start(self, job: Job) -> None:
        """Begin a job after its delay. What it raises is logged with its name, and no more."""
        task = asyncio.get_running_loop().create_task(self._run(job), name=job.name)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _run(self, job: Job) -> None:
        try:
            if job.delay > 0:
                await self._clock.sleep(job.delay)
            await job.run()
        except (Exception, SystemExit):  # noqa: BLE001 - a job has no caller: its failure is found in the log
            self._log.exception("background job %r failed", job.name)

    @property
    def pending(self) -> int:
        """How many jobs wait or run."""
        return len(self._running)

    async def settle(self) -> None:
        """Wait until no job is left."""
        while self._running:
            await asyncio.wait(set(self._running))

    async def close(self, grace: float = 1.0) -> None:
        """Give running jobs `grace` seconds to finish, then cancel those that are left."""
        if self._running:
            await asyncio.wait(set(self._running), timeout=grace)
        left = set(self._running)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
