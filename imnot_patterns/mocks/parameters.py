"""The body of `POST /v1/mocks` → a mock, or all that is wrong with it.

Parameters that are left out or null have their default, unknown ones are ignored.
"""

from __future__ import annotations

from typing import Any, Final

from imnot_core import JSON_CONTENT_TYPE, header_faults, parse_json
from imnot_patterns.mocks.mock import MARK, Mock
from imnot_patterns.payloads.details import Detail, Unprocessable, shown
from imnot_patterns.payloads.fields import Fields

LONGEST_NAME: Final = 128
LONGEST_DELAY_MS: Final = 30_000
SHORTEST_LIFE: Final = 60
LONGEST_LIFE: Final = 172_800
LIFE: Final = 86_400
"""How many seconds a mock lives that says nothing of it: a day."""

# The server frames its answers itself, and says whose they are.
_SERVERS_OWN: Final = frozenset({"content-length", "transfer-encoding", "connection", MARK.lower()})


def mock_of(body: bytes, *, mock_id: str, now: float) -> Mock:
    """Make a mock of a request's body; `now` is in seconds since 1970.

    Raises Unprocessable with all that is wrong.
    """
    details: list[Detail] = []
    fields = Fields.of(_parsed(body), details)
    if fields is None:
        raise Unprocessable(details)
    headers = _headers(fields)
    mock = Mock(
        id=mock_id,
        name=_name(fields),
        status_code=_status(fields),
        headers=headers,
        body=fields.optional_text("body") or "",
        content_type=_content_type(fields, headers),
        delay_ms=fields.integer("delay_ms", 0, at_least=0, at_most=LONGEST_DELAY_MS),
        created=int(now * 1000) / 1000,  # so that both ends of its life are written exactly
        ttl_seconds=fields.integer(
            "ttl_seconds", LIFE, at_least=SHORTEST_LIFE, at_most=LONGEST_LIFE
        ),
    )
    if details:
        raise Unprocessable(details)
    return mock


def _parsed(body: bytes) -> Any:
    if not body:
        message = "a JSON object is required; {} makes a mock that answers 200"
        raise Unprocessable([Detail("missing", ("body",), message, None)])
    try:
        return parse_json(body)
    except ValueError as error:
        text = shown(body[:1000].decode(errors="replace"))
        raise Unprocessable(
            [Detail("json_invalid", ("body",), f"invalid JSON: {error}", text)]
        ) from None


def _name(fields: Fields) -> str | None:
    name = fields.optional_text("name")
    if name is not None and len(name) > LONGEST_NAME:
        fields.note("too_long", f"must have at most {LONGEST_NAME} characters", "name")
    return name


def _status(fields: Fields) -> int:
    status = fields.integer("status_code", 200, at_least=100, at_most=599)
    if status < 200:
        message = "must be at least 200: 1xx only announces an answer, and cannot be one"
        fields.note("greater_than_equal", message, "status_code")
    return status


def _content_type(fields: Fields, headers: dict[str, str]) -> str:
    """What is given, else what is among the headers, else JSON."""
    if not fields.given("content_type"):
        named = (value for name, value in headers.items() if name.lower() == "content-type")
        return next(named, JSON_CONTENT_TYPE)
    given = fields.text("content_type", JSON_CONTENT_TYPE)
    if not given.strip():
        fields.note("too_short", "must not be empty; leave it out for the default", "content_type")
    for _, message, hint in header_faults("", "Content-Type", given):
        fields.note("value_error", f"{message}; {hint}", "content_type")
    return given


def _headers(fields: Fields) -> dict[str, str]:
    """The headers that are sent as they are given."""
    given = fields.texts("headers")
    for name, value in given.items():
        for _, message, hint in header_faults("", name, value):
            fields.note("value_error", f"{message}; {hint}", "headers", name)
    return {name: value for name, value in given.items() if name.lower() not in _SERVERS_OWN}
