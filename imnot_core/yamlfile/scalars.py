"""What a plain scalar means in YAML 1.2: `yes`, `12:30` and `2026-01-31` are text.

Beyond the specification's core schema, digits may be grouped by `_` and numbers written as `0b101`,
as the usual YAML libraries read them.
"""

from __future__ import annotations

import re
from typing import Final

Scalar = str | int | float | bool | None

_CONSTANTS: Final[dict[str, Scalar]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((s + w for s in ("", "+") for w in (".inf", ".Inf", ".INF")), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_NUMBER: Final = re.compile(
    r"""(?P<sign>[-+]?) (?:
        (?P<int>\d[\d_]*)
      | 0x(?P<hex>[\da-fA-F][\da-fA-F_]*)
      | 0o(?P<oct>[0-7][0-7_]*)
      | 0b(?P<bin>[01][01_]*)
      | (?P<float>(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][-+]?\d+)?)
    )""",
    re.VERBOSE | re.ASCII,
)
MAX_DIGITS: Final = 1000  # JSON readers, and Python itself, refuse integers that are much longer

_BASES: Final = {"int": 10, "hex": 16, "oct": 8, "bin": 2}
_FIRST_CHARACTERS: Final = frozenset(["", *"~nNtTfF+-.0123456789"])
_TYPES: Final = {"str": str, "int": int, "float": float, "bool": bool, "null": type(None)}
_STANDARD: Final = "tag:yaml.org,2002:"


def plain(text: str) -> Scalar:
    """Return the value of a scalar that is written without quotes and without tag.

    Raises ValueError for an integer of more than MAX_DIGITS digits.
    """
    if text[:1] not in _FIRST_CHARACTERS:
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    number = _NUMBER.fullmatch(text)
    if number is None:
        return text
    digits = number["sign"] + number[number.lastgroup or 0].replace("_", "")
    if number.lastgroup == "float":
        return float(digits)
    if len(digits) > MAX_DIGITS:
        raise ValueError(text)
    return int(digits, _BASES[number.lastgroup or "int"])


def tagged(text: str, tag: str) -> Scalar:
    """Return the value of a scalar with a tag such as `!!str`.

    Raises LookupError for a tag that isn't known, ValueError where the text does not fit it.
    """
    wanted = str if tag == "!" else _TYPES[tag.removeprefix(_STANDARD)]
    value = text if wanted is str else plain(text)
    if wanted is float and type(value) is int:
        return float(value)
    if type(value) is not wanted:
        raise ValueError(text)
    return value


def is_collection_tag(tag: str) -> bool:
    """Tell whether the tag says no more than what a mapping or list is by itself."""
    return tag in ("!", _STANDARD + "map", _STANDARD + "seq")
