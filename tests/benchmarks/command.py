"""The command: measures what is declared in `rows` and `startup`, and prints the table."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks import load, report
from tests.benchmarks.bench import Bench
from tests.benchmarks.comparison import NOISY, QUICK, THOROUGH, Comparison
from tests.benchmarks.report import Result
from tests.benchmarks.rows import ROWS, Row
from tests.benchmarks.servers import BenchmarkFailed
from tests.benchmarks.startup import LIMITS, Limit

OK, BELOW, UNUSABLE = 0, 1, 2

Chosen = Sequence[Row | Limit]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns 0 when everything is as fast as it must be, 1 when something is not, and 2 when there
    was something that could not be measured.
    """
    options = _parser().parse_args(arguments)
    names = set(options.only)
    chosen = [each for each in (*ROWS, *LIMITS) if not names or each.name in names]
    if not load.is_installed():
        _say(load.INSTALL)
        return UNUSABLE
    try:
        with Bench(QUICK if options.quick else THOROUGH) as bench:
            _say(_introduction(bench))
            comparisons, results = _measured(bench, chosen)
    except BenchmarkFailed as failure:
        _say(f"failed: {failure}")
        return UNUSABLE
    _say(_table(comparisons, results))
    if options.json:
        _write(options.json, results)
    return OK if all(each.is_ok for each in results) else BELOW


def _parser() -> argparse.ArgumentParser:
    names = [each.name for each in (*ROWS, *LIMITS)]
    parser = argparse.ArgumentParser(
        prog="python tests/benchmarks",
        description="Measure how fast imnot is, beside a bare ASGI callable.",
        epilog="docs/performance.md explains the figures.",
    )
    parser.add_argument("--quick", action="store_true", help="a look: shorter, and less exact")
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        choices=names,
        metavar="NAME",
        help=f"measure only this; may be repeated. One of {', '.join(names)}",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    return parser


def _measured(bench: Bench, chosen: Chosen) -> tuple[list[Comparison], list[Result]]:
    comparisons, results = [], []
    rows = {row.name: row for row in ROWS}
    for each in chosen:
        _say(f"  {each.name} …")
        if isinstance(each, Limit):
            results.append(report.of_limit(each, *each.median(bench)))
            continue
        found = bench.compare(each, rows.get(each.beside))
        results.append(report.of_row(each, found))
        if not each.beside:
            comparisons.append(found)
    return comparisons, results


def _introduction(bench: Bench) -> str:
    facts = report.machine()
    listed = ", ".join(f"{name} {value}" for name, value in facts.items())
    if bench.cores.are_apart:
        return listed
    return f"{listed}\nserver and load could not be given a core each: the ratios say little"


def _table(comparisons: Sequence[Comparison], results: Sequence[Result]) -> str:
    lines = [each.cells for each in results]
    if comparisons:
        lines.insert(0, report.of_yardstick(comparisons))
    noisy = any(each.noise > NOISY for each in results)
    remark = f"\nnoisy: the bare callable's own speed differed by more than {NOISY:.0%}" * noisy
    return f"\n{report.table(lines)}{remark}"


def _write(file: Path, results: Sequence[Result]) -> None:
    figures = {each.name: {**each.figures, "ok": each.is_ok} for each in results}
    content = {"machine": report.machine(), "figures": figures}
    file.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
