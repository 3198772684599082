"""Objects with all their properties, but those that are only written."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from imnot_patterns.openapi.samples.conjunctions import Conjunction, Flat
from imnot_patterns.openapi.samples.effort import NoValue
from imnot_patterns.openapi.samples.schemas import Schema
from imnot_patterns.openapi.samples.validity import parts_of

if TYPE_CHECKING:
    from imnot_patterns.openapi.samples.maker import Maker

MAX_PROPERTIES: Final = 10_000
MAX_VARIANTS: Final = 200  # of one property


class _Property(NamedTuple):
    """What the value of a property must satisfy, and the references that lead there."""

    conjunction: Conjunction
    via: frozenset[int]


def objects(maker: Maker, flat: Flat, path: frozenset[int]) -> Iterator[dict[str, Any]]:
    """Give objects that satisfy the schemas of `flat`."""
    schemas = [member.schema for member in flat.members]
    low = int(max((schema.get("minProperties", 0) for schema in schemas), default=0))
    high = int(
        min(
            (schema.get("maxProperties", MAX_PROPERTIES) for schema in schemas),
            default=MAX_PROPERTIES,
        )
    )
    required = dict.fromkeys(name for schema in schemas for name in schema.get("required", ()))
    declared = dict.fromkeys(name for schema in schemas for name in schema.get("properties", ()))
    required.update(_dependent(schemas, {*required, *declared}))
    made: dict[str, Any] = {}
    # What must be there first: it counts where the number of properties is bounded.
    for name in (*required, *(name for name in declared if name not in required)):
        if name not in required and not _may_be_called(maker, flat, name):
            continue
        if len(made) >= high and not (name in required and not maker.lenient):
            continue
        try:
            _put(maker, flat, path, name, made, needed=name in required)
        except NoValue:
            if name in required and not maker.lenient:
                return
    if len(made) > high:
        return
    _add_others(maker, flat, path, made, low=low, high=high)
    if len(made) < low and not maker.lenient:
        return
    yield _ordered(made, declared)
    yield from _varied(maker, flat, path, made)


def _put(
    maker: Maker, flat: Flat, path: frozenset[int], name: str, made: dict[str, Any], *, needed: bool
) -> None:
    if not needed and maker.effort.is_full():
        return
    found = _property(maker, flat, name)
    if maker.is_written_only(found.conjunction):
        maker.absent.add(name)
        return
    hint = flat.names.get(name)
    if hint is not None and maker.accepts(found.conjunction, hint):
        made[name] = hint
        return
    for example in _examples(maker, flat, name):
        if maker.accepts(found.conjunction, example):
            made[name] = maker.given(example)
            return
    made[name] = maker.value(found.conjunction, path | found.via)


def _examples(maker: Maker, flat: Flat, name: str) -> Iterator[Any]:
    """Give what the examples of parts say of a property."""
    for schema, _ in flat.members[1:] if maker.use_examples else ():
        example = schema.get("example")
        if isinstance(example, dict) and name in example:
            yield example[name]


def _property(maker: Maker, flat: Flat, name: str) -> _Property:
    parts: list[Any] = []
    via: frozenset[int] = frozenset()
    for schema, member_via in flat.members:
        for part in parts_of(schema, name, maker.patterns):
            if part is not True:
                parts.append(maker.schemas.of(part))
                via |= member_via
    return _Property(tuple(parts), via)


def _add_others(
    maker: Maker, flat: Flat, path: frozenset[int], made: dict[str, Any], *, low: int, high: int
) -> None:
    """Add properties that no schema names: as many as there must be, and one to a plain map."""
    typed = any(isinstance(m.schema.get("additionalProperties"), dict) for m in flat.members)
    named = any("properties" in member.schema for member in flat.members)
    is_map = (
        typed
        and not named
        and any(m.schema.get("additionalProperties") not in ({}, None) for m in flat.members)
    )
    wanted = min(high, MAX_PROPERTIES, max(low, len(made), 1 if is_map else 0))
    for at in range(wanted + 20):
        if len(made) >= wanted:
            return
        name = f"key{at or ''}"
        if name in made or not _may_be_called(maker, flat, name):
            continue
        try:
            _put(maker, flat, path, name, made, needed=low > len(made))
        except NoValue:
            continue


def _may_be_called(maker: Maker, flat: Flat, name: str) -> bool:
    return all(
        maker.accepts((maker.schemas.of(schema["propertyNames"]),), name)
        for schema, _ in flat.members
        if "propertyNames" in schema
    )


def _ordered(made: dict[str, Any], declared: dict[str, None]) -> dict[str, Any]:
    """Return the properties in the order of the schemas; those that none names come last."""
    return {name: made[name] for name in (*declared, *made) if name in made}


def _dependent(schemas: list[Schema], names: set[str]) -> dict[str, None]:
    """Return what must be there because something else is, as far as that is said by name."""
    found: dict[str, None] = {}
    for schema in schemas:
        for name, needed in schema.get("dependentRequired", {}).items():
            if name in names and isinstance(needed, list):
                found.update(dict.fromkeys(other for other in needed if isinstance(other, str)))
    return found


def _varied(
    maker: Maker, flat: Flat, path: frozenset[int], made: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """Give objects that lack properties, or differ in one."""
    if flat.excluded or flat.checked:
        yield from _lessened(flat, made)
    for name in made:
        found = _property(maker, flat, name)
        for value in islice(maker.values(found.conjunction, path | found.via), MAX_VARIANTS):
            yield {**made, name: value}


def _lessened(flat: Flat, made: dict[str, Any]) -> Iterator[dict[str, Any]]:
    needed = {name for schema, _ in flat.members for name in schema.get("required", ())}
    telling = {
        name
        for branch in flat.excluded
        for schema in branch
        for name in (*schema.get("required", ()), *schema.get("properties", ()))
    }
    for less in (telling, *({name} for name in made)):
        if not less.isdisjoint(made) and needed.isdisjoint(less & made.keys()):
            yield {name: value for name, value in made.items() if name not in less}
    yield {name: value for name, value in made.items() if name in needed or name not in telling}
