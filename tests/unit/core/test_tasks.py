"""Durable tasks: done when they are due, once, by whichever process is left."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest

from imnot_core.jobs import Jobs
from imnot_core.store.sqlite import SqliteStore
from imnot_core.tasks import Task, TaskDesk, TaskHandler, Tasks, Undecided, desk, lease
from imnot_core.testing import ManualClock
from tests.support import eventually_async

pytestmark = pytest.mark.anyio

LOG = logging.getLogger("imnot.test")


class Process:
    """What one server process has of tasks: a desk on a database that others may share."""

    def __init__(self, store: SqliteStore, clock: ManualClock, done: list[Any]) -> None:
        self.session = ContextVar[str | None]("session", default=None)
        self.jobs = Jobs(clock, LOG)
        self.desk = TaskDesk(store, self.jobs, LOG, clock=lambda _: clock, enter=self.session.set)
        self.tasks: Tasks = self.desk.of("acme", "things", self.session.get)
        self.done = done
        self.failures: list[str] = []
        self.is_refused = False
        self.handlers: dict[str, TaskHandler] | None = {"note": self.note, "fail": self.fail}

    async def note(self, task: Task) -> None:
        self.done.append((task.data, self.session.get()))

    async def fail(self, task: Task) -> None:
        raise RuntimeError(f"no {task.data}")

    async def find(self, partner: str, datapoint: str) -> Mapping[str, TaskHandler] | None:
        assert (partner, datapoint) == ("acme", "things")
        if self.is_refused:
            raise Undecided
        return self.handlers

    async def report(self, owner: str, task: Task, error: BaseException) -> None:
        self.failures.append(f"{owner} {task.kind}: {error}")

    async def open(self, run: str = "") -> None:
        await self.desk.open(self.find, report=self.report, run=run)

    async def add(self, data: Any, kind: str = "note", **options: Any) -> None:
        self.jobs.start(await self.tasks.add(kind, data, **options))

    async def close(self) -> None:
        await self.desk.close()
        await self.jobs.close(grace=0)


class World:
    """A database, a clock, and the processes that use them."""

    def __init__(self, path: Path) -> None:
        self.clock = ManualClock()
        self.path = path
        self.done: list[Any] = []

    @asynccontextmanager
    async def process(self, run: str = "") -> AsyncIterator[Process]:
        store = SqliteStore(str(self.path), self.clock)
        await store.open()
        process = Process(store, self.clock, self.done)
        await process.open(run)
        yield process
        await process.close()
        await store.close()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "imnot.db")


async def test_a_task_is_done_when_it_is_due(world: World) -> None:
    async with world.process() as process:
        await process.add("x", delay=5)
        await world.clock.elapse(4.9)
        assert world.done == []
        await world.clock.elapse(0.1)
        await process.jobs.settle()
        assert world.done == [("x", None)]
        assert await process.tasks.pending() == []


async def test_a_task_whose_job_nobody_starts_is_done_after_a_restart(world: World) -> None:
    async with world.process() as process:
        await process.tasks.add("note", "x")
    async with world.process() as process:
        await process.jobs.settle()
    assert world.done == [("x", None)]


async def test_what_waits_is_taken_up_by_the_next_process(world: World) -> None:
    async with world.process() as process:
        await process.add("x", delay=5)
        await asyncio.sleep(0)
    async with world.process() as process:
        assert [task.data for task in await process.tasks.pending()] == ["x"]
        await world.clock.elapse(5)
        await process.jobs.settle()
    assert world.done == [("x", None)]


async def test_a_task_belongs_to_its_session_and_is_done_in_it(world: World) -> None:
    async with world.process() as process:
        process.session.set("a")
        await process.add("mine", delay=1)
        process.session.set("b")
        await process.add("theirs", delay=2, session="a")
        await process.add("nobody's", delay=3, session=None)
        assert await process.tasks.pending() == []
        assert len(await process.tasks.pending(all=True)) == 3
        await world.clock.elapse(3)
        await process.jobs.settle()
    assert world.done == [("mine", "a"), ("theirs", "a"), ("nobody's", None)]


async def test_a_task_that_is_there_is_not_added_again(world: World) -> None:
    async with world.process() as process:
        await process.add("x", id="one", delay=5)
        await process.add("y", id="one")
        await world.clock.elapse(5)
        await process.jobs.settle()
        assert world.done == [("x", None)]
        await process.add("z", id="one")
        await process.jobs.settle()
    assert world.done == [("x", None), ("z", None)]


async def test_a_cancelled_task_is_not_done(world: World) -> None:
    async with world.process() as process:
        await process.add("x", id="one", delay=5)
        assert await process.tasks.cancel("one")
        assert not await process.tasks.cancel("one")
        await world.clock.elapse(5)
        await process.jobs.settle()
    assert world.done == []


async def test_a_failure_is_logged_and_reported_and_not_repeated(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    async with world.process() as process:
        await process.add("luck", kind="fail")
        await process.jobs.settle()
        assert process.failures == ["acme/things fail: no luck"]
        assert await process.tasks.pending() == []
    assert "no luck" in caplog.text


@pytest.mark.parametrize("handlers", [None, {}])
async def test_a_task_of_a_datapoint_that_is_gone_is_dropped_with_a_warning(
    world: World, caplog: pytest.LogCaptureFixture, handlers: dict[str, TaskHandler] | None
) -> None:
    async with world.process() as process:
        process.handlers = handlers
        await process.add("x", id="one")
        await process.jobs.settle()
        assert await process.tasks.pending() == []
    assert "note one: dropped, acme/things does no such task any more" in caplog.text


async def test_a_task_waits_for_a_partner_file_that_is_refused_to_be_mended(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(desk, "PERIOD", 0.01)
    async with world.process() as process:
        process.is_refused = True
        await process.add("x", id="one")
        await eventually_async(lambda: "note one: waits" in caplog.text)
        assert [each.id for each in await process.tasks.pending()] == ["one"]
        process.is_refused = False
        await process.jobs.settle()
        assert process.done == [("x", None)]
        process.is_refused = True
        await process.add("y", id="two")
        await eventually_async(lambda: "note two: waits" in caplog.text)
    async with world.process() as process:
        await eventually_async(lambda: ("y", None) in process.done)
    assert caplog.text.count("waits") == 2


async def test_several_processes_do_a_task_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "PERIOD", 0.01)
    monkeypatch.setattr(desk, "GRACE", 0.0)
    async with world.process("run") as one, world.process("run") as other:
        for number in range(20):
            await one.add(number, delay=1)
        await eventually_async(lambda: other.jobs.pending >= 20)
        await world.clock.elapse(1)
        await one.jobs.settle()
        await other.jobs.settle()
    assert sorted(data for data, _ in world.done) == list(range(20))


async def test_the_task_of_a_process_that_died_is_taken_over_after_its_lease(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "PERIOD", 0.01)
    monkeypatch.setattr(desk, "GRACE", 0.0)
    monkeypatch.setattr(desk, "LEASE", 0.3)
    started = asyncio.Event()

    async def hang(_task: Task) -> None:
        started.set()
        await asyncio.Event().wait()

    async with world.process("run") as dead:
        dead.handlers = {"note": hang}
        # As a killed process does: it neither renews nor gives back.
        monkeypatch.setattr(lease.Lease, "_replace", _never)
        await dead.add("x")
        await asyncio.wait_for(started.wait(), 5)
        async with world.process("run") as other:
            await asyncio.sleep(0.05)
            assert world.done == [], "it is still claimed"
            monkeypatch.undo()
            monkeypatch.setattr(desk, "PERIOD", 0.01)
            await eventually_async(lambda: world.done)
            await other.jobs.settle()
    assert world.done == [("x", None)]


async def test_a_new_server_does_not_wait_for_the_lease_of_the_last_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world.process("first run") as dead:
        monkeypatch.setattr(lease.Lease, "_replace", _never)
        await dead.add("x")
        await dead.jobs.settle()
        monkeypatch.undo()
        assert await dead.tasks.pending() != []
    monkeypatch.setattr(desk, "GRACE", 0.0)
    async with world.process("second run"):
        await eventually_async(lambda: len(world.done) == 2)


async def test_what_is_being_done_when_the_server_ends_is_begun_anew(world: World) -> None:
    async def hang(_task: Task) -> None:
        await asyncio.Event().wait()

    async with world.process() as process:
        process.handlers = {"note": hang}
        await process.add("x")
        await asyncio.sleep(0.05)
    async with world.process() as process:
        await process.jobs.settle()
    assert world.done == [("x", None)]


async def _never(*_: Any) -> bool:
    return False
