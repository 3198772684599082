"""Rate limits and validation of a real server: exact over processes, kept when it is killed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from imnot_core.testing import ServerProcess

LIMITED = """\
partner: acme
datapoints:
  - name: orders
    pattern: static
    endpoints:
      - method: POST
        path: /orders
        rate_limit: {requests: 50, per: day}
      - method: POST
        path: /mine
        rate_limit: {requests: 50, per: day, by: session}
      - method: POST
        path: /checked
        schema: {items: {type: string}}
"""


def server(folder: Path, workers: str) -> ServerProcess:
    (folder / "partners" / "acme").mkdir(parents=True, exist_ok=True)
    (folder / "partners" / "acme" / "partner.yaml").write_text(LIMITED)
    return ServerProcess(
        folder / "partners", args=("--workers", workers), db=folder / "imnot.db", cwd=folder
    )


def at_once(
    running: ServerProcess, path: str, count: int, headers: Mapping[str, str] | None = None
) -> Counter[int]:
    """The statuses of so many requests, each over a connection of its own."""

    alone = {"Connection": "close", **(headers or {})}
    with httpx.Client(headers=alone, timeout=30) as client, ThreadPoolExecutor(32) as pool:
        answers = pool.map(lambda _: client.post(f"{running.url}{path}"), range(count))
        return Counter(each.status_code for each in answers)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_limit_is_exact_whoever_answers(tmp_path: Path, workers: str) -> None:
    with server(tmp_path, workers) as running:
        assert at_once(running, "/orders", 200) == {200: 50, 429: 150}
        running.kill()
        running.start()
        assert at_once(running, "/orders", 5) == {429: 5}


def test_the_limit_of_a_session_is_exact_and_its_own(tmp_path: Path) -> None:
    with server(tmp_path, "2") as running:
        for name in ("one", "two"):
            answered = at_once(running, "/mine", 80, {"X-Imnot-Session": name})
            assert answered == {200: 50, 429: 30}


def test_a_huge_body_that_breaks_every_rule_holds_nobody_up_for_long(tmp_path: Path) -> None:
    body = b"[" + b"1," * 1_000_000 + b"1]"
    with server(tmp_path, "1") as running:
        refused = running.post("/checked", content=body)

    assert refused.status_code == 422
    assert refused.elapsed.total_seconds() < 5
    assert len(refused.json()["detail"]) == 2
