"""The templates with one parameter that is a whole segment: most of those that APIs have.

They are found by the path with nothing in the parameter's place, with one look into a dict for each
place that a parameter has in some template; the trie takes three times as long.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from imnot_core.routes.template import Segment, spelling


class Singles:
    """Those of one method that no other template of the method could come before.

    A literal comes before a parameter, so the template whose first parameter is further to the
    right goes first. A template with several parameters, or with text beside one, whose first is
    further to the right than that of a single one keeps that single one in the trie.
    """

    __slots__ = ("_places", "_targets")

    def __init__(self, templates: Sequence[tuple[Sequence[Segment], Any]]) -> None:
        others = [segments for segments, _ in templates if not _is_single(segments)]
        least = max((_first(each) + _is_mixed(each) for each in others), default=0)
        self._targets: dict[bytes, tuple[Any, str]] = {}
        places = set()
        for segments, target in templates:
            place = _first(segments)
            if _is_single(segments) and place >= least:
                places.add(place + 1)
                # No template has an empty segment of its own: the one that is left is the place.
                blanked = "".join(f"/{spelling(each.texts[0])}" for each in segments).encode()
                self._targets[blanked] = target, segments[place].names[0]
        self._places = sorted(places, reverse=True)

    def find(self, raw_path: bytes) -> tuple[Any, str, bytes] | None:
        """The target, the name of its parameter and the value; the path has no `%`."""
        for place in self._places:
            parts = raw_path.split(b"/", place + 1)
            if len(parts) > place and (value := parts[place]):
                parts[place] = b""
                found = self._targets.get(b"/".join(parts))
                if found is not None:
                    return *found, value
        return None


def _first(segments: Sequence[Segment]) -> int:
    return next(at for at, segment in enumerate(segments) if segment.names)


def _is_single(segments: Sequence[Segment]) -> bool:
    return sum(len(each.names) for each in segments) == 1 and not _is_mixed(segments)


def _is_mixed(segments: Sequence[Segment]) -> bool:
    return any(segments[_first(segments)].texts)
