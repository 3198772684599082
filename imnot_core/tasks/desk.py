"""The tasks of one server process: kept, waited for, claimed and done."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from time import time
from typing import Any, Final, cast
from uuid import uuid4

from msgspec import UNSET, UnsetType

from imnot_core.clock import Clock
from imnot_core.errors import StoreError
from imnot_core.jobs import Jobs
from imnot_core.messages import Job
from imnot_core.store import Store
from imnot_core.tasks.lease import LEASE, Lease
from imnot_core.tasks.task import NAMESPACE, Handlers, Kept, Task, decoded, encoded

PERIOD: Final = 1.0
"""Seconds between two looks for tasks that belong to nobody, where several workers answer."""
GRACE: Final = 2.0
"""Seconds for which a new task is left to the worker that added it: it has an answer to send yet.
"""
_ALONE: Final = 1e9
"""How long the claim of a single process holds, which renews none."""
# A sleep may end a little early, by the arithmetic of floating point.
_TOLERANCE: Final = 0.001

Find = Callable[[str, str], Awaitable[Handlers | None]]
Report = Callable[[str, Task, BaseException], Awaitable[None]]


class Undecided(Exception):
    """Nobody can say yet whether a datapoint does a task: its partner file may be a refused one."""


class Tasks:
    """The tasks of one datapoint; `Context.tasks`."""

    def __init__(
        self, desk: TaskDesk, partner: str, datapoint: str, session: Callable[[], str | None]
    ) -> None:
        self._desk = desk
        self._owner = f"{partner}/{datapoint}"
        self._session = session

    async def add(
        self,
        kind: str,
        data: Any = None,
        *,
        delay: float = 0.0,
        id: str | None = None,  # noqa: A002 - the task's own word
        session: str | UnsetType | None = UNSET,
    ) -> Job:
        """Keep a task, to be done in `delay` seconds of its session's clock, and return its job.

        It is in the store when this returns. Give the job to `Reply.after` or to `Context.jobs`;
        if the process dies first, the next one does the task all the same. While a task is there,
        none of the same `id` is added. The task belongs to `session`, by default that of the
        request at hand, and goes with it.
        """
        owner = self._session() if session is UNSET else session
        return await self._desk.add(self._owner, kind, data, delay, id or uuid4().hex, owner)

    async def cancel(self, id: str) -> bool:  # noqa: A002 - as above
        """Forget a task; tells whether there was one. One that has begun is not interrupted."""
        return await self._desk.cancel(f"{self._owner}/{id}")

    async def pending(self, *, all: bool = False) -> list[Task]:  # noqa: A002 - as above
        """The tasks to do, oldest first: of the request's session, or of all."""
        session = self._session()
        found = await self._desk.pending(f"{self._owner}/")
        return [each for each in found if all or each.session == session]


class TaskDesk:
    """The tasks of one server process: takes them up, waits for them, has them done.

    `clock` gives the clock of a session; `enter` makes a session that of the job at hand.
    """

    def __init__(
        self,
        store: Store,
        jobs: Jobs,
        log: logging.Logger,
        *,
        clock: Callable[[str | None], Clock],
        enter: Callable[[str | None], object],
    ) -> None:
        self._store = store
        self._jobs = jobs
        self._log = log
        self._clock = clock
        self._enter = enter
        self._find: Find = _nobody
        self._report: Report = _unreported
        self._opened = asyncio.Event()
        self._holder = self._run = uuid4().hex
        self._lease = _ALONE
        self._watched: dict[str, asyncio.Task[Any] | None] = {}
        self._waiting: set[asyncio.Task[Any]] = set()
        self._watcher: asyncio.Task[None] | None = None

    def of(self, partner: str, datapoint: str, session: Callable[[], str | None]) -> Tasks:
        """The tasks of one datapoint; `session` tells that of the request at hand."""
        return Tasks(self, partner, datapoint, session)

    async def open(self, find: Find, *, report: Report | None = None, run: str = "") -> None:
        """Take up what is stored; to be called once the partners are deployed.

        `find` gives the handlers of a datapoint (None: there is none any more) or raises Undecided,
        `report` keeps what a handler raised. `run` is what the workers of one server share, "" for
        a single process.
        """
        self._find, self._report = find, report or _unreported
        if run:
            self._run, self._lease = run, LEASE
        self._opened.set()
        await self._take_up()
        if run:
            self._watcher = asyncio.create_task(self._watch(), name="durable tasks")

    async def close(self) -> None:
        """Stop waiting: what is stored is taken up again at the next start."""
        waiting = [*self._waiting, *([self._watcher] if self._watcher else [])]
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    async def add(
        self, owner: str, kind: str, data: Any, delay: float, name: str, session: str | None
    ) -> Job:
        """Store a task and return the job that does it."""
        key = f"{owner}/{name}"
        due = self._clock(session).time() + delay if delay > 0 else 0.0
        created = self._clock(None).time()
        task = Task(name, kind, data, session, due, created)
        self._watched.setdefault(key, None)
        value = encoded(Kept(task, time()))
        await self._store.compare_and_set(NAMESPACE, key, None, value, owner=session or "")
        return self._job(key, task)

    async def cancel(self, key: str) -> bool:
        """Forget a task that is not being done."""
        return await self._store.delete(NAMESPACE, key)

    async def pending(self, prefix: str) -> list[Task]:
        """The stored tasks whose key begins so."""
        return [decoded(each).task for each in await self._store.scan(NAMESPACE, prefix)]

    def _job(self, key: str, task: Task) -> Job:
        name = f"{task.kind} {task.id} of {_owner(key, task)}"
        return Job(name, partial(self._attend, key, task))

    async def _attend(self, key: str, task: Task) -> None:
        """Wait until the task is due, and do it if nobody else does."""
        self._enter(task.session)
        this = cast("asyncio.Task[Any]", asyncio.current_task())
        self._watched[key] = this
        try:
            waits_for: Task | None = task
            while waits_for is not None:
                await self._wait(this, waits_for, key)
                waits_for = await self._claim_and_do(key)
        finally:
            if self._watched.get(key) is this:
                del self._watched[key]

    async def _wait(self, this: asyncio.Task[Any], task: Task, key: str) -> None:
        clock = self._clock(task.session)
        self._waiting.add(this)
        try:
            await self._opened.wait()
            while (left := task.due - clock.time()) > _TOLERANCE:
                await clock.sleep(left)
            await self._wait_for_owner(task, _owner(key, task))
        finally:
            self._waiting.discard(this)

    async def _wait_for_owner(self, task: Task, owner: str) -> None:
        """Wait for a refused partner file to be mended: what it promised is not forgotten."""
        partner, _, datapoint = owner.partition("/")
        was_told = False
        while True:
            try:
                await self._find(partner, datapoint)
            except Undecided:
                if not was_told:
                    told = "%s %s: waits, %s may be in the partner file that is refused"
                    self._log.warning(told, task.kind, task.id, owner)
                    was_told = True
                await asyncio.sleep(PERIOD)
            else:
                return

    async def _claim_and_do(self, key: str) -> Task | None:
        """Do a task if nobody else does; returns it if it is not due yet."""
        document = await self._store.read(NAMESPACE, key)
        if document is None:  # done elsewhere, cancelled, or its session was deleted
            return None
        kept = decoded(document)
        if self._is_early(kept.task):
            return kept.task
        if not self._is_held(kept):
            mine = await self._claim(key, document.value, kept)
            if mine is not None:
                await self._do(key, mine)
        return None

    def _is_early(self, task: Task) -> bool:
        return task.due - self._clock(task.session).time() > _TOLERANCE

    def _is_held(self, kept: Kept) -> bool:
        # A claim of another run is of a server that has ended.
        return bool(kept.holder) and kept.run == self._run and kept.until > time()

    async def _claim(self, key: str, present: bytes, kept: Kept) -> Kept | None:
        until = time() + self._lease
        mine = Kept(kept.task, kept.written, self._run, self._holder, until)
        owner = kept.task.session or ""
        taken = await self._store.compare_and_set(
            NAMESPACE, key, present, encoded(mine), owner=owner
        )
        return mine if taken else None

    async def _do(self, key: str, mine: Kept) -> None:
        lease = Lease(self._store, key, mine)
        renewal = None
        if self._lease == LEASE:
            renewal = asyncio.create_task(lease.keep(), name=f"lease of {key}")
        try:
            await self._call(key, mine.task)
        except asyncio.CancelledError:  # the server ends: whoever comes next begins anew, at once
            await asyncio.shield(lease.give_back())
            raise
        finally:
            if renewal is not None:
                renewal.cancel()
        await lease.end()

    async def _call(self, key: str, task: Task) -> None:
        owner = _owner(key, task)
        partner, _, datapoint = owner.partition("/")
        handlers = await self._find(partner, datapoint)
        if handlers is None or task.kind not in handlers:
            self._log.warning(
                "%s %s: dropped, %s does no such task any more", task.kind, task.id, owner
            )
            return
        try:
            await handlers[task.kind](task)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a task has no caller: it is found where problems are
            self._log.exception("%s %s of %s failed", task.kind, task.id, owner)
            await self._report(owner, task, error)

    async def _take_up(self) -> None:
        for document in await self._store.scan(NAMESPACE):
            key, kept = document.key, decoded(document)
            young = self._lease == LEASE and time() - kept.written < GRACE
            if key not in self._watched and not young and not self._is_held(kept):
                self._watched[key] = None
                self._jobs.start(self._job(key, kept.task))

    async def _watch(self) -> None:
        """Take up, again and again, what other workers left behind."""
        while True:
            await asyncio.sleep(PERIOD)
            try:
                await self._take_up()
            except StoreError as error:
                self._log.warning("tasks cannot be looked for: %s", error)


def _owner(key: str, task: Task) -> str:
    return key.removesuffix(f"/{task.id}")


async def _nobody(_partner: str, _datapoint: str) -> None:
    return None


async def _unreported(_owner: str, _task: Task, _error: BaseException) -> None:
    return None
