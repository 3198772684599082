"""The datapoints that a contract is checked with: how they are written, moved and spoilt."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from typing import Any

import msgspec
from msgspec import inspect

from imnot_core import yamlfile

PARTNER = "acme"

Written = Mapping[str, Any] | str
Step = str | int


def read(written: Written) -> list[dict[str, Any]]:
    """The datapoints of an example: a mapping, or YAML of one or of a list."""
    data = written if isinstance(written, Mapping) else yamlfile.read(written, "example").data
    entries = data if isinstance(data, list) else [data]
    return [deepcopy(dict(entry)) for entry in entries]


def partner_file(datapoints: Iterable[Mapping[str, Any]], partner: str = PARTNER) -> str:
    """A partner file with these datapoints. JSON is YAML too, and leaves nothing to guess."""
    return json.dumps({"partner": partner, "datapoints": list(datapoints)}, indent=2)


def moved(datapoint: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """The same datapoint under another name, its paths below `/prefix`."""
    copy = deepcopy(dict(datapoint))
    copy["name"] = f"{copy['name']}-{prefix}"
    for endpoint in copy.get("endpoints", ()):
        endpoint["path"] = f"/{prefix}{endpoint['path']}"
    return copy


def with_key(datapoint: Mapping[str, Any], place: tuple[Step, ...], key: str) -> dict[str, Any]:
    """The same datapoint, with one more key in the mapping at a place."""
    copy: Any = deepcopy(dict(datapoint))
    target = copy
    for step in place:
        target = target[step]
    target[key] = 1
    return dict(copy)


def struct_places(config: type, datapoint: Any) -> list[tuple[Step, ...]]:
    """Where in a datapoint the mappings are that a struct describes, so that its keys are known."""
    return list(dict.fromkeys(_places(inspect.type_info(config), datapoint, ())))


def _places(kind: inspect.Type, value: Any, at: tuple[Step, ...]) -> Iterator[tuple[Step, ...]]:
    if isinstance(kind, inspect.StructType) and isinstance(value, Mapping):
        yield at
    for inner, item, step in _inner(kind, value):
        yield from _places(inner, item, (*at, *step))


def _inner(kind: inspect.Type, value: Any) -> list[tuple[inspect.Type, Any, tuple[Step, ...]]]:
    """The types below a type, each with its part of the value and the step that leads there."""
    match kind:
        case inspect.Metadata(type=inner):
            return [(inner, value, ())]
        case inspect.UnionType(types=kinds):
            return [(each, value, ()) for each in kinds if _fits(each, value)]
        case inspect.StructType(fields=fields) if isinstance(value, Mapping):
            names = {field.encode_name: field.type for field in fields}
            return [(names[key], item, (key,)) for key, item in value.items() if key in names]
        case inspect.DictType(value_type=inner) if isinstance(value, Mapping):
            return [(inner, item, (key,)) for key, item in value.items()]
        case inspect.CollectionType(item_type=inner) if isinstance(value, list):
            return [(inner, item, (index,)) for index, item in enumerate(value)]
    return []


def _fits(kind: inspect.Type, value: Any) -> bool:
    if not isinstance(kind, inspect.StructType):
        return True
    try:
        msgspec.convert(value, kind.cls)
    except (msgspec.ValidationError, ValueError):
        return False
    return True
