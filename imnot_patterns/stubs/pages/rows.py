"""What a line of a table says: stubs, requests and scopes as people read them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from imnot_core import instant
from imnot_patterns.stubs.engine import SeenRequest
from imnot_patterns.stubs.pages import addresses
from imnot_patterns.stubs.stub import Action, Stub
from imnot_patterns.stubs.wire.listing import seen_entry

ANY = "*"


@dataclass(frozen=True, slots=True)
class Owner:
    """The scope or session that something belongs to; both empty for everybody."""

    scope: str = ""
    session: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True)
class StubRow:
    """A stub in a table."""

    id: str
    page: str
    delete: str
    owner: Owner
    method: str
    path: str
    action: str
    uses: str
    warnings: Sequence[str]


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A journaled request in a table."""

    id: str
    page: str
    at: str
    date: str
    time: str
    method: str
    path: str
    status: str
    owner: Owner
    host: str
    stub_id: str
    stub_page: str
    reason: str


@dataclass(frozen=True, slots=True)
class ScopeRow:
    """A scope in a list."""

    name: str
    page: str
    delete: str


def stub_row(stub: Stub, uses: str, warnings: Sequence[str], scope: str) -> StubRow:
    """Make the line of a stub; deleting it answers with the panel of `scope`."""
    return StubRow(
        id=stub.id,
        page=addresses.stub_page(stub.id),
        delete=addresses.deleting_stub(stub.id, stub.owner, scope),
        owner=owner_of(stub.scope, stub.session),
        method=told(stub.request.method),
        path=told(stub.request.path),
        action=kind_of(stub.action),
        uses=uses,
        warnings=warnings,
    )


def request_row(seen: SeenRequest) -> RequestRow:
    """Make the line of a request."""
    entry = seen.entry
    at = instant(entry.at)
    stub_id = seen.matched_stub_id or ""
    misses = [] if stub_id else seen.near_misses
    return RequestRow(
        id=entry.id,
        page=addresses.request_page(entry.id),
        at=at,
        date=at[:10],
        time=at[11:19],
        method=entry.method,
        path=entry.path,
        status="" if entry.status is None else str(entry.status),
        owner=owner_of(seen.scope, entry.session),
        host=seen_entry(entry).host,
        stub_id=stub_id,
        stub_page=addresses.stub_page(stub_id),
        reason=misses[0].reason if misses else "",
    )


def scope_row(name: str) -> ScopeRow:
    """Make the line of a scope."""
    return ScopeRow(name, addresses.scope_page(name), addresses.deleting_scope(name))


def owner_of(scope: str | None, session: str | None) -> Owner:
    """Tell whose something is: a scope has a page, a session has none."""
    if scope:
        return Owner(scope=scope, page=addresses.scope_page(scope))
    return Owner(session=session or "")


def kind_of(action: Action) -> str:
    """How a stub answers, in a word or two."""
    if action.proxy is not None:
        return "proxy"
    if action.sse is not None:
        return "sse"
    response = action.response
    if response is None:
        return ""
    kind = "response" if response.template_body is None else "template"
    return f"{kind} {response.status_code}"


def told(criterion: Any) -> str:
    """A criterion on one line: a text as it is, `*` for none, other things as JSON."""
    if criterion is None:
        return ANY
    return criterion if isinstance(criterion, str) else json.dumps(criterion, ensure_ascii=False)
