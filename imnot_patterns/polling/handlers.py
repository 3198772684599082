"""The answers of steps that remember nothing of the requests before: one kind for each kind."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from imnot_core import Context, Handler, Reply, ReplyError, Request, json_value, written
from imnot_patterns.answers import constant
from imnot_patterns.polling.response import ID, StepResponse

Issue = Callable[[Request], Awaitable[str]]
"""Hands out an id for a submit."""


def submit(context: Context, response: StepResponse, field: str, issue: Issue) -> Handler:
    """Answer with a new id, in the body or in a header. The request's body is not looked at."""
    if response.id_body_field is not None:
        return _submit_in_body(response, response.id_body_field, issue)
    name, value = response.id_header or "", response.id_header_value or ""
    fixed_part = written(response, context, field)

    async def answer(request: Request) -> Reply:
        issued = await issue(request)
        headers = (*fixed_part.headers, (name, value.replace(ID, issued)))
        return Reply(fixed_part.status, headers, fixed_part.body)

    return answer


def _submit_in_body(response: StepResponse, field: str, issue: Issue) -> Handler:
    status, headers = response.status, response.header_pairs()
    body = json_value(response.body) or {}

    async def answer(request: Request) -> Reply:
        issued = await issue(request)
        return Reply.json({**body, field: issued}, status, headers)

    return answer


def result(context: Context, response: StepResponse) -> Handler:
    """Answer with the payload, for an id that was handed out."""
    status, headers = response.status, response.header_pairs()

    async def answer(request: Request) -> Reply:
        name = request.params["id"]
        # The session of this request decides, not that of the submit: its id is good everywhere.
        issued = await context.issued.find(name, request.session)
        issued = issued or await context.issued.find(name)
        if issued is None:
            raise unknown(context, name)
        payload = await context.payload_of(issued, request.session)
        return Reply.of(payload.body, status, headers, content_type=payload.content_type)

    return answer


def fixed(context: Context, response: StepResponse, field: str) -> Handler:
    """Answer with what the partner file says, whatever the id."""
    return constant(written(response, context, field))


def unknown(context: Context, name: str) -> ReplyError:
    """The refusal of an id that was not handed out."""
    return ReplyError(404, f"{context.partner}/{context.datapoint} handed out no id {name!r}")
