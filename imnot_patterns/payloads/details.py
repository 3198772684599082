"""What is wrong with a payload, in the form in which the API answers it: 422 and a list."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice
from typing import Any, Final, NamedTuple

import msgspec

from imnot_core import Fault, ImnotError

Location = tuple[str | int, ...]
"""Where a value stands: `("body", "action", "response", "status_code")`."""

_SHOWN: Final = 200  # characters of a value that are repeated in an answer
_MOST: Final = 100  # things that are wrong that one answer names
_STEPS: Final = 200  # parts of a dotted path that are followed; criteria are not nested so deep
_INDEX: Final = re.compile(r"\[?(\d+)\]?")
_END: Final = re.compile(r"[.\[]")


class Detail(NamedTuple):
    """One thing that is wrong; `input` is the value, or what is small enough of it."""

    type: str
    loc: Location
    msg: str
    input: Any

    def wire(self) -> dict[str, Any]:
        """The detail as the API answers it."""
        return {"type": self.type, "loc": list(self.loc), "msg": self.msg, "input": self.input}


class Unprocessable(ImnotError):
    """A payload that cannot be used; `details` is what is wrong, or the first hundred of it."""

    def __init__(self, details: Iterable[Detail]) -> None:
        found = tuple(details)
        if more := len(found[_MOST:]):
            left = Detail("too_many", ("body",), f"and {more} more things that are wrong", None)
            found = (*found[:_MOST], left)
        self.details = found
        super().__init__("; ".join(f"{_dotted(each.loc)}: {each.msg}" for each in self.details))


def shown(value: Any) -> Any:
    """A value as an answer repeats it: itself if it is small and JSON can hold it, else a text."""
    try:
        encoded = msgspec.json.encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return f"of type {type(value).__name__}, which JSON cannot hold"
    if len(encoded) <= _SHOWN and msgspec.json.decode(encoded) == value:
        return value
    if isinstance(value, str):
        return f"{value[:_SHOWN]}…"
    if isinstance(value, float):
        return str(value)  # NaN, or an infinite one
    if isinstance(value, dict | list):
        kind = "an object" if isinstance(value, dict) else "a list"
        return f"{kind} of {len(value)}"
    return f"{encoded[:_SHOWN].decode(errors='replace')}…"


def detail_of(fault: Fault, loc: Location, value: Any) -> Detail:
    """Make a detail of a fault that a part of the engine found in the value that stands at `loc`.

    The field of a fault is a dotted path, and names of headers may have dots, too: the value says
    which of them is meant.
    """
    field, message, hint = fault
    steps, found = _followed(field, value)
    return Detail("value_error", loc + steps, f"{message}; {hint}" if hint else message, found)


def _followed(field: str, value: Any) -> tuple[Location, Any]:
    """The steps of a dotted path, and a picture of the value where it leads."""
    steps: list[str | int] = []
    rest = field.replace("[", ".[").removeprefix(".")
    while rest and len(steps) < _STEPS:
        step, rest = _step(rest, value)
        steps.append(step)
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            value = None
    return tuple(steps), shown(value)


def _step(path: str, value: Any) -> tuple[str | int, str]:
    """The first step of a path that leads into a value, and the rest of the path."""
    if isinstance(value, dict):
        plain = path.replace(".[", "[")
        ends = [each.start() for each in islice(_END.finditer(plain), _STEPS)]
        for end in (len(plain), *reversed(ends)):
            if end and plain[:end] in value:
                return plain[:end], plain[end:].replace("[", ".[").removeprefix(".")
    first, _, rest = path.partition(".")
    index = _INDEX.fullmatch(first)
    if index and isinstance(value, list | tuple):
        return int(index[1]), rest
    return first, rest


def _dotted(loc: Location) -> str:
    return ".".join(map(str, loc))
