"""What came near to a request that was not received: every criterion, and the reason in words."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from heapq import nlargest
from time import perf_counter
from typing import Any, Final

import msgspec

from imnot_core import JournalEntry, JournalFilter, entry_summary, instant
from imnot_patterns.stubs.matcher import Evidence
from imnot_patterns.stubs.nearmiss.judging import Judged, judged, score
from imnot_patterns.stubs.nearmiss.likeness import likeness
from imnot_patterns.stubs.nearmiss.reasons import explained, reason, route_of
from imnot_patterns.stubs.nearmiss.showing import plain, shown
from imnot_patterns.stubs.seen import Seen
from imnot_patterns.stubs.wire.listing import seen_entry
from imnot_patterns.verification.question import Wanted

MOST: Final = 3
"""Requests that are told."""
_JUDGED: Final = 30  # that are compared in full
_TURN: Final = 0.02  # seconds of looking after which others have their turn
_LONGEST: Final = 5.0  # seconds after which those that were not looked at are left out
_LEAST: Final = 0.1  # how near it has to come
_OTHERWISE: Final = 0.7  # what is left of the score for a condition that does not hold


async def nearest(
    wanted: Wanted, entries: Sequence[JournalEntry], cause: str = ""
) -> list[dict[str, Any]]:
    """The entries that are most like what is wanted, the nearest first.

    `cause` is why one that fits does not count.
    """
    kind = wanted.conditions.kind
    entries = [each for each in entries if kind is None or each.kind == kind]
    rough: list[tuple[float, int]] = []
    turn = begin = perf_counter()
    for number, each in reversed(tuple(enumerate(entries))):
        rough.append((_roughly(wanted, each), number))
        now = perf_counter()
        if now - begin > _LONGEST:
            break
        if now - turn > _TURN:
            await asyncio.sleep(0)
            turn = perf_counter()
    best = [entries[number] for _, number in nlargest(_JUDGED, rough)]
    found = []
    for each in best:
        found.append(_miss(wanted, each, cause))
        await asyncio.sleep(0)
    found.sort(key=lambda each: -each["score"])
    return [each for each in found if each["score"] >= _LEAST][:MOST]


def described(wanted: Wanted) -> str:
    """What is wanted, in words."""
    request = wanted.request
    conditions = wanted.conditions
    method = conditions.method if request.method is None else request.method
    path = conditions.path if request.path is None else request.path
    return route_of(method, path)


def _roughly(wanted: Wanted, entry: JournalEntry) -> float:
    """How near an entry is, at a glance."""
    seen = seen_entry(entry)
    matcher = wanted.entry.matcher
    parts = [part.matches(seen) for part in matcher.parts]
    total = sum(parts) + sum(map(_closeness, _conditions(wanted, entry)))
    if isinstance(wanted.request.path, str):
        total += 3 * likeness(wanted.request.path, entry.path)
    return total


def _miss(wanted: Wanted, entry: JournalEntry, cause: str) -> dict[str, Any]:
    seen = seen_entry(entry)
    criteria = judged(wanted.entry, seen)
    conditions = list(_conditions(wanted, entry))
    told = [*explained(criteria, seen), *conditions]
    return {
        "request": entry_summary(entry),
        "score": _score(wanted, criteria, conditions, seen),
        "reason": reason(_called(entry), told, [cause] if cause else ()),
        "criteria": [each.evidence for each in told],
    }


def _called(entry: JournalEntry) -> str:
    return f"{entry.method} {entry.path}" + ("" if entry.kind == "request" else " (callback)")


def _score(
    wanted: Wanted, criteria: Sequence[Judged], conditions: Sequence[Judged], seen: Seen
) -> float:
    if any(getattr(wanted.request, name) is not None for name in wanted.request.__struct_fields__):
        broken = [each for each in conditions if not each.evidence.matched]
        return round(score(criteria, seen) * _OTHERWISE ** len(broken), 3)
    # An entry of the right kind is near to begin with, were it for what is not asked about.
    return round((1 + sum(map(_closeness, conditions))) / (1 + len(conditions)), 3)


def _closeness(condition: Judged) -> float:
    """How near a condition comes to be true: 1 if it is, and less for a value that is like it."""
    if condition.evidence.matched:
        return 1.0
    return _OTHERWISE * likeness(str(condition.wire), str(condition.evidence.actual))


def _conditions(wanted: Wanted, entry: JournalEntry) -> Iterator[Judged]:
    """Every condition beside what the entry has."""
    asked = wanted.conditions
    for name in JournalFilter.__struct_fields__:
        value = getattr(asked, name)
        if name == "kind" or value is msgspec.UNSET or (value is None and name != "session"):
            continue
        holds = JournalFilter(**{name: value}).judge()(entry)
        expected, actual = _told(name, value, entry, holds=holds)
        yield Judged(expected, Evidence(name, holds, shown(expected), plain(actual)))


def _told(name: str, value: Any, entry: JournalEntry, *, holds: bool) -> tuple[Any, Any]:
    """What a condition expects and what an entry has, as people read it."""
    if name in ("since", "until"):
        return instant(value), instant(entry.at)
    if name == "unmatched":
        return value, value if holds else not value
    if name == "status" and value.isdigit():
        return int(value), entry.status
    return value, getattr(entry, name)
