"""How much may be spent on the values of a document, so that none takes long to make.

The bounds are counts and no times: the same document always gets the same values.
"""

from __future__ import annotations

from typing import Final

FULL: Final = 3_000  # values of one body, from which on it gets no more than it must have
TOO_MUCH: Final = 100_000
_TOTAL: Final = 200_000  # values of all bodies, from which on each gets little
_LITTLE: Final = 100
_STEPS: Final = 20_000  # of looking for a way to satisfy schemas, for one body
_MORE_STEPS: Final = 5_000  # for what cannot be left out
_TOTAL_STEPS: Final = 300_000
_JUDGED: Final = 100_000  # schemas that are compared with values, for one body
_TOTAL_JUDGED: Final = 2_000_000


class NoValue(Exception):
    """No value can be made: there is none, or only one without end."""


class TooMuch(Exception):
    """A value is not made because it would be too large, or takes too long."""


class Effort:
    """What is left to spend for a body, and for all."""

    def __init__(self) -> None:
        self.left = 0
        self._total = _TOTAL
        self._total_steps = _TOTAL_STEPS
        self._total_judged = _TOTAL_JUDGED
        self._steps = 0
        self._judged = 0
        self._more = 0

    def begin(self, *, spared: bool = False) -> None:
        """Begin with a body; `spared` is one that has taken too much already."""
        self.left = FULL if self._total > 0 and not spared else _LITTLE
        self._more = TOO_MUCH if self._total > 0 and not spared else 20 * _LITTLE
        self._steps = _STEPS if self._total_steps > 0 and not spared else _LITTLE
        self._judged = _JUDGED if self._total_judged > 0 and not spared else _LITTLE

    def is_full(self) -> bool:
        """Tell whether nothing should be added that is not needed."""
        return self.left <= 0 or self._steps <= 0

    def spend(self, values: int) -> None:
        """Note values that have been made, or as much text. Raises TooMuch."""
        self.left -= values
        self._total -= values
        if self.left < -self._more:
            raise TooMuch

    def step(self, size: int) -> None:
        """Note that schemas were put together. Raises TooMuch."""
        self._steps -= size
        self._total_steps -= size
        if self._steps < -_MORE_STEPS:
            raise TooMuch

    def may_judge(self) -> bool:
        """Tell whether one more schema may be compared with a value."""
        self._judged -= 1
        self._total_judged -= 1
        return self._judged > 0
