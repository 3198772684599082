"""Why a stub did not answer although the request may fit: what lies outside the request."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from imnot_core import ConsumerRoute
from imnot_patterns.stubs.index import Entry
from imnot_patterns.stubs.nearmiss.showing import printable, shown

UsedUp = Callable[[Entry], tuple[int, int] | None]
"""Gives how often a stub has answered, and its `max_calls`, where these are used up; else None."""


def retired(entry: Entry) -> tuple[int, int] | None:
    """Return the calls of a stub that was retired: as many as it may answer."""
    most = entry.stub.max_calls
    return None if most is None or entry.is_filed else (max(most, 0), most)


def causes_of(
    entry: Entry,
    owners: Sequence[str],
    serving: ConsumerRoute | None,
    used_up: UsedUp,
    *,
    fits: bool,
) -> list[str]:
    """Return everything but its criteria that keeps a stub from answering; for people.

    `serving` is the endpoint of a partner that answers such requests. Of a stub that `fits`, at
    least one cause is given.
    """
    causes = list(_causes(entry, owners, serving, used_up, fits=fits))
    if fits and not causes:
        causes = ["it fits: it was not there, or was not asked, when the request came"]
    return causes


def _causes(
    entry: Entry,
    owners: Sequence[str],
    serving: ConsumerRoute | None,
    used_up: UsedUp,
    *,
    fits: bool,
) -> Iterator[str]:
    begin = "fits, but" if fits else "besides,"
    if entry.stub.owner not in owners:
        yield _of_another(entry, fits=fits)
    if (calls := used_up(entry)) is not None:
        most = calls[1]
        many = "are used up" if most > 0 else "let it answer nothing"
        yield f"{begin} its max_calls ({most}) {many}"
    if serving is not None:
        yield f"{begin} {printable(f'{serving} of {serving.owner}')} is asked before any stub"


def _of_another(entry: Entry, *, fits: bool) -> str:
    stub = entry.stub
    if stub.scope:
        kind, name, header = "scope", stub.scope, printable(stub.scope)
    else:
        name = stub.session or ""
        kind, header = "session", f"X-Imnot-Session: {printable(name)}"
    owner = f"{kind} {shown(name)}"
    if fits:
        return f"a stub of {owner} fits: send the header {header}"
    return f"it answers only requests of {owner}: send the header {header}"
