"""What the tests of near misses and of the analysis share: stubs, an index, endpoints."""

from __future__ import annotations

from typing import Any

from imnot_core import ConsumerRoutes, Request
from imnot_core.routes import Route, RouteTable
from imnot_patterns.stubs.index import Index
from imnot_patterns.stubs.nearmiss import Candidates, NearMiss, near_misses
from imnot_patterns.stubs.seen import Seen
from imnot_patterns.stubs.stub import Action, ResponseAction, Stub, StubRequest

ANSWER = Action(response=ResponseAction(status_code=200, body="answer"))


class Endpoint:
    """Stands for what answers a route."""

    admin = False


def stub(
    id: str = "one",  # noqa: A002 - the name of the field
    *,
    scope: str | None = None,
    session: str | None = None,
    max_calls: int | None = None,
    **request: Any,
) -> Stub:
    return Stub(
        id=id,
        request=StubRequest(**request),
        action=ANSWER,
        scope=scope,
        session=session,
        max_calls=max_calls,
    )


def index_of(*stubs: Stub, retired: tuple[str, ...] = ()) -> Index:
    index = Index()
    Candidates.of(index)
    for each in stubs:
        index.add(each)
    for stub_id in retired:
        index.retire(index.entries[stub_id])
    return index


def routes_of(**routes: str) -> ConsumerRoutes:
    """Endpoints as `GET_charges="/v1/charges"`: method and datapoint of the partner acme."""
    made = []
    for name, path in routes.items():
        method, _, datapoint = name.partition("_")
        made.append(Route(method, path, Endpoint(), f"acme/{datapoint}"))
    table = RouteTable.build(made)
    return ConsumerRoutes(lambda: table)


def misses(request: Request, *stubs: Stub, **options: Any) -> list[NearMiss]:
    """The near misses of a request among stubs of everybody."""
    index = index_of(*stubs, retired=options.pop("retired", ()))
    return near_misses(
        Seen.of(request), index, options.pop("owners", ("",)), options.pop("routes", None)
    )


def hint_of(request: Request, field: str, **wanted: Any) -> str:
    """The hint that a stub of these criteria gets for one of them, which does not match."""
    (found,) = misses(request, stub(**wanted))[:1]
    (evidence,) = [each for each in found.criteria if each.field == field]
    assert not evidence.matched
    return evidence.hint
