"""What a stub demands of a request, split so finely that two stubs can be compared.

Demands are texts, not tuples: with 10,000 stubs, half of the time went into collecting garbage.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from itertools import islice
from typing import Any, Final

import msgspec
from msgspec import UNSET

from imnot_patterns.stubs.criteria import criterion, operator_of
from imnot_patterns.stubs.criteria.operators import has_criteria
from imnot_patterns.stubs.index import Entry
from imnot_patterns.stubs.matcher import PARAMETER
from imnot_patterns.stubs.nearmiss.clues import equal_to
from imnot_patterns.stubs.seen import frozen, parsed

MAX_DEPTH: Final = 50

Place = str
"""Where in a request: steps with STEP between them, as in `body`, JSON, `user`, `id`."""
Demand = str
"""A place with an equality (EQUAL) or another criterion (OTHER) and its value as JSON."""

STEP: Final = "\0"
JSON: Final = "\1json"
"""The step from a text to what it says."""
OBJECT: Final = "\1object"
"""The last step to a value that has to be an object, whatever is in it."""
EQUAL: Final = "\0="
OTHER: Final = "\0?"

_AN_OBJECT: Final[dict[str, Any]] = {"$key_values": {"key_values": {}}}
_MAPPINGS: Final = ("headers", "query")  # are objects whatever is sent
_KEYS: Final = 24  # of an object that are told apart
_INSIDE: Final = 3  # how deep

_encode: Final = msgspec.json.Encoder(order="sorted").encode


class Profile:
    """All that a stub demands. A stub covers another that demands the same, and maybe more."""

    __slots__ = ("_equal", "_places", "demands", "entry", "path")

    def __init__(self, entry: Entry, path: Hashable) -> None:
        self.entry = entry
        self.path = path
        self.demands: dict[Demand, Any] = {}  # with the criterion in wire form
        self._places: dict[Demand, Place] = {}
        self._equal: dict[Place, Any] = {}
        for part in entry.matcher.parts:
            if part.field != "path":
                for place, wire in _split(part.label, part.criterion.wire, 0):
                    self._add(place, wire)

    @property
    def key(self) -> Hashable:
        """Equal for stubs that demand the same, whatever their parameters are called."""
        return self.path, frozenset(self.demands), self.entry.rank[:3]

    def tokens(self) -> Iterator[str]:
        """Yield what this stub must be known by: a stub that covers it has one of them, or none."""
        for demand, place in self._places.items():
            yield self.token(demand)
            if place in self._equal:
                yield from _implied(place, self._equal[place], 0)

    def token(self, demand: Demand) -> str:
        """Return what is common to a demand and to those that imply it.

        An equality is implied by the same equality only; any other criterion by the same, and by
        an equality for the same place.
        """
        place = self._places[demand]
        return demand if place in self._equal else place

    def covers(self, other: Profile) -> bool:
        """Tell whether every request that the other stub fits fits this one, as far as is known.

        The paths have to be the same, or this one has none.
        """
        if self.path is not None and self.path != other.path:
            return False
        return all(self._takes(each, other) for each in self.demands.keys() - other.demands.keys())

    def _takes(self, demand: Demand, other: Profile) -> bool:
        """Tell whether a value that the other demands satisfies a criterion of this one."""
        place = self._places[demand]
        if place in self._equal and place in other._equal:
            return False  # with another value
        value = other._value_at(place)
        return value is not UNSET and criterion(self.demands[demand]).matches(value)

    def _value_at(self, place: Place) -> Any:
        """Return the value that every request that fits has at a place; UNSET if it may differ."""
        steps: list[str] = []
        while place:
            if place in self._equal:
                return _below(self._equal[place], reversed(steps))
            place, _, step = place.rpartition(STEP)
            steps.append(step)
        return UNSET

    def _add(self, place: Place, wire: Any) -> None:
        value = equal_to(wire)
        if value is not UNSET and not has_criteria(value):
            self._equal[place] = value
            demand = f"{place}{EQUAL}{_text(value)}"
        else:
            demand = f"{place}{OTHER}{_text(wire)}"
        self.demands[demand] = wire
        self._places[demand] = place


def path_key(entry: Entry) -> Hashable:
    """Return the path without the names of parameters; None for a stub without path."""
    matcher = entry.matcher
    if matcher.template is not None:
        if not matcher.parameters:
            return matcher.template
        return tuple(None if PARAMETER.fullmatch(each) else each for each in matcher.template)
    path = entry.stub.request.path
    return None if path is None else ("criterion", frozen(path))


def _text(value: Any) -> str:
    try:
        return _encode(value).decode()
    except (TypeError, ValueError, OverflowError, RecursionError):
        return f"{STEP}{id(value)}"  # equal to nothing but itself


def _split(place: Place, wire: Any, depth: int) -> Iterator[tuple[Place, Any]]:
    operator = operator_of(wire)
    arguments = wire[operator] if operator else None
    if operator in (None, "$eq") or depth > MAX_DEPTH or not isinstance(arguments, dict):
        yield place, wire
    elif operator == "$and" and isinstance(items := arguments.get("items"), list):
        for each in items:
            yield from _split(place, each, depth + 1)
    elif operator == "$key_values" and isinstance(pairs := arguments.get("key_values"), dict):
        if place not in _MAPPINGS:
            yield f"{place}{STEP}{OBJECT}", _AN_OBJECT
        for name, each in pairs.items():
            yield from _split(f"{place}{STEP}{name}", each, depth + 1)
    elif operator == "$json" and "inner_criteria" in arguments:
        yield from _split(f"{place}{STEP}{JSON}", arguments["inner_criteria"], depth + 1)
    else:
        yield place, wire


def _below(value: Any, steps: Iterator[str]) -> Any:
    for step in steps:
        if step == JSON:
            value = parsed(value)
        elif step != OBJECT:
            value = value.get(step, UNSET) if isinstance(value, dict) else UNSET
        if value is UNSET:
            break
    return value


def _implied(place: Place, value: Any, depth: int) -> Iterator[str]:
    """Yield the tokens of demands that a value may satisfy: those of its place, and inside."""
    yield place
    if isinstance(value, dict) and depth < _INSIDE:
        yield f"{place}{STEP}{OBJECT}"
        for name, each in islice(value.items(), _KEYS):
            inside = f"{place}{STEP}{name}"
            yield f"{inside}{EQUAL}{_text(each)}"
            yield from _implied(inside, each, depth + 1)
