"""The regular expressions of schemas."""

from __future__ import annotations

from typing import Final

import regex

from imnot_patterns.openapi.samples.expressions import Unwritable, written

MAX_LENGTH: Final = 2000  # of an expression
_SECONDS: Final = 0.05  # for one search
_REPEATS: Final = (1, 0, 2, 3, 4, 6, 8, 12, 16, 20, 32, 40, 64, 100, 200)


class Patterns:
    """The regular expressions of one document.

    One that cannot be read, has taken too long once, or for which no text was found, is taken to
    match everything.
    """

    def __init__(self) -> None:
        self._known: dict[str, regex.Pattern[str] | None] = {}
        self._written: dict[str, tuple[str, ...]] = {}

    def match(self, pattern: str, text: str) -> bool:
        """Tell whether the expression is found in a text."""
        if pattern not in self._known:
            self._known[pattern] = _compiled(pattern)
        known = self._known[pattern]
        if known is None:
            return True
        try:
            return known.search(text, timeout=_SECONDS) is not None
        except (TimeoutError, RecursionError, MemoryError):
            self._known[pattern] = None
            return True

    def texts(self, pattern: str) -> tuple[str, ...]:
        """Return texts, shorter and longer ones, that the expression may match."""
        if pattern not in self._written:
            self._written[pattern] = _written(pattern)
        return self._written[pattern]

    def give_up(self, pattern: str) -> None:
        """Take the expression to match everything."""
        self._known[pattern] = None


def _written(pattern: str) -> tuple[str, ...]:
    made: dict[str, None] = {}
    for repeats in _REPEATS if len(pattern) <= MAX_LENGTH else ():
        try:
            made[written(pattern, repeats)] = None
        except Unwritable:
            break
    return tuple(made)


def _compiled(pattern: str) -> regex.Pattern[str] | None:
    if len(pattern) > MAX_LENGTH:
        return None
    try:
        return regex.compile(pattern)
    except (regex.error, RecursionError, ValueError, OverflowError, MemoryError):
        return None
