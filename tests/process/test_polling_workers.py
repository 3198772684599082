"""The state of ids in real processes: polls at once, over workers, and after a kill."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from imnot_core.testing import ServerProcess

PARTNER = """\
partner: acme
datapoints:
  - name: export
    pattern: async
    ready: {after_polls: 50}
    strict: true
    endpoints:
      - {step: 1, method: POST, path: /exports, response: {generates_id: true, id_body_field: id}}
      - step: 2
        method: GET
        path: /exports/{id}
        response:
          body: {state: done}
          pending: {body: {state: running}}
          fails_with:
            crash: {body: {state: crashed}}
      - {step: 3, method: GET, path: "/exports/{id}/rows", response: {returns_payload: true}}
"""
FRESH = {"Connection": "close"}
"""A connection of its own, so that any of the workers may take it."""


@contextmanager
def server(folder: Path, workers: str) -> Iterator[ServerProcess]:
    file = folder / "partners" / "acme" / "partner.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(PARTNER, encoding="utf-8")
    arguments = ("--workers", workers)
    with ServerProcess(folder / "partners", args=arguments, db=folder / "imnot.db") as running:
        running.upload("acme", "export", [1])
        yield running


def submit(running: ServerProcess, session: Any = None) -> str:
    issued: str = running.post("/exports", headers=FRESH, session=session).json()["id"]
    return issued


def poll(running: ServerProcess, issued: str, session: Any = None) -> str:
    answer = running.get(f"/exports/{issued}", headers=FRESH, session=session)
    state: str = answer.json().get("state", "refused")
    return state


@pytest.mark.parametrize("workers", ["1", "2"])
def test_50_clients_at_once_get_exactly_50_pending_answers(tmp_path: Path, workers: str) -> None:
    with server(tmp_path, workers) as running, running.session() as session:
        for chosen in (None, session):
            issued = submit(running, chosen)
            with ThreadPoolExecutor(50) as clients:
                ask = [clients.submit(poll, running, issued, chosen) for _ in range(60)]
                told = [each.result() for each in ask]
            assert sorted(told) == ["done"] * 10 + ["running"] * 50
            shown = running.admin("GET", f"/acme/export/ids/{issued}", session=chosen).json()
            assert (shown["polls"], shown["state"]) == (60, "ready")


def test_the_state_survives_a_kill(tmp_path: Path) -> None:
    with server(tmp_path, "2") as running:
        issued, failing = submit(running), submit(running)
        assert [poll(running, issued) for _ in range(50)] == ["running"] * 50
        running.admin("POST", f"/acme/export/ids/{failing}/fail", json={"outcome": "crash"})
        running.admin("POST", "/acme/export/outcome", json={"outcome": None, "when": "now"})

        running.kill()
        running.start()

        assert running.get(f"/exports/{issued}/rows").status_code == 409
        assert poll(running, issued) == "done"
        assert running.get(f"/exports/{issued}/rows").json() == [1]
        assert poll(running, failing) == "crashed"
        assert poll(running, submit(running)) == "done"
