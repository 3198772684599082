"""The trie of segments in which paths with parameters are found."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from imnot_core.routes.template import Segment, spelling

Values = tuple[str, ...]

_NO_LITERALS: Final[Any] = MappingProxyType({})  # shared, for most nodes have none


class Leaf(NamedTuple):
    """What a template leads to, and the names of its parameters in order."""

    target: Any
    names: tuple[str, ...]


class _Mixed(NamedTuple):
    """The way on by a segment of text and parameters; more text is a smaller rank."""

    rank: tuple[int, tuple[str, ...]]
    segment: Segment
    node: Node


class Node:
    """One step of a path, with the ways on: literal, mixed, parameter alone."""

    __slots__ = ("leaf", "literals", "mixed", "parameter", "takes_values")

    def __init__(self) -> None:
        self.literals: dict[str, Node] = _NO_LITERALS
        self.mixed: list[_Mixed] = []
        self.parameter: Node | None = None
        self.takes_values = False
        self.leaf: Leaf | None = None

    def add(self, segments: Iterable[Segment], target: Any) -> None:
        """Let the path below this node lead to the target."""
        node = self
        names: list[str] = []
        for segment in segments:
            node = node._way(segment)
            names += segment.names
        node.leaf = Leaf(target, tuple(names))

    def _way(self, segment: Segment) -> Node:
        if not segment.names:
            if self.literals is _NO_LITERALS:
                self.literals = {}
            text = segment.texts[0]
            if text not in self.literals:
                self.literals[text] = Node()
            return self.literals[text]
        self.takes_values = True
        if not any(segment.texts):
            self.parameter = self.parameter or Node()
            return self.parameter
        rank = -sum(map(len, segment.texts)), segment.texts
        at = bisect_left(self.mixed, rank, key=itemgetter(0))
        if at == len(self.mixed) or self.mixed[at].rank != rank:
            self.mixed.insert(at, _Mixed(rank, segment, Node()))
        return self.mixed[at].node

    def find(self, segments: Sequence[str], depth: int = 1) -> tuple[Leaf, Values] | None:
        """Follow a path split at `/` from `depth` on; every node below is visited once at most."""
        count = len(segments)
        node = self
        values: Values = ()
        waiting: list[tuple[Node, int, Values]] = []
        while True:
            if depth == count:
                if node.leaf is not None:
                    return node.leaf, values
            else:
                segment = segments[depth]
                depth += 1
                literal = node.literals.get(segment)
                if node.takes_values and segment:
                    if literal is None and node.parameter is not None and not node.mixed:
                        node, values = node.parameter, (*values, segment)
                        continue
                    waiting += node.takers(segment, depth, values)
                if literal is not None:
                    node = literal
                    continue
            if not waiting:
                return None
            node, depth, values = waiting.pop()

    def takers(
        self, segment: str, depth: int, values: Values
    ) -> Iterator[tuple[Node, int, Values]]:
        """Give the ways on that take a value from the segment, the best one last."""
        if self.parameter is not None:
            yield self.parameter, depth, (*values, segment)
        for mixed in reversed(self.mixed):
            if (captured := mixed.segment.capture(segment)) is not None:
                yield mixed.node, depth, values + captured


class Heads:
    """The tries of one method, found by the literal segments that their templates begin with.

    One look into a dict then stands for several steps, each of which reads memory that with
    thousands of templates is in no cache of the processor. Longer heads go first: that is the order
    in which one trie of everything would be searched, literal before parameter.
    """

    __slots__ = ("_lengths", "_nodes")

    def __init__(self) -> None:
        self._nodes: dict[str, Node] = {}
        self._lengths: list[int] = []

    def add(self, segments: Sequence[Segment], target: Any) -> None:
        """Let paths of these segments lead to the target."""
        length = next(at for at, segment in enumerate(segments) if segment.names)
        head = "/".join(["", *(spelling(segment.texts[0]) for segment in segments[:length])])
        if length + 1 not in self._lengths:
            self._lengths = sorted([*self._lengths, length + 1], reverse=True)
        if head not in self._nodes:
            self._nodes[head] = Node()
        self._nodes[head].add(segments[length:], target)

    def find(self, segments: Sequence[str], spelled: Sequence[str]) -> tuple[Leaf, Values] | None:
        """Follow a path split at `/`, decoded, and the same in the spelling of literal text."""
        for length in self._lengths:
            if length > len(segments):
                continue
            node = self._nodes.get("/".join(spelled[:length]))
            if node is not None and (found := node.find(segments, length)) is not None:
                return found
        return None
