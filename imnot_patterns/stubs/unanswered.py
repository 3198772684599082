"""What a request gets that nothing answers: 404, with the nearest misses where people look."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

import msgspec

from imnot_core import ConsumerRoutes, Reply, Request, Services
from imnot_patterns.stubs.engine import Note, StubEngine
from imnot_patterns.stubs.index import Index
from imnot_patterns.stubs.nearmiss import NearMiss, header, near_misses, report
from imnot_patterns.stubs.seen import Seen

BODY: Final = b"NO_STUB_MATCH_FOUND"
HEADER: Final = "X-Imnot-Near-Miss"


async def unanswered(
    engine: StubEngine, services: Services, request: Request, reply: Reply
) -> Reply:
    """Journal the request, and say in a header what came nearest.

    Where stubs are in use, or no partner is, the body is the stub API's; else the server's own
    `reply`, which speaks of partners, stays. So does a 405: it names the methods that there are.
    """
    scope, owner = engine.owner_of(request)
    owners = (owner, "") if owner else ("",)
    misses = explained(request, engine.index, owners, services.routes, services.log)
    note = Note(scope, None, tuple(misses))
    request_id = await engine.journal(request, reply.status, note, owner)
    tell(request, misses, request_id, services.log)
    told = (HEADER, shown(misses, request_id))
    if reply.status == 404 and (engine.is_used(owners) or not any(services.routes)):
        return Reply.of(BODY, 404, (told,), content_type="")
    return msgspec.structs.replace(reply, headers=(*reply.headers, told))


def explained(
    request: Request,
    index: Index,
    owners: Sequence[str],
    routes: ConsumerRoutes | None,
    log: logging.Logger,
) -> list[NearMiss]:
    """The nearest stubs and routes; none if explaining fails, which is logged."""
    try:
        return near_misses(Seen.of(request), index, owners, routes)
    except Exception:
        log.exception("the near misses of %s cannot be told", request.path)
        return []


def tell(request: Request, misses: list[NearMiss], request_id: str, log: logging.Logger) -> None:
    """Log the request beside what came nearest. Never fails."""
    try:
        log.warning("%s", report(Seen.of(request), misses, request_id))
    except Exception:
        log.exception("the report of %s cannot be written", request.path)


def shown(misses: list[NearMiss], request_id: str) -> str:
    """The value of the header: the nearest miss in words, and where the rest is."""
    link = f"see /__mock__/requests/{request_id}/near-misses"
    text = header(misses)
    return f"{text}; {link}" if text else f"nothing comes near; {link}"
