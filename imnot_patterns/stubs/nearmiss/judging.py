"""How near a stub or route is to a request: every criterion, and a score."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec

from imnot_patterns.stubs.index import Entry
from imnot_patterns.stubs.matcher import WEIGHTS, Evidence
from imnot_patterns.stubs.nearmiss.clues import OPEN, equal_to, is_parameter, named, template_of
from imnot_patterns.stubs.nearmiss.clues import segments_of as folded_segments
from imnot_patterns.stubs.nearmiss.likeness import likeness
from imnot_patterns.stubs.nearmiss.paths import fits as segments_fit
from imnot_patterns.stubs.nearmiss.showing import shown
from imnot_patterns.stubs.nearmiss.values import is_found_later
from imnot_patterns.stubs.seen import Seen, segments_of

NEARLY: Final = 0.9
"""The credit of a value that is right but for the case of its letters."""

_FIELDS: Final = {"header": "headers"}
_UNSAID: Final = 0.5  # of a path that a stub has no criterion for
_SEGMENTS: Final = 20  # of a path that are compared
_OPEN_WEIGHT: Final = 0.25  # of a segment that takes any, beside a literal one
_ODD: Final = re.compile(r"[%?:<*\s]|//")  # in a path that may be another spelling
_KEYS: Final = 50  # of an object that are compared


class Judged(NamedTuple):
    """A criterion in wire form beside its evidence."""

    wire: Any
    evidence: Evidence


def judged(entry: Entry, seen: Seen) -> list[Judged]:
    """Return every criterion of a stub beside what the request has."""
    matcher = entry.matcher
    wires = [part.criterion.wire for part in matcher.parts]
    if matcher.template is not None:
        wires.insert(0, entry.stub.request.path)
    return list(map(Judged, wires, matcher.evidence(seen)))


def score(criteria: Sequence[Judged], seen: Seen) -> float:
    """Return how near a request is to criteria: 0 (nothing in common) to 1 (all are satisfied).

    Each field counts with its weight in the ranking (path 79, method 37, body 17, host 7, query 3,
    headers 2), several headers or query parameters share theirs, and the score is the part of the
    weight that is satisfied. A criterion that is not may still have a part of its weight: for a
    value that is nearly right, a header with another value, a path that shares segments, a JSON
    body that shares members. A stub without criterion for the path cannot tell whether it was
    meant: half of the path's weight is taken for satisfied, unless all else is.
    """
    if all(each.evidence.matched for each in criteria):
        return 1.0
    parts_of: dict[str, list[float]] = {}
    for each in criteria:
        kind = each.evidence.field.partition(" ")[0]
        field = _FIELDS.get(kind, kind)
        parts_of.setdefault(field, []).append(_credit(each, kind, seen))
    parts = {field: sum(each) / len(each) for field, each in parts_of.items()}
    parts.setdefault("path", _UNSAID)
    whole = sum(WEIGHTS[field] for field in parts)
    return round(sum(WEIGHTS[field] * part for field, part in parts.items()) / whole, 3)


def _credit(each: Judged, kind: str, seen: Seen) -> float:
    evidence = each.evidence
    if evidence.matched:
        return 1.0
    if kind == "path" and isinstance(each.wire, str):
        return _path_credit(each.wire, seen)
    if kind == "body":
        return _body_credit(each.wire, seen)
    if kind == "method":
        wanted = equal_to(each.wire)
        return NEARLY if isinstance(wanted, str) and wanted.upper() == seen.method.upper() else 0.0
    if kind == "path" and is_found_later(each.wire, evidence.actual):
        return 0.6
    return _value_credit(equal_to(each.wire), evidence.actual)


def _value_credit(wanted: Any, actual: Any) -> float:
    if actual is None or actual == "":
        return 0.0
    if wanted is msgspec.UNSET or not isinstance(actual, str):
        return 0.2
    text = wanted if isinstance(wanted, str) else str(wanted)[:100]
    if text[:100].strip().lower() == actual[:100].strip().lower():
        return NEARLY
    return 0.4 + 0.4 * likeness(text, actual)


def _path_credit(pattern: str, seen: Seen) -> float:
    wanted, given = segments_of(pattern)[:_SEGMENTS], seen.segments[:_SEGMENTS]
    if not wanted or not given:
        return 0.0
    is_odd = _ODD.search(pattern) or _ODD.search(seen.path)
    if is_odd and _fit_folded(pattern, seen.path):
        return NEARLY
    if len(wanted) != len(given):
        return _length_credit(wanted, given)
    alike = whole = 0.0
    for one, other in zip(wanted, given, strict=True):
        weight = _OPEN_WEIGHT if is_parameter(one) else 1.0
        whole += weight
        alike += weight if one == other or weight < 1 else _segment_credit(one, other)
    return NEARLY * alike / whole


def _fit_folded(pattern: str, path: str) -> bool:
    """Tell whether a path fits but for its spelling: letter case, encoding, empty segments."""
    wanted, given = template_of(pattern) or (), folded_segments(path)
    pairs = zip(wanted, given, strict=False)
    return len(wanted) == len(given) and all(one in (OPEN, other) for one, other in pairs)


def _length_credit(wanted: Sequence[str], given: Sequence[str]) -> float:
    shared = _shared(wanted, given)
    size = min(len(wanted), len(given))
    ends = ((wanted[:size], given[:size]), (wanted[-size:], given[-size:]))
    if shared and any(segments_fit(*each) for each in ends):
        return 0.4 + 0.4 * size / max(len(wanted), len(given))
    return 0.3 * shared


def _segment_credit(wanted: str, given: str) -> float:
    wanted, given = wanted.lower(), given.lower()
    if wanted == given:
        return 1.0
    alike = likeness(wanted, given)
    return (0.8 if alike > 0.5 else 0.4) * alike


def _shared(wanted: Sequence[str], given: Sequence[str]) -> float:
    literals = [each for each in wanted if not is_parameter(each)]
    return sum(each in given for each in literals) / len(literals) if literals else 0.0


def _body_credit(wire: Any, seen: Seen) -> float:
    if not seen.content:
        return 0.0
    wanted = equal_to(wire)
    if isinstance(wanted, str) and isinstance(seen.body, str):
        return 0.2 + 0.6 * likeness(wanted.strip(), seen.body[:100].strip())
    if isinstance(wire, dict) and "$json" in wire and seen.json is not msgspec.UNSET:
        return 0.2 + 0.7 * _json_credit(wire["$json"], seen.json)
    return 0.1


def _json_credit(arguments: Any, actual: Any) -> float:
    inner = arguments.get("inner_criteria") if isinstance(arguments, dict) else None
    wanted = equal_to(inner)
    more = isinstance(wanted, dict)  # with other keys it is no more equal
    if not isinstance(wanted, dict):
        wanted = {name: equal_to(each) for name, each in named(inner).items()}
    if not isinstance(actual, dict) or not wanted:
        return 0.0
    names = list(wanted)[:_KEYS]
    there = [name for name in names if name in actual]
    equal = sum(_equal(wanted[name], actual[name]) for name in there)
    most = max(len(names), min(len(actual), _KEYS)) if more else len(names)
    return (equal + 0.5 * (len(there) - equal)) / most


def _equal(one: Any, other: Any) -> bool:
    try:
        return bool(one == other)
    except RecursionError:
        return False


def judged_route(method: str, path: str, seen: Seen, *, fits: bool) -> list[Judged]:
    """Return method and path of a partner's endpoint beside the request; `fits` is for the path."""
    # Text beside a parameter is literal to a stub, not to an endpoint: no hint may say so.
    is_mixed = any("{" in each and not is_parameter(each) for each in path.split("/"))
    return [
        Judged(msgspec.UNSET if is_mixed else path, Evidence("path", fits, path, seen.path)),
        Judged(method, Evidence("method", method == seen.method, shown(method), seen.method)),
    ]
