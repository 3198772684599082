"""Numbers within bounds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import count, islice
from math import gcd, lcm
from typing import Final

from imnot_patterns.openapi.samples.schemas import Schema
from imnot_patterns.openapi.samples.validity import is_multiple

_USUAL: Final = ("1", "0", "1.5", "-1", "2", "0.5", "-1.5", "10", "100", "-100", "1000", "100000")
_MAX_EXACT: Final = 2**63  # beyond, readers of JSON differ
_TRIES: Final = 300
_FIRST: Final = 9


def numbers(schemas: Iterable[Schema], *, whole: bool) -> Iterator[int | float]:
    """Give numbers that satisfy schemas, the most usual first."""
    known = [schema for schema in schemas if schema]
    divisors = [schema["multipleOf"] for schema in known if "multipleOf" in schema]
    step = _common([*map(_exact, divisors), *([Fraction(1)] if whole else [])])
    given: set[Fraction] = set()
    for number in islice(_tried(known, step), _TRIES):
        if number in given or (whole and number.denominator != 1) or not _within(number, known):
            continue
        made = _written(number)
        if all(is_multiple(made, divisor) for divisor in divisors) and _within(_exact(made), known):
            given.add(number)
            yield made


def _tried(schemas: list[Schema], step: Fraction | None) -> Iterator[Fraction]:
    lowest = [
        _exact(s[key]) for s in schemas for key in ("minimum", "exclusiveMinimum") if key in s
    ]
    highest = [
        _exact(s[key]) for s in schemas for key in ("maximum", "exclusiveMaximum") if key in s
    ]
    low = max(lowest, default=None)
    high = min(highest, default=None)
    usual = [Fraction(written) for written in _USUAL] if step is None or step == 1 else []
    yield from usual[:2]
    yield from islice(_bounded(low, high, step), _FIRST if usual else None)
    yield from usual[2:]
    yield from islice(_bounded(low, high, step), _FIRST, None)


def _bounded(
    low: Fraction | None, high: Fraction | None, step: Fraction | None
) -> Iterator[Fraction]:
    """Give numbers between bounds, or beginning with one, or multiples."""
    if step is None:
        if low is not None and high is not None:
            yield from (
                low + (high - low) * Fraction(part, 8) for part in (4, 0, 8, 2, 6, 1, 3, 5, 7)
            )
        for start, sign in ((low, 1), (high, -1)):
            if start is not None:
                yield start
                yield from (start + sign * Fraction(way) for way in ("0.5", "1", "10", "0.001"))
        return
    first, sign = 1, 1
    if low is not None:
        first = -(-low // step)
    elif high is not None:
        first, sign = high // step, -1
    yield from ((first + sign * way) * step for way in count())


def _within(number: Fraction, schemas: list[Schema]) -> bool:
    return all(
        ("minimum" not in schema or number >= _exact(schema["minimum"]))
        and ("maximum" not in schema or number <= _exact(schema["maximum"]))
        and ("exclusiveMinimum" not in schema or number > _exact(schema["exclusiveMinimum"]))
        and ("exclusiveMaximum" not in schema or number < _exact(schema["exclusiveMaximum"]))
        for schema in schemas
    )


def _exact(number: float) -> Fraction:
    """Return the decimal that is written, not the binary number nearest to it."""
    return Fraction(str(number))


def _written(number: Fraction) -> int | float:
    if number.denominator == 1 and abs(number) < _MAX_EXACT:
        return int(number)
    try:
        return float(number)
    except OverflowError:
        return int(number)


def _common(steps: list[Fraction]) -> Fraction | None:
    """Return the least common multiple, None of nothing."""
    if not steps:
        return None
    found = steps[0]
    for step in steps[1:]:
        found = Fraction(
            lcm(found.numerator, step.numerator), gcd(found.denominator, step.denominator)
        )
    return found
