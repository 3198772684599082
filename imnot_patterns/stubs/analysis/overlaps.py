"""Stubs that another stub of the same owner hides."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator
from typing import Final, NamedTuple

from imnot_patterns.stubs.analysis.demands import Profile, path_key
from imnot_patterns.stubs.index import Entry, Index, Rank
from imnot_patterns.stubs.nearmiss import Candidates

COMPARISONS: Final = 300_000
"""Pairs of stubs that are compared in all; ordinary stubs need less than a few of each."""
PEERS: Final = 8
"""Stubs that a new one is compared to."""


class Overlap(NamedTuple):
    """A stub that is never reached, and the one that answers instead."""

    entry: Entry
    by: Entry
    is_same: bool

    @property
    def message(self) -> str:
        """The fact for people."""
        other = f"the stub {self.by.stub.id}"
        if self.is_same:
            return f"it is never reached: {other}, which is older, demands the same"
        why = "is older" if self.by.rank[:3] == self.entry.rank[:3] else "ranks higher"
        return f"it is never reached: {other} {why} and answers all that it would"


def overlaps(entries: Iterable[Entry]) -> Iterator[Overlap]:
    """Yield each stub that an older or higher ranking one of its owner hides, with the best such.

    A stub with `max_calls` hides none: behind it the next one answers in the end.
    """
    by_path: defaultdict[tuple[str, Hashable], list[Entry]] = defaultdict(list)
    for entry in entries:
        by_path[entry.stub.owner, path_key(entry)].append(entry)
    anywhere = {
        owner: _Hiders([Profile(each, None) for each in group])
        for (owner, path), group in by_path.items()
        if path is None
    }
    budget = COMPARISONS
    for (owner, path), group in by_path.items():
        if len(group) == 1 and owner not in anywhere:
            continue
        profiles = [Profile(each, path) for each in group]
        hiders = [anywhere[owner]] if owner in anywhere else []
        if path is not None:
            hiders.append(_Hiders(profiles))
        for profile in profiles:
            found = [each.hiding(profile, budget) for each in hiders]
            budget -= sum(count for _, count in found)
            hiding = [overlap for overlap, _ in found if overlap is not None]
            if hiding:
                yield min(hiding, key=_plainest)


def overlaps_of(entry: Entry, index: Index) -> list[Overlap]:
    """Return the stub that hides one, if it is among those that are most likely to."""
    # What covers it demands no more than it does, or nothing of headers or query.
    most = len(entry.matcher.parts) + 2
    hiding = [
        each
        for each in Candidates.of(index).peers(entry, PEERS)
        if _is_lasting(each) and each.rank < entry.rank and len(each.matcher.parts) <= most
    ]
    profile = Profile(entry, path_key(entry))
    found = []
    for each in hiding:
        other = Profile(each, path_key(each))
        if other.covers(profile):
            found.append(Overlap(entry, each, other.key == profile.key))
    return sorted(found, key=_plainest)[:1]


class _Hiders:
    """Stubs of one path that hide others, by what hidden ones must have in common with them."""

    def __init__(self, profiles: Iterable[Profile]) -> None:
        self._first: dict[Hashable, Profile] = {}
        for each in profiles:
            if _is_lasting(each.entry):
                self._first.setdefault(each.key, each)
        # Each stands at its rarest demand: what it covers has the same, or a value that satisfies
        # it, and so looks there.
        firsts = self._first.values()
        common = Counter(each.token(demand) for each in firsts for demand in each.demands)
        self._standing: defaultdict[str, list[Profile]] = defaultdict(list)
        for each in firsts:
            tokens = map(each.token, each.demands)
            self._standing[min(tokens, key=common.__getitem__, default="")].append(each)

    def hiding(self, profile: Profile, budget: int) -> tuple[Overlap | None, int]:
        """Return what hides a stub best, and how many were compared: `budget` at most."""
        entry = profile.entry
        first = self._first.get(profile.key)
        if first is not None and first.entry.rank < entry.rank:
            return Overlap(entry, first.entry, is_same=True), 0
        best: Entry | None = None
        compared = 0
        for token in {"", *profile.tokens()}:
            for other in self._standing.get(token, ()):
                if compared >= budget:
                    break
                compared += 1
                rank = other.entry.rank
                is_better = rank < entry.rank and (best is None or rank < best.rank)
                if is_better and other.covers(profile):
                    best = other.entry
        return (None if best is None else Overlap(entry, best, is_same=False)), compared


def _plainest(overlap: Overlap) -> tuple[bool, Rank]:
    """Order what hides one stub: what demands the same says most."""
    return not overlap.is_same, overlap.by.rank


def _is_lasting(entry: Entry) -> bool:
    return entry.stub.max_calls is None
