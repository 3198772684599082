"""Mock servers over several workers, restarts and kills, and what they send on the wire."""

from __future__ import annotations

import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from imnot_core.testing import ServerProcess
from tests.process.stub_servers import fresh
from tests.process.stub_servers import server as started

SERVERS = "/mock-servers"
SPECIFICATION = """\
openapi: 3.1.0
info: {title: Pets, version: "1"}
paths:
  /pets: {get: {responses: {"200": {description: all, content: {text/plain: {example: NAME}}}}}}
  /cats: {get: {responses: {"200": {description: all, content: {text/plain: {example: NAME}}}}}}
"""


def server(folder: Path, *args: str, **options: Any) -> ServerProcess:
    return started(folder, *args, **options)


@pytest.fixture(params=["1", "3"])
def running(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServerProcess]:
    with server(tmp_path, "--workers", request.param) as found:
        yield found


def create(running: ServerProcess, **fields: Any) -> str:
    body = {"name": "n", "workspaceId": "w", **fields}
    answer = fresh(running, "POST", SERVERS, json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["_id"])


def add(running: ServerProcess, mock: str, path: str, **fields: Any) -> httpx.Response:
    body = {"method": "GET", "path": path, "statusCode": 200, **fields}
    return fresh(running, "POST", f"{SERVERS}/{mock}/routes", json=body)


def listed(running: ServerProcess, mock: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = fresh(running, "GET", f"{SERVERS}/{mock}/routes").json()
    return found


def ask(running: ServerProcess, mock: str, path: str) -> httpx.Response:
    return fresh(running, "GET", f"/mocked/{mock}{path}")


def specified(name: str) -> dict[str, str]:
    return {"specification": SPECIFICATION.replace("NAME", name)}


# Several workers


def test_changes_show_at_the_next_request_to_any_worker(running: ServerProcess) -> None:
    mock = create(running)
    for number in range(10):
        route = add(running, mock, f"/{number}", responseBody="one").json()["_id"]
        assert {ask(running, mock, f"/{number}").text for _ in range(4)} == {"one"}
        assert len({fresh(running, "GET", f"{SERVERS}/{mock}/logs").text for _ in range(4)}) == 1
        assert fresh(running, "DELETE", f"{SERVERS}/{mock}/routes/{route}").status_code == 204
        assert {ask(running, mock, f"/{number}").status_code for _ in range(4)} == {404}
    assert fresh(running, "PUT", f"{SERVERS}/{mock}", json=specified("a")).status_code == 200
    assert {ask(running, mock, "/pets").text for _ in range(4)} == {"a"}
    assert fresh(running, "DELETE", f"{SERVERS}/{mock}").status_code == 204
    assert {ask(running, mock, "/pets").status_code for _ in range(4)} == {404}
    assert {fresh(running, "GET", f"{SERVERS}/{mock}").status_code for _ in range(4)} == {404}


def test_of_many_at_once_one_gets_the_place(running: ServerProcess) -> None:
    mock = create(running)
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda n: add(running, mock, f"/{n % 4}").status_code, range(48)))
    assert (answers.count(201), answers.count(400)) == (4, 44)
    assert len(listed(running, mock)) == 4


def test_no_change_is_lost_when_many_are_made_at_once(running: ServerProcess) -> None:
    mock = create(running, **specified("first"))
    generated = {each["path"]: each["_id"] for each in listed(running, mock)}

    def change(number: int) -> int:
        target = f"{SERVERS}/{mock}"
        if number == 7:
            return fresh(running, "PUT", target, json={"name": "renamed"}).status_code
        if number == 8:
            return fresh(running, "PUT", target, json={"useExamples": True}).status_code - 200
        if number == 9:
            return fresh(running, "PUT", target, json=specified("second")).status_code
        return add(running, mock, f"/by-hand/{number}").status_code

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(change, range(40))) == {0, 200, 201}
    assert fresh(running, "GET", f"{SERVERS}/{mock}").json()["name"] == "renamed"
    assert ask(running, mock, "/pets").text == "second"
    paths = {each["path"] for each in listed(running, mock)}
    assert paths >= {f"/by-hand/{n}" for n in range(40) if n not in (7, 8, 9)}
    assert not set(generated.values()) & {each["_id"] for each in listed(running, mock)}


def test_another_specification_takes_effect_as_a_whole(running: ServerProcess) -> None:
    mock = create(running, **specified("a"))
    stop = threading.Event()

    def change() -> None:
        for number in range(12):
            fresh(running, "PUT", f"{SERVERS}/{mock}", json=specified(f"version {number}"))
        stop.set()

    thread = threading.Thread(target=change)
    thread.start()
    while not stop.is_set():
        found = listed(running, mock)
        assert [each["path"] for each in found] == ["/pets", "/cats"]
        assert len({each["responseBody"] for each in found}) == 1
    thread.join()
    assert ask(running, mock, "/cats").text == "version 11"


def test_the_log_is_complete_for_whoever_asks_after_the_answer(running: ServerProcess) -> None:
    mock = create(running)

    def request(number: int) -> None:
        ask(running, mock, f"/{number}")
        logs = fresh(running, "GET", f"{SERVERS}/{mock}/logs?limit=1000").json()
        assert f"/{number}" in {each["requestPath"] for each in logs}

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(request, range(60)))
    logs = fresh(running, "GET", f"{SERVERS}/{mock}/logs?limit=1000").json()
    assert sorted(int(each["requestPath"][1:]) for each in logs) == list(range(60))
    stamps = [each["timestamp"] for each in logs]
    assert len({each["_id"] for each in logs}) == len(stamps) == 60


# Restarts and kills


def test_after_a_restart_on_another_port_the_url_names_it(tmp_path: Path) -> None:
    with server(tmp_path) as running:
        mock = create(running, **specified("a"))
        add(running, mock, "/by-hand")
        ask(running, mock, "/pets")
        before = fresh(running, "GET", f"{SERVERS}/{mock}").json()
        routes = listed(running, mock)
        logs = fresh(running, "GET", f"{SERVERS}/{mock}/logs").json()
        assert before["url"] == f"http://localhost:{running.port}/mocked/{mock}"
    with socket.socket() as taken:  # so that the next one cannot get the same port
        taken.bind(("127.0.0.1", urlsplit(before["url"]).port or 0))
        with server(tmp_path, "--workers", "2") as running:
            after = fresh(running, "GET", f"{SERVERS}/{mock}").json()
            assert after["url"] == f"http://localhost:{running.port}/mocked/{mock}"
            assert after["url"] != before["url"]
            assert {**after, "url": before["url"]} == before
            assert httpx.get(f"{after['url']}/pets", timeout=20).text == "a"
            assert listed(running, mock) == routes
            assert fresh(running, "GET", f"{SERVERS}/{mock}/logs").json()[1:] == logs


@pytest.mark.parametrize("workers", ["1", "3"])
def test_what_was_answered_survives_a_kill(tmp_path: Path, workers: str) -> None:
    with server(tmp_path, "--workers", workers) as running:
        mock = create(running)
        made: list[str] = []

        def make() -> None:
            while True:
                try:
                    path = f"/{len(made)}"
                    assert add(running, mock, path, responseBody=path).status_code == 201
                except Exception:  # noqa: BLE001 - the server is gone
                    return
                made.append(path)

        thread = threading.Thread(target=make)
        thread.start()
        while len(made) < 40:
            thread.join(0.01)
        running.kill()
        thread.join()
        running.start()
        assert {each["path"] for each in listed(running, mock)} >= set(made)
        assert {ask(running, mock, path).text for path in made} == set(made)
        # Also where a turn was taken by somebody who is no more:
        assert add(running, mock, "/afterwards").status_code == 201


def test_a_deletion_that_was_broken_off_is_completed(tmp_path: Path) -> None:
    with server(tmp_path, "--workers", "2") as running:
        broken_off, other = create(running), create(running)
        for mock in (broken_off, other):
            add(running, mock, "/x")
        running.stop()
        with closing(sqlite3.connect(tmp_path / "imnot.db")) as database, database:
            database.execute("DELETE FROM documents WHERE key = ?", (f"server/{broken_off}",))
        running.start()
        assert [each["_id"] for each in fresh(running, "GET", SERVERS).json()] == [other]
        assert ask(running, broken_off, "/x").status_code == 404
        assert ask(running, other, "/x").status_code == 200
    with closing(sqlite3.connect(tmp_path / "imnot.db")) as database:
        found = database.execute("SELECT key FROM documents WHERE key LIKE 'route/%'").fetchall()
    assert [key.split("/")[1] for (key,) in found] == [other]


# On the wire


def test_answers_without_body_leave_the_connection_usable(tmp_path: Path) -> None:
    with server(tmp_path) as running:
        mock = create(running)
        odd = {"Content-Length": "3", "Transfer-Encoding": "chunked", "Connection": "close"}
        for status in (200, 204, 205, 304, 499):
            add(running, mock, f"/{status}", statusCode=status, responseBody="body",
                responseHeaders={**odd, "X-A": "b"})  # fmt: skip
        with socket.create_connection(("127.0.0.1", running.port), 10) as connection:
            stream = connection.makefile("rb")
            for method in ("GET", "HEAD"):
                for status in (204, 200, 205, 304, 499):
                    target = f"/mocked/{mock}/{status}"
                    connection.sendall(f"{method} {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                    found, headers, body = _answer(stream, method, status)
                    assert (found, headers["x-a"]) == (status, "b")
                    expected = b"body" if method == "GET" and status in (200, 499) else b""
                    assert body == expected


def _answer(stream: Any, method: str, status: int) -> tuple[int, dict[str, str], bytes]:
    """Read one answer and not a byte more."""
    found = int(stream.readline().split()[1])
    lines = iter(lambda: stream.readline().decode("latin-1").strip(), "")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    body = b""
    if method != "HEAD" and status not in (204, 304):
        if headers.get("transfer-encoding") == "chunked":
            assert stream.readline().strip() == b"0"
            stream.readline()
        else:
            body = stream.read(int(headers["content-length"]))
    return found, headers, body


def test_a_delay_holds_up_its_own_request_alone(tmp_path: Path) -> None:
    with server(tmp_path) as running:
        mock = create(running)
        add(running, mock, "/slow", delay=1500)
        add(running, mock, "/fast")
        begin = time.monotonic()
        with ThreadPoolExecutor(4) as pool:
            slow = [pool.submit(ask, running, mock, "/slow") for _ in range(3)]
            while not len(fresh(running, "GET", f"{SERVERS}/{mock}/logs").json()) >= 3:
                pass
            assert ask(running, mock, "/fast").status_code == 200
            assert time.monotonic() - begin < 1.4
            assert {each.result().status_code for each in slow} == {200}
        assert 1.5 <= time.monotonic() - begin < 5


def test_a_large_specification_holds_up_nobody(tmp_path: Path) -> None:
    operation = '{get: {responses: {"200": {description: d, content: {a/b: {example: x}}}}}}'
    paths = "\n".join(f"  /things/{n}/{{id}}: {operation}" for n in range(3000))
    text = f'openapi: 3.0.0\ninfo: {{title: t, version: "1"}}\npaths:\n{paths}\n'
    with server(tmp_path) as running:
        other = create(running)
        add(running, other, "/fast")
        with ThreadPoolExecutor(1) as pool:
            made = pool.submit(create, running, specification=text)
            longest = 0.0
            while not made.done():
                begin = time.monotonic()
                assert ask(running, other, "/fast").status_code == 200
                longest = max(longest, time.monotonic() - begin)
            assert ask(running, made.result(), "/things/2999/7").text == "x"
        assert longest < 1
