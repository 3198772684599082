"""Near misses in words: the evidence with hints, and the one line that says the most important."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from imnot_patterns.stubs.criteria import criterion
from imnot_patterns.stubs.matcher import WEIGHTS, Evidence
from imnot_patterns.stubs.nearmiss.clues import equal_to
from imnot_patterns.stubs.nearmiss.hints import hint
from imnot_patterns.stubs.nearmiss.judging import Judged
from imnot_patterns.stubs.nearmiss.showing import MAX_SHOWN, plain, printable, shown
from imnot_patterns.stubs.seen import Seen

MAX_REASON: Final = 400
"""Characters of a reason."""

MAX_CRITERIA: Final = 50
"""Criteria of a near miss that are told."""

_NAMED: Final = 2  # mismatches in a reason
_VALUE: Final = 60  # characters of a value in a reason
_HINT: Final = 160


def route_of(method: Any, path: Any) -> str:
    """Return the method and path of a stub or endpoint for people; `*` for any."""
    return f"{_route_part(method)} {_route_part(path)}"


def explained(criteria: Sequence[Judged], seen: Seen) -> list[Judged]:
    """Return the criteria as they are told: values cut, and hints where there is a mismatch.

    Of more than MAX_CRITERIA only the first mismatches.
    """
    if len(criteria) > MAX_CRITERIA:
        criteria = [each for each in criteria if not each.evidence.matched][:MAX_CRITERIA]
    return [each._replace(evidence=_told(each, seen)) for each in criteria]


def reason(
    subject: str, criteria: Sequence[Judged], causes: Sequence[str] = (), left_out: int = 0
) -> str:
    """Return one line: the heaviest mismatches, or what lies outside the request.

    `left_out` are the mismatches beside those in `criteria`.
    """
    mismatches = [each for each in criteria if not each.evidence.matched]
    mismatches.sort(key=_weight, reverse=True)
    if not mismatches:
        words = causes[0] if causes else "fits"
        return f"{subject}: {words}"[:MAX_REASON]
    told = [_mismatch(each) for each in mismatches[:_NAMED]]
    more = len(mismatches) - len(told) + left_out
    if tip := _tip(mismatches[0]):
        told[0] += f" ({tip})"
    rest = [f"{more} more"] if more else []
    return f"{subject}: {'; '.join([*told, *rest])}"[:MAX_REASON]


def _route_part(wire: Any) -> str:
    if wire is None:
        return "*"
    value = equal_to(wire)
    if isinstance(value, str):
        return _cut(printable(value), MAX_SHOWN)
    return f"<{_cut(printable(criterion(wire).described()), _VALUE)}>"


def _told(each: Judged, seen: Seen) -> Evidence:
    wire, evidence = each
    found = "" if evidence.matched else hint(evidence.field, wire, evidence.actual, seen)
    return Evidence(
        field=_cut(printable(evidence.field), MAX_SHOWN),
        matched=evidence.matched,
        expected=_cut(printable(evidence.expected), MAX_SHOWN),
        actual=plain(evidence.actual),
        hint=found,
    )


def _mismatch(each: Judged) -> str:
    evidence = each.evidence
    field = evidence.field
    if field == "body" and evidence.hint:
        return f"body: {evidence.hint}"
    expected = f"expected {_expected(each)}"
    if evidence.actual is None:
        return f"{field} is missing, {expected}"
    return f"{field} is {shown(evidence.actual, _VALUE)}, {expected}"


def _expected(each: Judged) -> str:
    value = equal_to(each.wire)
    if each.wire is msgspec.UNSET:
        return shown(each.evidence.expected, _VALUE)
    if value is msgspec.UNSET:
        return f"a value that {_cut(each.evidence.expected, _VALUE)}"
    return shown(value, _VALUE)


def _tip(each: Judged) -> str:
    evidence = each.evidence
    return "" if evidence.field == "body" else _cut(evidence.hint, _HINT)


def _weight(each: Judged) -> int:
    kind = each.evidence.field.partition(" ")[0]
    return WEIGHTS.get(kind) or WEIGHTS["headers"]


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
