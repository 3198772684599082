"""A step that asks for an id: what it is told follows from what came before."""

from __future__ import annotations

import msgspec

from imnot_core import Issued, Reply, ReplyError, Request
from imnot_patterns.polling.answers import Answer, answer_of, failures_of, pending_of
from imnot_patterns.polling.flow import Flow
from imnot_patterns.polling.handlers import unknown
from imnot_patterns.polling.work import Plan, Work, work_of

Told = Reply | ReplyError | None
"""What a request is told; None for what the step says when the work is done."""


class AskingStep:
    """Answers the requests of one step, each of which may change what is kept with its id.

    What a request is told and what is kept are decided together, exact among all processes.
    """

    def __init__(self, flow: Flow, index: int) -> None:
        step = flow.config.endpoints[index]
        field = f"endpoints[{index}].response"
        self._flow = flow
        self._route = step.route
        self._pending = pending_of(flow.context, step, field)
        self._failures = failures_of(flow.context, step, field)
        self._final: Answer = answer_of(flow.context, step.response, field)
        self._has_payload = step.response.returns_payload
        self._waits = self._has_payload or self._pending is not None

    async def answer(self, request: Request) -> Reply:
        """Answer one request."""
        name, session = request.params["id"], request.session
        decided = await self._flow.decide(name, session, self._decide)
        if decided is None:
            return self._for_unknown(name, session)
        issued, told = decided
        if isinstance(told, ReplyError):
            raise told
        if told is not None:
            return told
        return await self._when_done(issued, session)

    def _decide(self, issued: Issued, now: float) -> tuple[Work, tuple[Issued, Told]]:
        work, answer, told = self._judge(issued.id, work_of(issued), now)
        return work.told(now, self._route, answer), (issued, told)

    def _judge(self, name: str, work: Work, now: float) -> tuple[Work, str, Told]:
        flow = self._flow
        if flow.terms.state(work, now) == "expired":
            detail = f"The id {name!r} of {flow.owner} has expired"
            return work, "expired", ReplyError(flow.config.expired_status, detail)
        if flow.config.strict:
            expected = flow.order.expected(work.submit, work.done, self._route)
            if expected is not None:
                detail = self._out_of_order(flow.order.name(expected), name)
                return work, f"refused: {detail}", ReplyError(flow.config.strict_status, detail)
        return self._in_order(name, work, now)

    def _in_order(self, name: str, work: Work, now: float) -> tuple[Work, str, Told]:
        before = work  # after so many polls is before this one
        if self._pending is not None:
            work = msgspec.structs.replace(work, polls=work.polls + 1)
        if work.once and work.outcome is not None and work.outcome in self._failures:
            told = self._failures[work.outcome].of(name)
            return work.planned(Plan()), f"failed once: {work.outcome}", told
        state = self._flow.terms.state(before, now)
        if state == "pending":
            return self._while_pending(name, work, now)
        further = self._flow.order.further(work.done, self._route)
        work = msgspec.structs.replace(work, ended=True, done=further)
        if state != "failed" or work.outcome is None:
            return work, "ready", None
        return work, f"failed: {work.outcome}", self._failed(name, work.outcome)

    def _while_pending(self, name: str, work: Work, now: float) -> tuple[Work, str, Told]:
        if self._pending is not None:
            return work, "pending", self._pending.of(name, work.polls - 1, now - work.submitted)
        if self._waits:
            missing = self._flow.terms.missing(work, now)
            detail = f"The id {name!r} of {self._flow.owner} is not ready: {missing}"
            return work, "pending", ReplyError(409, detail)
        further = self._flow.order.further(work.done, self._route)
        return msgspec.structs.replace(work, done=further), "answered", None

    def _failed(self, name: str, outcome: str) -> Told:
        if outcome in self._failures:
            return self._failures[outcome].of(name)
        if not self._waits:
            return None
        detail = f"The id {name!r} of {self._flow.owner} has failed: {outcome}"
        return ReplyError(409, detail)

    async def _when_done(self, issued: Issued, session: str | None) -> Reply:
        final = self._final.of(issued.id)
        if not self._has_payload:
            return final
        payload = await self._flow.context.payload_of(issued, session)
        kind = payload.content_type
        return Reply.of(payload.body, final.status, final.headers, content_type=kind)

    def _for_unknown(self, name: str, session: str | None) -> Reply:
        flow = self._flow
        if flow.config.strict:
            detail = self._out_of_order(flow.order.beginnings(self._route), name)
            where = "" if session is None else f" in the session {session!r}"
            detail += f", which {flow.owner} never handed out{where}"
            raise ReplyError(flow.config.strict_status, detail)
        if self._waits or self._failures:
            raise unknown(flow.context, name)
        return self._final.reply

    def _out_of_order(self, expected: str, name: str) -> str:
        came = self._flow.order.name(self._route)
        return f"Out of order: {expected} was expected, and {came} came, for the id {name!r}"
