"""Stubs whose requests a partner's endpoint answers: endpoints are asked before any stub."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from imnot_core import ConsumerRoute, ConsumerRoutes
from imnot_patterns.stubs.index import Entry
from imnot_patterns.stubs.matcher import PARAMETER
from imnot_patterns.stubs.nearmiss.clues import equal_to
from imnot_patterns.stubs.seen import segments_of

Key = tuple[str | None, ...]


ANYTHING = "imnot-any"
"""Stands for a parameter of a path; no path of a real API has it."""


class Served(NamedTuple):
    """An endpoint that answers all that a stub would, or a part."""

    route: ConsumerRoute
    is_all: bool

    @property
    def message(self) -> str:
        """The fact for people."""
        whose = f"{self.route} of {self.route.owner}"
        if self.is_all:
            return f"it is never reached: the endpoint {whose} is asked before any stub"
        return f"it is partly hidden: the endpoint {whose} is asked before any stub"


def served(entry: Entry, routes: ConsumerRoutes) -> Iterator[Served]:
    """Yield the endpoint that serves exactly the path of a stub, with its method or any."""
    path = _sample_path(entry)
    if path is None:
        return
    method = _method(entry)
    for each in [method] if method else routes.methods(path)[:1]:
        if (route := routes.serving(each, path)) is not None:
            yield Served(route, is_all=method is not None)


def partly_served(
    entries: Iterable[Entry], routes: ConsumerRoutes
) -> Iterator[tuple[Entry, Served]]:
    """Yield each stub with parameters in its path with an endpoint whose literal path fits it."""
    stubs: defaultdict[Key, list[Entry]] = defaultdict(list)
    masks: defaultdict[int, set[tuple[bool, ...]]] = defaultdict(set)
    for entry in entries:
        if entry.matcher.parameters and entry.matcher.template is not None:
            template = entry.matcher.template
            mask = tuple(PARAMETER.fullmatch(each) is None for each in template)
            masks[len(template)].add(mask)
            stubs[_key(template, mask)].append(entry)
    told: set[str] = set()
    for route in routes if stubs else ():
        if "{" in route.path:
            continue
        segments = segments_of(route.path)
        for mask in masks.get(len(segments), ()):
            for entry in stubs.get(_key(segments, mask), ()):
                if entry.stub.id not in told and _method(entry) in (None, route.method):
                    told.add(entry.stub.id)
                    yield entry, Served(route, is_all=False)


def _sample_path(entry: Entry) -> str | None:
    """Return a path that a stub fits; None where that is unknown."""
    template = entry.matcher.template
    if template is not None:
        filled = (ANYTHING if PARAMETER.fullmatch(each) else each for each in template)
        return "/" + "/".join(filled)
    value = equal_to(entry.stub.request.path)
    return value if isinstance(value, str) else None


def _key(segments: tuple[str, ...], mask: tuple[bool, ...]) -> Key:
    return tuple(each if literal else None for each, literal in zip(segments, mask, strict=True))


def _method(entry: Entry) -> str | None:
    value = equal_to(entry.stub.request.method)
    return value if isinstance(value, str) else None
