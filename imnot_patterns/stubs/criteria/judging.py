"""Judging values by criteria, as the package `assertive` means them.

What most stubs are made of is judged here: equality, names with criteria, JSON, and patterns.
`assertive` is imported when the first criterion needs it: that takes 75 ms.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Protocol

import msgspec

from imnot_patterns.stubs.criteria.operators import has_criteria, normal, operator_of
from imnot_patterns.stubs.criteria.patterns import matcher
from imnot_patterns.stubs.criteria.wording import described, shown
from imnot_patterns.stubs.seen import parsed


class Criterion(Protocol):
    """What a value has to be."""

    @property
    def wire(self) -> Any:
        """The criterion as it is listed: with `$eq` for plain values inside criteria."""

    def matches(self, actual: Any) -> bool:
        """Tell whether a value satisfies it. Never raises: what it cannot judge does not match."""

    def described(self) -> str:
        """Return it in words that follow "the value …", for instance `is "GET"`."""


class Equal:
    """Equality with plain data, by Python's rules: 5 equals 5.0, and true equals 1."""

    def __init__(self, value: Any, wire: Any) -> None:
        self.value = value
        self.wire = wire

    def matches(self, actual: Any) -> bool:
        """Tell whether a value is equal."""
        try:
            return bool(actual == self.value)
        except RecursionError:  # so deep is no value of a stub
            return False

    def described(self) -> str:
        """Return it in words."""
        return f"is {shown(self.value)}"


class JsonText:
    """A text that is JSON, with a criterion for what it says."""

    def __init__(self, inner: Criterion, wire: Any) -> None:
        self.inner = inner
        self.wire = wire

    def matches(self, actual: Any) -> bool:
        """Tell whether a text is JSON that satisfies the inner criterion."""
        return self.matches_parsed(parsed(actual))

    def matches_parsed(self, value: Any) -> bool:
        """Tell the same of a text that was parsed already; UNSET is what is no JSON."""
        return value is not msgspec.UNSET and self.inner.matches(value)

    def described(self) -> str:
        """Return it in words."""
        return described(self.wire)


class Named:
    """A mapping that has at least these keys, with a criterion for the value of each."""

    def __init__(self, criteria: dict[str, Criterion], wire: Any) -> None:
        self.criteria = criteria
        self.wire = wire

    def matches(self, actual: Any) -> bool:
        """Tell whether a mapping has them all."""
        return isinstance(actual, Mapping) and all(
            name in actual and criterion.matches(actual[name])
            for name, criterion in self.criteria.items()
        )

    def described(self) -> str:
        """Return it in words."""
        return described(self.wire)


class Pattern:
    """A regular expression that a text begins with."""

    def __init__(self, pattern: str, wire: Any) -> None:
        self._begins = matcher(pattern)
        self.wire = wire

    def matches(self, actual: Any) -> bool:
        """Tell whether a value is a text that begins so."""
        return isinstance(actual, str) and self._begins(actual)

    def described(self) -> str:
        """Return it in words."""
        return described(self.wire)


class Judged:
    """A criterion that `assertive` judges."""

    def __init__(self, wire: Any) -> None:
        self.wire = wire
        self._run = _assertive()(wire)

    def matches(self, actual: Any) -> bool:
        """Tell what `assertive` says; it raises where it cannot judge, in many ways."""
        try:
            return bool(self._run(actual))
        except Exception:  # noqa: BLE001 - comparing anything with anything raises anything
            return False

    def described(self) -> str:
        """Return it in words."""
        return described(self.wire)


class Unusable:
    """What cannot be compiled: never matches. It is refused at the door; a store may hold one."""

    def __init__(self, wire: Any) -> None:
        self.wire = wire

    def matches(self, actual: Any) -> bool:  # noqa: ARG002 - as every criterion
        """Return False."""
        return False

    def described(self) -> str:
        """Return it in words."""
        return f"is not to be told by {shown(self.wire)}"


def criterion(wire: Any) -> Criterion:
    """Compile a criterion in wire form; a plain value means equality.

    What `criterion_faults` finds fault with gives a criterion that nothing satisfies.
    """
    try:
        return _compiled(wire)
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError):
        return Unusable(wire)


def _compiled(wire: Any) -> Criterion:
    name = operator_of(wire)
    if name is None:
        return Judged(normal(wire)) if has_criteria(wire) else Equal(wire, wire)
    listed = normal(wire)
    arguments = listed[name]
    match name:
        case "$eq" if not has_criteria(arguments["value"]):
            return Equal(arguments["value"], listed)
        case "$json":
            return JsonText(_compiled(arguments["inner_criteria"]), listed)
        case "$key_values":
            pairs = arguments["key_values"].items()
            return Named({key: _compiled(value) for key, value in pairs}, listed)
        case "$regex":
            return Pattern(arguments["pattern"], listed)
        case _:
            return Judged(listed)


@cache
def _assertive() -> Any:
    from imnot_patterns.stubs.criteria.borrowed import runner  # noqa: PLC0415 - see the module

    return runner
