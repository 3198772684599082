"""What is measured of a start: how long it takes, and how much memory the server holds then."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median

from tests.benchmarks.bench import Bench
from tests.benchmarks.servers import BenchmarkFailed, environment, imnot, pinned
from tests.benchmarks.sites import LARGE, SMALL, Site


@dataclass(frozen=True)
class Limit:
    """Something that may be `at_most` so much, of a unit; `measure` gives one value of it."""

    name: str
    what: str
    at_most: float
    unit: str
    measure: Callable[[Bench], float]

    def median(self, bench: Bench) -> tuple[float, list[float]]:
        """The median of several values, and those."""
        values = [self.measure(bench) for _ in range(bench.plan.starts)]
        return median(values), values


def _start(site: Site) -> Callable[[Bench], float]:
    def measure(bench: Bench) -> float:
        with ExitStack() as stack:
            return bench.start(site, stack).seconds

    return measure


def _memory(bench: Bench) -> float:
    with ExitStack() as stack:
        return bench.start(SMALL, stack).memory()


def _help(bench: Bench) -> float:
    command = (*imnot(), "--help")
    with pinned(bench.cores.server):
        began = time.perf_counter()
        done = subprocess.run(
            command,
            cwd=bench.folder,
            capture_output=True,
            text=True,
            check=False,
            env=environment(),
        )
        seconds = time.perf_counter() - began
    if done.returncode:
        raise BenchmarkFailed(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
    return seconds


LIMITS = (
    Limit("start", "`imnot start` until it answers", 0.6, "s", _start(SMALL)),
    Limit("start-10k", "the same with 10,000 endpoints", 2.5, "s", _start(LARGE)),
    Limit("help", "`imnot --help`", 0.2, "s", _help),
    Limit("memory", "memory (RSS) after the start", 60, "MB", _memory),
)
