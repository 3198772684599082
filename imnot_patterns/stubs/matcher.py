"""Which requests a stub answers: its criteria, compiled, with their weight in the ranking."""

import re
from typing import Any, Final

import msgspec

from imnot_patterns.stubs.criteria import (
    Criterion,
    Equal,
    JsonText,
    Named,
    criterion,
    listed,
    lowered,
    operator_of,
    shown,
)
from imnot_patterns.stubs.seen import Seen, segments_of
from imnot_patterns.stubs.stub import FIELDS, StubRequest

WEIGHTS: Final = {"path": 79, "method": 37, "body": 17, "host": 7, "query": 3, "headers": 2}
"""How much a field counts in the ranking."""

PARAMETER: Final = re.compile(r"\{([^{}]+)\}")
"""A segment of a template that takes any segment, wholly."""

MAPPINGS: Final = {"headers": "header", "query": "query"}
"""The fields of many values, and what one of them is called."""


class Evidence(msgspec.Struct, frozen=True):
    """One criterion beside what the request had.

    `field` is "path", "method", "host", "body", "header x-tenant", "query page"; "headers" or
    "query" where a criterion is for all of them. `expected` is for people. `actual` is None where
    there is nothing of that name. `hint` is for who explains near misses; here it is "".
    """

    field: str
    matched: bool
    expected: str
    actual: Any
    hint: str = ""


class Part:
    """One criterion of a stub, with the place in a request that it is for."""

    __slots__ = ("criterion", "field", "name")

    def __init__(self, field: str, criterion: Criterion, name: str | None = None) -> None:
        self.field = field
        self.name = name
        self.criterion = criterion

    @property
    def text(self) -> str | None:
        """The text that the place has to be equal to; None for any other criterion."""
        value = self.criterion.value if isinstance(self.criterion, Equal) else None
        return value if isinstance(value, str) else None

    @property
    def label(self) -> str:
        """The place in words, as `Evidence.field` has it."""
        return self.field if self.name is None else f"{MAPPINGS[self.field]} {self.name}"

    def actual(self, seen: Seen) -> Any:
        """Return what a request has at the place; None for nothing."""
        value = getattr(seen, self.field)
        return value if self.name is None else value.get(self.name)

    def matches(self, seen: Seen) -> bool:
        """Tell whether a request satisfies the criterion."""
        judge = self.criterion
        if self.field == "body" and isinstance(judge, JsonText):
            return judge.matches_parsed(seen.json)  # parsed once for all stubs
        actual = self.actual(seen)
        return actual is not None and judge.matches(actual)

    def evidence(self, seen: Seen) -> Evidence:
        """Return the criterion beside what a request has."""
        judge, actual = self.criterion, self.actual(seen)
        expected = shown(judge.value) if isinstance(judge, Equal) else judge.described()
        if isinstance(actual, bytes):
            actual = actual.decode("utf-8", "backslashreplace")
        return Evidence(self.label, self.matches(seen), expected, actual)


class Matcher:
    """What a request has to be. The criteria must be without fault (see `request_faults`).

    `count`, `weight` and `specificity` are the ranking's: how many fields are given, the sum of
    their weights, the number of literal segments in the path. `template` holds the segments of a
    path that is a text, None where it is none; `parameters` are the places and names of its
    `{name}` segments, `literals` the places and texts of the others. `parts` are the criteria, all
    but the template.
    """

    def __init__(self, request: StubRequest) -> None:
        fields = [field for field in FIELDS if getattr(request, field) is not None]
        self.count = len(fields) or 1
        self.weight = sum(WEIGHTS[field] for field in fields) or 1
        self.template = segments_of(request.path) if isinstance(request.path, str) else None
        self.parameters = _parameters(self.template or ())
        self.literals = _literals(self.template or (), self.parameters)
        self.specificity = sum(1 for _, segment in self.literals if segment)
        self._request = request
        self.parts = tuple(part for field in fields for part in _parts(field, request))

    @property
    def wire(self) -> dict[str, Any]:
        """The criteria as they are listed: every field, None where it is not given."""
        return {field: _listed(field, getattr(self._request, field)) for field in FIELDS}

    def matches(self, seen: Seen) -> dict[str, str] | None:
        """Return the values of the path's parameters if a request satisfies all; else None."""
        if self._path_fits(seen) and all(part.matches(seen) for part in self.parts):
            return self.values(seen)
        return None

    def values(self, seen: Seen) -> dict[str, str]:
        """Return the values of the parameters of a path that fits."""
        if not self.parameters:
            return {}
        segments = seen.segments
        return {name: segments[place] for place, name in self.parameters}

    def evidence(self, seen: Seen) -> list[Evidence]:
        """Return every criterion beside what a request has, matched or not.

        Each header and each query parameter stands for itself.
        """
        evidence = [part.evidence(seen) for part in self.parts]
        if self.template is not None:
            fits = self._path_fits(seen)
            evidence.insert(0, Evidence("path", fits, self._request.path, seen.path))
        return evidence

    def _path_fits(self, seen: Seen) -> bool:
        if self.template is None:
            return True
        segments = seen.segments
        return len(segments) == len(self.template) and all(
            segments[place] == segment for place, segment in self.literals
        )


def _parameters(template: tuple[str, ...]) -> tuple[tuple[int, str], ...]:
    matches = ((place, PARAMETER.fullmatch(segment)) for place, segment in enumerate(template))
    return tuple((place, match[1]) for place, match in matches if match)


def _literals(
    template: tuple[str, ...], parameters: tuple[tuple[int, str], ...]
) -> tuple[tuple[int, str], ...]:
    taken = {place for place, _ in parameters}
    return tuple((place, text) for place, text in enumerate(template) if place not in taken)


def _parts(field: str, request: StubRequest) -> list[Part]:
    value = getattr(request, field)
    if field == "path" and isinstance(value, str):
        return []  # a template, not a criterion
    if field == "body" and not isinstance(value, str) and operator_of(value) is None:
        return [Part(field, criterion({"$json": {"inner_criteria": value}}))]
    if field not in MAPPINGS:
        return [Part(field, criterion(value))]
    if operator_of(value) is None:
        value = {"$key_values": {"key_values": value}}
    judge = criterion(lowered(value) if field == "headers" else value)
    if isinstance(judge, Named):
        pairs = judge.criteria.items()
        return [Part(field, each, str(name)) for name, each in pairs] or [Part(field, judge)]
    return [Part(field, judge)]


def _listed(field: str, value: Any) -> Any:
    if field in MAPPINGS and value is not None and operator_of(value) is None:
        value = {"$key_values": {"key_values": value}}
    return value if operator_of(value) is None else listed(value)
