"""What a request gets for which no endpoint of its datapoint fits: 404, and what came nearest."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import msgspec

from imnot_core import Context, Reply, Request
from imnot_patterns.stubs.engine import Note
from imnot_patterns.stubs.index import Index
from imnot_patterns.stubs.nearmiss import NearMiss, near_misses
from imnot_patterns.stubs.nearmiss.showing import shown
from imnot_patterns.stubs.pattern.paths import Template
from imnot_patterns.stubs.seen import Seen
from imnot_patterns.stubs.unanswered import HEADER, tell
from imnot_patterns.stubs.unanswered import shown as in_header

UsedUp = Callable[[str], Awaitable[tuple[int, int] | None]]
"""Gives the calls of an endpoint and its `max_calls` where these are used up; else None."""


class Unmatched:
    """Explains the requests of one datapoint. `templates` has the paths by the id of the stub."""

    def __init__(
        self,
        index: Index,
        templates: Mapping[str, Template],
        owner: str,
        context: Context,
        used_up: UsedUp,
    ) -> None:
        self._index = index
        self._templates = templates
        self._owner = owner
        self._context = context
        self._used_up = used_up

    async def reply(self, request: Request, seen: Seen) -> Reply:
        """Journal the request and say what came nearest."""
        log = self._context.log
        misses = await self._explained(seen)
        request_id = await self._context.journal.add(
            request,
            source=self._owner,
            status=404,
            owner=request.session or "",
            data=Note(near=tuple(misses)),
            is_answered=False,
        )
        tell(request, misses, request_id, log)
        nearest = f"; nearest is {misses[0].reason}" if misses else ""
        text = f"No endpoint of {self._owner} answers this {request.method} {request.path}"
        headers = ((HEADER, in_header(misses, request_id)),)
        return Reply.json({"detail": f"{text}{nearest}"}, 404, headers)

    async def _explained(self, seen: Seen) -> list[NearMiss]:
        try:
            misses = near_misses(seen, self._index, ("",))
            ids = [each.stub_id or "" for each in misses]
            used = {each: calls for each in ids if (calls := await self._used_up(each))}
            if used:
                misses = near_misses(
                    seen, self._index, ("",), used_up=lambda entry: used.get(entry.stub.id)
                )
            return [_told(each, self._templates[each.stub_id or ""]) for each in misses]
        except Exception:
            self._context.log.exception("the near misses of %s cannot be told", seen.path)
            return []


def _told(miss: NearMiss, template: Template) -> NearMiss:
    """The near miss as one of an endpoint, with the path as the file has it."""
    path, owner = template.path, miss.stub_id or ""
    route = f"{miss.route.partition(' ')[0]} {path}"
    subject = f"{route} of {owner}"
    reason = f"{subject}{miss.reason.removeprefix(miss.route)}"
    criteria = list(miss.criteria)
    # The path is the first, and where it does not fit, the reason begins with it.
    at = msgspec.structs.replace(criteria[0], expected=path)
    if template.is_mixed and not at.matched:  # nobody wrote the regular expression
        at = msgspec.structs.replace(at, hint="")
        reason = f"{subject}: path is {shown(at.actual)}, expected {shown(path)}"
    return msgspec.structs.replace(
        miss,
        kind="route",
        stub_id=None,
        owner=owner,
        route=route,
        criteria=(at, *criteria[1:]),
        reason=reason,
    )
