"""The table of a run for people, and its figures for programs."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.benchmarks.comparison import NOISY, Comparison
from tests.benchmarks.rows import Row
from tests.benchmarks.startup import Limit

COLUMNS = ("what", "measured", "ratio", "required", "verdict", "CPU", "by CPU")
ALIGNED_LEFT = {0, 4}

Cells = tuple[str, str, str, str, str, str, str]


@dataclass(frozen=True)
class Result:
    """One line of the table, and the figures that are behind it."""

    name: str
    what: str
    measured: str
    required: str
    is_ok: bool
    figures: dict[str, Any]
    ratio: str = ""
    cpu: str = ""
    cpu_ratio: str = ""
    noise: float = 0.0

    @property
    def cells(self) -> Cells:
        """The line in the order of the columns."""
        verdict = ("ok" if self.is_ok else "below") + (" (noisy)" if self.noise > NOISY else "")
        times = (self.cpu, self.cpu_ratio)
        return (self.what, self.measured, self.ratio, self.required, verdict, *times)


def of_row(row: Row, found: Comparison) -> Result:
    """The line of a comparison."""
    return Result(
        row.name,
        row.what,
        f"{found.rate:,.0f}/s",
        f"≥ {row.required:.2f}",
        is_ok=round(found.ratio, 2) >= row.required,
        figures={
            "requests_per_second": found.rate,
            "ratio": found.ratio,
            "ratios": found.ratios,
            "required": row.required,
            "noise": found.noise,
            "cpu_seconds_per_request": found.cpu,
            "cpu_ratio": found.cpu_ratio,
        },
        ratio=f"{found.ratio:.2f}",
        cpu=_microseconds(found.cpu),
        cpu_ratio="" if found.cpu_ratio is None else f"{found.cpu_ratio:.2f}",
        noise=found.noise,
    )


def of_yardstick(comparisons: Sequence[Comparison]) -> Cells:
    """The line of the bare callable, from all that was measured of it."""
    everything = [speed for each in comparisons for speed in each.yardstick]
    found = Comparison((), everything)
    rate, cpu = f"{found.rate:,.0f}/s", _microseconds(found.cpu)
    return ("a bare ASGI callable", rate, "1", "", "", cpu, "1" if cpu else "")


def of_limit(limit: Limit, middle: float, values: Sequence[float]) -> Result:
    """The line of a limit."""
    digits = 2 if limit.unit == "s" else 0
    return Result(
        limit.name,
        limit.what,
        f"{middle:.{digits}f} {limit.unit}",
        f"≤ {limit.at_most:.{digits}f} {limit.unit}",
        is_ok=middle <= limit.at_most,
        figures={
            "median": middle,
            "values": list(values),
            "at_most": limit.at_most,
            "unit": limit.unit,
        },
    )


def _microseconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds * 1e6:.1f} µs"


def table(lines: Sequence[Cells]) -> str:
    """Lines of cells as a table in Markdown, padded so that it can be read as it is."""
    everything = [COLUMNS, *lines]
    widths = [max(len(line[column]) for line in everything) for column in range(len(COLUMNS))]
    rules = [
        "-" * width if column in ALIGNED_LEFT else "-" * (width - 1) + ":"
        for column, width in enumerate(widths)
    ]
    return "\n".join(_line(cells, widths) for cells in (COLUMNS, rules, *lines))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        cell.ljust(width) if column in ALIGNED_LEFT else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return f"| {' | '.join(padded)} |"


def machine() -> dict[str, Any]:
    """What the figures depend on; no names."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        "imnot": version("imnot"),
        "uvicorn": version("uvicorn"),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
