"""Everything in a value that does not fit a msgspec type, at once and in words for people.

`msgspec.convert` stops at the first fault and speaks to programmers. It still decides: what it
takes has no faults here, and what it refuses has at least one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from msgspec import inspect, json

from imnot_core.explain.faults import Fault, Path, as_reported, faults, field_path
from imnot_core.explain.outline import refusal
from imnot_core.explain.wording import nearest

__all__ = ["Fault", "Path", "explain", "field_path", "nearest", "show_path"]

_SIMPLE_NAME: Final = re.compile(r"[\w-]+")


def explain(value: object, type_: Any, path: Path = ()) -> list[Fault]:
    """Return all that keeps a value from being converted to a type, in the value's order.

    `path` is where the value stands in its file. Raises nothing, whatever the value is.
    """
    error = refusal(value, type_)
    if error is None:
        return []
    return list(faults(value, inspect.type_info(type_), path)) or [as_reported(error, path)]


def show_path(path: Sequence[str | int]) -> str:
    """Write a path as people do: `datapoints[0].endpoints[1].path`."""
    return "".join(map(_show_step, path)).removeprefix(".")


def _show_step(step: str | int) -> str:
    if isinstance(step, str) and _SIMPLE_NAME.fullmatch(step):
        return f".{step}"
    return f"[{step}]" if isinstance(step, int) else f"[{json.encode(step).decode()}]"
