"""A flow asked in any order, by anybody, at any time: it answers as a simple model of it does."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, precondition, rule

from imnot_core import Reply, ReplyError
from imnot_core.current import current_session
from imnot_patterns.polling import Polling
from tests.unit.patterns.world import opened_world

POLLS, SECONDS, LIFETIME = 3, 20, 60
STEPS: tuple[dict[str, Any], ...] = (
    {"path": "/exports", "response": {"generates_id": True, "id_body_field": "id"}},
    {
        "method": "GET",
        "path": "/exports/{id}",
        "response": {
            "pending": {"status": 202, "then": [{"after_polls": 1, "status": 203}]},
            "fails_with": {"crash": {"status": 500}, "lost": {"status": 502}},
        },
    },
    {
        "method": "GET",
        "path": "/exports/{id}/rows",
        "response": {"returns_payload": True, "fails_with": {"lost": {"status": 404}}},
    },
)
TERMS = {
    "ready": {"after_polls": POLLS, "after_seconds": SECONDS},
    "expires_after_seconds": LIFETIME,
    "strict": True,
}
SESSIONS = (None, "one", "two")
FEW = 5


@dataclass
class Model:
    """What is known of one id in the place where it was issued."""

    submitted: float
    outcome: str | None = None
    once: bool = False
    polls: int = 0
    ended: bool = False
    gone: bool = False
    seen: bool = False
    """Whether the first step has told the end."""

    def expired(self, now: float) -> bool:
        return self.gone or now - self.submitted >= LIFETIME

    def over(self, now: float) -> bool:
        return self.ended or (self.polls >= POLLS and now - self.submitted >= SECONDS)

    def state(self, now: float) -> str:
        if self.expired(now):
            return "expired"
        if not self.over(now):
            return "pending"
        return "failed" if self.outcome and not self.once else "ready"

    def poll(self, now: float) -> int:
        if self.expired(now):
            return 410
        over, second = self.over(now), self.polls >= 1
        self.polls += 1
        if self.once and self.outcome:
            told = {"crash": 500, "lost": 502}[self.outcome]
            self.outcome, self.once = None, False
            return told
        if not over:
            return 203 if second else 202
        self.ended = self.seen = True
        return {None: 200, "crash": 500, "lost": 502}[self.outcome]

    def result(self, now: float) -> int:
        if self.expired(now):
            return 410
        if not self.seen:
            return 409
        if self.once and self.outcome == "lost":
            self.outcome, self.once = None, False
            return 404
        failed = None if self.once else self.outcome
        return {None: 200, "crash": 409, "lost": 404}[failed]


@dataclass
class Plan:
    outcome: str | None = None
    when: str = "ready"


@dataclass
class Place:
    """All that the model knows of one session."""

    plan: Plan = field(default_factory=Plan)
    ids: dict[str, Model] = field(default_factory=dict)


class Flow(RuleBasedStateMachine):
    """Submits, polls and decisions in two sessions and outside of any."""

    ids = Bundle("ids")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.stack = AsyncExitStack()
        self.world = self.run(self.stack.enter_async_context(opened_world()))
        self.flow = self.world.mount(Polling, *STEPS, **TERMS)
        self.places = {each: Place() for each in SESSIONS}
        for session in SESSIONS:
            self.run(self.world.upload(b"1", session))

    def teardown(self) -> None:
        self.run(self.stack.aclose())
        self.loop.close()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    async def ask(
        self, method: str, target: str, session: str | None, *, admin: bool = False, **json: Any
    ) -> Reply:
        compiled = self.flow.compiled
        current_session.set(session)
        request = {"session": session, **({"json": json} if json else {})}
        try:
            return await self.flow._ask(
                compiled.admin if admin else compiled.endpoints, method, target, request
            )
        except ReplyError as refusal:
            return Reply(refusal.status)

    def status(self, target: str, session: str | None) -> int:
        reply: Reply = self.run(self.ask("GET", target, session))
        return reply.status

    def decide(self, target: str, session: str | None, **json: Any) -> int:
        reply: Reply = self.run(self.ask("POST", target, session, admin=True, **json))
        return reply.status

    @property
    def now(self) -> float:
        return self.world.clock.time()

    def model(self, issued: tuple[str | None, str]) -> Model:
        return self.places[issued[0]].ids[issued[1]]

    @precondition(lambda self: sum(len(each.ids) for each in self.places.values()) < FEW)
    @rule(target=ids, session=st.sampled_from(SESSIONS))
    def submit(self, session: str | None) -> tuple[str | None, str]:
        place = self.places[session]
        issued = msgspec.json.decode(self.run(self.ask("POST", "/exports", session)).body)["id"]
        plan = place.plan
        place.ids[issued] = Model(
            self.now, plan.outcome, plan.when == "next", ended=plan.when == "now"
        )
        return session, issued

    @rule(issued=ids, count=st.integers(1, POLLS))
    def poll(self, issued: tuple[str | None, str], count: int) -> None:
        for _ in range(count):
            told = self.status(f"/exports/{issued[1]}", issued[0])
            assert told == self.model(issued).poll(self.now)

    @rule(issued=ids)
    def poll_to_the_end_and_ask_for_the_result(self, issued: tuple[str | None, str]) -> None:
        self.poll(issued, POLLS + 1)
        self.ask_for_the_result(issued)

    @rule(issued=ids)
    def ask_for_the_result(self, issued: tuple[str | None, str]) -> None:
        told = self.status(f"/exports/{issued[1]}/rows", issued[0])
        assert told == self.model(issued).result(self.now)

    @rule(issued=ids)
    def ask_in_another_session(self, issued: tuple[str | None, str]) -> None:
        if issued[0] == "one":
            assert self.status(f"/exports/{issued[1]}", "two") == 409

    @rule(seconds=st.sampled_from([SECONDS / 2, SECONDS]))
    def let_time_pass(self, seconds: float) -> None:
        self.run(self.world.clock.elapse(seconds))

    @rule(issued=ids)
    def make_ready(self, issued: tuple[str | None, str]) -> None:
        model = self.model(issued)
        told = self.decide(f"/ids/{issued[1]}/ready", issued[0])
        assert told == (409 if model.expired(self.now) else 200)
        if told == 200:
            model.outcome, model.once, model.ended = None, False, True

    @rule(
        issued=ids,
        outcome=st.sampled_from(["crash", "lost"]),
        when=st.sampled_from(["now", "ready", "next"]),
    )
    def make_fail(self, issued: tuple[str | None, str], outcome: str, when: str) -> None:
        model = self.model(issued)
        told = self.decide(f"/ids/{issued[1]}/fail", issued[0], outcome=outcome, when=when)
        assert told == (409 if model.expired(self.now) else 200)
        if told == 200:
            model.outcome, model.once = outcome, when == "next"
            model.ended = model.ended or when == "now"

    @precondition(lambda self: self.now % 3 == 1)  # seldom: nothing happens to an id after that
    @rule(issued=ids)
    def make_expire(self, issued: tuple[str | None, str]) -> None:
        assert self.decide(f"/ids/{issued[1]}/expire", issued[0]) == 200
        self.model(issued).gone = True

    @rule(
        session=st.sampled_from(SESSIONS),
        outcome=st.sampled_from(["crash", "lost"]),
        when=st.sampled_from(["now", "ready", "next"]),
    )
    def choose(self, session: str | None, outcome: str, when: str) -> None:
        assert self.decide("/outcome", session, outcome=outcome, when=when) == 200
        self.places[session].plan = Plan(outcome, when)

    @rule()
    def list_all_ids(self) -> None:
        known = {
            (session, name): (model.state(self.now), model.polls)
            for session, place in self.places.items()
            for name, model in place.ids.items()
        }
        reply = self.run(self.ask("GET", "/ids", None, admin=True))
        shown = {
            (each["session"], each["id"]): (each["state"], each["polls"])
            for each in msgspec.json.decode(reply.body)
        }
        assert shown == known


TestFlow = Flow.TestCase
TestFlow.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
