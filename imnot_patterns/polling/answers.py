"""What a step has to say in each state of the work, made once when the file is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from imnot_core import Context, Reply, WrittenResponse, written
from imnot_patterns.polling.config import Step
from imnot_patterns.polling.response import ID
from imnot_patterns.polling.terms import LaterResponse, PendingResponse, met

ID_BYTES = ID.encode()


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply in which `{id}` stands for the id; not in the bytes of a file."""

    reply: Reply
    in_headers: bool
    in_body: bool

    def of(self, issued: str) -> Reply:
        """The reply for an id; the same object each time, if there is no place for it."""
        if not (self.in_headers or self.in_body):
            return self.reply
        headers = tuple((name, value.replace(ID, issued)) for name, value in self.reply.headers)
        body = self.reply.body
        if self.in_body:
            body = body.replace(ID_BYTES, issued.encode())
        return msgspec.structs.replace(self.reply, headers=headers, body=body)


class Pending:
    """What a step answers while the work is not done."""

    def __init__(self, context: Context, response: PendingResponse, field: str) -> None:
        self._first = answer_of(context, response, field)
        self._later: list[tuple[LaterResponse, Answer]] = [
            (each, answer_of(context, each, f"{field}.then[{index}]"))
            for index, each in enumerate(response.then)
        ]

    def of(self, issued: str, polls: int, seconds: float) -> Reply:
        """The answer to a poll, after so many others: the last one whose conditions are met."""
        found = self._first
        for conditions, answer in self._later:
            if met(conditions.after_polls, conditions.after_seconds, polls, seconds):
                found = answer
        return found.of(issued)


def answer_of(context: Context, response: WrittenResponse, field: str) -> Answer:
    """The answer that a response writes."""
    reply = written(response, context, field)
    in_headers = any(ID in value for _, value in reply.headers)
    in_body = response.body_file is None and ID_BYTES in reply.body
    return Answer(reply, in_headers, in_body)


def pending_of(context: Context, step: Step, field: str) -> Pending | None:
    """What a step answers while the work is not done, if it says so."""
    pending = step.response.pending
    return None if pending is None else Pending(context, pending, f"{field}.pending")


def failures_of(context: Context, step: Step, field: str) -> Mapping[str, Answer]:
    """What a step answers when the work has failed, by the name of the outcome."""
    return {
        name: answer_of(context, each, f"{field}.fails_with.{name}")
        for name, each in step.response.fails_with.items()
    }
