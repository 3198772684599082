"""The admin routes of a `push` datapoint: the log of deliveries, and sending again."""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Any
from uuid import uuid4

from msgspec.structs import replace

from imnot_core import AdminRoute, Context, Handler, Issued, Job, Reply, ReplyError, Request
from imnot_patterns.callback.delivery import Courier, Errand, Step
from imnot_patterns.callback.ondemand import ask, show, withdraw
from imnot_patterns.callback.submitted import (
    DELIVERED,
    FAILED,
    PENDING,
    Submitted,
    described,
    rounds_of,
    submitted,
    webhook_id,
    with_sending,
    without_rounds,
)

WORDS = ("push", "callback")
STATES = (PENDING, DELIVERED, FAILED)


def admin_routes(context: Context, courier: Courier, pattern: str) -> tuple[AdminRoute, ...]:
    """The routes under both words; listed is one, under the word that the file says."""
    again = "/{request_id}/retrigger"
    handlers = {
        ("POST", again): retrigger(context, courier),
        ("POST", "/retrigger"): retrigger_all(context, courier),
        ("GET", "/{request_id}"): inspect_one(context),
        ("GET", ""): inspect_all(context),
        ("PUT", "/misdelivery"): ask(context),
        ("GET", "/misdelivery"): show(context),
        ("DELETE", "/misdelivery"): withdraw(context),
    }
    written = pattern if pattern in WORDS else WORDS[0]
    return tuple(
        AdminRoute(
            method,
            f"/{word}{path}",
            handler,
            "Send the callback again" if (word, path) == (written, again) else "",
        )
        for word in sorted(WORDS, key=lambda each: each != written)
        for (method, path), handler in handlers.items()
    )


def retrigger(context: Context, courier: Courier) -> Handler:
    """Send the callbacks of a request once more: at once, with the payload of the moment."""

    async def answer(request: Request) -> Reply:
        issued = await _find(context, request)
        chosen = _chosen(issued, request)
        job = await _again(context, courier, issued, chosen)
        return Reply.json({"status": "dispatched", "request_id": issued.id}, after=(job,))

    return answer


def retrigger_all(context: Context, courier: Courier) -> Handler:
    """Send the callbacks of all requests once more, or of those in a state or session."""

    async def answer(request: Request) -> Reply:
        found = await _listed(context, request)
        jobs = [await _again(context, courier, each, _all(each)) for each in found]
        ids = [each.id for each in found]
        return Reply.json({"status": "dispatched", "request_ids": ids}, after=tuple(jobs))

    return answer


def inspect_one(context: Context) -> Handler:
    """Show a submitted request and its deliveries."""

    async def answer(request: Request) -> Reply:
        return Reply.json(described(await _find(context, request)))

    return answer


def inspect_all(context: Context) -> Handler:
    """Show the submitted requests of the datapoint, newest first."""

    async def answer(request: Request) -> Reply:
        found = await _listed(context, request)
        return Reply.json([described(issued) for issued in reversed(found)])

    return answer


async def _listed(context: Context, request: Request) -> list[Issued]:
    """The requests that a query asks for, oldest first."""
    session = request.query.get("session", request.session)
    state = request.query.get("state")
    if state is not None and state not in STATES:
        raise ReplyError(400, f"{state!r} is no state of a callback: ask for {', '.join(STATES)}")
    return [
        issued
        for issued in await context.issued.list()
        if issued.data  # without, it is of a time when the datapoint had another pattern
        and (session is None or issued.session == session)
        and (state is None or submitted(issued.data).state == state)
    ]


async def _find(context: Context, request: Request) -> Issued:
    request_id = request.params["request_id"]
    issued = await context.issued.find(request_id, request.session)
    if issued is None or not issued.data:  # as above
        owner = f"{context.partner}/{context.datapoint}"
        raise ReplyError(404, f"No submitted request {request_id!r} of {owner}")
    return issued


def _all(issued: Issued) -> tuple[int, ...]:
    return tuple(range(len(submitted(issued.data).sendings)))


def _chosen(issued: Issued, request: Request) -> tuple[int, ...]:
    """The callbacks that a retrigger is about: all, or the one that its body names."""
    body = request.json() if request.body.strip() else {}
    if not isinstance(body, dict) or body.keys() - {"callback"}:
        detail = 'The body may be {"callback": …}, with the number, name or webhook id of one'
        raise ReplyError(400, detail)
    if "callback" not in body:
        return _all(issued)
    asked, sendings = body["callback"], submitted(issued.data).sendings
    for index, sending in enumerate(sendings):
        names = {str(index + 1), webhook_id(issued.id, index), sending.how.get("name")}
        if str(asked) in names:
            return (index,)
    detail = f"There is no callback {asked!r} among the {len(sendings)} of the request"
    raise ReplyError(404, detail)


async def _again(
    context: Context, courier: Courier, issued: Issued, chosen: tuple[int, ...]
) -> Job:
    """Begin another round of these callbacks, one after the other."""
    chance = context.random.getrandbits(32)
    steps = tuple(map(Step, chosen))
    errand = Errand(issued.id, uuid4().hex[:8], steps, chance, at_once=True)
    job = await courier.send_out(errand, issued.session, 0.0)
    # Of what was there before: another one that begins meanwhile is not forgotten.
    stale = rounds_of(submitted(issued.data)) - await courier.rounds(issued)
    await context.issued.change(issued.id, _with_round(errand, stale), issued.session)
    return job


def _with_round(errand: Errand, stale: Container[str]) -> Callable[[Any], Submitted]:
    def begun(data: Any) -> Submitted:
        kept = without_rounds(submitted(data), stale)
        for step in errand.steps:
            sending = kept.sendings[step.callback]
            # Another worker may have begun, or even ended.
            if not sending.has_attempt(errand.round, 1):
                rounds = {errand.round: None, **sending.rounds}
                kept = with_sending(kept, step.callback, replace(sending, rounds=rounds))
        return kept

    return begun
