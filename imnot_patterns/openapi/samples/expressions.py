"""A short text that a regular expression matches.

Expressions are read as JavaScript writes them, as far as schemas need it. What looks around is
passed over, so that what comes out need not match: whoever asks must see for himself.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

MAX_TEXT: Final = 10_000
MAX_DEPTH: Final = 40  # groups inside one another
_LEFT_OPEN: Final = 10_000  # repetitions without an upper bound

_QUANTIFIER: Final = re.compile(r"(?:[*+?]|\{(\d{1,6})(?:(,)(\d{1,6})?)?\})[?+]?")
_SIGNS: Final = {"*": (0, _LEFT_OPEN), "+": (1, _LEFT_OPEN), "?": (0, 1)}
_GROUP: Final = re.compile(r"\((\?(?::|P?<(?P<name>\w+)>|(?P<look>=|!|<=|<!)))?")
_ESCAPE: Final = re.compile(
    r"\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|[pP]\{(\^?\w+)[^}]*\}|(.))", re.DOTALL
)
_CLASSES: Final = {"d": "1", "w": "a", "s": " ", "D": "a", "W": "-", "S": "a"}
_CONTROLS: Final = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "0": "\0"}
_PROPERTIES: Final = {
    "L": "a",
    "Ll": "a",
    "Lu": "A",
    "N": "1",
    "Nd": "1",
    "P": "-",
    "Alphabetic": "a",
}
_COMMON: Final = "a1A-_ .~!:/é"


class Unwritable(Exception):
    """The expression has something that is not known here, or stands for too long a text."""


def written(pattern: str, repeats: int) -> str:
    """Return a text in which what may be repeated is, that many times where it is allowed.

    Raises Unwritable.
    """
    reader = _Reader(pattern, repeats)
    text = reader.either(0)
    if not reader.ended():
        raise Unwritable
    return text


class _Reader:
    """Reads an expression from left to right and writes a text meanwhile."""

    def __init__(self, pattern: str, repeats: int) -> None:
        self._pattern = pattern
        self._at = 0
        self._repeats = repeats
        self._groups: list[str] = []

    def ended(self) -> bool:
        return self._at >= len(self._pattern)

    def either(self, depth: int) -> str:
        """Read alternatives; the first one counts."""
        if depth > MAX_DEPTH:
            raise Unwritable
        first = self._sequence(depth)
        while self._next("|"):
            self._sequence(depth)
        return first

    def _next(self, character: str) -> bool:
        found = self._pattern.startswith(character, self._at)
        self._at += found
        return found

    def _take(self, expression: re.Pattern[str]) -> re.Match[str] | None:
        found = expression.match(self._pattern, self._at)
        if found is not None:
            self._at = found.end()
        return found

    def _sequence(self, depth: int) -> str:
        made: list[str] = []
        size = 0
        while not self.ended() and self._pattern[self._at] not in "|)":
            atom = self._atom(depth)
            times = self._times()
            size += len(atom) * times
            if size > MAX_TEXT:
                raise Unwritable
            made.append(atom * times)
        return "".join(made)

    def _times(self) -> int:
        found = self._take(_QUANTIFIER)
        if found is None:
            return 1
        if found[1]:
            least = int(found[1])
            most = int(found[3] or _LEFT_OPEN) if found[2] else least
            return min(most, max(least, self._repeats))
        least, most = _SIGNS[found[0][0]]
        return min(most, max(least, self._repeats))

    def _atom(self, depth: int) -> str:
        character = self._pattern[self._at]
        if character == "(":
            return self._group(depth)
        if character == "[":
            self._at += 1
            return self._set()
        if character == "\\":
            return self._escape()[0]
        self._at += 1
        return {"^": "", "$": "", ".": "a"}.get(character, character)

    def _group(self, depth: int) -> str:
        begun = self._take(_GROUP)
        if begun is None or self._pattern[self._at :].startswith("?"):
            raise Unwritable
        text = self.either(depth + 1)
        if not self._next(")"):
            raise Unwritable
        if begun["look"]:
            return ""
        if begun[1] is None or begun["name"]:
            self._groups.append(text)
        return text

    def _escape(self, *, in_set: bool = False) -> tuple[str, bool]:
        """Read an escape; return a character, and whether it stands for a class of them."""
        found = self._take(_ESCAPE)
        if found is None:
            raise Unwritable
        if found[1] or found[2]:
            return chr(int(found[1] or found[2], 16)), False
        if found[3]:
            if found[3] not in _PROPERTIES:
                raise Unwritable
            return _PROPERTIES[found[3]], True
        letter = found[4]
        if letter in "bB" and not in_set:
            return "", False
        if letter in "123456789":
            index = int(letter) - 1
            return (self._groups[index] if index < len(self._groups) else ""), False
        if letter in _CLASSES:
            return _CLASSES[letter], True
        return _CONTROLS.get(letter, letter), False

    def _set(self) -> str:
        """Read `[…]` from behind the bracket; return a character of it."""
        negated = self._next("^")
        start = self._at
        first = ""
        while not self._next("]"):
            if self.ended():
                raise Unwritable
            character = self._member()
            first = first or character
        if not first:
            raise Unwritable
        if not negated:
            return first
        inside = _member_test("[" + self._pattern[start : self._at])
        return next((known for known in _COMMON if not inside(known)), "ÿ")

    def _member(self) -> str:
        if self._pattern[self._at] == "\\":
            character, is_class = self._escape(in_set=True)
            if is_class:
                return character
        else:
            character = self._pattern[self._at]
            self._at += 1
        if (
            self._pattern[self._at : self._at + 1] == "-"
            and self._pattern[self._at + 1 :][:1] != "]"
        ):
            self._at += 1  # the range begins with its first character
            self._member()
        return character


def _member_test(written_set: str) -> Callable[[str], object]:
    try:
        return re.compile(written_set).match
    except re.error:
        raise Unwritable from None
