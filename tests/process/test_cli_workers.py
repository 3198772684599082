"""`imnot start --workers`: several processes that answer as one, and are all gone at the end."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.process.command import ACME, Project, Server
from tests.support import eventually

BETA = ACME.replace("acme", "beta").replace(": /", ": /b/").replace('"/', '"/b/')

pytestmark = pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks into /proc")


@pytest.fixture
def acme(project: Project) -> Project:
    project.partner("acme", ACME)
    return project


def workers_of(server: Server) -> set[int]:
    """The processes that serve."""
    folder = Path(f"/proc/{server.process.pid}/task/{server.process.pid}")
    children = map(int, (folder / "children").read_text().split())
    return {child for child in children if b"spawn_main" in command_line(child)}


def command_line(number: int) -> bytes:
    try:
        return Path(f"/proc/{number}/cmdline").read_bytes()
    except OSError:
        return b""


def is_alive(number: int) -> bool:
    try:
        stat = Path(f"/proc/{number}/stat").read_text(encoding="latin-1")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def deployments(project: Project) -> int:
    with closing(sqlite3.connect(project.folder / "imnot.db")) as database:
        query = "SELECT count(*) FROM documents WHERE namespace = 'deployments'"
        return int(database.execute(query).fetchone()[0])


def test_all_workers_serve_what_one_was_told(acme: Project) -> None:
    with acme.started("--workers", "3") as server:
        assert len(workers_of(server)) == 3
        answer = server.client.post("/imnot/admin/partners", content=BETA)
        assert answer.status_code == 201
        # Each request over a connection of its own, so that it may reach any of them.
        close = {"Connection": "close"}
        answers = {
            server.client.post("/b/oauth/token", headers=close).status_code for _ in range(30)
        }
    assert answers == {200}


def test_a_worker_that_dies_is_replaced(acme: Project) -> None:
    with acme.started("--workers", "2") as server:
        before = workers_of(server)
        os.kill(min(before), signal.SIGKILL)
        eventually(lambda: len(workers_of(server) - before) == 1)
        assert server.client.post("/oauth/token").status_code == 200


def test_no_worker_outlives_the_parent(acme: Project) -> None:
    with acme.started("--workers", "2") as server:
        workers = workers_of(server)
        server.process.kill()
        server.process.wait()
        eventually(lambda: not any(map(is_alive, workers)))


def test_what_the_workers_agreed_on_is_forgotten_at_the_end(acme: Project) -> None:
    with acme.started("--workers", "2") as server:
        assert deployments(acme) > 0
        server.end(signal.SIGTERM)
        assert deployments(acme) == 0


def test_a_server_that_was_killed_leaves_nothing_to_the_next_one(acme: Project) -> None:
    with acme.started("--workers", "2") as server:
        port = server.url.rpartition(":")[2]
        workers = workers_of(server)
        server.process.kill()
        server.process.wait()
        eventually(lambda: not any(map(is_alive, workers)))
    assert deployments(acme) > 0
    acme.partner("beta", BETA)
    with acme.started("--workers", "2", "--port", port) as server:
        assert server.client.post("/b/oauth/token").status_code == 200
        server.end(signal.SIGTERM)
    assert deployments(acme) == 0
