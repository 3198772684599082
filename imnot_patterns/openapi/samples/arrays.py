"""Arrays of as few items as may be, but of one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from imnot_patterns.openapi.samples.conjunctions import Conjunction, Flat
from imnot_patterns.openapi.samples.effort import NoValue
from imnot_patterns.openapi.samples.validity import identity

if TYPE_CHECKING:
    from imnot_patterns.openapi.samples.maker import Maker

MAX_ITEMS: Final = 10_000


def arrays(maker: Maker, flat: Flat, path: frozenset[int]) -> Iterator[list[Any]]:
    """Give arrays that satisfy the schemas of `flat`."""
    schemas = [member.schema for member in flat.members]
    low = int(max((schema.get("minItems", 0) for schema in schemas), default=0))
    high = int(min((schema.get("maxItems", MAX_ITEMS) for schema in schemas), default=MAX_ITEMS))
    if low > min(high, MAX_ITEMS):
        return
    contained = [schema for schema in schemas if "contains" in schema]
    prefixed = max((len(schema.get("prefixItems", ())) for schema in schemas), default=0)
    needed = max((int(schema.get("minContains", 1)) for schema in contained), default=0)
    wanted = min(high, max(low, 0 if maker.effort.is_full() else 1, prefixed, needed))
    unique = any("uniqueItems" in schema for schema in schemas)
    for length in dict.fromkeys((wanted, low, min(high, low + 1), min(high, wanted + 1))):
        try:
            yield _filled(maker, flat, path, length=length, unique=unique)
        except NoValue:
            continue
    if maker.lenient:
        yield []


def _filled(
    maker: Maker, flat: Flat, path: frozenset[int], *, length: int, unique: bool
) -> list[Any]:
    made: list[Any] = []
    before: Any = None
    cost = 0
    others = _Distinct(maker, path)
    for at in range(length):
        conjunction, via = _item(maker, flat, at)
        if unique:
            made.append(others.another(conjunction, via))
        elif (conjunction, via) == before:
            maker.effort.spend(cost)
            made.append(made[-1])
        else:
            left = maker.effort.left
            made.append(maker.value(conjunction, path | via))
            cost = left - maker.effort.left
        before = conjunction, via
    return made


class _Distinct:
    """Makes items of which no two are equal."""

    def __init__(self, maker: Maker, path: frozenset[int]) -> None:
        self._maker = maker
        self._path = path
        self._known: set[object] = set()
        self._sources: dict[tuple[int, ...], Iterator[Any]] = {}

    def another(self, conjunction: Conjunction, via: frozenset[int]) -> Any:
        """Return an item that is none of those before. Raises NoValue."""
        key = tuple(map(id, conjunction))
        if key not in self._sources:
            self._sources[key] = self._maker.values(conjunction, self._path | via)
        for value in self._sources[key]:
            self._maker.effort.step(1)
            found = identity(value)
            if found not in self._known:
                self._known.add(found)
                return value
        raise NoValue


def _item(maker: Maker, flat: Flat, at: int) -> tuple[Conjunction, frozenset[int]]:
    """Return what the item at an index must satisfy, and the references that lead there."""
    parts = []
    via: frozenset[int] = frozenset()
    for schema, member_via in flat.members:
        prefix = schema.get("prefixItems", ())
        written = prefix[at] if at < len(prefix) else schema.get("items", True)
        contained = "contains" in schema and at < schema.get("minContains", 1)
        for part in (written, schema["contains"] if contained else True):
            if part is not True:
                parts.append(maker.schemas.of(part))
                via |= member_via
    return tuple(parts), via
