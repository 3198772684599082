"""What a template sees of a request: values that it can read, and nothing of Python behind them.

The template engine passes dicts, lists and bytes on as the objects that they are, with all their
methods. So it gets these wrappers instead. From them it asks for items, and for attributes whose
name does not begin with an underscore: there are none but the four methods of an object.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import msgspec

_INTEGERS: Final = range(-(2**63), 2**63)
# As Jinja2 writes it: a text that can stand in HTML too.
_ESCAPED: Final = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&'"}


class Value:
    """Base of the wrappers. As text it is JSON."""

    __slots__ = ("_data",)
    _KIND = "a value"

    def __init__(self, data: Any) -> None:
        self._data = data

    def __str__(self) -> str:
        return as_json(self)

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Value) and bool(self._data == other._data)

    __hash__ = None  # type: ignore[assignment]  # as of what is wrapped

    def __lt__(self, other: Value) -> bool:
        return bool(self._data < other._data)

    def __gt__(self, other: Value) -> bool:
        return bool(self._data > other._data)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{self._KIND} has no method {name}")


class Object(Value):
    """A JSON object."""

    __slots__ = ("_missed",)
    _KIND = "an object"

    def __init__(self, data: dict[str, Any]) -> None:
        super().__init__(data)
        self._missed: object = None

    def __len__(self) -> int:
        return len(self._data)

    def __iter__(self) -> Iterator[Any]:
        return map(guarded, self._data)

    def __getitem__(self, key: object) -> Any:
        try:
            return guarded(self._data[key])
        except KeyError:
            self._missed = key
            raise

    def __getattr__(self, name: str) -> Callable[..., Any]:
        # After a key that is not there, the engine asks for an attribute of that name: it must not
        # find a method, or `request.body.items` would be defined for every object. It does have to
        # find `items` at other times, for that is how it knows an object.
        missed, self._missed = self._missed, None
        method = _METHODS.get(name)
        if method is None or missed == name:
            return super().__getattr__(name)  # type: ignore[no-any-return]  # it raises
        return lambda *args: method(self._data, *args)


class Array(Value):
    """A JSON array."""

    __slots__ = ()
    _KIND = "an array"

    def __len__(self) -> int:
        return len(self._data)

    def __iter__(self) -> Iterator[Any]:
        return map(guarded, self._data)

    def __getitem__(self, index: int) -> Any:
        return guarded(self._data[index])


class Binary(Value):
    """A body that is no text; as text it is written as Python writes bytes."""

    __slots__ = ()
    _KIND = "a body that is no text"

    def __str__(self) -> str:
        return str(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def __getitem__(self, index: int) -> Any:
        return self._data[index]


class BigInteger(Value):
    """A whole number of more than 64 bits, which the engine would round."""

    __slots__ = ()
    _KIND = "a number"


# By these the engine knows what it can count through.
Sequence.register(Array)
Sequence.register(Binary)


def guarded(value: Any) -> Any:
    """Return a value in a form that a template may have."""
    if isinstance(value, str):
        # A text that is no Unicode would be handed on as a Python object, with all its methods.
        return str(value) if value.isascii() else value.encode(errors="replace").decode()
    if value is None or isinstance(value, bool | float | Value):
        return value
    if isinstance(value, int):
        return value if value in _INTEGERS else BigInteger(value)
    if isinstance(value, tuple):
        return tuple(map(guarded, value))
    wrapper = _WRAPPERS.get(type(value))
    if wrapper is None:
        raise TypeError(f"a template cannot have a {type(value).__name__}")
    return wrapper(value)


def as_json(value: Any) -> str:
    """Write a value as compact JSON."""
    return msgspec.json.encode(value, enc_hook=_plain).decode()


def tojson(value: Any, indent: int | None = None) -> str:
    """Write a value as JSON, for the filter of this name: as Jinja2 does, keys in their order."""
    text = json.dumps(value, default=_plain, ensure_ascii=False, allow_nan=False, indent=indent)
    return text.translate(_ESCAPED)


def _plain(value: object) -> Any:
    """Return what an encoder of JSON can take; bytes are written in base 64."""
    data = value._data if isinstance(value, Value) else value  # noqa: SLF001 - all names here are
    if isinstance(data, bytes):
        return b64encode(data).decode()
    if not isinstance(data, dict | list | int):
        raise TypeError(f"{type(data).__name__} cannot be written as JSON")
    return data


def _get(data: dict[str, Any], key: object, default: Any = None) -> Any:
    return guarded(data.get(key, default))  # type: ignore[call-overload]  # no key is no match


_METHODS: Final[dict[str, Callable[..., Any]]] = {
    "get": _get,
    "items": lambda data: tuple(guarded(pair) for pair in data.items()),
    "keys": lambda data: tuple(map(guarded, data)),
    "values": lambda data: tuple(map(guarded, data.values())),
}
_WRAPPERS: Final[dict[type, type[Value]]] = {
    dict: Object,
    list: Array,
    bytes: Binary,
}
