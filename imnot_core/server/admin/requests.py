"""The journal over HTTP: requests and callbacks listed, shown, deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from litestar import Request, delete, get
from litestar.params import FromPath

from imnot_core.errors import ReplyError
from imnot_core.server.openapi import errors
from imnot_core.server.runtime import Runtime
from imnot_core.store.journal import Journal
from imnot_core.store.journal_entries import JournalEntry
from imnot_core.store.journal_filter import JournalFilter
from imnot_core.store.journal_shown import shown_entry

BASE: Final = "/imnot/admin/requests"
LIMIT: Final = 100
MOST: Final = 1000
NOT_KEPT: Final = "This server keeps no journal: it was started with --journal-size 0"

HttpRequest = Request[Any, Any, Any]
_REFUSED = errors({400: "A filter is not valid.", 409: "The server keeps no journal."})
_UNKNOWN = errors({404: "No such request is kept.", 409: "The server keeps no journal."})


def request_handlers(runtime: Runtime) -> tuple[Any, ...]:
    """The endpoints for what the journal keeps."""
    return *_reading(runtime), _clearing(runtime.services.journal)


def _reading(runtime: Runtime) -> tuple[Any, ...]:
    journal = runtime.services.journal

    def is_key(secret: str) -> bool:
        return bool(runtime.settings.admin_key) and runtime.key.admits(secret)

    @get(BASE, tags=["requests"], responses=_REFUSED)
    async def list_requests(request: HttpRequest) -> dict[str, Any]:
        """List requests and callbacks, newest first.

        Filters: partner, datapoint, source, session (empty: of none), method, path (with `*` and
        `{name}`), status (404 or 4xx), kind (request or callback), since, until, unmatched. Then
        limit, and before: the `next` of the last answer.
        """
        _needs(journal)
        given = _given(request.query_params)
        limit, before = _limit(given.pop("limit", "")), given.pop("before", "")
        chosen = _filter(given)
        session = chosen.session if isinstance(chosen.session, str) else None
        accepts = chosen.judge()
        found = [each for each in await journal.list(session=session) if accepts(each)]
        found.reverse()
        page = _after(found, before)
        more = page[limit - 1].id if len(page) > limit else None
        listed = [shown_entry(each, is_key) for each in page[:limit]]
        return {"requests": listed, "total": len(found), "next": more}

    @get(f"{BASE}/{{id:str}}", tags=["requests"], responses=_UNKNOWN)
    async def show_request(id: FromPath[str]) -> dict[str, Any]:  # noqa: A002 - as in the list
        """Show one request or callback."""
        _needs(journal)
        found = await journal.find(id)
        if found is None:
            raise ReplyError(404, f"No such request is kept: {id}")
        return shown_entry(found, is_key)

    return list_requests, show_request


def _clearing(journal: Journal) -> Any:
    @delete(BASE, status_code=200, tags=["requests"], responses=errors({400: "A filter."}))
    async def clear_requests(request: HttpRequest) -> dict[str, Any]:
        """Forget all requests and callbacks, or those of one session (empty: of none)."""
        given = _given(request.query_params)
        if unknown := given.keys() - {"session"}:
            raise ReplyError(400, f"{', '.join(sorted(unknown))}: only `session` can be given here")
        return {"status": "ok", "deleted": await journal.clear(given.get("session"))}

    return clear_requests


def _needs(journal: Journal) -> None:
    if not journal.keeps:
        raise ReplyError(409, NOT_KEPT)


def _given(query: Any) -> dict[str, str]:
    """The parameters of a query, the last of each name."""
    pairs: Mapping[str, str] = query
    return dict(pairs.items())


def _filter(given: Mapping[str, str]) -> JournalFilter:
    chosen, faults = JournalFilter.of(given)
    if faults:
        told = [f"{field}={given[field]!r} {message}; {hint}" for field, message, hint in faults]
        raise ReplyError(400, "; ".join(told))
    return chosen


def _limit(text: str) -> int:
    if not text:
        return LIMIT
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MOST):
        raise ReplyError(400, f"limit={text!r} is not valid; write a number from 1 to {MOST}")
    return int(text)


def _after(entries: list[JournalEntry], before: str) -> list[JournalEntry]:
    if not before:
        return entries
    for place, each in enumerate(entries):
        if each.id == before:
            return entries[place + 1 :]
    raise ReplyError(
        400, f"before={before!r} is not among the requests asked for; list them anew without it"
    )
