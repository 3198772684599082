"""The stubs of one owner, ready for looking up what is near to a request.

Judging all of 10,000 stubs takes a hundred milliseconds. So stubs are looked up by what they may
have in common with the request: the path with parameters in some places, the path but for one
segment, its last literal segment, its neighbours in the alphabet (read from either end), and among
many stubs of one path the method, header values, query values, and the body. Newer stubs come
first: they are those that somebody is working on.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from itertools import islice
from typing import Final

from imnot_patterns.stubs.index import Entry
from imnot_patterns.stubs.nearmiss.clues import (
    OPEN,
    equal_to,
    segments_of,
    template_of,
    values_of_request,
    values_of_stub,
)
from imnot_patterns.stubs.nearmiss.lookup import FEW, NEW, Bucket, Lookup, Template
from imnot_patterns.stubs.seen import Seen

_MASKS: Final = 8  # places of parameters that are tried
_NEIGHBOURS: Final = 2  # in the alphabet, to either side
_ANYWHERE: Final = "*"  # in place of a path: stubs without a text path


class Home:
    """The stubs of one scope, of one session, or of everybody."""

    def __init__(self) -> None:
        self.entries: Bucket = {}
        # By the hash of a clue: two clues of one hash bring a candidate too many, no more. Most
        # clues have one stub, and a dictionary for each would take five times the memory.
        self._clues: dict[int, Entry | Bucket] = {}
        self._masks: dict[int, dict[tuple[int, ...], int]] = {}
        self._texts: list[str] = []
        self._backwards: list[str] = []

    def add(self, entry: Entry) -> None:
        """Take in a stub."""
        self.entries[entry.stub.id] = entry
        template = template_of(entry.stub.request.path)
        for clue in _clues(entry, template):
            there = self._clues.get(clue)
            if there is None:
                self._clues[clue] = entry
            elif isinstance(there, dict):
                there[entry.stub.id] = entry
            elif there is not entry:
                self._clues[clue] = {there.stub.id: there, entry.stub.id: entry}
        if template is not None:
            self._add_template(template)

    def remove(self, entry: Entry) -> None:
        """Forget a stub."""
        if self.entries.pop(entry.stub.id, None) is None:
            return
        template = template_of(entry.stub.request.path)
        for clue in _clues(entry, template):
            there = self._clues.get(clue)
            if isinstance(there, dict):
                there.pop(entry.stub.id, None)
            if there is entry or not there:
                self._clues.pop(clue, None)
        if template is not None:
            self._remove_template(template)

    def near(self, seen: Seen, picked: Bucket, most: int) -> None:
        """Add the stubs that are near until there are so many."""
        if len(self.entries) <= most - len(picked):
            picked.update(self.entries)
            return
        lookup = Lookup(self._clues, picked, most)
        segments = segments_of(seen.path)
        values = list(values_of_request(seen))
        lookup.most = most - FEW  # the rest is for stubs that are near in other ways
        for template in self._fitting(segments):
            lookup.take_best(hash(template), template, seen.method, values)
        lookup.most = most - NEW
        lookup.take_all(map(hash, self._with_gap(segments)))
        lookup.take_all(map(hash, self._beside(segments)))
        lookup.most = most
        lookup.take_best(hash(_ANYWHERE), _ANYWHERE, seen.method, values)
        lookup.take_all(hash(("last", each)) for each in reversed(segments))
        lookup.take(islice(reversed(self.entries.values()), NEW))

    def peers(self, entry: Entry, most: int) -> list[Entry]:
        """Return other stubs with the same path; of many, the oldest that want the same values."""
        template = template_of(entry.stub.request.path)
        group: Template | str = _ANYWHERE if template is None else template
        clues = [hash((group, value)) for value in values_of_stub(entry.stub.request)]
        picked: Bucket = {}
        Lookup(self._clues, picked, most + 1).take_oldest([*clues, hash(group)])
        picked.pop(entry.stub.id, None)
        return list(picked.values())

    def _add_template(self, template: Template) -> None:
        masks = self._masks.setdefault(len(template), {})
        mask = _mask(template)
        masks[mask] = masks.get(mask, 0) + 1
        text = "/".join(template)
        if not _contains(self._texts, text):
            insort(self._texts, text)
            insort(self._backwards, text[::-1])

    def _remove_template(self, template: Template) -> None:
        masks = self._masks[len(template)]
        mask = _mask(template)
        masks[mask] -= 1
        if not masks[mask]:
            del masks[mask]
            if not masks:
                del self._masks[len(template)]
        if hash(template) not in self._clues:
            text = "/".join(template)
            for texts, each in ((self._texts, text), (self._backwards, text[::-1])):
                if _contains(texts, each):
                    del texts[bisect_left(texts, each)]

    def _fitting(self, segments: Template) -> Iterator[Template]:
        """Yield the templates that fit a folded path, those with the most literals first."""
        for mask in self._masks_for(segments):
            yield _masked(segments, mask)

    def _with_gap(self, segments: Template) -> Iterator[tuple[str, Template]]:
        """Yield the clues of templates that differ from the path in one literal segment."""
        for mask in self._masks_for(segments):
            yield from _gaps(_masked(segments, mask))

    def _masks_for(self, segments: Template) -> list[tuple[int, ...]]:
        masks = self._masks.get(len(segments), {})
        return sorted(islice(masks, 4 * _MASKS), key=len, reverse=True)[:_MASKS]

    def _beside(self, segments: Template) -> Iterator[Template]:
        """Yield the templates that come before and after the path in the alphabet."""
        text = "/".join(segments)
        for each in _neighbours(self._texts, text):
            yield tuple(each.split("/")) if each else ()
        for each in _neighbours(self._backwards, text[::-1]):
            yield tuple(each[::-1].split("/")) if each else ()


def _clues(entry: Entry, template: Template | None) -> Iterator[int]:
    """Yield the hashes of all that a stub can be found by."""
    request = entry.stub.request
    group: Template | str = _ANYWHERE if template is None else template
    yield hash(group)
    method = equal_to(request.method)
    if isinstance(method, str):
        yield hash((group, method.strip().upper()))
    for value in values_of_stub(request):
        yield hash((group, value))
    if template is not None:
        yield from map(hash, _gaps(template))
        literals = [each for each in template if each != OPEN]
        if literals:
            yield hash(("last", literals[-1]))


def _gaps(template: Template) -> Iterator[tuple[str, Template]]:
    """Yield the template with each literal segment left out, where another one remains."""
    literals = [place for place, each in enumerate(template) if each != OPEN]
    if len(literals) > 1:
        for place in literals:
            yield "gap", (*template[:place], "", *template[place + 1 :])


def _mask(template: Template) -> tuple[int, ...]:
    return tuple(place for place, each in enumerate(template) if each != OPEN)


def _masked(segments: Template, mask: tuple[int, ...]) -> Template:
    places = set(mask)
    return tuple(each if place in places else OPEN for place, each in enumerate(segments))


def _contains(texts: list[str], text: str) -> bool:
    place = bisect_left(texts, text)
    return place < len(texts) and texts[place] == text


def _neighbours(texts: list[str], text: str) -> list[str]:
    place = bisect_left(texts, text)
    return texts[max(0, place - _NEIGHBOURS) : place + _NEIGHBOURS]
