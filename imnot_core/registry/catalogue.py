"""Everything that is offered: what installed distributions declare, and what is named directly."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from imnot_core.errors import PluginError
from imnot_core.registry.inhouse import InHouse
from imnot_core.registry.offers import Candidate, Offer, Scan, scan

DIRECT: Final = "named directly"


class Catalogue:
    """Offers and candidates by entry-point group and name, found when first asked for.

    No entry point is imported here. The directly named plugins are: only they know their names.
    """

    def __init__(
        self, texts: Sequence[str], folders: Sequence[Path], construct: Callable[[object], object]
    ) -> None:
        self._texts = tuple(dict.fromkeys(texts))
        self._folders = tuple(folders)
        self._construct = construct
        self._scanned: Scan | None = None
        self._in_house: InHouse | None = None

    def candidates(self, group: str, name: str) -> list[Candidate]:
        """All that want to be the plugin of that name."""
        declared = self._scan.candidates.get((group, name), [])
        return declared + self._direct.candidates.get((group, name), [])

    def offers(self, group: str) -> list[Offer]:
        """All offers of a group, sorted by name."""
        found = [
            candidate.offer
            for candidates in (self._scan.candidates, self._direct.candidates)
            for (of_group, _), several in candidates.items()
            for candidate in several
            if of_group == group
        ]
        return sorted(found, key=lambda offer: (offer.name, offer.package, offer.origin))

    @property
    def direct_failures(self) -> Mapping[str, PluginError]:
        """The directly named texts of which nothing can be offered."""
        return self._direct.failures

    @property
    def failures(self) -> dict[tuple[str, str], PluginError]:
        """What could not be offered, as far as it was looked at: see `Registry.failures`."""
        direct = self._in_house.failures if self._in_house else {}
        unreadable = self._scanned.unreadable if self._scanned else {}
        return {
            **{(DIRECT, text): error for text, error in direct.items()},
            **{("", package): error for package, error in unreadable.items()},
        }

    def refresh(self) -> None:
        """Look again at the next question."""
        self._scanned = None
        self._in_house = None

    @property
    def _scan(self) -> Scan:
        if self._scanned is None:
            self._scanned = scan()
        return self._scanned

    @property
    def _direct(self) -> InHouse:
        if self._in_house is None:
            self._in_house = InHouse(self._texts, self._folders, self._construct)
        return self._in_house
