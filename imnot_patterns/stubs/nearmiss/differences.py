"""Where a JSON value first differs from what was expected of it."""

from __future__ import annotations

import re
from itertools import islice
from typing import Any, Final

from imnot_patterns.stubs.criteria import criterion, normal, operator_of
from imnot_patterns.stubs.nearmiss.likeness import nearly
from imnot_patterns.stubs.nearmiss.showing import printable, shown

MAX_DEPTH: Final = 40
MAX_ITEMS: Final = 500  # of one list or object that are looked at
MAX_SKIPPED: Final = 100_000  # of a list, equal ones before the first that differs
_SHOWN: Final = 60  # characters of a value beside its path
_SIMPLE_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def difference(wanted: Any, actual: Any, path: str = "$") -> str:
    """Return `$.user.id: expected 5, got "5"` for the first place that differs, "" for none.

    What is there in addition is named only when nothing else differs.
    """
    return _differing(wanted, actual, path, 0) or _surplus(wanted, actual, path, 0)


def failure(wire: Any, actual: Any, path: str = "$") -> str:
    """Return the same for a criterion in wire form: the first place inside that it refuses."""
    return _failing(normal(wire), actual, path, 0)


def _below(path: str, key: Any) -> str:
    if isinstance(key, int):
        return f"{path}[{key}]"
    return f"{path}.{key}" if _SIMPLE_KEY.fullmatch(str(key)) else f"{path}[{shown(key, _SHOWN)}]"


def _unequal(path: str, wanted: Any, actual: Any) -> str:
    kinds = ""
    if str(wanted) == str(actual) and type(wanted) is not type(actual):
        kinds = f" ({_kind(wanted)}, {_kind(actual)})"
    return f"{path}: expected {shown(wanted, _SHOWN)}, got {shown(actual, _SHOWN)}{kinds}"


def _kind(value: Any) -> str:
    names = {str: "a text", bool: "a truth value", int: "a number", float: "a number"}
    return names.get(type(value), "null" if value is None else f"a {type(value).__name__}")


def _differing(wanted: Any, actual: Any, path: str, depth: int) -> str:
    if depth > MAX_DEPTH or wanted == actual:
        return ""
    if isinstance(wanted, dict) and isinstance(actual, dict):
        return _differing_member(wanted, actual, path, depth)
    if isinstance(wanted, list) and isinstance(actual, list):
        return _differing_element(wanted, actual, path, depth)
    return _unequal(path, wanted, actual)


def _differing_member(wanted: dict[Any, Any], actual: dict[Any, Any], path: str, depth: int) -> str:
    for key in list(wanted)[:MAX_ITEMS]:
        if key not in actual:
            return _missing(key, actual, path)
        if found := _differing(wanted[key], actual[key], _below(path, key), depth + 1):
            return found
    return ""


def _differing_element(wanted: list[Any], actual: list[Any], path: str, depth: int) -> str:
    if len(wanted) != len(actual):
        return f"{path}: expected {_elements(len(wanted))}, got {len(actual)}"
    if _same_in_other_order(wanted, actual):
        return f"{path}: the same elements in another order"
    pairs = enumerate(zip(wanted[:MAX_SKIPPED], actual[:MAX_SKIPPED], strict=True))
    unequal = ((index, *pair) for index, pair in pairs if pair[0] != pair[1])
    for index, one, other in islice(unequal, MAX_ITEMS):
        if found := _differing(one, other, _below(path, index), depth + 1):
            return found
    return ""


def _surplus(wanted: Any, actual: Any, path: str, depth: int) -> str:
    if depth > MAX_DEPTH or wanted == actual:
        return ""
    if isinstance(wanted, dict) and isinstance(actual, dict):
        if more := [_below(path, key) for key in actual if key not in wanted]:
            names = ", ".join(more[:3]) + (", …" if len(more) > 3 else "")
            return f"{names} is more than expected: `$key_values` inside `$json` allows other keys"
        pairs = [(_below(path, key), wanted[key], actual[key]) for key in list(wanted)[:MAX_ITEMS]]
    elif isinstance(wanted, list) and isinstance(actual, list):
        both = zip(wanted[:MAX_ITEMS], actual[:MAX_ITEMS], strict=False)
        pairs = [(_below(path, index), *each) for index, each in enumerate(both)]
    else:
        return ""
    for below, one, other in pairs:
        if found := _surplus(one, other, below, depth + 1):
            return found
    return ""


def _missing(key: Any, actual: dict[Any, Any], path: str) -> str:
    near = nearly(str(key), list(map(str, list(actual)[:MAX_ITEMS])))
    meant = f"; is {_below(path, near)} meant?" if near is not None else ""
    return f"{_below(path, key)} is missing{meant}"


def _elements(count: int) -> str:
    return "1 element" if count == 1 else f"{count} elements"


def _same_in_other_order(wanted: list[Any], actual: list[Any]) -> bool:
    if len(wanted) > 50:
        return False
    rest = list(actual)
    for each in wanted:
        if each not in rest:
            return False
        rest.remove(each)
    return True


def _failing(wire: Any, actual: Any, path: str, depth: int) -> str:
    operator = operator_of(wire)
    if operator is None:
        return difference(wire, actual, path)
    if depth > MAX_DEPTH or criterion(wire).matches(actual):
        return ""
    arguments = wire[operator]
    match operator:
        case "$eq":
            found = difference(arguments["value"], actual, path)
        case "$key_values" | "$exact_key_values" if isinstance(actual, dict):
            found = _failing_key(arguments["key_values"], actual, path, depth)
        case "$contains_exactly" if isinstance(actual, list):
            found = _failing_element(arguments["items"], actual, path, depth)
        case "$and":
            parts = (_failing(each, actual, path, depth + 1) for each in arguments["items"])
            found = next(filter(None, parts), "")
        case _:
            found = ""
    return found or f"{path}: expected {expectation(wire)}, got {shown(actual, _SHOWN)}"


def expectation(wire: Any) -> str:
    """Return what a criterion or plain value asks for: `"a"`, `a value that is greater than 5`."""
    operator = operator_of(wire)
    if operator is None:
        return shown(wire, _SHOWN)
    if operator == "$eq":
        return shown(wire["$eq"]["value"], _SHOWN)
    return f"a value that {printable(criterion(wire).described())}"


def _failing_key(wanted: dict[str, Any], actual: dict[Any, Any], path: str, depth: int) -> str:
    for key in list(wanted)[:MAX_ITEMS]:
        if key not in actual:
            return _missing(key, actual, path)
        if found := _failing(wanted[key], actual[key], _below(path, key), depth + 1):
            return found
    if more := [_below(path, key) for key in actual if key not in wanted]:
        return f"{more[0]} is more than expected: `$key_values` allows other keys"
    return ""


def _failing_element(wanted: list[Any], actual: list[Any], path: str, depth: int) -> str:
    if len(wanted) != len(actual):
        return f"{path}: expected {_elements(len(wanted))}, got {len(actual)}"
    for index, (each, value) in enumerate(zip(wanted, actual, strict=True)):
        if found := _failing(each, value, _below(path, index), depth + 1):
            return found
    return ""
