"""What is accepted in a stub, and had better not be there: told when the stub is made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from imnot_core import EXPRESSION_LIMIT
from imnot_patterns.stubs.actions import template_faults
from imnot_patterns.stubs.criteria import shown
from imnot_patterns.stubs.stub import FIELDS, Stub, StubRequest

# Parts of a regular expression: a character or class, and one that is there often, or perhaps not.
_ATOM: Final = r"(?:\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[^\\()\[\]|*+?{}])"
_LOOSE: Final = rf"{_ATOM}(?:[+*?]|\{{\d*,\d*\}})\??"
_ENDLESS: Final = re.compile(rf"{_ATOM}(?:[+*]|\{{\d*,\}})", re.DOTALL)
_NESTED: Final = re.compile(
    rf"(?<!\\)\((?:\?:|\?P<\w+>)?((?:{_LOOSE})+)\)(?:[+*]|\{{\d*,\}})", re.DOTALL
)
_LOOKED_AT: Final = 1000  # characters of an expression; this search, too, could take long


def cautions(stub: Stub) -> list[str]:
    """Warn of templates that cannot be rendered, and of regular expressions that may be slow."""
    unfit = [f"{field}: {message}" for field, message, _ in template_faults(stub.action)]
    return unfit + slow_patterns(stub.request)


def slow_patterns(request: StubRequest) -> list[str]:
    """Warn of regular expressions that may take for ever, each with the field that it is in.

    Found are groups that are repeated without end and in which everything is repeated or optional,
    such as `(a+)+`: there are ever so many ways to take a text apart, and all are tried before it
    is said not to match. There are others, which are not found.
    """
    return [
        f"request.{field}: the regular expression {shown(pattern)} repeats {shown(nested)}: on a"
        " text that nearly matches it can take for ever, and after"
        f" {EXPRESSION_LIMIT:g} s it counts as no match; repeat only one of the two, or begin or"
        " end the group with what is not repeated"
        for field in FIELDS
        for pattern in _patterns(getattr(request, field))
        if (nested := _nested(pattern))
    ]


def _patterns(wire: Any) -> Iterator[str]:
    """Give the regular expressions of a criterion; what only looks like one is given, too."""
    if isinstance(wire, list):
        for item in wire:
            yield from _patterns(item)
    elif isinstance(wire, dict):
        for name, item in wire.items():
            if name == "$regex" and isinstance(item, dict) and isinstance(item.get("pattern"), str):
                yield item["pattern"]
            else:
                yield from _patterns(item)


def _nested(pattern: str) -> str:
    """Give the first group that is repeated and repeats, "" if there is none."""
    for found in _NESTED.finditer(pattern[:_LOOKED_AT]):
        if _ENDLESS.search(found[1]):
            return found[0]
    return ""
