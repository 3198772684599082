"""The bench: a temporary folder, and the servers that were asked for, until the end of the run."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.benchmarks import load
from tests.benchmarks.comparison import Comparison, Measure, Plan, compare
from tests.benchmarks.load import Load
from tests.benchmarks.rows import Row
from tests.benchmarks.servers import (
    BenchmarkFailed,
    Cores,
    Server,
    bare,
    imnot_start,
    running,
)
from tests.benchmarks.sites import Site

ANYTHING = Load(("/",))


class Bench:
    """What measurements need, within `with`. Each server is started when first asked for."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.cores = Cores.of_machine()
        self._stack = ExitStack()
        self._bare: Server | None = None
        self._served: dict[str, tuple[Server, Mapping[str, str]]] = {}
        self._runs = 0

    def __enter__(self) -> Self:
        temporary = tempfile.TemporaryDirectory(prefix="imnot-bench-", ignore_cleanup_errors=True)
        self.folder = Path(self._stack.enter_context(temporary))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def partners(self, site: Site) -> Path:
        """The partners folder of a site."""
        folder = self.folder / site.name / "partners"
        if not folder.exists():
            site.write(folder)
        return folder

    def start(self, site: Site, stack: ExitStack) -> Server:
        """Start another server of a site, with a database of its own, until `stack` ends."""
        self._runs += 1
        place = self.folder / f"run{self._runs}"
        place.mkdir()
        command = imnot_start(self.partners(site), place / "imnot.db")
        return stack.enter_context(running(command, place / "log", self.cores))

    def serving(self, site: Site) -> tuple[Server, Mapping[str, str]]:
        """The server of a site, and what its preparation gave."""
        if site.name not in self._served:
            server = self.start(site, self._stack)
            self._served[site.name] = server, site.prepare(server)
        return self._served[site.name]

    def compare(self, row: Row, yardstick: Row | None) -> Comparison:
        """Measure a row beside another one, or beside the bare callable."""
        base = self._of_bare() if yardstick is None else self._of_row(yardstick)
        return compare(base, self._of_row(row), self.plan)

    def _of_bare(self) -> Measure:
        if self._bare is None:
            starting = running(bare, self.folder / "bare.log", self.cores, path="/")
            self._bare = self._stack.enter_context(starting)
        return self._measure(ANYTHING, self._bare)

    def _of_row(self, row: Row) -> Measure:
        server, values = self.serving(row.site)
        filled = row.load.filled(values)
        check(row, filled, server)
        return self._measure(filled, server)

    def _measure(self, what: Load, server: Server) -> Measure:
        return lambda seconds: load.run(what, server, seconds, self.folder, self.cores)


def check(row: Row, filled: Load, server: Server) -> None:
    """Raise BenchmarkFailed unless a row's first and last requests are answered as they must."""
    for path in {filled.paths[0], filled.paths[-1]}:
        status, body = server.ask(filled.method, path, filled.body, filled.headers)
        if status != row.expects or len(body) < row.body_bytes:
            shown = f"{status} with {len(body)} bytes: {body[:200]!r}"
            raise BenchmarkFailed(f"{row.name}: {filled.method} {path} was answered {shown}")
