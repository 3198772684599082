"""What is kept of a submitted request: its callbacks, how they are sent, and every attempt."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Any, Final, Literal

import msgspec
from msgspec.structs import replace

from imnot_core import Issued, instant
from imnot_patterns.callback.wording import Seen

# Enough to see what happened; a request can be triggered again without end.
KEPT_ATTEMPTS: Final = 100

State = Literal["pending", "delivered", "failed"]
PENDING: Final = "pending"
DELIVERED: Final = "delivered"
FAILED: Final = "failed"


class Delivery(msgspec.Struct, frozen=True):
    """One attempt in short: when it began, the status that came back, and what went wrong."""

    at: str
    status: int | None = None
    error: str | None = None


class Attempt(msgspec.Struct, frozen=True, omit_defaults=True):
    """One attempt: `number` counts within its `round`; `duration` is in seconds.

    `headers` are those that were sent, without secrets; `bad` says what was wrong on purpose.
    """

    at: str
    number: int = 1
    round: str = ""
    duration: float | None = None
    status: int | None = None
    error: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    bad: tuple[str, ...] = ()


class Sending(msgspec.Struct, frozen=True, omit_defaults=True):
    """One callback of a submitted request.

    `how` is what the partner file said of it (a `Callback`), as it was at the submit. `rounds` are
    those that are not at their end, and when their next attempt is due, in seconds of the session's
    clock; None: not yet known.
    """

    url: str
    method: str = "POST"
    how: dict[str, Any] = {}
    attempts: tuple[Attempt, ...] = ()
    rounds: dict[str, float | None] = {}
    outcome: Literal["", "delivered", "failed"] = ""

    @property
    def state(self) -> State:
        """Whether more is to come, and else what came of it."""
        if self.rounds:
            return PENDING
        return self.outcome or PENDING

    def has_attempt(self, round_: str, number: int) -> bool:
        """Whether an attempt was made and noted."""
        return any((each.round, each.number) == (round_, number) for each in self.attempts)


class Submitted(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is kept with a request id.

    `seen` is the submit, where templates need it. `url`, `method` and `deliveries` are how releases
    before 1.0 kept it.
    """

    sendings: tuple[Sending, ...] = ()
    seen: Seen | None = None
    url: str = ""
    method: str = "POST"
    deliveries: tuple[Delivery, ...] = ()

    @property
    def state(self) -> State:
        """The state of all callbacks together."""
        states = {each.state for each in self.sendings}
        return PENDING if PENDING in states else FAILED if FAILED in states else DELIVERED


def submitted(data: Any) -> Submitted:
    """What is kept with an issued id."""
    kept = msgspec.convert(data, Submitted)
    if kept.sendings:
        return kept
    attempts = tuple(
        Attempt(each.at, number, "", None, each.status, each.error)
        for number, each in enumerate(kept.deliveries, 1)
    )
    outcome: Any = "" if not attempts else FAILED if attempts[-1].error else DELIVERED
    return Submitted((Sending(kept.url, kept.method, attempts=attempts, outcome=outcome),))


def with_sending(kept: Submitted, index: int, sending: Sending) -> Submitted:
    """The same with another state of one callback."""
    sendings = list(kept.sendings)
    sendings[index] = sending
    return replace(kept, sendings=tuple(sendings))


def rounds_of(kept: Submitted) -> set[str]:
    """The rounds of all callbacks that are not at their end."""
    return {key for each in kept.sendings for key in each.rounds}


def without_rounds(kept: Submitted, stale: Container[str]) -> Submitted:
    """The same without the rounds that nobody sees to any more.

    They are there in the copy of a session: what was to come is sent in the original alone.
    """
    sendings = (
        replace(each, rounds={key: at for key, at in each.rounds.items() if key not in stale})
        for each in kept.sendings
    )
    return replace(kept, sendings=tuple(sendings))


def with_attempts(sending: Sending, attempts: tuple[Attempt, ...]) -> Sending:
    """The same with more attempts; two may overlap, and are kept in the order they began in."""
    every = sorted((*sending.attempts, *attempts), key=lambda each: each.at)
    return replace(sending, attempts=tuple(every[-KEPT_ATTEMPTS:]))


def webhook_id(request_id: str, index: int) -> str:
    """The id of one callback: the same for every attempt, by which a receiver knows it again."""
    suffix = f"_{index + 1}" if index else ""
    return f"msg_{request_id.replace('-', '')}{suffix}"


def described(issued: Issued) -> dict[str, Any]:
    """A submitted request as the admin API shows it."""
    kept = submitted(issued.data)
    return {
        "request_id": issued.id,
        "url": kept.sendings[0].url,
        "method": kept.sendings[0].method,
        "session": issued.session,
        "created_at": instant(issued.created),
        "state": kept.state,
        "deliveries": list(_deliveries(kept)),
        "callbacks": [_callback(issued, kept, index) for index in range(len(kept.sendings))],
    }


def _deliveries(kept: Submitted) -> list[Delivery]:
    every = [attempt for sending in kept.sendings for attempt in sending.attempts]
    every.sort(key=lambda each: each.at)
    return [Delivery(each.at, each.status, each.error) for each in every[-KEPT_ATTEMPTS:]]


def _callback(issued: Issued, kept: Submitted, index: int) -> dict[str, Any]:
    sending = kept.sendings[index]
    due = [at for at in sending.rounds.values() if at is not None]
    return {
        "callback": index + 1,
        "name": sending.how.get("name"),
        "url": sending.url,
        "method": sending.method,
        "webhook_id": webhook_id(issued.id, index),
        "state": sending.state,
        "next_attempt_at": instant(min(due)) if due else None,
        "attempts": [dict(_attempt(each)) for each in sending.attempts],
    }


def _attempt(attempt: Attempt) -> Iterator[tuple[str, Any]]:
    yield "attempt", attempt.number
    yield "at", attempt.at
    yield "duration_seconds", attempt.duration
    yield "status", attempt.status
    yield "error", attempt.error
    yield "headers", [list(pair) for pair in attempt.headers]
    if attempt.bad:
        yield "misdelivery", list(attempt.bad)
