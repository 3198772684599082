"""Whether what was claimed of the requests is true: their number, or their order."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from time import perf_counter
from typing import Any, Final, NamedTuple

from imnot_core import JournalEntry, ReplyError
from imnot_patterns.stubs.wire.listing import seen_entry
from imnot_patterns.verification.question import Question, Wanted

_TURN: Final = 0.02  # seconds of judging after which others have their turn
LONGEST: Final = 10.0
"""Seconds of judging after which a question is refused: each regular expression may take 0.1."""
_TOO_LONG: Final = (
    f"Judging the requests takes more than {LONGEST:g} s: make the regular expressions simpler, or"
    " ask for fewer requests with partner, session, path or since"
)


class Verdict(NamedTuple):
    """Whether it is true, the entries that fit, and of an order the first step that nothing fits.

    `late` says that all steps were there, but not within the time.
    """

    is_true: bool
    fitting: Sequence[JournalEntry]
    missing: int | None = None
    late: bool = False


class _Chain(NamedTuple):
    """Entries that fit the first steps, in order, and when the first of them came."""

    start: float
    entry: JournalEntry
    before: _Chain | None

    @property
    def entries(self) -> list[JournalEntry]:
        earlier = self.before.entries if self.before else []
        return [*earlier, self.entry]


class Judge:
    """Judges a question over entries that become more; each entry is looked at but once."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.wanted = question.order or (question.wanted,)
        self.entries: dict[str, JournalEntry] = {}
        self._fits: dict[str, tuple[bool, ...]] = {}
        self._spent = 0.0

    async def take(self, entries: Iterable[JournalEntry]) -> None:
        """Look at entries; one that comes again is looked at anew.

        Raises ReplyError (422) when that takes too long.
        """
        begin = perf_counter()
        for each in entries:
            self.entries[each.id] = each
            self._fits[each.id] = tuple(fits(wanted, each) for wanted in self.wanted)
            spent = perf_counter() - begin
            if spent > _TURN:
                self._spent += spent
                if self._spent > LONGEST:
                    raise ReplyError(422, _TOO_LONG)
                await asyncio.sleep(0)
                begin = perf_counter()

    def verdict(self) -> Verdict:
        """Tell how it stands by now."""
        entries = sorted(self.entries.values(), key=_time)
        return self._ordered(entries) if self.question.order else self._counted(entries)

    def _counted(self, entries: Sequence[JournalEntry]) -> Verdict:
        question = self.question
        found = [each for each in entries if self._fits[each.id][0]]
        enough = len(found) >= question.least
        is_true = enough and (question.most is None or len(found) <= question.most)
        return Verdict(is_true, found)

    def _ordered(self, entries: Sequence[JournalEntry]) -> Verdict:
        """Find the steps one behind the other, others may lie between them.

        Of every number of steps the chain that begins last is kept: it takes the shortest time.
        """
        chains: list[_Chain | None] = [None] * len(self.wanted)
        within = self.question.within_ms
        for each in entries:
            steps = self._fits[each.id]
            for step in reversed(range(len(chains))):
                before = chains[step - 1] if step else None
                if steps[step] and (before or not step):
                    chains[step] = _Chain(before.start if before else each.at, each, before)
            last = chains[-1]
            in_time = last and (within is None or (last.entry.at - last.start) * 1000 <= within)
            if last and in_time:
                return Verdict(is_true=True, fitting=last.entries)
        if chains[-1]:
            return Verdict(is_true=False, fitting=chains[-1].entries, late=True)
        found = [each for each in chains if each]
        fitting = found[-1].entries if found else ()
        return Verdict(is_true=False, fitting=fitting, missing=len(found))


def fits(wanted: Wanted, entry: JournalEntry) -> bool:
    """Tell whether an entry is one of those that are asked for."""
    return wanted.accepts(entry) and wanted.entry.matcher.matches(seen_entry(entry)) is not None


def _time(entry: JournalEntry) -> tuple[Any, ...]:
    return entry.at, entry.ended
