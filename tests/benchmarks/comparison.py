"""Two loads in alternation, because a machine is never equally fast for long.

The second is measured between two measurements of the first, and compared with their mean; what
counts is the median of several such ratios.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import mean, median

from tests.benchmarks.load import Speed

Measure = Callable[[float], Speed]
"""Measures for that many seconds."""

NOISY = 0.15
TRIES = 5


@dataclass(frozen=True)
class Plan:
    """How often and for how long (in seconds) is measured."""

    rounds: int
    seconds: int
    starts: int


THOROUGH = Plan(rounds=7, seconds=3, starts=5)
QUICK = Plan(rounds=2, seconds=1, starts=3)


@dataclass(frozen=True)
class Comparison:
    """What was measured: the yardstick once more often than what is held against it."""

    yardstick: Sequence[Speed]
    measured: Sequence[Speed]

    @property
    def ratios(self) -> list[float]:
        """Each measurement by the mean of the yardstick just before and just after."""
        return self._ratios([each.rate for each in self.yardstick], [m.rate for m in self.measured])

    @property
    def cpu_ratio(self) -> float | None:
        """The same of the requests per second of processor time; None where that is unknown.

        Other programs on the machine take less away from it.
        """
        yardstick = [1 / each.cpu for each in self.yardstick if each.cpu]
        measured = [1 / each.cpu for each in self.measured if each.cpu]
        if len(yardstick) < len(self.yardstick) or len(measured) < len(self.measured):
            return None
        return median(self._ratios(yardstick, measured))

    @property
    def ratio(self) -> float:
        """The median of the ratios."""
        return median(self.ratios)

    @property
    def rate(self) -> float:
        """The median of the requests per second."""
        return median(each.rate for each in self.measured)

    @property
    def cpu(self) -> float | None:
        """The median of the processor time per request, in seconds."""
        known = [each.cpu for each in self.measured if each.cpu is not None]
        return median(known) if known else None

    @staticmethod
    def _ratios(yardstick: Sequence[float], measured: Sequence[float]) -> list[float]:
        around = [mean(pair) for pair in pairwise(yardstick)]
        return [one / base for one, base in zip(measured, around, strict=True)]

    @property
    def noise(self) -> float:
        """How far the yardstick's speeds lie apart, as a share of their median."""
        rates = [each.rate for each in self.yardstick]
        return (max(rates) - min(rates)) / median(rates)


def compare(yardstick: Measure, measured: Measure, plan: Plan) -> Comparison:
    """Measure both in alternation, after a second of warming up."""
    yardstick(1)
    measured(1)
    bases, speeds = [undisturbed(yardstick, plan.seconds)], []
    for _ in range(plan.rounds):
        speeds.append(undisturbed(measured, plan.seconds))
        bases.append(undisturbed(yardstick, plan.seconds))
    return Comparison(bases, speeds)


def undisturbed(measure: Measure, seconds: float) -> Speed:
    """Measure again while something else on the machine gets in the way, some times at most."""
    for _ in range(TRIES - 1):
        speed = measure(seconds)
        if not speed.is_disturbed:
            return speed
    return measure(seconds)
