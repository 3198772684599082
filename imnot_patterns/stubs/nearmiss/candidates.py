"""Which stubs are worth judging in full, whatever the number of stubs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Final

from imnot_patterns.stubs.index import Entry, Index
from imnot_patterns.stubs.nearmiss.home import Home
from imnot_patterns.stubs.nearmiss.lookup import FEW
from imnot_patterns.stubs.seen import Seen

MAX_JUDGED: Final = 12
"""Stubs that are judged in full."""
MAX_OTHERS: Final = 12
"""Other scopes and sessions that are asked whether they have a stub that fits."""


class Candidates:
    """The stubs of an index, ready for looking up what is near to a request."""

    def __init__(self) -> None:
        self._homes: dict[str, Home] = {}

    @classmethod
    def of(cls, index: Index) -> Candidates:
        """Return the candidates of an index, which are kept in step with it from then on.

        The first call reads the whole index; call it for an empty one, and no request has to wait.
        """
        for listener in index.listeners:
            if isinstance(listener, cls):
                return listener
        candidates = cls()
        for entry in index.entries.values():
            candidates.on_add(entry)
        index.listeners.append(candidates)
        return candidates

    def on_add(self, entry: Entry) -> None:
        """Take in a stub."""
        self._homes.setdefault(entry.stub.owner, Home()).add(entry)

    def on_remove(self, entry: Entry) -> None:
        """Forget a stub."""
        owner = entry.stub.owner
        home = self._homes.get(owner)
        if home is not None:
            home.remove(entry)
            if not home.entries:
                del self._homes[owner]

    def near(self, seen: Seen, owners: Sequence[str]) -> list[Entry]:
        """Return the stubs of these owners that may have been meant, at most MAX_JUDGED."""
        picked: dict[str, Entry] = {}
        homes = [home for owner in owners if (home := self._homes.get(owner)) is not None]
        for after, home in zip(reversed(range(len(homes))), homes, strict=True):
            home.near(seen, picked, MAX_JUDGED - after * FEW)
        return list(picked.values())

    def others(self, owners: Sequence[str]) -> list[str]:
        """Return scopes and sessions besides these that have stubs, newest first; MAX_OTHERS."""
        others = (each for each in reversed(self._homes) if each and each not in owners)
        return list(islice(others, MAX_OTHERS))

    def peers(self, entry: Entry, most: int) -> list[Entry]:
        """Return stubs of the same owner with the same path, which may demand the same."""
        home = self._homes.get(entry.stub.owner)
        return [] if home is None else home.peers(entry, most)
