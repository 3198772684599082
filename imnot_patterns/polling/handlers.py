"""The answers of an `async` datapoint, one kind for each kind of step."""

from __future__ import annotations

from imnot_core import Context, Handler, Reply, ReplyError, Request
from imnot_patterns.answers import constant, json_value
from imnot_patterns.polling.config import ID, StepResponse


def submit(context: Context, response: StepResponse) -> Handler:
    """Answer with a new id, in the body or in a header. The request's body is not looked at."""
    if response.id_body_field is not None:
        return _submit_in_body(context, response, response.id_body_field)
    return _submit_in_header(
        context, response, response.id_header or "", response.id_header_value or ""
    )


def _submit_in_header(context: Context, response: StepResponse, name: str, value: str) -> Handler:
    fixed_part = _written(response)

    async def answer(request: Request) -> Reply:
        issued = await context.issued.issue(request.session)
        headers = (*fixed_part.headers, (name, value.replace(ID, issued)))
        return Reply(fixed_part.status, headers, fixed_part.body)

    return answer


def _submit_in_body(context: Context, response: StepResponse, field: str) -> Handler:
    status, headers = response.status, response.header_pairs()
    body = json_value(response.body) or {}

    async def answer(request: Request) -> Reply:
        issued = await context.issued.issue(request.session)
        return Reply.json({**body, field: issued}, status, headers)

    return answer


def result(context: Context, response: StepResponse) -> Handler:
    """Answer with the payload, for an id that was handed out."""
    status, headers = response.status, response.header_pairs()

    async def answer(request: Request) -> Reply:
        issued = await context.issued.find(request.params["id"])
        if issued is None:
            owner = f"{context.partner}/{context.datapoint}"
            raise ReplyError(404, f"{owner} handed out no id {request.params['id']!r}")
        payload = await context.payload_of(issued, request.session)
        return Reply.of(payload.body, status, headers, content_type=payload.content_type)

    return answer


def fixed(response: StepResponse) -> Handler:
    """Answer with what the partner file says, whatever the id."""
    return constant(_written(response))


def _written(response: StepResponse) -> Reply:
    status, headers = response.status, response.header_pairs()
    if response.body is None:
        return Reply.empty(status, headers)
    return Reply.json(json_value(response.body), status, headers)
