"""Items: objects with an id, and the lists of them that a collection begins with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from imnot_core import Context, FieldError, encode_json, parse_json
from imnot_patterns.crud.config import CrudDatapoint

Item = dict[str, Any]

PLACES: Final = {"uuid": "a text or an integer", "integer": "an integer", "client": "a text"}


@dataclass(frozen=True, slots=True)
class Base:
    """What a collection begins with: items in order, by their keys. Never changed.

    `top` is the highest integer id among them, 0 without one.
    """

    items: Mapping[str, Item] = field(default_factory=dict)
    top: int = 0


class Wrong(ValueError):
    """An item that cannot be one: at which index, in which field, and why."""

    def __init__(self, index: int | None, name: str, reason: str) -> None:
        super().__init__(reason)
        self.index = index
        self.name = name

    @property
    def place(self) -> str:
        """Where it stands in the list: `[3].id`."""
        at = "" if self.index is None else f"[{self.index}]"
        return f"{at}.{self.name}" if self.name else at


def text_of(value: Any) -> str | None:
    """How an id, or the field of a parent, is written in a path; None for what cannot be."""
    if isinstance(value, str):
        return value or None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def key_of(parents: Sequence[str], identity: str) -> str:
    """The key of an item: unique among all that have an id and the same parents."""
    return "/".join(quote(part, safe="") for part in (*parents, identity))


def with_id(item: Item, field: str, identity: Any) -> Item:
    """The item with an id, which comes first."""
    return {field: identity, **item} | {field: identity}


def seeded(datapoint: CrudDatapoint, context: Context) -> Base:
    """What the partner file says is there at the beginning. Raises FieldError."""
    if datapoint.seed_file is None:
        place, items = "seed", parse_json(encode_json(datapoint.seed or ()))
    else:
        place, content = "seed_file", context.file(datapoint.seed_file, "seed_file")
        try:
            items = parse_json(content)
        except ValueError as error:
            message = f"{datapoint.seed_file!r} is not valid JSON: {error}"
            raise FieldError((place, message, "write an array of objects")) from None
    name = f"{context.partner}/{context.datapoint}"
    try:
        return based(items, datapoint, name)
    except Wrong as error:
        if place == "seed":
            raise FieldError((f"seed{error.place}", str(error), "correct it")) from None
        message = f"{datapoint.seed_file!r}: {error.place.lstrip('.') or 'it'} {error}"
        raise FieldError((place, message, "correct the file")) from None


def based(items: Any, datapoint: CrudDatapoint, name: str) -> Base:
    """A list of items, each with an id of its own; where the server gives ids, the missing ones.

    They are the same whenever the list is: all workers give the same. Raises Wrong.
    """
    if not isinstance(items, list):
        raise Wrong(None, "", "is no list of objects")
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            raise Wrong(index, "", "is no object")
    top = max((_integer(each.get(datapoint.id_field)) for each in items), default=0)
    found: dict[str, Item] = {}
    for index, each in enumerate(items):
        item = each
        if datapoint.id_field not in each and datapoint.ids != "client":
            top += 1
            identity = (
                top if datapoint.ids == "integer" else str(uuid5(NAMESPACE_URL, f"{name}/{index}"))
            )
            item = with_id(each, datapoint.id_field, identity)
        key = _key(item, index, datapoint)
        if key in found:
            raise Wrong(index, datapoint.id_field, f"{item[datapoint.id_field]!r} is taken")
        found[key] = item
    return Base(found, top)


def _key(item: Item, index: int, datapoint: CrudDatapoint) -> str:
    identity = text_of(item.get(datapoint.id_field))
    is_wrong = datapoint.ids == "integer" and not _is_integer(item.get(datapoint.id_field))
    if identity is None or is_wrong:
        reason = f"is missing or not {PLACES[datapoint.ids]}"
        raise Wrong(index, datapoint.id_field, reason)
    parents = []
    for name in datapoint.parents:
        parent = text_of(item.get(name))
        if parent is None:
            raise Wrong(index, name, f"is missing or no text or integer: {datapoint.path} needs it")
        parents.append(parent)
    return key_of(parents, identity)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _integer(value: Any) -> int:
    return value if _is_integer(value) and value > 0 else 0
