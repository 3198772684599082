"""Mocks over several workers, restarts and kills: one server to whoever looks."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from imnot_core.testing import ServerProcess
from tests.process import stub_servers
from tests.process.stub_servers import fresh
from tests.support import eventually

MOCKS = "/v1/mocks"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


def server(folder: Path, *args: str, **options: Any) -> ServerProcess:
    """A server without partners, with a database in the folder."""
    return stub_servers.server(folder, *args, **options)


def create(running: ServerProcess, **parameters: Any) -> dict[str, Any]:
    answer = fresh(running, "POST", MOCKS, json=parameters)
    assert answer.status_code == 201, answer.text
    mock: dict[str, Any] = answer.json()["mock"]
    return mock


def described(running: ServerProcess, mock: dict[str, Any]) -> dict[str, Any]:
    answer = fresh(running, "GET", f"{MOCKS}/{mock['mock_id']}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["mock"]
    return found


def status(running: ServerProcess, mock: dict[str, Any], method: str = "GET") -> int:
    return fresh(running, method, mock["endpoint_url"]).status_code


def assert_gone(running: ServerProcess, mock: dict[str, Any]) -> None:
    for _ in range(4):  # whichever worker it is
        assert status(running, mock) == 404
        for method in ("GET", "DELETE"):
            assert fresh(running, method, f"{MOCKS}/{mock['mock_id']}").status_code == 404


@pytest.mark.parametrize("workers", ["1", "3"])
def test_hits_are_exact_with_two_hundred_at_once(tmp_path: Path, workers: str) -> None:
    with server(tmp_path, "--workers", workers) as running:
        mock, other = create(running, body="x", delay_ms=50), create(running)
        gate = threading.Barrier(200)

        def hit(number: int) -> int:
            gate.wait(20)
            return status(running, mock, METHODS[number % len(METHODS)])

        with ThreadPoolExecutor(200) as pool:
            answers = list(pool.map(hit, range(200)))
        assert set(answers) == {200}
        for _ in range(4):
            assert described(running, mock) == {**mock, "hit_count": 200}
            assert described(running, other) == other


def test_a_mock_is_there_and_gone_for_every_worker_at_once(tmp_path: Path) -> None:
    with server(tmp_path, "--workers", "3") as running:
        for _ in range(10):
            mock = create(running, status_code=202)
            assert {status(running, mock) for _ in range(4)} == {202}
            assert described(running, mock)["hit_count"] == 4
            assert fresh(running, "DELETE", f"{MOCKS}/{mock['mock_id']}").status_code == 200
            assert_gone(running, mock)


@pytest.mark.parametrize("workers", ["1", "3"])
def test_of_many_deletes_at_once_one_succeeds(tmp_path: Path, workers: str) -> None:
    with server(tmp_path, "--workers", workers) as running:
        mock = create(running)
        path = f"{MOCKS}/{mock['mock_id']}"

        def attempt(number: int) -> int:
            if number % 2:
                return status(running, mock) * 0
            return fresh(running, "DELETE", path).status_code

        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(attempt, range(32)))
        assert (answers.count(200), answers.count(404)) == (1, 15)
        assert_gone(running, mock)


def test_a_restart_keeps_mocks_and_hits_also_on_another_port(tmp_path: Path) -> None:
    with server(tmp_path) as running:
        mock = create(running, name="kept", headers={"X-A": "b"}, body="{ }")
        status(running, mock)
    with server(tmp_path, "--workers", "2") as running:
        assert described(running, mock) == {**mock, "hit_count": 1}
        answer = fresh(running, "GET", mock["endpoint_url"])
        assert (answer.text, answer.headers["x-a"]) == ("{ }", "b")
        running.restart()
        assert described(running, mock)["hit_count"] == 2


@pytest.mark.parametrize("workers", ["1", "3"])
def test_what_was_answered_survives_a_kill(tmp_path: Path, workers: str) -> None:
    with server(tmp_path, "--workers", workers) as running:
        made: list[dict[str, Any]] = []
        counted = create(running)
        stop = threading.Event()

        def make() -> None:
            while not stop.is_set():
                try:
                    made.append(create(running))
                    status(running, counted)
                except Exception:  # noqa: BLE001 - the server is gone
                    return

        thread = threading.Thread(target=make)
        thread.start()
        eventually(lambda: len(made) >= 20)
        running.kill()
        stop.set()
        thread.join()
        running.start()
        assert [described(running, mock) for mock in made] == made
        assert described(running, counted)["hit_count"] in (len(made) - 1, len(made))


def test_what_expires_while_the_server_is_down_is_gone(tmp_path: Path) -> None:
    with server(tmp_path, "--workers", "2") as running:
        mock, other = create(running, ttl_seconds=60), create(running, ttl_seconds=86_400)
        status(running, mock)
        running.stop()
        age(tmp_path / "imnot.db", mock["mock_id"], 61)
        running.start()
        assert_gone(running, mock)
        assert status(running, other) == 200


def age(database: Path, mock_id: str, seconds: float) -> None:
    """Let time pass for one mock: a minute is the shortest life, and too long to wait for."""
    import sqlite3

    with sqlite3.connect(database) as connection:
        connection.execute(
            "UPDATE documents SET expires = expires - ? WHERE key = ?", (seconds, mock_id)
        )
    connection.close()


def test_a_delay_holds_up_only_its_own_request(tmp_path: Path) -> None:
    with server(tmp_path) as running:
        slow, quick = create(running, delay_ms=1500, body="slow"), create(running, body="quick")
        with ThreadPoolExecutor(1) as pool:
            begun = time.monotonic()
            pending = pool.submit(fresh, running, "GET", slow["endpoint_url"])
            eventually(lambda: described(running, slow)["hit_count"] == 1)
            assert fresh(running, "GET", quick["endpoint_url"]).text == "quick"
            assert not pending.done()
            assert pending.result().text == "slow"
            assert time.monotonic() - begun >= 1.5


@pytest.mark.parametrize("code", [200, 204, 205, 299, 304, 404, 499, 599])
def test_a_connection_can_be_used_again_whatever_was_answered(tmp_path: Path, code: int) -> None:
    with server(tmp_path) as running:
        framing = {"Content-Length": "99", "Transfer-Encoding": "chunked", "Connection": "close"}
        mock = create(running, status_code=code, body="whole", headers=framing)
        after = create(running, body="after")
        with socket.create_connection(("127.0.0.1", running.port), 10) as connection:
            for method in ("HEAD", "GET", "POST", "OPTIONS"):
                ask(connection, method, mock["endpoint_url"])
            ask(connection, "GET", after["endpoint_url"], last=True)
            received = b"".join(iter(lambda: connection.recv(65536), b""))
        *answers, end = received.split(b"HTTP/1.1 ")[1:]
        assert [int(each[:3]) for each in answers] == [code] * 4
        assert end.endswith(b"\r\n\r\nafter")
        bodies = [each.partition(b"\r\n\r\n")[2] for each in answers]
        assert bodies[0] == b""
        empty = {b"", b"0\r\n\r\n"}  # the second is no body in chunks
        assert set(bodies[1:]) <= (empty if code in (204, 205, 304) else {b"whole"})


def ask(connection: socket.socket, method: str, path: str, *, last: bool = False) -> None:
    end = "Connection: close\r\n" if last else ""
    connection.sendall(f"{method} {path} HTTP/1.1\r\nHost: x\r\n{end}\r\n".encode())


def test_large_bodies_come_whole(tmp_path: Path) -> None:
    with server(tmp_path) as running:
        text = "grüße 😀 " * 200_000
        mock = create(running, body=text, content_type="text/plain; charset=utf-8")
        with httpx.Client(base_url=running.url, timeout=20) as client:
            for _ in range(3):
                assert client.post(mock["endpoint_url"], content=b"x" * 2_000_000).text == text
            assert client.head(mock["endpoint_url"]).content == b""
        assert described(running, mock)["hit_count"] == 4
