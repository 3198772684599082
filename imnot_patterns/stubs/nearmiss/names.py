"""Why a header or query parameter is missing: its name is nearly there, or it is elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Final

from imnot_patterns.stubs.nearmiss.likeness import nearly
from imnot_patterns.stubs.nearmiss.paths import quoted
from imnot_patterns.stubs.seen import Seen

MAX_NAMES: Final = 50
"""Headers or parameters of a request that are looked at."""


def missing_hint(kind: str, name: str, seen: Seen) -> str:
    """Return where the value of a header or query parameter may be instead, else ""."""
    if kind == "query":
        return _missing_parameter(name, seen)
    if (near := nearly(name.lower(), _names(seen.headers))) is not None:
        return f"the request has the header {quoted(near)}: is it meant?"
    if name in seen.query:
        return f"the request has it as the query parameter {quoted(name)}"
    return ""


def _missing_parameter(name: str, seen: Seen) -> str:
    names = _names(seen.query)
    for other in names:
        if other.lower() == name.lower():
            return f"the request has {quoted(other)}: names in a query keep their letter case"
    if (near := nearly(name, names)) is not None:
        return f"the request has {quoted(near)}: is it meant?"
    if name.lower() in seen.headers:
        return f"the request has it as the header {quoted(name.lower())}"
    if isinstance(seen.body, str) and _is_form(seen) and f"{name}=" in seen.body[:10_000]:
        return "the request has it in the form of its body: that is `body`, not `query`"
    return "" if seen.query else "the request has no query"


def _names(values: Mapping[str, str]) -> list[str]:
    return list(islice(values, MAX_NAMES))


def _is_form(seen: Seen) -> bool:
    return seen.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
