"""Spans of time as people write them: a number of seconds, or a text such as `1h30m`."""

from __future__ import annotations

import re
from math import isfinite
from typing import Any, Final

_UNITS: Final = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_NUMBER: Final = r"\d+(?:\.\d+)?"
_PARTS: Final = "".join(f"(?:({_NUMBER}){unit})?" for unit in _UNITS)
_DURATION: Final = re.compile(f"(-)?{_PARTS}", re.ASCII)
_LONGEST: Final = 40  # characters

LONGEST: Final = 1e11
"""The longest span, in seconds: some three thousand years."""
WORDS: Final = "a number of seconds, or a text such as 30s, 1h30m or 1d"
"""What may be written, for messages."""


def seconds_of(value: Any) -> float:
    """The seconds that a number or a text stands for; those of a text may be below 0, too.

    The units of a text are d, h, m, s and ms, in this order, each at most once. Raises ValueError
    for anything else.
    """
    seconds = _seconds(value)
    if seconds is None or not isfinite(seconds) or abs(seconds) > LONGEST:
        raise ValueError(f"must be {WORDS}")
    return seconds


def _seconds(value: Any) -> float | None:
    if isinstance(value, str) and len(value) <= _LONGEST:
        return _of_text(value.strip())
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if abs(value) <= LONGEST else None  # what is longer may be no float
    return None


def _of_text(text: str) -> float | None:
    try:
        return float(text) if re.fullmatch(f"-?{_NUMBER}", text, re.ASCII) else _with_units(text)
    except OverflowError:
        return None


def _with_units(text: str) -> float | None:
    found = re.fullmatch(_DURATION, text)
    if found is None or text in {"", "-"}:
        return None
    sign, *numbers = found.groups()
    total = sum(
        float(number) * unit
        for number, unit in zip(numbers, _UNITS.values(), strict=True)
        if number is not None
    )
    return -total if sign else total
