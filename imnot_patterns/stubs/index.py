"""Which stubs answer a request, best first, without looking at all of them."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Mapping, Sequence
from heapq import heapify, heappop, heapreplace
from operator import attrgetter
from types import MappingProxyType
from typing import Final, Protocol

from imnot_patterns.stubs.filing import Files, clear, filing, leaf_at, leaves
from imnot_patterns.stubs.matcher import Matcher
from imnot_patterns.stubs.seen import Seen
from imnot_patterns.stubs.stub import Stub

Rank = tuple[int, int, int, int]


class Entry:
    """A stub in the index. `order` counts the stubs that were added: the oldest has the least.

    `rank` orders the stubs of one owner, best first. `is_filed` is false for a retired entry.
    """

    __slots__ = ("address", "is_filed", "matcher", "order", "rank", "rest", "stub")

    def __init__(self, stub: Stub, order: int) -> None:
        self.stub = stub
        self.order = order
        self.matcher = matcher = Matcher(stub.request)
        self.rank: Rank = (-matcher.count, -matcher.weight, -matcher.specificity, order)
        self.address, self.rest = filing(matcher)
        self.is_filed = False

    def judged(self, seen: Seen) -> dict[str, str] | None:
        """Judge what the address does not say: the path's parameters, None if it does not fit."""
        for part in self.rest:
            if not part.matches(seen):
                return None
        return self.matcher.values(seen)


class Listener(Protocol):
    """Who keeps in step with an index."""

    def on_add(self, entry: Entry) -> None:
        """Called when a stub was added."""

    def on_remove(self, entry: Entry) -> None:
        """Called when a stub was removed; not when it is retired."""


_rank: Final = attrgetter("rank")


class Index:
    """The stubs of all scopes and sessions, to be found by the requests that they answer.

    What an operation costs does not depend on how many stubs there are, but for those that only
    differ in criteria other than equality.
    """

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._files: dict[str, Files] = {}
        self._added = 0
        self.entries: Mapping[str, Entry] = MappingProxyType(self._entries)
        """Every entry by the id of its stub, in order of creation; retired ones too."""
        self.listeners: list[Listener] = []
        """Who is told of every entry that is added or removed from now on."""

    def add(self, stub: Stub) -> Entry:
        """Put a stub into effect; one with the same id is replaced. Its request has no faults."""
        self.remove(stub.id)
        self._added += 1
        entry = self._entries[stub.id] = Entry(stub, self._added)
        files = self._files.setdefault(stub.owner, {})
        insort(leaf_at(files, entry.address), entry, key=_rank)
        entry.is_filed = True
        for listener in self.listeners:
            listener.on_add(entry)
        return entry

    def remove(self, stub_id: str) -> None:
        """Forget a stub, if there is one with this id."""
        entry = self._entries.pop(stub_id, None)
        if entry is None:
            return
        self.retire(entry)
        for listener in self.listeners:
            listener.on_remove(entry)

    def retire(self, entry: Entry) -> None:
        """Let an entry be found no more; it stays in `entries`. May be called while finding."""
        if not entry.is_filed:
            return
        entry.is_filed = False
        owner = entry.stub.owner
        files = self._files[owner]
        leaf = leaf_at(files, entry.address)
        del leaf[bisect_left(leaf, entry.rank, key=_rank)]
        if not leaf:
            clear(files, entry.address)
            if not files:
                del self._files[owner]

    def find(
        self, seen: Seen, owners: Sequence[str] = ("",)
    ) -> Iterator[tuple[Entry, dict[str, str]]]:
        """Give the stubs that answer a request, best first, with the parameters of their path.

        `owners` are the scopes and sessions whose stubs count, the request's own first, "" for the
        stubs of everybody. Better is a stub with more fields, then with more weight, then of the
        request's own scope, then with more literal segments in its path; of equal ones the own
        come before those of everybody, and the oldest is the best. Entries may be added, removed
        and retired between one and the next.
        """
        found = [
            (place, leaf)
            for place, owner in enumerate(owners)
            if (files := self._files.get(owner)) is not None
            for leaf in leaves(files, seen)
        ]
        entries = _walked(found[0][1]) if len(found) == 1 else _merged(found)
        for entry in entries:
            if entry.is_filed:
                parameters = entry.judged(seen)
                if parameters is not None:
                    yield entry, parameters


def _walked(leaf: list[Entry]) -> Iterator[Entry]:
    """Go through a list in which entries may come and go meanwhile."""
    place = 0
    while place < len(leaf):
        entry = leaf[place]
        yield entry
        if place < len(leaf) and leaf[place] is entry:
            place += 1
        else:
            place = bisect_right(leaf, entry.rank, key=_rank)


def _merged(found: list[tuple[int, list[Entry]]]) -> Iterator[Entry]:
    """Go through several lists at once, each with the place of its owner; the best comes first."""
    heads = []
    for place, leaf in found:
        entries = _walked(leaf)
        first = next(entries)
        heads.append((_worth(first, place), first, entries, place))
    heapify(heads)
    while heads:
        _, entry, entries, place = heads[0]
        yield entry
        following = next(entries, None)
        if following is None:
            heappop(heads)
        else:
            heapreplace(heads, (_worth(following, place), following, entries, place))


def _worth(entry: Entry, place: int) -> tuple[int, int, bool, int, int, int]:
    """Return what compares entries of several owners; no two have the same."""
    count, weight, specificity, order = entry.rank
    return count, weight, place > 0, specificity, place, order
