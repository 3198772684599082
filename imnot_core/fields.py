"""Config structs → a table of the keys that a partner file may have, for commands and documents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import inspect

from imnot_core.explain.wording import ListLike, MappingLike, expected, members


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One key: where it stands (`endpoints[].response.status`) and what may be written there.

    `type` and `constraints` are words for people, `default` is written as JSON. It is "" where
    there is none: the key is required, or leaving it out means something of its own, which the
    description says.
    """

    path: str
    type: str
    required: bool
    default: str
    description: str
    constraints: str


def field_rows(struct: type[msgspec.Struct]) -> list[FieldRow]:
    """All keys that a struct is made of, in its order; those of a struct within follow its key."""
    return list(_rows(inspect.type_info(struct), "", ()))


def _rows(info: inspect.Type, path: str, above: tuple[type, ...]) -> Iterator[FieldRow]:
    for struct, prefix in _structs(info, path):
        if struct.cls in above:
            continue  # it contains itself: said once is enough
        for field in struct.fields:
            row = _row(field, f"{prefix}.{field.encode_name}".removeprefix("."))
            yield row
            yield from _rows(field.type, row.path, (*above, struct.cls))


def _structs(info: inspect.Type, path: str) -> Iterator[tuple[inspect.StructType, str]]:
    """The structs that a type leads to, with the path of each."""
    for member in members(info):
        if isinstance(member, inspect.StructType):
            yield member, path
        elif isinstance(member, inspect.DictType):
            yield from _structs(member.value_type, f"{path}.*")
        elif isinstance(member, ListLike) and not isinstance(member, inspect.TupleType):
            yield from _structs(member.item_type, f"{path}[]")


def _row(field: inspect.Field, path: str) -> FieldRow:
    description = _description(field.type)
    # Only a struct's own default is null: a file says it by leaving the key out.
    kinds = [
        each
        for each in members(field.type)
        if field.required or not isinstance(each, inspect.NoneType)
    ]
    limits = [limit for each in kinds if (limit := _limits(each, said=bool(description)))]
    return FieldRow(
        path=path,
        type=" or ".join(dict.fromkeys(map(_kind, kinds))),
        required=field.required,
        default=_default(field),
        description=description,
        constraints=" or ".join(limits),
    )


def _description(info: inspect.Type) -> str:
    if not isinstance(info, inspect.Metadata):
        return ""
    return str((info.extra_json_schema or {}).get("description", "")) or _description(info.type)


def _bare(info: inspect.Type) -> inspect.Type:
    """The same type without limits."""
    match info:
        case inspect.IntType() | inspect.FloatType() | inspect.StrType():
            return type(info)()
        case _ if isinstance(info, ListLike) and not isinstance(info, inspect.TupleType):
            return inspect.ListType(info.item_type)
        case inspect.DictType(key_type=key, value_type=value):
            return inspect.DictType(key, value)
        case _:
            return info


def _kind(info: inspect.Type) -> str:
    words = expected(_bare(info))
    for article in ("an ", "a "):
        if words.startswith(article):
            words = words.removeprefix(article)
            break
    if isinstance(info, inspect.DictType):
        words += f" of {_inner(info.key_type)} to {_inner(info.value_type)}"
    elif isinstance(info, ListLike) and not isinstance(info, inspect.TupleType):
        words += f" of {_inner(info.item_type)}"
    return words


def _inner(info: inspect.Type) -> str:
    kinds = members(info)
    if all(isinstance(each, MappingLike) for each in kinds):
        return "mappings"
    return " or ".join(dict.fromkeys(map(_kind, kinds)))


def _limits(info: inspect.Type, *, said: bool) -> str:
    """What `expected` says beyond the kind; not a regular expression that is said in words."""
    if said and isinstance(info, inspect.StrType) and info.pattern is not None:
        info = inspect.StrType(info.min_length, info.max_length)
    return expected(info).removeprefix(expected(_bare(info))).strip()


def _default(field: inspect.Field) -> str:
    if field.default is not msgspec.NODEFAULT:
        return "" if field.default is None else _json(field.default)
    if field.default_factory is msgspec.NODEFAULT:
        return ""
    made = field.default_factory()
    if isinstance(made, msgspec.Struct):
        return "{}"
    # A factory of anything but a container marks what is filled in later.
    return _json(made) if isinstance(made, dict | list | tuple | set | frozenset) else ""


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
