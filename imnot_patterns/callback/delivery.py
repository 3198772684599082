"""Delivering: the durable task that makes an attempt, notes it, and sees to the next one.

What was done is noted before the next task is added, and the task ends after both. So whoever takes
over from a process that died in between repeats at most the attempt that was in flight.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from imnot_core import Context, Issued, Job, Task, instant
from imnot_patterns.callback.message import Message, NotSent, Writer
from imnot_patterns.callback.misdelivery import Bad
from imnot_patterns.callback.post import Answer, post
from imnot_patterns.callback.retry import wait_after
from imnot_patterns.callback.submitted import (
    DELIVERED,
    FAILED,
    Attempt,
    Sending,
    Submitted,
    submitted,
    webhook_id,
    with_attempts,
    with_sending,
)

KIND: Final = "callback"


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """One callback of a round, and what is to go wrong with it."""

    callback: int
    bad: Bad = Bad()


class Errand(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a task has to do: the next attempt of the first step.

    The other steps follow one after the other. `chance` decides what is left to chance. A round
    `at_once` does not wait for the delays that the partner file gives.
    """

    request_id: str
    round: str
    steps: tuple[Step, ...]
    chance: int
    attempt: int = 1
    at_once: bool = False

    @property
    def step(self) -> Step:
        """The step at hand."""
        return self.steps[0]

    @property
    def id(self) -> str:
        """The id of the task: the same if it is added once more."""
        return f"{self.request_id}.{self.step.callback + 1}.{self.round}.{self.attempt}"

    @property
    def random(self) -> Random:
        """The chance of this attempt."""
        return Random(f"{self.chance}/{self.step.callback}/{self.attempt}")


class Courier:
    """Makes the attempts of one datapoint."""

    def __init__(self, context: Context, writer: Writer) -> None:
        self._context = context
        self._writer = writer

    async def send_out(self, errand: Errand, session: str | None, delay: float) -> Job:
        """Have an errand done after a delay, whatever happens to this process; returns its job."""
        data = msgspec.to_builtins(errand)
        return await self._context.tasks.add(KIND, data, delay=delay, id=errand.id, session=session)

    async def rounds(self, issued: Issued) -> set[str]:
        """The rounds of a request that tasks see to."""
        tasks = await self._context.tasks.pending(all=True)
        errands = [
            msgspec.convert(each.data, Errand) for each in tasks if each.session == issued.session
        ]
        return {each.round for each in errands if each.request_id == issued.id}

    async def run(self, task: Task) -> None:
        """Make an attempt, unless it was made already, and see to what follows."""
        errand = msgspec.convert(task.data, Errand)
        issued = await self._context.issued.find(errand.request_id, task.session)
        if issued is None:
            self._context.log.warning(
                "callback %s: not sent, its session was deleted", errand.request_id
            )
            return
        kept = submitted(issued.data)
        if not kept.sendings[errand.step.callback].has_attempt(errand.round, errand.attempt):
            attempts, due = await self._deliver(issued, kept, errand)
            await self._note(task, errand, attempts, due)
            issued = await self._context.issued.find(errand.request_id, task.session)
        if issued is not None:
            await self._follow_up(task, errand, submitted(issued.data))

    async def _deliver(
        self, issued: Issued, kept: Submitted, errand: Errand
    ) -> tuple[list[Attempt], float | None]:
        """Make an attempt; returns what to note of it, and when the next one is due, if any."""
        at, step = self._context.clock.time(), errand.step
        sending = kept.sendings[step.callback]
        try:
            message = await self._writer.message(
                issued, kept, step.callback, errand.attempt, step.bad, errand.random
            )
            answer = await self._post(issued, errand, sending, message)
        except NotSent as error:
            self._context.log.warning(
                "callback %s to %s: not sent: %s", issued.id, sending.url, error
            )
            made = Attempt(instant(at), errand.attempt, errand.round, error=f"not sent: {error}")
            return [made], None
        attempts = [_noted(at, errand, message, answer)]
        if answer.failure is None:
            for _ in range(step.bad.duplicates):
                at = self._context.clock.time()
                again = await self._post(issued, errand, sending, message)
                attempts.append(_noted(at, errand, message, again, is_duplicate=True))
            return attempts, None
        return attempts, self._next_attempt(issued, errand, sending, answer)

    def _next_attempt(
        self, issued: Issued, errand: Errand, sending: Sending, answer: Answer
    ) -> float | None:
        log, now = self._context.log, self._context.clock.time()
        retry = self._writer.callback(sending.how).retry
        wait = None
        if answer.failure is not None:
            wait = wait_after(retry, answer.failure, errand.attempt, now, errand.random)
        told = (issued.id, sending.method, sending.url, answer.error)
        if wait is None:
            log.error("callback %s: %s %s: %s", *told)
            return None
        log.warning("callback %s: %s %s: %s; again in %.3g s", *told, wait)
        return now + wait

    async def _post(
        self, issued: Issued, errand: Errand, sending: Sending, message: Message
    ) -> Answer:
        context = self._context
        answer = await post(context, message, self._writer.callback(sending.how).timeout_seconds)
        await context.journal.add_callback(
            session=issued.session,
            partner=context.partner,
            datapoint=context.datapoint,
            method=message.method,
            url=message.url,
            headers=message.shown_headers,
            body=message.body,
            status=answer.status,
            error=answer.error or "",
            attempt=errand.attempt,
            duration=answer.duration,
            response_headers=answer.headers,
            response_body=answer.body,
            data={
                "request_id": issued.id,
                "callback": errand.step.callback + 1,
                "webhook_id": webhook_id(issued.id, errand.step.callback),
            },
        )
        return answer

    async def _note(
        self, task: Task, errand: Errand, attempts: Sequence[Attempt], due: float | None
    ) -> None:
        now = self._context.clock.time()

        def noted(data: Any) -> Submitted:
            kept, index = submitted(data), errand.step.callback
            sending = with_attempts(kept.sendings[index], tuple(attempts))
            rounds = {key: at for key, at in sending.rounds.items() if key != errand.round}
            if due is None:
                outcome: Any = FAILED if attempts[0].error else DELIVERED
                sending = replace(sending, rounds=rounds, outcome=outcome)
                kept = self._begin_next(kept, errand, now)
            else:
                sending = replace(sending, rounds={**rounds, errand.round: due})
            return with_sending(kept, index, sending)

        await self._context.issued.change(errand.request_id, noted, task.session)

    def _begin_next(self, kept: Submitted, errand: Errand, now: float) -> Submitted:
        if len(errand.steps) == 1:
            return kept
        step = errand.steps[1]
        following = kept.sendings[step.callback]
        due = now if errand.at_once else now + self.delay(following.how, step.bad)
        rounds = {**following.rounds, errand.round: due}
        return with_sending(kept, step.callback, replace(following, rounds=rounds))

    async def _follow_up(self, task: Task, errand: Errand, kept: Submitted) -> None:
        """Add the next task: another attempt, or the first one of the next step."""
        if errand.round in kept.sendings[errand.step.callback].rounds:
            following = replace(errand, attempt=errand.attempt + 1)
        elif len(errand.steps) > 1:
            following = replace(errand, steps=errand.steps[1:], attempt=1)
        else:
            return
        due = kept.sendings[following.step.callback].rounds.get(errand.round)
        if due is None:  # it has been done, too
            return
        delay = due - self._context.clock.time()
        self._context.jobs.start(await self.send_out(following, task.session, delay))

    def delay(self, how: dict[str, Any], bad: Bad) -> float:
        """The seconds that a callback waits before its first attempt."""
        return self._writer.callback(how).delay_seconds + bad.late_seconds


def _noted(
    at: float, errand: Errand, message: Message, answer: Answer, *, is_duplicate: bool = False
) -> Attempt:
    return Attempt(
        at=instant(at),
        number=errand.attempt,
        round=errand.round,
        duration=round(answer.duration, 6),
        status=answer.status,
        error=answer.error,
        headers=message.shown_headers,
        bad=tuple(errand.step.bad.words(is_duplicate=is_duplicate)),
    )
