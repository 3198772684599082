"""What is probably wrong where a criterion is not satisfied. Nothing here raises."""

from __future__ import annotations

from typing import Any, Final

from imnot_patterns.stubs.nearmiss.bodies import body_hint
from imnot_patterns.stubs.nearmiss.names import missing_hint
from imnot_patterns.stubs.nearmiss.paths import path_hint
from imnot_patterns.stubs.nearmiss.showing import printable
from imnot_patterns.stubs.nearmiss.values import value_hint
from imnot_patterns.stubs.seen import Seen

MAX_HINT: Final = 300
"""Characters of a hint."""


def hint(field: str, wire: Any, actual: Any, seen: Seen) -> str:
    """Return the likely cause of a mismatch in one line, "" if there is none that is well known.

    `field` is that of an `Evidence`, `wire` the criterion, `actual` what the request has.
    """
    try:
        found = _hint(field, wire, actual, seen)
    except Exception:  # noqa: BLE001 - a stub of a store or a request can hold anything
        return ""
    return printable(found)[:MAX_HINT]


def _hint(field: str, wire: Any, actual: Any, seen: Seen) -> str:
    kind, _, name = field.partition(" ")
    if kind == "body":
        return body_hint(wire, seen)
    if kind == "path" and isinstance(wire, str):
        return path_hint(wire, seen.path)
    if name and actual is None:
        return missing_hint(kind, name, seen)
    return value_hint(wire, actual, kind)
