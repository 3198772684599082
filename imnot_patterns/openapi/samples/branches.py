"""Values that satisfy exactly one branch of `oneOf`, where those made so far satisfy several."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from imnot_patterns.openapi.samples.conjunctions import Conjunction

if TYPE_CHECKING:
    from imnot_patterns.openapi.samples.maker import Maker

_TRIED: Final = 5
# What is no valid value of most properties.
_ODD: Final[tuple[Any, ...]] = (None, 0, "", False, [], {})


def distinguished(maker: Maker, conjunction: Conjunction, rejected: list[Any]) -> Iterator[Any]:
    """Give objects with one more property, one that spoils them for all branches but one.

    A schema such as `oneOf` of two objects whose properties are all optional leaves nothing else:
    what is valid for one is valid for the other.
    """
    for choice in maker.flat(conjunction).choices:
        for value in [value for value in rejected if isinstance(value, dict)][:_TRIED]:
            made = _spoiled(maker, choice.branches, value)
            if made is not None and maker.accepts(conjunction, made):
                yield made
                return


def _spoiled(
    maker: Maker, branches: tuple[Conjunction, ...], value: dict[str, Any]
) -> dict[str, Any] | None:
    """Return the object as only the first branch that takes it does."""
    taking = [branch for branch in branches if maker.accepts(branch, value)]
    for other in taking[1:]:
        if not maker.accepts(other, value):
            continue
        odd = _spoiling(maker, taking[0], other, value)
        if odd is None:
            return None
        value = odd
    return value


def _spoiling(
    maker: Maker, kept: Conjunction, other: Conjunction, value: dict[str, Any]
) -> dict[str, Any] | None:
    members = maker.flat(other).members
    names = dict.fromkeys(name for m in members for name in m.schema.get("properties", ()))
    for name in names:
        for odd in _ODD:
            made = {**value, name: odd}
            if maker.accepts(kept, made) and not maker.accepts(other, made):
                return made
    return None
