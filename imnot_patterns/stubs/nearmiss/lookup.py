"""Taking stubs by what they have in common with a request, until there are enough."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

from imnot_patterns.stubs.index import Entry
from imnot_patterns.stubs.nearmiss.clues import Value

FEW: Final = 4
"""So many stubs of one kind are all taken."""
NEW: Final = 2
"""Of more than a few: so many of the newest."""

Bucket = dict[str, Entry]
Template = tuple[str, ...]


class Lookup:
    """Takes stubs by their clues until there are `most`."""

    def __init__(self, clues: dict[int, Entry | Bucket], picked: Bucket, most: int) -> None:
        self._clues = clues
        self._picked = picked
        self.most = most

    def take(self, entries: Iterable[Entry]) -> None:
        """Take these."""
        for entry in entries:
            if len(self._picked) >= self.most:
                return
            self._picked[entry.stub.id] = entry

    def take_all(self, clues: Iterable[int]) -> None:
        """Take what each clue leads to; of many the newest."""
        for clue in clues:
            if len(self._picked) >= self.most:
                return
            there = self._clues.get(clue)
            if there is not None:
                self.take(_newest(there, NEW))

    def take_best(
        self, clue: int, group: Template | str, method: str, values: Sequence[Value]
    ) -> None:
        """Take the stubs of one path: of many those that share a value, then the method."""
        there = self._clues.get(clue)
        if there is None:
            return
        if not isinstance(there, dict) or len(there) <= FEW:
            self.take(_newest(there, FEW))
            return
        found = (self._clues.get(hash((group, each))) for each in values)
        shared = [each for each in found if each is not None]
        # What few stubs want says more than what all of them want.
        for each in sorted(shared, key=_size)[:FEW]:
            self.take(_newest(each, NEW))
        self.take_all((hash((group, method)),))
        self.take(_newest(there, NEW))

    def take_oldest(self, clues: Iterable[int]) -> None:
        """Take the oldest of what each clue leads to, beginning with clues that lead to few."""
        found = (self._clues.get(clue) for clue in clues)
        for there in sorted((each for each in found if each is not None), key=_size):
            self.take(islice(there.values(), FEW) if isinstance(there, dict) else (there,))


def _newest(there: Entry | Bucket, count: int) -> Iterable[Entry]:
    return islice(reversed(there.values()), count) if isinstance(there, dict) else (there,)


def _size(there: Entry | Bucket) -> int:
    return len(there) if isinstance(there, dict) else 1
