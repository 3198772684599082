"""Which routes look most like a request that nothing answered.

Only used to explain a 404, but over HTTP and on request: it takes a bounded time whatever the
request and however many routes there are.
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import nsmallest
from typing import Final, Protocol, TypeVar

from imnot_core.routes.template import PARAMETER

MAX_LENGTH: Final = 200  # characters of a path that are compared
MAX_PROBES: Final = 24  # pieces of the path that are looked for in every template
CANDIDATES: Final = 100  # templates that are compared in full
OTHER_METHOD: Final = 2  # what another method costs, in edits


class _HasTemplate(Protocol):
    @property
    def method(self) -> str: ...
    @property
    def template(self) -> str: ...


R = TypeVar("R", bound=_HasTemplate)


def nearest(method: str, path: str, routes: Iterable[R], n: int) -> list[R]:
    """Return the n routes of least edit distance to the request, best first."""
    path = path[:MAX_LENGTH]
    probes = _probes(path)
    length = len(path)

    def unlikeness(route: R) -> tuple[int, int]:
        template = route.template
        missing = sum([probe not in template for probe in probes])
        return missing, abs(len(template) - length)

    def distance(route: R) -> int:
        other_method = OTHER_METHOD if route.method != method else 0
        return other_method + edits(path, _filled(route.template, path)[:MAX_LENGTH])

    return nsmallest(n, nsmallest(CANDIDATES, routes, key=unlikeness), key=distance)


def _probes(path: str) -> list[str]:
    pieces = list(dict.fromkeys(path[i : i + 3] for i in range(max(1, len(path) - 2))))
    return pieces[:: -(-len(pieces) // MAX_PROBES)]


def _filled(template: str, path: str) -> str:
    """Return the template with the path's own segments where it takes any."""
    if "{" not in template:
        return template
    given = path.split("/")
    parts = template.split("/")
    for index, part in enumerate(parts[: len(given)]):
        if PARAMETER.fullmatch(part) and given[index]:
            parts[index] = given[index]
    return "/".join(parts)


def edits(one: str, other: str) -> int:
    """Return the Levenshtein distance: insertions, deletions and replacements of a character.

    By Myers' bit vectors ("A fast bit-vector algorithm for approximate string matching", 1999):
    one step per character of `other`, whatever the length of `one`.
    """
    if not one:
        return len(other)
    places: dict[str, int] = {}
    for index, character in enumerate(one):
        places[character] = places.get(character, 0) | 1 << index
    full = (1 << len(one)) - 1
    last = 1 << (len(one) - 1)
    up, down, score = full, 0, len(one)
    for character in other:
        equal = places.get(character, 0)
        vertical = equal | down
        diagonal = (((equal & up) + up) ^ up) | equal
        right = down | ~(diagonal | up)
        left = up & diagonal
        score += bool(right & last) - bool(left & last)
        right = right << 1 | 1
        left <<= 1
        up = (left | ~(vertical | right)) & full
        down = right & vertical & full
    return score
