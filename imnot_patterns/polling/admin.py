"""The admin routes of a flow whose ids have a state: to look at it, and to decide on it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from imnot_core import AdminRoute, Issued, Reply, ReplyError, Request, instant
from imnot_patterns.polling.flow import Flow
from imnot_patterns.polling.work import ADMIN, Plan, State, When, Work, work_of

Change = Callable[[Work], tuple[Work, str]]
"""What is made of some work, and the words for it."""

_ONE = "/ids/{id}"


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a test sends to choose an outcome."""

    outcome: str | None = None
    when: When | None = None


def admin_routes(flow: Flow) -> tuple[AdminRoute, ...]:
    """All of them; a request's session chooses whose ids are meant, none those without one."""
    return (
        AdminRoute("GET", "/ids", partial(_list, flow), "List ids and their state"),
        AdminRoute("GET", _ONE, partial(_show, flow), "Inspect an id"),
        AdminRoute("POST", f"{_ONE}/ready", partial(_one, flow, _ready), "Have it be ready"),
        AdminRoute("POST", f"{_ONE}/fail", partial(_one, flow, _fail), "Have it fail"),
        AdminRoute("POST", f"{_ONE}/expire", partial(_one, flow, _expire), "Have it expire"),
        AdminRoute("POST", "/ready", partial(_all, flow, _ready), "Have all be ready"),
        AdminRoute("POST", "/fail", partial(_all, flow, _fail), "Have all fail"),
        AdminRoute("POST", "/expire", partial(_all, flow, _expire), "Have all expire"),
        AdminRoute("GET", "/outcome", partial(_plan, flow), "Inspect what submits will end with"),
        AdminRoute("POST", "/outcome", partial(_set_plan, flow), "Choose what submits end with"),
        AdminRoute("DELETE", "/outcome", partial(_reset_plan, flow), "Undo that choice"),
    )


async def _list(flow: Flow, request: Request) -> Reply:
    known = reversed(await flow.ids.list(request.session))
    return Reply.json([await _described(flow, each, request.session) for each in known])


async def _show(flow: Flow, request: Request) -> Reply:
    issued = await flow.ids.find(request.params["id"], request.session)
    if issued is None:
        raise _unknown(flow, request)
    return Reply.json(await _in_full(flow, issued, request.session))


async def _one(flow: Flow, action: Callable[[Flow, Request], Change], request: Request) -> Reply:
    change = action(flow, request)

    def rule(issued: Issued, now: float) -> tuple[Work, bool]:
        work = work_of(issued)
        if action is not _expire and flow.terms.state(work, now) == "expired":
            return work, False
        changed, words = change(work)
        return changed.told(now, ADMIN, words), True

    done = await flow.decide(request.params["id"], request.session, rule)
    if done is None:
        raise _unknown(flow, request)
    if not done:
        raise ReplyError(409, f"The id {request.params['id']!r} of {flow.owner} has expired")
    return await _show(flow, request)


async def _all(flow: Flow, action: Callable[[Flow, Request], Change], request: Request) -> Reply:
    change = action(flow, request)
    wanted = ("pending", "ready", "failed") if action is _expire else ("pending",)

    def rule(issued: Issued, now: float) -> tuple[Work, bool]:
        work = work_of(issued)
        if flow.terms.state(work, now) not in wanted:
            return work, False
        changed, words = change(work)
        return changed.told(now, ADMIN, words), True

    known = [each for each in await flow.ids.list() if each.session == request.session]
    changed = [each.id for each in known if await flow.decide(each.id, each.session, rule)]
    return Reply.json({"changed": changed})


async def _plan(flow: Flow, _request: Request) -> Reply:
    return Reply.json(await flow.plan())


async def _set_plan(flow: Flow, request: Request) -> Reply:
    wanted = _wanted(request)
    if wanted.outcome is not None:
        _check_outcome(flow, wanted.outcome)
    elif wanted.when == "next":
        raise ReplyError(422, 'outcome: "when": "next" needs the name of an outcome')
    await flow.set_plan(Plan(wanted.outcome, wanted.when or "ready"))
    return await _plan(flow, request)


async def _reset_plan(flow: Flow, request: Request) -> Reply:
    await flow.set_plan(None)
    return await _plan(flow, request)


def _ready(_flow: Flow, _request: Request) -> Change:
    return lambda work: (work.planned(Plan(None, "now")), "ready")


def _expire(_flow: Flow, _request: Request) -> Change:
    return lambda work: (msgspec.structs.replace(work, expired=True), "expired")


def _fail(flow: Flow, request: Request) -> Change:
    wanted = _wanted(request)
    outcome = wanted.outcome
    if outcome is None and len(flow.config.outcomes) == 1:
        outcome = flow.config.outcomes[0]
    plan = Plan(_check_outcome(flow, outcome), wanted.when or "now")
    words = {"now": "failed", "ready": "to fail when ready", "next": "to fail once"}[plan.when]
    return lambda work: (work.planned(plan), f"{words}: {outcome}")


def _wanted(request: Request) -> Wanted:
    try:
        return msgspec.convert(request.json() if request.body else {}, Wanted)
    except msgspec.ValidationError as error:
        raise ReplyError(422, str(error)) from error


def _check_outcome(flow: Flow, outcome: str | None) -> str:
    known = flow.config.outcomes
    if outcome is not None and outcome in known:
        return outcome
    names = ", ".join(known) or "none: add fails_with to a step"
    what = "which outcome is not said" if outcome is None else f"{outcome!r} is no outcome"
    raise ReplyError(422, f"outcome: {what}; {flow.owner} declares {names}")


def _unknown(flow: Flow, request: Request) -> ReplyError:
    where = "" if request.session is None else f" in the session {request.session!r}"
    return ReplyError(404, f"{flow.owner} handed out no id {request.params['id']!r}{where}")


async def _described(flow: Flow, issued: Issued, session: str | None) -> dict[str, Any]:
    work = work_of(issued)
    state: State = flow.terms.state(work, await flow.now(issued, session))
    return {
        "id": issued.id,
        "session": issued.session,
        "state": state,
        "outcome": work.outcome,
        "polls": work.polls,
        "submitted_at": instant(work.submitted),
    }


async def _in_full(flow: Flow, issued: Issued, session: str | None) -> dict[str, Any]:
    requests = [
        {"at": instant(each.at), "step": flow.order.name(each.route), "answer": each.answer}
        for each in work_of(issued).requests
    ]
    return {**await _described(flow, issued, session), "requests": requests}
