"""The table of routes, built whole and never changed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final, Generic, TypeVar
from urllib.parse import unquote_to_bytes

import msgspec

from imnot_core.errors import RouteConflict
from imnot_core.routes.nearness import nearest
from imnot_core.routes.singles import Singles
from imnot_core.routes.template import Segment, segments_of, shape_of, spelling, template_fault
from imnot_core.routes.trie import Heads

T = TypeVar("T")

_NO_PARAMS: Final[Mapping[str, str]] = MappingProxyType({})


class Route(msgspec.Struct, Generic[T], frozen=True):
    """One method and path template, what answers it, and who wants it.

    `owner` is a text for people, for instance `acme/orders (partners/acme/partner.yaml:7:9)`.
    """

    method: str
    template: str
    target: T
    owner: str

    def __str__(self) -> str:
        return f"{self.method} {self.template}"


class Match(msgspec.Struct, Generic[T], frozen=True):
    """The target of the route that answers a request, and the decoded values of its parameters.

    It is shared by all requests for a path without parameters.
    """

    target: T
    params: Mapping[str, str]


class Conflict(msgspec.Struct, Generic[T], frozen=True):
    """Two routes that want the same requests; `first` came first."""

    first: Route[T]
    second: Route[T]

    def error(self) -> RouteConflict:
        """Return the exception that names both."""
        first, second = self.first, self.second
        other_words = f" as {first.template}" if first.template != second.template else ""
        return RouteConflict(str(second), first.owner + other_words, second.owner)


class RouteTable(Generic[T]):
    """Finds the route of a request. Iterating gives the routes in the order of building."""

    __slots__ = ("_literals", "_methods", "_parametric", "_routes", "_singles")

    def __init__(
        self,
        routes: tuple[Route[T], ...],
        literals: dict[str, dict[bytes, Match[T]]],
        parametric: dict[str, Heads],
        singles: dict[str, Singles],
    ) -> None:
        """Not for use outside: see `build`."""
        self._routes = routes
        self._singles = singles
        self._literals = literals
        self._parametric = parametric
        self._methods = sorted({route.method for route in routes})

    @classmethod
    def build(cls, routes: Iterable[Route[T]]) -> "RouteTable[T]":
        """Return the table of these routes.

        Raises RouteConflict where two differ in the names of parameters at most, ValueError for a
        template that `template_fault` refuses.
        """
        routes = tuple(routes)
        claims: dict[tuple[str, str], Route[T]] = {}
        literals: dict[str, dict[bytes, Match[T]]] = {route.method: {} for route in routes}
        parametric: defaultdict[str, Heads] = defaultdict(Heads)
        templates: defaultdict[str, list[tuple[list[Segment], T]]] = defaultdict(list)
        for route in routes:
            if fault := template_fault(route.template):
                raise ValueError(f"{route} of {route.owner}: {fault}")
            method, shape = claim = _claim(route)
            if claim in claims:
                raise Conflict(claims[claim], route).error()
            claims[claim] = route
            if "?" in shape:
                segments = segments_of(route.template)
                parametric[method].add(segments, route.target)
                templates[method].append((segments, route.target))
            else:
                match = Match(route.target, _NO_PARAMS)
                literals[method][shape.encode()] = match
                if shape != "/":
                    literals[method][f"{shape}/".encode()] = match
        singles = {method: Singles(each) for method, each in templates.items()}
        return cls(routes, literals, dict(parametric), singles)

    def match(self, method: str, raw_path: bytes) -> Match[T] | None:
        """Return what answers a method and the path as it was sent, without the query."""
        literals = self._literals.get(method)
        if literals is None:
            return None
        match = literals.get(raw_path)
        if match is not None:
            return match
        singles = self._singles.get(method)
        if singles is not None and b"%" not in raw_path and raw_path.isascii():
            found = singles.find(raw_path)
            if found is not None:
                target, name, value = found
                return Match(target, {name: value.decode()})
        return self._match_slowly(literals, method, raw_path)

    def _match_slowly(
        self, literals: dict[bytes, Match[T]], method: str, raw_path: bytes
    ) -> Match[T] | None:
        try:
            text = raw_path.decode()
        except UnicodeDecodeError:
            text = "%"
        if "%" not in text:
            segments = spelled = text.split("/")
        else:
            segments = [_decoded(segment) for segment in raw_path.split(b"/")]
            spelled = [spelling(segment) for segment in segments]
            literal = "/".join(spelled).encode()
            if (match := literals.get(literal)) is not None:
                return match
        heads = self._parametric.get(method)
        if heads is None or segments[0]:
            return None
        if len(segments) > 1 and not segments[-1]:
            segments.pop()
        found = heads.find(segments, spelled)
        if found is None:
            return None
        (target, names), values = found
        return Match(target, dict(zip(names, values)))  # noqa: B905 (of one length; takes 0.15 µs)

    def methods(self, raw_path: bytes) -> list[str]:
        """Return the methods for which the path would be answered, sorted."""
        return [method for method in self._methods if self.match(method, raw_path) is not None]

    def nearest(self, method: str, path: str, n: int = 3) -> list[Route[T]]:
        """Return the n routes that look most like a request that nothing answered, best first."""
        return nearest(method, path, self._routes, n)

    def __iter__(self) -> Iterator[Route[T]]:
        return iter(self._routes)

    def __len__(self) -> int:
        return len(self._routes)


def conflicts(routes: Iterable[Route[T]]) -> list[Conflict[T]]:
    """Return all pairs of routes that cannot be in one table: each with the first of its kind."""
    claims: dict[tuple[str, str], Route[T]] = {}
    found = []
    for route in routes:
        claim = _claim(route)
        if claim in claims:
            found.append(Conflict(claims[claim], route))
        else:
            claims[claim] = route
    return found


def _claim(route: Route[T]) -> tuple[str, str]:
    return route.method, shape_of(route.template)


def _decoded(segment: bytes) -> str:
    return unquote_to_bytes(segment).decode("utf-8", "replace")
