"""The store contract, held by the SQLite store in both forms; and real processes that share one."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from imnot_core.clock import SystemClock
from imnot_core.store.sqlite import SqliteStore
from imnot_core.testing.clock import ManualClock
from imnot_core.testing.store_contract import MakeStore, PrivateStoreContract, StoreContract


class TestSqliteFile(StoreContract):
    @pytest.fixture
    def make_store(self, clock: ManualClock, tmp_path: Path) -> MakeStore:
        return lambda: SqliteStore(str(tmp_path / "imnot.db"), clock)


class TestSqliteInMemory(PrivateStoreContract):
    @pytest.fixture
    def make_store(self, clock: ManualClock) -> MakeStore:
        return lambda: SqliteStore(":memory:", clock)


# What a process does to the store, told by its arguments. It reports a write once it is answered.
PROCESS = """
import asyncio, sys
from imnot_core.clock import SystemClock
from imnot_core.store.sqlite import SqliteStore

async def write_until_killed(path):
    store = SqliteStore(path, SystemClock())
    await store.open()
    run = await store.increment("runs", "count")
    number = 0
    while True:
        await store.put("n", f"{run}/{number}", bytes(50_000))
        print(f"{run}/{number}", flush=True)
        number += 1

async def count(path):
    store = SqliteStore(path, SystemClock())
    await store.open()
    for _ in range(25):
        print(*await asyncio.gather(*(store.increment("n", "count") for _ in range(10))))
    await store.close()

async def open_all(*paths):
    for path in paths:
        store = SqliteStore(path, SystemClock())
        await store.open()
        await store.increment("n", "count")
        await store.close()

asyncio.run(globals()[sys.argv[1]](*sys.argv[2:]))
"""


class Processes:
    """Child processes that use the store; those that a test leaves running are killed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: list[subprocess.Popen[str]] = []

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        # -P and another directory: the child imports what is installed, as the tests do.
        process = subprocess.Popen(
            [sys.executable, "-P", "-W", "error", "-c", PROCESS, *arguments],
            cwd=self._folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._running.append(process)
        return process

    def stop(self) -> None:
        for process in self._running:
            process.kill()
            process.communicate()


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    processes = Processes(tmp_path)
    yield processes
    processes.stop()


def finished(process: subprocess.Popen[str]) -> str:
    """What the process printed, once it has ended well."""
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    return output


async def content(path: Path) -> tuple[set[str], bytes | None]:
    """The keys of the namespace n, and its counter."""
    store = SqliteStore(str(path), SystemClock())
    await store.open()
    keys = {document.key for document in await store.scan("n", values=False)}
    counter = await store.get("n", "count")
    await store.close()
    return keys, counter


def test_an_answered_write_survives_a_kill_right_after_it(
    tmp_path: Path, processes: Processes
) -> None:
    path = tmp_path / "imnot.db"
    answered: set[str] = set()
    # 160 of these writes fill the log: some of the kills come while it is being copied.
    for kill_after in (1, 2, 3, 155, 160, 163, 165, 170, 330, 500):
        process = processes.start("write_until_killed", str(path))
        assert process.stdout is not None
        for _ in range(kill_after):
            answered.add(process.stdout.readline())
        process.kill()
        rest, errors = process.communicate(timeout=60)
        assert errors == ""
        answered.update(line for line in rest.splitlines(keepends=True) if line.endswith("\n"))
    assert len(answered) >= 1489
    keys, _ = asyncio.run(content(path))
    assert {line.strip() for line in answered} - keys == set()
    assert check_integrity(path) == "ok"


def test_two_processes_that_count_lose_nothing(tmp_path: Path, processes: Processes) -> None:
    path = tmp_path / "imnot.db"
    both = [processes.start("count", str(path)) for _ in range(2)]
    totals = [int(total) for process in both for total in finished(process).split()]
    assert sorted(totals) == list(range(1, 501))
    assert asyncio.run(content(path)) == ({"count"}, b"500")


def test_several_processes_may_create_one_file_at_once(
    tmp_path: Path, processes: Processes
) -> None:
    paths = [tmp_path / f"{number}.db" for number in range(30)]
    started = [processes.start("open_all", *map(str, paths)) for _ in range(3)]
    for process in started:
        finished(process)
    for path in paths:
        assert asyncio.run(content(path)) == ({"count"}, b"3")


def check_integrity(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        (result,) = connection.execute("PRAGMA integrity_check").fetchone()
        return str(result)
