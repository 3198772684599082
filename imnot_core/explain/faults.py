"""The walk through a value beside its type, which finds every fault."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any, Final

import msgspec
from msgspec import inspect

from imnot_core.errors import FieldError
from imnot_core.explain.outline import outline, refusal
from imnot_core.explain.wording import ListLike, advice, expected, got, key_text, members, nearest

Path = tuple[str | int, ...]

# Only msgspec looks inside these, and one fault at a time.
_OPAQUE: Final = (
    inspect.DataclassType,
    inspect.TypedDictType,
    inspect.NamedTupleType,
    inspect.CustomType,
)
_REPORTED_PATH: Final = re.compile(r" - at `(?:key` in `)?\$(?P<path>[^`]*)`$")
_REPORTED_STEP: Final = re.compile(r"\.(?P<name>[^.\[]+)|\[(?P<index>\d+)\]|(?P<lost>.)")


@dataclass(frozen=True, slots=True)
class Fault:
    """One value that does not fit; `path` leads to it, or with `key` to its key."""

    path: Path
    message: str
    hint: str = ""
    key: bool = False


def faults(value: Any, info: inspect.Type, path: Path) -> Iterator[Fault]:
    """Give what does not fit in a value; nothing where only a struct around it can be at fault."""
    error = refusal(value, outline(info))
    if error is not None:
        yield _misfit(value, info, path, error)
    if isinstance(value, dict):
        yield from _mapping_faults(value, members(info), path)
    elif isinstance(value, list | tuple):
        for member in members(info):
            if isinstance(member, ListLike):
                yield from _list_faults(value, member, path)


def _misfit(value: Any, info: inspect.Type, path: Path, error: Exception) -> Fault:
    if isinstance(value, dict | list) and any(map(_is_opaque, members(info))):
        return as_reported(error, path)
    in_list = bool(path) and isinstance(path[-1], int)
    message = f"expected {expected(info, hinted=True)}, got {got(value)}"
    return Fault(path, message, advice(value, info, in_list=in_list))


def _is_opaque(info: inspect.Type) -> bool:
    """Tell whether only msgspec looks inside: such a type is its own outline."""
    return isinstance(info, _OPAQUE) or (isinstance(info, inspect.StructType) and info.array_like)


def _list_faults(value: Sequence[Any], info: Any, path: Path) -> Iterator[Fault]:
    types = info.item_types if isinstance(info, inspect.TupleType) else repeat(info.item_type)
    for index, (item, item_type) in enumerate(zip(value, types, strict=False)):
        yield from faults(item, item_type, (*path, index))


def _mapping_faults(
    value: dict[Any, Any], infos: Sequence[inspect.Type], path: Path
) -> Iterator[Fault]:
    structs = [
        info for info in infos if isinstance(info, inspect.StructType) and not info.array_like
    ]
    if len(structs) > 1:
        yield from _tagged_faults(value, structs, path)
    elif structs:
        yield from _struct_faults(value, structs[0], path)
    for info in infos:
        if isinstance(info, inspect.DictType | inspect.FrozenDictType):
            yield from _dict_faults(value, info, path)


def _tagged_faults(
    value: dict[Any, Any], structs: Sequence[inspect.StructType], path: Path
) -> Iterator[Fault]:
    field = str(structs[0].tag_field)
    tags = inspect.LiteralType(tuple(struct.tag for struct in structs))
    if field not in value:
        yield _missing(field, tags, path)
        return
    tag = value[field]
    for struct in structs:
        if struct.tag == tag and type(struct.tag) is type(tag):
            yield from _struct_faults(value, struct, path)
            return
    yield from faults(tag, tags, (*path, field))


def _dict_faults(
    value: dict[Any, Any], info: inspect.DictType | inspect.FrozenDictType, path: Path
) -> Iterator[Fault]:
    for key, item in value.items():
        if refusal(key, outline(info.key_type)) is not None:
            yield _bad_key(key, info.key_type, path)
        yield from faults(item, info.value_type, (*path, key_text(key)))


def _struct_faults(value: dict[Any, Any], info: inspect.StructType, path: Path) -> list[Fault]:
    types = {field.encode_name: field.type for field in info.fields}
    if info.tag_field is not None:
        types[info.tag_field] = inspect.LiteralType((info.tag,))
    found: list[Fault] = []
    sound: dict[str, Any] = {}
    for key, item in value.items():
        if not isinstance(key, str):
            found.append(_bad_key(key, inspect.StrType(), path))
        elif key in types:
            inner = list(faults(item, types[key], (*path, key)))
            found += inner
            if not inner:
                sound[key] = item
        elif info.forbid_unknown_fields:
            found.append(_unknown(key, [name for name in types if name not in value], types, path))
    required = {field.encode_name: field.type for field in info.fields if field.required}
    found += [_missing(name, required[name], path) for name in required if name not in value]
    if required.keys() <= sound.keys() and (error := refusal(sound, info.cls)) is not None:
        own = _rejections(error, info, path)
        # Beside other faults, believe only what is said of a field that is written and sound.
        found += [fault for fault in own if not found or sound.keys() & fault.path[len(path) :]]
    return found


def _bad_key(key: object, info: inspect.Type, path: Path) -> Fault:
    message = f"expected {expected(info)} as key, got {got(key)}"
    hint = "" if key is None else advice(key, info)
    return Fault((*path, key_text(key)), message, hint or "write a text before the `:`", key=True)


def _unknown(key: str, absent: Sequence[str], known: Iterable[str], path: Path) -> Fault:
    near = nearest(key, absent)
    hint = f"did you mean `{near}`?" if near else f"known keys: {', '.join(known) or 'none'}"
    return Fault((*path, key), f"unknown key `{key}`", hint, key=True)


def _missing(name: str, info: inspect.Type, path: Path) -> Fault:
    return Fault(path, f"the key `{name}` is missing", f"write `{name}:` and {expected(info)}")


def _rejections(error: Exception, info: inspect.StructType, path: Path) -> list[Fault]:
    """Turn what a struct's `__post_init__` raised into faults, of its fields if it names them."""
    cause = error.__cause__
    if isinstance(cause, FieldError):
        names = {field.name: field.encode_name for field in info.fields}
        return [
            Fault((*path, *field_path(names.get(field, field))), message, hint)
            for field, message, hint in cause.faults
        ]
    if cause is not None:
        return [Fault(path, str(cause))]
    return [as_reported(error, path)]


def as_reported(error: Exception, path: Path) -> Fault:
    """Pass on what msgspec says, with the part of its path that it knows."""
    if not isinstance(error, msgspec.ValidationError):
        return Fault(path, f"{type(error).__name__}: {error}")
    text = str(error)
    steps: Path = ()
    if reported := _REPORTED_PATH.search(text):
        text = text[: reported.start()]
        steps = _steps(reported["path"])
    return Fault((*path, *steps), text)


def field_path(field: str) -> Path:
    """Return the path of a field as a FieldError names it: `name`, or `endpoints[1].step`."""
    return _steps(f".{field}")


def _steps(path: str) -> Path:
    steps: list[str | int] = []
    for step in _REPORTED_STEP.finditer(path):
        if step["lost"]:
            break
        steps.append(step["name"] or int(step["index"]))
    return tuple(steps)
