"""Reading a JSON object field by field: what is wrong is noted, and reading goes on.

Numbers are read leniently, as the reference does: `"202"` and `2.0` are integers. A field that is
null counts as absent, and one that nobody asks for is ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from math import isfinite
from typing import Any, Final, TypeVar

from imnot_core import Fault
from imnot_patterns.payloads.details import Detail, Location, detail_of, shown

T = TypeVar("T")

_INTEGER: Final = re.compile(r"\s*([-+]?\d+)(?:\.0*)?\s*", re.ASCII)
_NUMBER: Final = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*", re.ASCII)
_DIGITS: Final = 25  # more than any integer has that is taken, less than Python refuses to read
LARGEST: Final = 2**63 - 1
"""Integers beyond it cannot be kept."""


class Fields:
    """An object at a place of the payload; `details` takes what is found wrong in it.

    Every reader returns something of its type, also for a value that is noted as wrong: so the
    whole is read, and judged, in one go.
    """

    def __init__(self, data: dict[Any, Any], loc: Location, details: list[Detail]) -> None:
        self.data = data
        self.loc = loc
        self.details = details

    @classmethod
    def of(cls, data: Any, details: list[Detail], loc: Location = ("body",)) -> Fields | None:
        """The fields of a value; None, and a detail, if it is no object."""
        if isinstance(data, dict):
            return cls(data, loc, details)
        details.append(Detail("dict_type", loc, "must be an object", shown(data)))
        return None

    def note(self, kind: str, message: str, *steps: str | int) -> None:
        """Note what is wrong with a value below this object, or with the object itself."""
        value: Any = self.data
        for step in steps:
            value = value.get(step) if isinstance(value, dict) else value[step]
        self.details.append(Detail(kind, (*self.loc, *steps), message, shown(value)))

    def value(self, name: str) -> Any:
        """What is given for a field, None if nothing is."""
        return self.data.get(name)

    def given(self, name: str) -> bool:
        """Whether anything is given for a field."""
        return self.data.get(name) is not None

    def requires(self, name: str) -> bool:
        """Whether a field is given; it is noted if it is not."""
        if self.given(name):
            return True
        detail = Detail("missing", (*self.loc, name), "is required", shown(self.data))
        self.details.append(detail)
        return False

    def object(self, name: str) -> Fields | None:
        """The fields of an object; None if it is absent or no object."""
        if not self.given(name):
            return None
        return Fields.of(self.data[name], self.details, (*self.loc, name))

    def objects(self, name: str) -> list[Fields]:
        """The objects of a required list that is not empty."""
        if not self.requires(name):
            return []
        items = self.data[name]
        if not isinstance(items, list | tuple):
            self.note("list_type", "must be a list", name)
            return []
        if not items:
            self.note("too_short", "must have at least one item", name)
        found = (
            Fields.of(item, self.details, (*self.loc, name, index))
            for index, item in enumerate(items)
        )
        return [each for each in found if each is not None]

    def text(self, name: str, instead: str = "") -> str:
        """A required text; `instead` if it is absent, or noted as wrong."""
        value = self.data.get(name)
        if self.requires(name) and not isinstance(value, str):
            self.note("string_type", "must be a text", name)
        return value if isinstance(value, str) else instead

    def optional_text(self, name: str) -> str | None:
        """A text, None if it is absent. One that is noted as wrong is read as the empty text."""
        value = self.data.get(name)
        if value is None or isinstance(value, str):
            return value
        self.note("string_type", "must be a text", name)
        return ""

    def texts(self, name: str) -> dict[str, str]:
        """An object from name to text; empty if it is absent."""
        inner = self.object(name)
        if inner is None:
            return {}
        found = {}
        for key, value in inner.data.items():
            if not isinstance(key, str):
                inner.note("string_type", "the name must be a text", key)
            elif not isinstance(value, str):
                inner.note("string_type", "must be a text", key)
            else:
                found[key] = value
        return found

    def integer(
        self, name: str, default: T, *, at_least: int = -LARGEST, at_most: int = LARGEST
    ) -> int | T:
        """An integer; `default` if it is absent, or noted as wrong."""
        value = self.data.get(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            self.note("int_type", "must be an integer", name)
        elif isinstance(value, str) and not _INTEGER.fullmatch(value):
            self.note("int_parsing", "must be an integer", name)
        elif isinstance(value, float) and not value.is_integer():
            self.note("int_from_float", "must be an integer, without a fraction", name)
        elif self._within(name, number := _integer(value), at_least, at_most):
            return int(number)
        return default

    def number(self, name: str, default: float, *, at_least: float, at_most: float) -> float:
        """A number; `default` if it is absent, or noted as wrong."""
        value = self.data.get(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            self.note("float_type", "must be a number", name)
        elif isinstance(value, str) and not _NUMBER.fullmatch(value):
            self.note("float_parsing", "must be a number", name)
        elif self._within(name, _number(value), at_least, at_most):
            return _number(value)
        return default

    def _within(self, name: str, number: float, at_least: float, at_most: float) -> bool:
        if number < at_least:
            self.note("greater_than_equal", f"must be at least {at_least}", name)
        elif number > at_most:
            self.note("less_than_equal", f"must be at most {at_most}", name)
        elif not isfinite(number):
            self.note("finite_number", "must be a finite number", name)
        return at_least <= number <= at_most


def note_faults(fields: Fields, faults: Iterable[Fault]) -> None:
    """Note what a part of the engine found wrong with an object."""
    fields.details.extend(detail_of(fault, fields.loc, fields.data) for fault in faults)


def _integer(value: float | str) -> float:
    """The integer that is written; an infinite one has more digits than any that is taken."""
    if not isinstance(value, str):
        return int(value) if abs(value) <= LARGEST else value
    digits = value.strip().partition(".")[0]
    if len(digits.lstrip("+-0")) > _DIGITS:
        return float("-inf" if digits.startswith("-") else "inf")
    sign = "-" if digits.startswith("-") else ""
    return int(sign + (digits.lstrip("+-0") or "0"))


def _number(value: float | str) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if int(value) > 0 else float("-inf")
