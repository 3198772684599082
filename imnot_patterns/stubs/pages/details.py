"""What the pages of one stub and of one request say."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final
from urllib.parse import parse_qsl

from imnot_core import JournalEntry
from imnot_patterns.stubs.engine import SeenRequest
from imnot_patterns.stubs.nearmiss import NearMiss
from imnot_patterns.stubs.pages import addresses
from imnot_patterns.stubs.pages.rows import RequestRow, request_row
from imnot_patterns.stubs.wire.listing import listed_request

_BODY_SHOWN: Final = 50_000  # characters
_BYTES_SHOWN: Final = 512
_VALUE_SHOWN: Final = 300  # characters


@dataclass(frozen=True, slots=True)
class Comparison:
    """One criterion of a near miss beside what the request had."""

    field: str
    matched: bool
    expected: str
    actual: str
    hint: str


@dataclass(frozen=True, slots=True)
class Miss:
    """A stub or partner route that came near."""

    route: str
    stub_id: str
    page: str
    partner: str
    percent: int
    reason: str
    causes: Sequence[str]
    criteria: Sequence[Comparison]


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a request, as far as it can be shown."""

    text: str
    size: int
    is_text: bool
    is_whole: bool


@dataclass(frozen=True, slots=True)
class RequestDetail:
    """All that is known of a journaled request."""

    row: RequestRow
    source: str
    headers: Sequence[tuple[str, str]]
    query: Sequence[tuple[str, str]]
    body: Body
    misses: Sequence[Miss]


def request_detail(seen: SeenRequest) -> RequestDetail:
    """Tell all of a request."""
    entry = seen.entry
    return RequestDetail(
        row=request_row(seen),
        source=entry.source,
        headers=entry.headers,
        query=parse_qsl(entry.query, keep_blank_values=True),
        body=_body(entry, seen),
        misses=[_miss(each) for each in seen.near_misses],
    )


def as_json(value: Any) -> Any:
    """Indented JSON, ready for a page: quotes stay what they are, which a text node allows."""
    from minijinja import safe  # noqa: PLC0415 - 2 MB, for those who look at pages

    return safe(escape(_indented(value), quote=False))


def _body(entry: JournalEntry, seen: SeenRequest) -> Body:
    listed: Mapping[str, Any] = listed_request(
        entry, scope=seen.scope, matched_stub_id=seen.matched_stub_id
    )
    text = listed["body"]
    if text is None:
        shown = entry.body[:_BYTES_SHOWN]
        whole = len(shown) == entry.body_size
        return Body(shown.hex(" "), entry.body_size, is_text=False, is_whole=whole)
    whole = len(text) <= _BODY_SHOWN and not listed.get("body_truncated")
    return Body(_pretty(text[:_BODY_SHOWN]), entry.body_size, is_text=True, is_whole=whole)


def _pretty(text: str) -> str:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return _indented(value) if isinstance(value, dict | list) else text


def _miss(near: NearMiss) -> Miss:
    stub_id = near.stub_id or ""
    return Miss(
        route=near.route,
        stub_id=stub_id,
        page=addresses.stub_page(stub_id),
        partner="" if stub_id else near.owner,
        percent=int(near.score * 100),
        reason=near.reason,
        causes=near.causes,
        criteria=[
            Comparison(each.field, each.matched, each.expected, _shown(each.actual), each.hint)
            for each in near.criteria
        ],
    )


def _shown(actual: Any) -> str:
    if actual is None:
        return "absent"
    text = json.dumps(actual, ensure_ascii=False, default=str)
    return text if len(text) <= _VALUE_SHOWN else f"{text[:_VALUE_SHOWN]}…"


def _indented(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
