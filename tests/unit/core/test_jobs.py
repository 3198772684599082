"""Background jobs: begun after their delay, logged when they fail, ended with the server."""

from __future__ import annotations

import asyncio
import logging
from contextvars import ContextVar

import pytest

from imnot_core.clock import SystemClock
from imnot_core.jobs import Jobs
from imnot_core.messages import Job
from imnot_core.testing import ManualClock

pytestmark = pytest.mark.anyio

LOG = logging.getLogger("imnot.test")


class Diary:
    """What has happened, in order."""

    def __init__(self) -> None:
        self.entries: list[str] = []

    def job(self, name: str, delay: float = 0.0) -> Job:
        async def run() -> None:
            self.entries.append(name)

        return Job(name, run, delay)


async def test_a_job_runs_soon_and_not_within_the_call() -> None:
    jobs, diary = Jobs(SystemClock(), LOG), Diary()
    jobs.start(diary.job("one"))
    assert (diary.entries, jobs.pending) == ([], 1)
    await jobs.settle()
    assert (diary.entries, jobs.pending) == (["one"], 0)


async def test_a_delay_is_waited_by_the_clock() -> None:
    clock, diary = ManualClock(), Diary()
    jobs = Jobs(clock, LOG)
    for name, delay in (("late", 60.0), ("soon", 0.5), ("now", 0.0), ("past", -1.0)):
        jobs.start(diary.job(name, delay))
    await clock.elapse(0.4)
    assert sorted(diary.entries) == ["now", "past"]
    await clock.elapse(0.1)
    assert diary.entries[2:] == ["soon"]
    await clock.elapse(59.5)
    assert diary.entries[3:] == ["late"]
    assert jobs.pending == 0


@pytest.mark.parametrize("error", [ValueError("no way"), SystemExit(1)])
async def test_a_failure_is_logged_by_name_and_stops_no_other(
    caplog: pytest.LogCaptureFixture, error: BaseException
) -> None:
    async def fail() -> None:
        raise error

    jobs, diary = Jobs(SystemClock(), LOG), Diary()
    jobs.start(Job("the mail", fail))
    jobs.start(diary.job("other"))
    await jobs.settle()
    assert diary.entries == ["other"]
    assert "'the mail'" in caplog.text
    assert type(error).__name__ in caplog.text


async def test_settling_waits_for_what_jobs_begin() -> None:
    jobs, diary = Jobs(SystemClock(), LOG), Diary()

    async def begin() -> None:
        jobs.start(diary.job("inner"))

    jobs.start(Job("outer", begin))
    await jobs.settle()
    assert diary.entries == ["inner"]
    await jobs.settle()


async def test_at_the_end_a_job_may_finish_within_the_grace() -> None:
    jobs, diary = Jobs(SystemClock(), LOG), Diary()
    jobs.start(diary.job("one"))
    await jobs.close()
    assert (diary.entries, jobs.pending) == (["one"], 0)


async def test_what_does_not_finish_is_cancelled_and_none_outlives_it() -> None:
    jobs, diary = Jobs(SystemClock(), LOG), Diary()
    cleaned = []

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.append(True)

    jobs.start(Job("endless", endless))
    jobs.start(diary.job("tomorrow", 86_400))
    await asyncio.sleep(0)
    await jobs.close(grace=0.01)
    assert (cleaned, diary.entries, jobs.pending) == ([True], [], 0)


async def test_closing_without_jobs_returns_at_once() -> None:
    await Jobs(SystemClock(), LOG).close()


async def test_a_job_sees_the_context_that_began_it() -> None:
    session: ContextVar[str] = ContextVar("session", default="none")
    jobs = Jobs(SystemClock(), LOG)
    seen = []

    async def look() -> None:
        seen.append(session.get())

    session.set("mine")
    jobs.start(Job("look", look))
    session.set("other")
    await jobs.settle()
    assert seen == ["mine"]


async def test_a_task_has_the_name_of_its_job() -> None:
    jobs = Jobs(SystemClock(), LOG)
    names = []

    async def look() -> None:
        task = asyncio.current_task()
        assert task is not None
        names.append(task.get_name())

    jobs.start(Job("the mail", look))
    await jobs.settle()
    assert names == ["the mail"]
