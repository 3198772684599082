"""Criteria of the package `assertive`. Only imported when one is needed: that takes 75 ms."""

from collections.abc import Callable
from typing import Any

from assertive.criteria.numeric import is_even, is_odd
from assertive.criteria.string import regex
from assertive.serialize import deserialize

from imnot_patterns.stubs.criteria.operators import operator_of
from imnot_patterns.stubs.criteria.patterns import matcher


def runner(wire: Any) -> Callable[[Any], bool]:
    """Return what judges a value by a criterion in normal form; it raises where it cannot.

    Raises ValueError, TypeError or LookupError for a criterion that is none.
    """
    run: Callable[[Any], bool] = deserialize(_prepared(wire)).run_match
    return run


def _prepared(value: Any) -> Any:
    """Put in place what `assertive` would make anew for each value, or take too far."""
    match operator_of(value):
        case "$regex":
            return _Regex(value["$regex"]["pattern"])
        case "$even":
            return _Even()
        case "$odd":
            return _Odd()
    if isinstance(value, dict):
        return {name: _prepared(item) for name, item in value.items()}
    return [_prepared(item) for item in value] if isinstance(value, list) else value


class _Regex(regex):
    def __init__(self, pattern: Any) -> None:
        self.pattern = pattern
        self._begins = matcher(pattern)

    def _match(self, subject: Any) -> bool:
        return self._begins(subject)


class _Numeric:
    # Of a text, `%` makes what it says: "%999999999d" % 2 is a gigabyte.
    def _before_run(self, subject: Any) -> None:
        if isinstance(subject, (str, bytes)):
            raise TypeError("a text is neither even nor odd")


class _Even(_Numeric, is_even):
    pass


class _Odd(_Numeric, is_odd):
    pass
