"""What a partner file writes of a callback's URL, headers and body: templates, and what they see.

A template has `request` (method, path, params, query, headers with names in lower case, body, and
json: the body where it is JSON), `request_id`, `session`, `callback` (its number), `webhook_id`,
and the functions of all templates. Those of headers and body also have `payload` and `attempt`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from imnot_core import Fault, Request, encode_json, parse_json
from imnot_core import body_faults as json_faults
from imnot_patterns.templating import Templates, is_constant, syntax_fault

# A text that is nothing but one expression stands for the value, and not for its text.
_WHOLE: Final = re.compile(r"\s*\{\{-?((?:(?!\}\}|\{\{).)*?)-?\}\}\s*", re.DOTALL)

_MARK: Final = re.compile(r"\{[{%#]")
_SCHEMES: Final = ("http://", "https://")

Fill = Callable[["Seen", dict[str, Any]], Any]


class Seen(msgspec.Struct, frozen=True):
    """A submit, as it is kept for the templates."""

    method: str
    path: str
    params: dict[str, str]
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @classmethod
    def of(cls, request: Request) -> Seen:
        """Take from a request what templates see of it."""
        return cls(
            method=request.method,
            path=request.path,
            params=dict(request.params),
            query={key: request.query[key] for key in request.query},
            headers={name.lower(): request.headers[name] for name in request.headers},
            body=request.body,
        )

    def values(self) -> dict[str, Any]:
        """What `request` has in a template."""
        parsed = data_of(self.body)
        values = {
            "method": self.method,
            "path": self.path,
            "params": self.params,
            "path_params": self.params,
            "query": self.query,
            "headers": self.headers,
            "body": parsed,
        }
        # What is no JSON has no `json`: an error that says so, instead of a text without keys.
        return values if isinstance(parsed, str | bytes) else {**values, "json": parsed}


def data_of(body: bytes) -> Any:
    """A body as a template has it: JSON as data, else text, else bytes."""
    try:
        return parse_json(body)
    except ValueError:
        pass
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body


def text_faults(field: str, text: str) -> Iterator[Fault]:
    """Give what keeps a template from being read."""
    if fault := syntax_fault(text):
        yield field, fault, "correct the template"


def is_http_url(url: str) -> bool:
    """Tell whether a text is a URL that can be called."""
    # The URL parser silently drops some control characters; none belongs into a URL or a log.
    if not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def url_faults(field: str, text: str) -> Iterator[Fault]:
    """Give what keeps a template from coming to a URL that can be called."""
    hint = "write a URL such as https://example.com/hooks/{{ request.json.id }}"
    if any(text_faults(field, text)):
        yield from text_faults(field, text)
    elif is_constant(text):
        if not is_http_url(text.strip()):
            yield field, f"{text!r} is no http or https URL", hint
    else:
        begin = _MARK.split(text, 1)[0].strip().lower()
        if not any(each.startswith(begin[: len(each)]) for each in _SCHEMES):
            yield field, f"{text!r} does not begin as an http or https URL does", hint


def body_faults(field: str, body: Any) -> Iterator[Fault]:
    """Give what keeps a written body from being sent."""
    for _, message, hint in json_faults(body):
        yield field, message, hint
        return
    for where, text in _texts(body, field):
        yield from text_faults(where, text)


def filled(written: Any, templates: Templates, field: str) -> Fill:
    """What fills in all texts of a body that stands for JSON."""
    if isinstance(written, str):
        return _filled_text(written, templates, field)
    if isinstance(written, dict):
        parts = {key: filled(each, templates, f"{field}.{key}") for key, each in written.items()}
        return lambda seen, beside: {key: fill(seen, beside) for key, fill in parts.items()}
    if isinstance(written, list | tuple):
        items = [filled(each, templates, f"{field}[{n}]") for n, each in enumerate(written)]
        return lambda seen, beside: [fill(seen, beside) for fill in items]
    return lambda _seen, _beside: written


def rendered(body: Any, templates: Templates, field: str) -> Callable[..., tuple[bytes, str]]:
    """What makes the bytes of a written body, and their content type."""
    if isinstance(body, str):
        template = templates.template(field, body)

        def text(seen: Seen, beside: dict[str, Any]) -> tuple[bytes, str]:
            made = template.render(seen.values(), **beside).encode()
            return made, _content_type(made)

        return text
    fill = filled(body, templates, field)
    return lambda seen, beside: (encode_json(fill(seen, beside)), "application/json")


def _filled_text(written: str, templates: Templates, field: str) -> Fill:
    whole = _WHOLE.fullmatch(written)
    if whole is None:
        template = templates.template(field, written)
        return lambda seen, beside: template.render(seen.values(), **beside)
    value = templates.template(field, f"{{{{ ({whole[1].strip()}) | tojson }}}}")
    return lambda seen, beside: parse_json(value.render(seen.values(), **beside).encode())


def _content_type(made: bytes) -> str:
    if not made:
        return ""
    if made.lstrip().startswith((b"{", b"[")) and not isinstance(data_of(made), str | bytes):
        return "application/json"
    return "text/plain; charset=utf-8"


def _texts(value: Any, field: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield field, value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _texts(each, f"{field}.{key}")
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield from _texts(each, f"{field}[{index}]")
