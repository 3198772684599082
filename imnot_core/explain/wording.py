"""Types, values and advice in words for the person who wrote the file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Final

from msgspec import inspect

ListLike = (
    inspect.ListType
    | inspect.VarTupleType
    | inspect.SetType
    | inspect.FrozenSetType
    | inspect.CollectionType
    | inspect.TupleType
)
MappingLike = (
    inspect.StructType
    | inspect.DictType
    | inspect.FrozenDictType
    | inspect.DataclassType
    | inspect.TypedDictType
)

# YAML 1.1 had many words for the truth values, and people still write them.
_YES: Final = frozenset({"yes", "y", "on"})
_NO: Final = frozenset({"no", "n", "off"})
_NAMED: Final[dict[type[inspect.Type], str]] = {
    inspect.AnyType: "any value",
    inspect.NoneType: "null",
    inspect.BoolType: "true or false",
    inspect.DateType: "a date such as 2026-01-31",
    inspect.DateTimeType: "an instant such as 2026-01-31T12:00:00Z",
    inspect.TimeType: "a time such as 12:00:00",
    inspect.TimeDeltaType: "a duration such as PT30S",
    inspect.UUIDType: "a UUID",
    inspect.DecimalType: "a decimal number",
}
_NUMERIC: Final = re.compile(r"[-+]?\d+(\.\d+)?", re.ASCII)
_SHOWN_CHARACTERS: Final = 60
_SHOWN_INTEGER: Final = 10**30  # Python refuses to write out very long ones


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that was probably meant, in whatever case; None where none is near."""
    by_lower = {name.lower(): name for name in reversed(list(known))}
    begun = [name for name in by_lower if len(word) > 2 and name.startswith(word.lower())]
    near = begun if len(begun) == 1 else get_close_matches(word.lower(), by_lower, 1)
    return by_lower[near[0]] if near else None


def members(info: inspect.Type) -> list[inspect.Type]:
    """Return the types of a union, without the wrappers that only carry documentation."""
    if isinstance(info, inspect.Metadata):
        return members(info.type)
    if isinstance(info, inspect.UnionType):
        return [member for part in info.types for member in members(part)]
    return [info]


def choices(info: inspect.Type) -> tuple[Any, ...]:
    """Return the values of a Literal or an Enum, () for other types."""
    match info:
        case inspect.LiteralType(values=values):
            return values
        case inspect.EnumType(cls=cls):
            return tuple(member.value for member in cls)
        case _:
            return ()


def expected(info: inspect.Type, *, hinted: bool = False) -> str:
    """Say what a type takes, with its limits: `an integer from 100 to 599`.

    With `hinted`, a regular expression is left out where a description says it in words, because
    `advice` then gives the description.
    """
    described = hinted and bool(_description(info))
    return " or ".join(
        dict.fromkeys(
            "a text of the right form" if described and _by_pattern(member) else _expected(member)
            for member in members(info)
        )
    )


def _by_pattern(info: inspect.Type) -> bool:
    return isinstance(info, inspect.StrType) and info.pattern is not None


def _expected(info: inspect.Type) -> str:
    match info:
        case inspect.IntType():
            text = "an integer" + _range(info)
        case inspect.FloatType():
            text = "a number" + _range(info)
        case inspect.StrType(pattern=pattern):
            matching = f" matching `{pattern}`" if pattern is not None else ""
            text = "a text" + _length(info, "characters") + matching
        case inspect.TupleType(item_types=item_types):
            text = f"a list of {len(item_types)} items"
        case _ if isinstance(info, ListLike):
            text = "a list" + _length(info, "items")
        case _ if isinstance(info, MappingLike):
            text = "a mapping" + _length(info, "entries")
        case _ if values := choices(info):
            shown = sorted(map(_shown, values))
            text = f"one of {', '.join(shown)}" if len(shown) > 1 else shown[0]
        case _:
            name = getattr(getattr(info, "cls", None), "__name__", type(info).__name__)
            text = _NAMED.get(type(info), name)
    return text


def _range(info: inspect.IntType | inspect.FloatType) -> str:
    limits = {
        "of at least": info.ge,
        "of at most": info.le,
        "greater than": info.gt,
        "less than": info.lt,
        "divisible by": info.multiple_of,
    }
    parts = [f"{words} {limit}" for words, limit in limits.items() if limit is not None]
    if info.ge is not None and info.le is not None:
        parts[:2] = [f"from {info.ge} to {info.le}"]
    return " " + " and ".join(parts) if parts else ""


def _length(info: Any, unit: str) -> str:
    least, most = getattr(info, "min_length", None), getattr(info, "max_length", None)
    if least == 1 and most is None:
        return " that is not empty"
    if least is not None and most is not None:
        return f" of {least} to {most} {unit}" if least != most else f" of {least} {unit}"
    if least is not None:
        return f" of at least {least} {unit}"
    return f" of at most {most} {unit}" if most is not None else ""


def got(value: Any) -> str:
    """Say what was written: `the text 'x'`, `an empty list`."""
    match value:
        case None | bool():
            text = _shown(value)
        case int():
            text = f"the integer {_shown(value)}"
        case float():
            text = f"the number {value}"
        case str():
            text = f"the text {_shown(value)}"
        case dict() | list() | tuple():
            kind = "mapping" if isinstance(value, dict) else "list"
            text = f"a {kind} of {len(value)}" if value else f"an empty {kind}"
        case _:
            text = f"a {type(value).__name__}"
    return text


def _shown(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() if not -_SHOWN_INTEGER < value < _SHOWN_INTEGER:
            return "of very many digits"
        case str() if len(value) > _SHOWN_CHARACTERS:
            return repr(value[:_SHOWN_CHARACTERS] + "…")
        case _:
            return repr(value)


def key_text(key: object) -> str:
    """Return a key as it is written in a file: `null`, `true`, `200`."""
    return key if isinstance(key, str) else _shown(key)


def advice(value: Any, info: inspect.Type, *, in_list: bool = False) -> str:
    """Say what to write instead of a value that does not fit a type; "" where nothing is to add."""
    kinds = members(info)
    takes_text = _takes(kinds, inspect.StrType) or any(map(_words, kinds))
    if value is None:
        hint = f"remove the {'item' if in_list else 'key'} or give it a value"
    elif isinstance(value, str):
        hint = _advice_on_text(value, kinds) or _shape(value, kinds) or _description(info)
    elif isinstance(value, bool | int | float) and takes_text:
        hint = f'put it in quotes: "{_shown(value)}"'
    elif isinstance(value, dict | list) and takes_text:
        hint = "a text that begins with `{` or `[` needs quotes"
    else:
        hint = _shape(value, kinds)
    return hint


def _takes(kinds: Iterable[inspect.Type], *wanted: type[inspect.Type]) -> bool:
    return any(isinstance(kind, wanted) for kind in kinds)


def _words(info: inspect.Type) -> list[str]:
    return [choice for choice in choices(info) if isinstance(choice, str)]


def _advice_on_text(value: str, kinds: list[inspect.Type]) -> str:
    word = value.lower()
    if _takes(kinds, inspect.BoolType):
        if word in _YES | _NO:
            return f"YAML 1.2 reads `{value}` as text: write {'true' if word in _YES else 'false'}"
        if word in ("true", "false"):
            return f"write {word} without quotes"
    if _NUMERIC.fullmatch(value) and _takes(kinds, inspect.IntType, inspect.FloatType):
        return f"write {value} without quotes"
    near = nearest(value, [word for kind in kinds for word in _words(kind)])
    return f"did you mean {near!r}?" if near else ""


def _shape(value: Any, kinds: list[inspect.Type]) -> str:
    """Say how to write a list or a mapping where that is what is missing."""
    for kind in kinds:
        if isinstance(kind, ListLike) and not isinstance(value, list | tuple):
            return "write a list: `- …`"
        if isinstance(kind, MappingLike) and not isinstance(value, dict):
            return "write a mapping: `key: value`"
    return ""


def _description(info: inspect.Type) -> str:
    """Return what a text field says of itself: the best advice for a text that breaks its rules."""
    if isinstance(info, inspect.Metadata) and isinstance(info.type, inspect.StrType):
        return str((info.extra_json_schema or {}).get("description", ""))
    return ""
