"""Criteria in words, for people."""

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from imnot_patterns.stubs.criteria.operators import operator_of

MAX_SHOWN: Final = 200
"""Characters of a value that are shown."""


def shown(value: Any) -> str:
    """Return a value in JSON notation, cut when it is long."""
    try:
        text = msgspec.json.encode(value).decode()
    except (TypeError, ValueError, RecursionError):
        text = ascii(value)
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 1]}…"


def described(value: Any) -> str:
    """Return a criterion in normal form in words that follow "the value …"."""
    name = operator_of(value)
    if name is None:
        return f"is {shown(value)}"
    return _WORDS[name](value[name])


def _compared(words: str, argument: str = "value") -> Callable[[Any], str]:
    return lambda given: f"{words} {_inside(given[argument])}"


def _inside(value: Any) -> str:
    """Return data or a criterion as part of a sentence; plain equality is the value itself."""
    name = operator_of(value)
    if name is None:
        return shown(value)
    return shown(value[name]["value"]) if name == "$eq" else f"a value that {described(value)}"


def _joined(items: Iterable[Any], word: str) -> str:
    return word.join(f"({described(item)})" for item in items)


def _items(given: Any) -> str:
    return ", ".join(map(_inside, given["items"])) or "nothing"


def _pairs(given: Any) -> str:
    pairs = given["key_values"].items()
    return ", ".join(f"{shown(name)} that {described(item)}" for name, item in pairs) or "no keys"


def _between(given: Any) -> str:
    ends = "" if given["is_inclusive"] else ", both excluded"
    return f"is between {_inside(given['lower'])} and {_inside(given['upper'])}{ends}"


_WORDS: Final[dict[str, Callable[[Any], str]]] = {
    "$eq": _compared("is"),
    "$neq": _compared("is not"),
    "$gt": _compared("is greater than"),
    "$gte": _compared("is at least"),
    "$lt": _compared("is less than"),
    "$lte": _compared("is at most"),
    "$between": _between,
    "$and": lambda given: _joined(given["items"], " and ") or "is anything",
    "$or": lambda given: _joined(given["items"], " or ") or "is nothing at all",
    "$xor": lambda given: f"either {_joined((given['left'], given['right']), ' or ')}, not both",
    "$not": lambda given: f"does not satisfy ({described(given['value'])})",
    "$json": lambda given: f"is JSON that {described(given['inner_criteria'])}",
    "$contains": lambda given: f"contains {_items(given)}",
    "$contains_exactly": lambda given: f"contains exactly {_items(given)}, in this order",
    "$regex": lambda given: f"matches the regular expression {shown(given['pattern'])}",
    "$length": lambda given: f"has a length that {described(given['value'])}",
    "$key_values": lambda given: f"has {_pairs(given)}",
    "$exact_key_values": lambda given: f"has exactly {_pairs(given)}",
    "$even": lambda _: "is even",
    "$odd": lambda _: "is odd",
    "$ignore_case": lambda given: f"is {shown(given['value'])} in any letter case",
}
