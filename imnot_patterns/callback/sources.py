"""Where the URL of a callback comes from, and whether it is one that may be called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from imnot_core import ReplyError, Request, TargetRefused, Targets
from imnot_patterns.callback.config import Callback
from imnot_patterns.callback.wording import Seen, is_http_url
from imnot_patterns.templating import TemplateFailed, Templates

EXAMPLE = "https://example.com/webhook"

Source = Callable[[Request, dict[str, Any]], str]
"""Gives the URL for a submit; `beside` is what templates have beside the request."""


def source(callback: Callback, targets: Targets, templates: Templates, field: str) -> Source:
    """Where the URL of a callback comes from. It raises ReplyError (400) for what is no URL."""
    read = _source(callback, templates, field)

    def url_of(request: Request, beside: dict[str, Any]) -> str:
        url = read(request, beside)
        try:
            targets.check(url)
        except TargetRefused as refused:
            raise ReplyError(400, str(refused)) from None
        return url

    return url_of


def _source(callback: Callback, templates: Templates, field: str) -> Source:
    header, name = callback.url_header, callback.url_field
    if header is not None:
        return lambda request, _beside: _in_header(request, header)
    if name is not None:
        return lambda request, _beside: _in_field(request, name)
    template = templates.template(field, callback.url or "")

    def made(request: Request, beside: dict[str, Any]) -> str:
        try:
            url = template.render(Seen.of(request).values(), **beside).strip()
        except TemplateFailed as failed:
            detail = f"The callback URL cannot be made of this request: {failed}"
            raise ReplyError(400, detail) from None
        if not is_http_url(url):
            raise ReplyError(400, f"The callback URL of the partner file comes to {url!r}: no URL")
        return url

    return made


def _in_header(request: Request, name: str) -> str:
    value = request.headers.get(name, "").strip()
    if not value:
        raise ReplyError(400, f"The request needs the header {name} with the callback URL")
    return _checked(value, f"the header {name}")


def _in_field(request: Request, name: str) -> str:
    body = request.json()
    if not isinstance(body, dict):
        detail = f"The request body must be a JSON object with the callback URL in {name!r}"
        raise ReplyError(400, detail)
    value = body.get(name) or _within(body, name)
    if not value:
        raise ReplyError(400, f"The request body needs the field {name!r} with the callback URL")
    return _checked(value, f"the field {name!r}")


def _within(body: Any, name: str) -> Any:
    value = body
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _checked(url: Any, place: str) -> str:
    if not isinstance(url, str) or not is_http_url(url):
        detail = f"The callback URL in {place} must be a text such as {EXAMPLE}"
        raise ReplyError(400, detail)
    return url
