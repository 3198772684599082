"""The action `response`: a fixed answer, encoded once, or one that is rendered for each request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from imnot_core import JSON_CONTENT_TYPE, Fault, Reply, Request, encode_json, header_faults
from imnot_patterns.stubs.actions.templates import request_values
from imnot_patterns.stubs.seen import Seen
from imnot_patterns.stubs.stub import ResponseAction
from imnot_patterns.templating import TemplateFailed

if TYPE_CHECKING:
    from imnot_patterns.stubs.actions import Answer, Answering


def responder(action: ResponseAction, answering: Answering) -> Answer:
    """Return what gives this response."""
    if action.template_body is not None:
        return _rendered(action, action.template_body, answering)
    reply = _constant(action)

    async def constant(
        _seen: Seen, _request: Request, _params: dict[str, str], _scope: str | None
    ) -> Reply:
        return reply

    return constant


def faults(action: ResponseAction) -> Iterator[Fault]:
    """Give what keeps a response from being sent."""
    if not 200 <= action.status_code <= 599:
        message = f"{action.status_code} is no status of an answer"
        yield "status_code", message, "write a number from 200 to 599"
    for name, value in action.headers.items():
        yield from header_faults(f"headers.{name}", name, value)
    if (action.body is None) == (action.template_body is None):
        yield "", "Exactly one of body or template_body must be provided.", ""
    elif cause := _unsendable(action.body):
        yield "body", f"the body cannot be sent: {cause}", "write text, or what JSON can express"


def _constant(action: ResponseAction) -> Reply:
    headers, body = _headers(action), action.body
    # A text has no Content-Type of its own, not even a charset.
    if isinstance(body, str):
        return Reply.of(body.encode(), action.status_code, headers, content_type="")
    if body is None:
        return Reply.empty(action.status_code, headers)
    content = encode_json(body)
    return Reply.of(content, action.status_code, headers, content_type=JSON_CONTENT_TYPE)


def _rendered(action: ResponseAction, source: str, answering: Answering) -> Answer:
    status, headers = action.status_code, _headers(action)
    template = answering.templates.template("template_body", source)

    async def render(
        seen: Seen, request: Request, params: dict[str, str], scope: str | None
    ) -> Reply:
        try:
            text = template.render(request_values(seen, request, params, scope))
        except TemplateFailed as failed:
            return failed.reply()
        return Reply.of(text.encode(errors="replace"), status, headers, content_type="")

    return render


def _headers(action: ResponseAction) -> tuple[tuple[str, str], ...]:
    # Recorded answers often have this one; beside the length of the body it makes no valid answer.
    pairs = action.headers.items()
    return tuple(pair for pair in pairs if pair[0].lower() != "transfer-encoding")


def _unsendable(body: Any) -> str:
    """Say why a body cannot be sent, "" if it can."""
    try:
        # Python's own encoder, because the other one writes null for what is no number.
        json.dumps(body, allow_nan=False, ensure_ascii=False).encode()
        encode_json(body)
    except RecursionError:
        return "it is nested too deep"
    except (ValueError, TypeError, OverflowError) as error:
        return str(error)
    return ""
