"""What msgspec itself says of a value: the judge of every fault."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, inspect

from imnot_core.explain.wording import ListLike

_LIMITS: Final = (
    "gt",
    "ge",
    "lt",
    "le",
    "multiple_of",
    "pattern",
    "min_length",
    "max_length",
    "tz",
)
_TYPES: Final[dict[type[inspect.Type], Any]] = {
    inspect.AnyType: Any,
    inspect.NoneType: None,
    inspect.BoolType: bool,
    inspect.IntType: int,
    inspect.FloatType: float,
    inspect.StrType: str,
    inspect.BytesType: bytes,
    inspect.ByteArrayType: bytearray,
    inspect.MemoryViewType: memoryview,
    inspect.DateType: date,
    inspect.DateTimeType: datetime,
    inspect.TimeType: time,
    inspect.TimeDeltaType: timedelta,
    inspect.UUIDType: UUID,
    inspect.DecimalType: Decimal,
    inspect.RawType: msgspec.Raw,
    inspect.ExtType: msgspec.msgpack.Ext,
    inspect.DictType: dict,
    inspect.FrozenDictType: dict,
}


class AnyOf(tuple[Any, ...]):
    """The outlines of a union's members, to be tried one after the other.

    A `Union` that lives no longer than one question must not be given to msgspec (0.22): when it
    forgets one of a text with `pattern` and a list or mapping, the process crashes.
    """

    __slots__ = ()


def refusal(value: object, type_: Any) -> Exception | None:
    """Return why msgspec refuses to convert a value to a type; None if it does not."""
    if isinstance(type_, AnyOf):
        refusals = [refusal(value, each) for each in type_]
        return None if None in refusals else refusals[0]
    try:
        msgspec.convert(value, type_)
    except Exception as error:  # noqa: BLE001 (a plugin's __post_init__ may raise anything)
        return error
    return None


def outline(info: inspect.Type) -> Any:
    """Return a type that takes what `info` takes, whatever a mapping or list has inside."""
    match info:
        case inspect.Metadata(type=inner):
            type_ = outline(inner)
        case inspect.UnionType(types=types):
            type_ = AnyOf(map(outline, types))
        case inspect.LiteralType(values=values):
            type_ = Literal[values]
        case inspect.TupleType(item_types=items):
            type_ = Annotated[list, Meta(min_length=len(items), max_length=len(items))]
        case inspect.StructType(array_like=False):
            type_ = dict
        case _:
            type_ = _limited(info)
    return type_


def _limited(info: inspect.Type) -> Any:
    type_ = (
        list if isinstance(info, ListLike) else _TYPES.get(type(info), getattr(info, "cls", None))
    )
    limits = {name: getattr(info, name, None) for name in _LIMITS}
    if all(limit is None for limit in limits.values()):
        return type_
    return Annotated[type_, Meta(**limits)]
