"""Values of requests and stubs as people read them: on one line, cut, nothing invisible."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any, Final

import msgspec

MAX_SHOWN: Final = 200
"""Characters of a value that are shown."""
ABSENT: Final = "absent"

_ITEMS: Final = 8  # of a list or object
_DEPTH: Final = 4
_LARGEST: Final = 2**63  # what every reader of JSON takes for an integer


def shown(value: Any, limit: int = MAX_SHOWN) -> str:
    """Return a value as text: JSON but for cuts, marked by `…`, and for bytes. Never raises."""
    if value is msgspec.UNSET:
        return ABSENT
    if isinstance(value, str):
        mark = "'" if '"' in value and "'" not in value else '"'
        return f"{mark}{printable(_cut(value, limit), quote=mark)}{mark}"
    if isinstance(value, bytes | bytearray):
        return f"{len(value)} bytes, {_cut(repr(bytes(value[:limit]))[1:], limit)}"
    try:
        text = msgspec.json.encode(plain(value)).decode()
    except Exception:  # noqa: BLE001 - a value that nobody thought of must not hide the rest
        text = f"a value of type {type(value).__name__}"
    return _cut(printable(text), limit)


def plain(value: Any, depth: int = 0) -> Any:
    """Return a value as JSON can hold it, cut: what an `actual` is in an answer. Never raises."""
    match value:
        case None | bool() | float():
            return value
        case int():
            return value if -_LARGEST <= value < _LARGEST else "a huge number"
        case str():
            return _cut(_encodable(value[: MAX_SHOWN + 1]), MAX_SHOWN)
        case bytes() | bytearray():
            return shown(value)
        case dict() | list() | tuple():
            return _plain_parts(value, depth)
        case _:
            return None if value is msgspec.UNSET else f"a value of type {type(value).__name__}"


def printable(text: str, *, quote: str = "") -> str:
    """Return the text with what cannot be seen written as an escape, as in JSON or Python.

    `quote` is the mark that will stand around it: this and backslashes are escaped as well.
    """
    if quote:
        text = text.replace("\\", "\\\\").replace(quote, f"\\{quote}")
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else _escape(each) for each in text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _encodable(text: str) -> str:
    # Half of a surrogate pair is no text that could be sent.
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _plain_parts(value: dict[Any, Any] | Sequence[Any], depth: int) -> Any:
    is_cut = len(value) > _ITEMS or (depth >= _DEPTH and len(value) > 0)
    most = 0 if depth >= _DEPTH else _ITEMS
    if not isinstance(value, dict):
        return [*(plain(each, depth + 1) for each in value[:most]), *["…"][: int(is_cut)]]
    cut = {plain(str(name)): plain(value[name], depth + 1) for name in islice(value, most)}
    return cut | {"…": "…"} if is_cut else cut
