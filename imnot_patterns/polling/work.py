"""The work behind an id: what is kept of it, and what becomes of it. Nothing here does any I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from imnot_core import Issued
from imnot_patterns.polling.terms import Ready

# Enough to see what happened; a step can be repeated without end.
KEPT_REQUESTS = 100
ADMIN = "admin"
"""What stands in the place of a step's route, where a test decided something."""

State = Literal["pending", "ready", "failed", "expired"]
When = Literal["ready", "now", "next"]


class Asked(msgspec.Struct, frozen=True):
    """One request for an id: when, by which step, and what it was told."""

    at: float
    route: str
    answer: str


class Plan(msgspec.Struct, frozen=True):
    """What shall become of work, and when; without `outcome` it succeeds.

    With "ready", that is what comes when it is done; with "now" it is done already; with "next" it
    is told once, to the next poll, and the work goes on.
    """

    outcome: str | None = None
    when: When = "ready"


class Work(msgspec.Struct, frozen=True):
    """What is kept with an id. Times are those of the session that it was issued in."""

    submitted: float
    submit: str = ""
    done: str = ""
    """The route of the last step that it has been through."""
    polls: int = 0
    outcome: str | None = None
    once: bool = False
    """Whether the outcome is that of the next poll alone."""
    ended: bool = False
    """Whether it was found done: then it stays so, wherever its clock is set."""
    expired: bool = False
    """Whether a test had the id expire."""
    requests: tuple[Asked, ...] = ()

    def planned(self, plan: Plan) -> Work:
        """The same work, with what shall become of it."""
        return msgspec.structs.replace(
            self,
            outcome=plan.outcome,
            once=plan.when == "next",
            ended=self.ended or plan.when == "now",
        )

    def told(self, now: float, route: str, answer: str) -> Work:
        """The same work, after one more request."""
        requests = (*self.requests, Asked(now, route, answer))[-KEPT_REQUESTS:]
        return msgspec.structs.replace(self, requests=requests)


@dataclass(frozen=True, slots=True)
class Terms:
    """When work is done, and how long its id is good for."""

    ready: Ready | None = None
    expires_after: float | None = None

    def state(self, work: Work, now: float) -> State:
        """What has become of some work by now."""
        seconds = now - work.submitted
        if work.expired or (self.expires_after is not None and seconds >= self.expires_after):
            return "expired"
        if not (work.ended or self.ready is None or self.ready.met(work.polls, seconds)):
            return "pending"
        return "failed" if work.outcome is not None and not work.once else "ready"

    def missing(self, work: Work, now: float) -> str:
        """What pending work waits for, in words."""
        if self.ready is None or self.ready.on == ADMIN:
            return "a test has to say so"
        parts = []
        if self.ready.after_polls is not None:
            parts.append(f"{work.polls} of {self.ready.after_polls} polls")
        if self.ready.after_seconds is not None:
            seconds = max(now - work.submitted, 0.0)
            parts.append(f"{seconds:.3g} of {self.ready.after_seconds:g} seconds")
        return " and ".join(parts)


def work_of(issued: Issued) -> Work:
    """What is kept with an id; as if never asked for, where the file said something else then."""
    try:
        return msgspec.convert(issued.data, Work)
    except msgspec.ValidationError:
        return Work(issued.created)
