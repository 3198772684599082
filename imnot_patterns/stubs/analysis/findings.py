"""Findings: stubs that are never, or hardly ever, reached."""

from collections.abc import Iterator
from typing import Literal

import msgspec

from imnot_core import ConsumerRoutes
from imnot_patterns.stubs.analysis.overlaps import Overlap, overlaps, overlaps_of
from imnot_patterns.stubs.analysis.partners import Served, partly_served, served
from imnot_patterns.stubs.analysis.reach import obstacles
from imnot_patterns.stubs.index import Entry, Index


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that keeps a stub from answering. `message` is for people, and ends without period.

    `duplicate`: an older stub demands the same. `shadowed`: another stub, or an endpoint of a
    partner, answers all that it would (or, as the message says, a part). `unreachable`: no request
    can satisfy it. `used_up`: it has answered as often as its `max_calls` say. `by` is the id of
    the other stub, or the endpoint.
    """

    kind: Literal["duplicate", "shadowed", "unreachable", "used_up"]
    stub_id: str
    scope: str | None
    message: str
    by: str | None = None


def analyse(index: Index, routes: ConsumerRoutes | None = None) -> list[Finding]:
    """Return what is wrong with the stubs of an index, in order of their creation."""
    entries = list(index.entries.values())
    found: dict[str, list[Finding]] = {}
    for entry in entries:
        found[entry.stub.id] = list(_alone(entry, routes))
    if routes is not None:
        for entry, endpoint in partly_served(entries, routes):
            found[entry.stub.id].append(_of_partner(entry, endpoint))
    for overlap in overlaps(entries):
        found[overlap.entry.stub.id].append(_of_stub(overlap))
    return [finding for entry in entries for finding in found[entry.stub.id]]


def warnings_for(entry: Entry, index: Index, routes: ConsumerRoutes | None = None) -> list[str]:
    """Return what is to be said about a new stub, as `analyse` would.

    The time does not depend on the number of stubs and endpoints. So not all is found: of many
    stubs with one path only some are compared, and endpoints that take a part of a path with
    parameters are not looked for.
    """
    findings = [*_alone(entry, routes), *map(_of_stub, overlaps_of(entry, index))]
    return [each.message for each in findings]


def _alone(entry: Entry, routes: ConsumerRoutes | None) -> Iterator[Finding]:
    """Yield what is wrong with a stub whatever other stubs there are."""
    for message in obstacles(entry.stub):
        yield _finding("unreachable", entry, message)
    most = entry.stub.max_calls
    if most is not None and most > 0 and not entry.is_filed:
        yield _finding("used_up", entry, f"its max_calls ({most}) are used up")
    if routes is not None:
        for each in served(entry, routes):
            yield _of_partner(entry, each)


def _of_partner(entry: Entry, each: Served) -> Finding:
    return _finding("shadowed", entry, each.message, by=str(each.route))


def _of_stub(overlap: Overlap) -> Finding:
    kind: Literal["duplicate", "shadowed"] = "duplicate" if overlap.is_same else "shadowed"
    return _finding(kind, overlap.entry, overlap.message, by=overlap.by.stub.id)


def _finding(
    kind: Literal["duplicate", "shadowed", "unreachable", "used_up"],
    entry: Entry,
    message: str,
    by: str | None = None,
) -> Finding:
    return Finding(kind=kind, stub_id=entry.stub.id, scope=entry.stub.scope, message=message, by=by)
