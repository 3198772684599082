"""A flow whose ids have a state: what all its steps and admin routes have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from imnot_core import Context, Issued, Request
from imnot_patterns.polling.config import PollingDatapoint
from imnot_patterns.polling.order import Order
from imnot_patterns.polling.work import Plan, Terms, Work

T = TypeVar("T")
Rule = Callable[[Issued, float], tuple[Work, T]]
"""What is made of the work of an id at a time, and what that comes to."""

OUTCOME = "outcome"
"""The key under which a session's plan for the submits to come is kept."""


class Flow:
    """The datapoint as its file describes it, and the ids that it handed out."""

    def __init__(self, context: Context, datapoint: PollingDatapoint) -> None:
        self.context = context
        self.ids = context.issued
        self.config = datapoint
        self.order = Order(datapoint.endpoints)
        self.terms = Terms(datapoint.ready, datapoint.expires_after_seconds)

    async def now(self, issued: Issued, session: str | None) -> float:
        """The time for an id: of the session that asks, or else of that which it is issued in."""
        return (await self.context.clock_of(session or issued.session)).time()

    async def decide(self, name: str, session: str | None, rule: Rule[T]) -> T | None:
        """Decide on an id by what it is and the time; `rule` is as for `IssuedIds.decide`."""
        found = await self.ids.find(name, session)
        if found is None:
            return None
        now = await self.now(found, session)
        return await self.ids.decide(name, lambda issued: rule(issued, now), session)

    async def begin(self, request: Request, route: str) -> str:
        """Hand out an id for new work, as the session wants it to end."""
        now = (await self.context.clock_of(request.session)).time()
        plan = await self.plan()
        work = Work(now, route).planned(plan).told(now, route, "submitted")
        return await self.ids.issue(request.session, work)

    async def plan(self) -> Plan:
        """What the session of the request at hand wants to become of work that is submitted."""
        kept: Any = await self.context.state.get(OUTCOME)
        return Plan() if kept is None else msgspec.convert(kept, Plan)

    async def set_plan(self, plan: Plan | None) -> None:
        """Keep a plan for the submits to come; None for that of the file."""
        if plan is None:
            await self.context.state.delete(OUTCOME)
        else:
            await self.context.state.put(OUTCOME, plan)

    @property
    def owner(self) -> str:
        """The datapoint's name for people."""
        return f"{self.context.partner}/{self.context.datapoint}"
