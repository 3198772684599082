"""The journal of the installed command: exact over workers, there after restarts and kills."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from imnot_core.testing import ServerProcess
from imnot_core.testing.verifying import verify
from tests.process.stub_servers import fresh

PARTNER = """\
partner: acme
datapoints:
  - name: orders
    pattern: static
    endpoints:
      - {method: GET, path: "/orders/{id}", response: {status: 200, body: {id: 7}}}
"""

BOTH = pytest.mark.parametrize("workers", ["1", "2"])


@contextmanager
def server(folder: Path, *options: str) -> Iterator[ServerProcess]:
    place = folder / "partners" / "acme"
    place.mkdir(parents=True, exist_ok=True)
    (place / "partner.yaml").write_text(PARTNER)
    with ServerProcess(folder / "partners", args=options, db=folder / "imnot.db") as running:
        yield running


def total(running: ServerProcess, **filters: Any) -> int:
    found: int = running.admin("GET", "/requests", params=filters).json()["total"]
    return found


@BOTH
def test_the_number_is_exact_for_whoever_asks_at_once(tmp_path: Path, workers: str) -> None:
    with server(tmp_path, "--workers", workers) as running:

        def ask(number: int) -> None:
            assert fresh(running, "GET", f"/orders/{number}").status_code == 200

        for round_ in range(1, 4):
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(ask, range(100)))
            assert total(running) == 100 * round_
            verify(running, "GET", "/orders/{id}", count=100 * round_)
        verify(running, "GET", "/orders/42", count=3)


@BOTH
def test_each_answer_is_seen_by_the_next_question(tmp_path: Path, workers: str) -> None:
    with server(tmp_path, "--workers", workers) as running:
        for number in range(1, 31):
            fresh(running, "GET", f"/orders/{number}")
            asked = {"request": {"path": "/orders/{id}"}, "count": number}
            assert fresh(running, "POST", "/imnot/admin/verify", json=asked).json()["verified"]


@BOTH
def test_requests_survive_a_restart(tmp_path: Path, workers: str) -> None:
    with server(tmp_path, "--workers", workers) as running:
        for number in range(40):
            running.get(f"/orders/{number}")
        running.restart()
        assert total(running) == 40
        running.get("/orders/40")
        assert total(running, path="/orders/*") == 41


@BOTH
def test_what_was_written_survives_a_kill_and_nobody_waits_for_the_dead(
    tmp_path: Path, workers: str
) -> None:
    with server(tmp_path, "--workers", workers) as running:
        for number in range(40):
            running.get(f"/orders/{number}")
        assert total(running) == 40  # whoever asks has them written
        running.get("/orders/lost")  # perhaps
        running.kill()
        running.start()
        begun = monotonic()
        assert total(running) in (40, 41)
        assert monotonic() - begun < 1.5
        running.get("/orders/41")
        assert total(running, path="/orders/41") == 1


def test_of_more_than_its_size_the_newest_are_kept(tmp_path: Path) -> None:
    with server(tmp_path, "--workers", "2", "--journal-size", "50") as running:
        for number in range(120):
            running.get(f"/orders/{number}")
        found = running.admin("GET", "/requests", params={"limit": 1000}).json()
        assert [each["path"] for each in found["requests"]] == [
            f"/orders/{number}" for number in range(119, 69, -1)
        ]


def test_size_0_keeps_nothing(tmp_path: Path) -> None:
    with server(tmp_path, "--journal-size", "0") as running:
        assert running.get("/orders/1").status_code == 200
        assert running.get("/imnot/admin/requests").status_code == 409
