"""The answers of a `push` datapoint: to the submit, and on its admin routes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from imnot_core import Context, Handler, Issued, Reply, ReplyError, Request, instant
from imnot_patterns.callback.config import CallbackResponse
from imnot_patterns.callback.delivery import Submitted, delivery, submitted


def submit(context: Context, response: CallbackResponse) -> Handler:
    """Answer with a new request id, then call back."""
    url_of = _url_source(response)
    status, headers = response.status, response.header_pairs()
    method, delay = response.callback_method, response.callback_delay_seconds

    async def answer(request: Request) -> Reply:
        kept = Submitted(url=url_of(request), method=method)
        request_id = await context.issued.issue(request.session, kept)
        after = (delivery(context, request_id, delay),)
        return Reply.json({"request_id": request_id}, status, headers, after=after)

    return answer


def retrigger(context: Context) -> Handler:
    """Call back once more: at once, with the payload of the moment."""

    async def answer(request: Request) -> Reply:
        issued = await _find(context, request)
        body = {"status": "dispatched", "request_id": issued.id}
        return Reply.json(body, after=(delivery(context, issued.id),))

    return answer


def inspect_one(context: Context) -> Handler:
    """Show a submitted request and its deliveries."""

    async def answer(request: Request) -> Reply:
        return Reply.json(_described(await _find(context, request)))

    return answer


def inspect_all(context: Context) -> Handler:
    """Show all submitted requests of the datapoint, newest first."""

    async def answer(_request: Request) -> Reply:
        known = reversed(await context.issued.list())
        return Reply.json([_described(issued) for issued in known if issued.data])

    return answer


async def _find(context: Context, request: Request) -> Issued:
    request_id = request.params["request_id"]
    issued = await context.issued.find(request_id)
    # An id without data is of a time when the datapoint had another pattern.
    if issued is None or not issued.data:
        owner = f"{context.partner}/{context.datapoint}"
        raise ReplyError(404, f"No submitted request {request_id!r} of {owner}")
    return issued


def _described(issued: Issued) -> dict[str, Any]:
    kept = submitted(issued)
    return {
        "request_id": issued.id,
        "url": kept.url,
        "method": kept.method,
        "session": issued.session,
        "created_at": instant(issued.created),
        "deliveries": kept.deliveries,
    }


def _url_source(response: CallbackResponse) -> Callable[[Request], str]:
    header = response.callback_url_header
    if header is not None:
        return lambda request: _url_in_header(request, header)
    field = response.callback_url_field or ""
    return lambda request: _url_in_field(request, field)


def _url_in_header(request: Request, name: str) -> str:
    value = request.headers.get(name, "").strip()
    if not value:
        raise ReplyError(400, f"The request needs the header {name} with the callback URL")
    return _checked(value, f"the header {name}")


def _url_in_field(request: Request, name: str) -> str:
    body = request.json()
    if not isinstance(body, dict):
        detail = f"The request body must be a JSON object with the callback URL in {name!r}"
        raise ReplyError(400, detail)
    value = body.get(name)
    if not value:
        raise ReplyError(400, f"The request body needs the field {name!r} with the callback URL")
    return _checked(value, f"the field {name!r}")


def _checked(url: Any, place: str) -> str:
    if not isinstance(url, str) or not _callable(url):
        detail = f"The callback URL in {place} must be a text such as https://example.com/webhook"
        raise ReplyError(400, detail)
    return url


def _callable(url: str) -> bool:
    # The URL parser silently drops some control characters; none belongs into a URL or a log.
    if not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
