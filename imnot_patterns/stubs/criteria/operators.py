"""The operators that criteria are written with, their arguments, and their normal form."""

from collections.abc import Callable
from typing import Any, Final, Literal

import msgspec

Kind = Literal["data", "criterion", "number", "criteria", "named", "pattern", "text", "flag"]
"""What an argument takes. Plain values mean equality in a criterion, in criteria (a list) and where
names have criteria; a number may be a criterion; criteria may also stand inside plain data.
"""


class Argument(msgspec.Struct, frozen=True):
    """One named argument of an operator."""

    name: str
    kind: Kind
    default: Any = msgspec.UNSET


_VALUE: Final = (Argument("value", "data"),)
_ITEMS: Final = (Argument("items", "criteria"),)
_NAMED: Final = (Argument("key_values", "named"),)

OPERATORS: Final[dict[str, tuple[Argument, ...]]] = {
    "$eq": _VALUE,
    "$neq": _VALUE,
    "$gt": _VALUE,
    "$gte": _VALUE,
    "$lt": _VALUE,
    "$lte": _VALUE,
    "$between": (
        Argument("lower", "data"),
        Argument("upper", "data"),
        Argument("is_inclusive", "flag", default=True),
    ),
    "$and": _ITEMS,
    "$or": _ITEMS,
    "$xor": (Argument("left", "criterion"), Argument("right", "criterion")),
    "$not": (Argument("value", "criterion"),),
    "$json": (Argument("inner_criteria", "criterion"),),
    "$contains": _ITEMS,
    "$contains_exactly": _ITEMS,
    "$regex": (Argument("pattern", "pattern"),),
    "$length": (Argument("value", "number"),),
    "$key_values": _NAMED,
    "$exact_key_values": _NAMED,
    "$even": (),
    "$odd": (),
    "$ignore_case": (Argument("value", "text"),),
}


def operator_of(value: Any) -> str | None:
    """Return the operator that makes an object a criterion (the first); None for plain data."""
    if isinstance(value, dict):
        for key in value:
            if key in OPERATORS:
                return str(key)
    return None


def has_criteria(value: Any) -> bool:
    """Tell whether a value is a criterion, or data with a criterion inside."""
    if isinstance(value, dict):
        return operator_of(value) is not None or any(map(has_criteria, value.values()))
    return isinstance(value, list) and any(map(has_criteria, value))


def normal(value: Any) -> Any:
    """Return a criterion in its normal form: with `$eq` where a plain value stands for it.

    Raises KeyError, TypeError or AttributeError for arguments that an operator does not have.
    """
    name = operator_of(value)
    if name is None:
        return {"$eq": {"value": _data(value)}}
    given = value[name]
    arguments = {}
    for argument in OPERATORS[name]:
        if argument.default is msgspec.UNSET or argument.name in given:
            arguments[argument.name] = _NORMAL[argument.kind](given[argument.name])
        else:
            arguments[argument.name] = argument.default
    return {name: arguments}


def listed(value: Any) -> Any:
    """Return a criterion as lists show it: in normal form, or as given if it has none."""
    try:
        return normal(value)
    except (LookupError, TypeError, AttributeError, RecursionError):
        return value


def _data(value: Any) -> Any:
    if operator_of(value) is not None:
        return normal(value)
    if isinstance(value, dict):
        return {name: _data(item) for name, item in value.items()}
    return [_data(item) for item in value] if isinstance(value, list) else value


def _as_given(value: Any) -> Any:
    return value


_NORMAL: Final[dict[Kind, Callable[[Any], Any]]] = {
    "data": _data,
    "criterion": normal,
    "number": normal,
    "criteria": lambda items: [normal(item) for item in items],
    "named": lambda pairs: {name: normal(item) for name, item in pairs.items()},
    "pattern": _as_given,
    "text": _as_given,
    "flag": _as_given,
}
