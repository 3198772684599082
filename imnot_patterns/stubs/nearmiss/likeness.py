"""How alike two texts are, in bounded time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

MAX_LENGTH: Final = 64  # characters that are compared


def edits(one: str, other: str, limit: int = 2) -> int:
    """Return how many characters to insert, delete, replace or swap with their neighbour.

    Anything above `limit` is said as `limit + 1`. What both have in common at the beginning and the
    end is skipped, so that a slip of the pen costs next to nothing.
    """
    if one == other:
        return 0
    one, other = _apart(one[:MAX_LENGTH], other[:MAX_LENGTH])
    if max(len(one), len(other)) > 4 * limit or abs(len(one) - len(other)) > limit:
        return limit + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, character in enumerate(one, 1):
        line = [row]
        for column, wanted in enumerate(other, 1):
            cost = min(
                last[column] + 1, line[-1] + 1, last[column - 1] + (0 if character == wanted else 1)
            )
            if row > 1 < column and character == other[column - 2] and wanted == one[row - 2]:
                cost = min(cost, before[column - 2] + 1)
            line.append(cost)
        before, last = last, line
    return min(last[-1], limit + 1)


def likeness(one: str, other: str) -> float:
    """Return which part of the longer text both share at the beginning and the end: 0 to 1."""
    one, other = one[:MAX_LENGTH], other[:MAX_LENGTH]
    longest = max(len(one), len(other))
    return 1 - max(map(len, _apart(one, other))) / longest if longest else 1.0


def nearly(name: str, names: Iterable[str]) -> str | None:
    """Return the name that was probably meant: the same but for case, `-` and `_`, or a slip."""
    plain = _bare(name)
    allowed = 2 if len(plain) > 5 else 1
    best: tuple[int, str] | None = None
    for other in names:
        if other == name:
            continue
        distance = edits(plain, _bare(other), allowed)
        # A short name is near to many: the first letter of a slip is mostly right.
        alike = distance == 0 or (len(plain) > 2 and distance <= allowed)
        if alike and (best is None or distance < best[0]):
            best = distance, other
    return best[1] if best else None


def _bare(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "").removesuffix("[]").strip()


def _apart(one: str, other: str) -> tuple[str, str]:
    """Return both texts without what they share at the beginning and then at the end."""
    start = _shared(one, other)
    one, other = one[start:], other[start:]
    end = _shared(one[::-1], other[::-1])
    return (one[:-end], other[:-end]) if end else (one, other)


def _shared(one: str, other: str) -> int:
    """Return how many characters both begin with."""
    count = 0
    for each, wanted in zip(one, other, strict=False):
        if each != wanted:
            break
        count += 1
    return count
