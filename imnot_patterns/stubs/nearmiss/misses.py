"""The stubs and routes that came nearest to a request that nothing answered."""

from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple

import msgspec

from imnot_core import ConsumerRoute, ConsumerRoutes
from imnot_patterns.stubs.index import Entry, Index
from imnot_patterns.stubs.matcher import Evidence
from imnot_patterns.stubs.nearmiss.candidates import Candidates
from imnot_patterns.stubs.nearmiss.causes import UsedUp, causes_of, retired
from imnot_patterns.stubs.nearmiss.judging import Judged, judged, judged_route, score
from imnot_patterns.stubs.nearmiss.reasons import explained, reason, route_of
from imnot_patterns.stubs.seen import Seen

TELLING: Final = 0.9
"""The score of a stub from which on it is not asked whether endpoints of partners come near."""
MOST: Final = 3
"""Near misses that are told."""
LEAST: Final = 0.1
"""The score from which on something is a near miss; half of the best is asked for as well."""


class NearMiss(msgspec.Struct, frozen=True, kw_only=True):
    """A stub, or an endpoint of a partner, that nearly answered a request, and why it did not.

    `route` is the method and path for people, `owner` the endpoint's partner and datapoint. `score`
    is 1 where all criteria are satisfied and only `causes` kept it from answering. `reason` is one
    line that says the most important; `criteria` has everything that was compared.
    """

    kind: Literal["stub", "route"] = "stub"
    stub_id: str | None = None
    scope: str | None = None
    session: str | None = None
    route: str = ""
    owner: str = ""
    score: float = 0.0
    criteria: tuple[Evidence, ...] = ()
    causes: tuple[str, ...] = ()
    reason: str = ""


class _Near(NamedTuple):
    score: float
    place: int  # of the owner: the request's own comes first
    found: Entry | ConsumerRoute
    criteria: list[Judged]

    @property
    def rank(self) -> tuple[float, int, int]:
        newest = -self.found.order if isinstance(self.found, Entry) else 0
        return -self.score, self.place, newest


def near_misses(
    seen: Seen,
    index: Index,
    owners: Sequence[str],
    routes: ConsumerRoutes | None = None,
    *,
    used_up: UsedUp = retired,
) -> list[NearMiss]:
    """Return what came nearest to a request, best first, at most MOST; maybe nothing.

    Of one score, stubs of the request's own scope or session (`owners` in their order) come first,
    then those of everybody, then endpoints of partners; newer stubs come before older ones. A stub
    of another scope or session is only named where it would have answered, or where nothing else
    is. The time does not depend on the number of stubs.
    """
    candidates = Candidates.of(index)
    near = [_judged(entry, seen, owners) for entry in candidates.near(seen, owners)]
    others = candidates.others(owners)
    near += _fitting(seen, index, others, len(owners))
    if routes is not None:
        # Looking for the nearest of thousands of endpoints takes milliseconds.
        is_told = any(each.score >= TELLING for each in near)
        near += _routes(seen, routes, len(owners) + 1, also_near=not is_told)
    if not near:
        near = [_judged(entry, seen, owners) for entry in candidates.near(seen, others)]
    near.sort(key=lambda each: each.rank)
    best = [each for each in near[:MOST] if each.score >= max(LEAST, near[0].score / 2)]
    serving = None if routes is None else routes.serving(seen.method, seen.path)
    return [_told(each, seen, owners, serving, used_up) for each in best]


def _judged(entry: Entry, seen: Seen, owners: Sequence[str]) -> _Near:
    criteria = judged(entry, seen)
    owner = entry.stub.owner
    place = owners.index(owner) if owner in owners else len(owners)
    return _Near(score(criteria, seen), place, entry, criteria)


def _fitting(seen: Seen, index: Index, others: Sequence[str], place: int) -> Iterator[_Near]:
    """Yield the first stub of another scope or session that fits."""
    for owner in others:
        for entry, _ in index.find(seen, (owner,)):
            yield _Near(1.0, place, entry, judged(entry, seen))
            return


def _routes(seen: Seen, routes: ConsumerRoutes, place: int, *, also_near: bool) -> Iterator[_Near]:
    """Yield the endpoints of the path for other methods, or else those that are near if asked."""
    if routes.serving(seen.method, seen.path) is not None:
        return  # it did answer
    served = [routes.serving(method, seen.path) for method in routes.methods(seen.path)[:MOST]]
    found = [each for each in served if each is not None]
    fits = bool(found)
    if not found and also_near:
        found = routes.nearest(seen.method, seen.path, MOST)
    for route in found:
        criteria = judged_route(route.method, route.path, seen, fits=fits)
        yield _Near(score(criteria, seen), place, route, criteria)


def _told(
    near: _Near,
    seen: Seen,
    owners: Sequence[str],
    serving: ConsumerRoute | None,
    used_up: UsedUp,
) -> NearMiss:
    criteria = explained(near.criteria, seen)
    if isinstance(near.found, ConsumerRoute):
        route = route_of(near.found.method, near.found.path)
        return NearMiss(
            kind="route",
            route=route,
            owner=near.found.owner,
            score=near.score,
            criteria=tuple(each.evidence for each in criteria),
            reason=reason(f"{route} of {near.found.owner}", criteria),
        )
    left_out = _mismatches(near.criteria) - _mismatches(criteria)
    stub = near.found.stub
    route = route_of(stub.request.method, stub.request.path)
    causes = causes_of(near.found, owners, serving, used_up, fits=near.score == 1.0)
    return NearMiss(
        stub_id=stub.id,
        scope=stub.scope,
        session=stub.session,
        route=route,
        score=near.score,
        criteria=tuple(each.evidence for each in criteria),
        causes=tuple(causes),
        reason=reason(route, criteria, causes, left_out),
    )


def _mismatches(criteria: Sequence[Judged]) -> int:
    return sum(not each.evidence.matched for each in criteria)
