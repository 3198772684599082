"""The real server, and what only shows on a real connection."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from imnot_core.testing import ServerProcess
from tests.server.samples import ACME

KEY = "secret"
AUTHORISED = f"Authorization: Bearer {KEY}".encode()
PAYLOAD = b"/imnot/admin/acme/charges/payload"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("partners")
    (folder / "acme").mkdir()
    (folder / "acme" / "partner.yaml").write_text(ACME, encoding="utf-8")
    with ServerProcess(folder, admin_key=KEY, args=["--body-limit", "100 kB"]) as process:
        yield process


def talk(server: ServerProcess, *parts: bytes, read: bool = True) -> bytes:
    """Send bytes and return all that is answered until the server closes the connection."""
    answer = b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        # The server may have had enough, and have answered, before everything is sent.
        with suppress(ConnectionError):
            for part in parts:
                connection.sendall(part)
        with suppress(ConnectionError):
            while read and (chunk := connection.recv(65_536)):
                answer += chunk
    return answer


def request(
    method: bytes, path: bytes, *headers: bytes, body: bytes = b"", last: bool = True
) -> bytes:
    """One request; after the last one the server closes the connection."""
    lines = [method + b" " + path + b" HTTP/1.1", b"Host: imnot", *headers]
    if body:
        lines.append(b"Content-Length: " + str(len(body)).encode())
    if last:
        lines.append(b"Connection: close")
    return b"\r\n".join([*lines, b"", body])


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


@pytest.fixture(autouse=True)
def _alive(server: ServerProcess) -> Iterator[None]:
    yield
    assert server.get("/healthz").status_code == 200
    assert "Traceback" not in server.log


@pytest.mark.parametrize(
    "path",
    [b"/imnot/%61dmin/sessions", b"/imnot//admin/sessions", b"/%69mnot/admin/x", b"/imnot/admin/"],
)
def test_no_spelling_of_a_path_gets_past_the_key(server: ServerProcess, path: bytes) -> None:
    assert status(talk(server, request(b"DELETE", path))) == 401


@pytest.mark.parametrize(
    "value", [b"Bearer \xff\xfe", b"Bearer \xc3\xa9", b"\x80", b"Bearer " + b"x" * 300]
)
def test_a_key_of_any_bytes_is_401(server: ServerProcess, value: bytes) -> None:
    answer = talk(server, request(b"GET", b"/imnot/admin/sessions", b"Authorization: " + value))
    assert status(answer) == 401


def test_large_headers_are_answered(server: ServerProcess) -> None:
    large = b"X-Imnot-Session: " + b"x" * 300_000
    assert status(talk(server, request(b"GET", b"/charges", large))) in {404, 431}
    assert status(talk(server, request(b"GET", b"/imnot/admin/sessions", large))) in {401, 431}


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01",
        b"nonsense\r\n\r\n",
        b"GET /caf\xe9 HTTP/1.1\r\n\r\n",
        b"POST /health HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        b"POST /health HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /health HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST /exports HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_no_http_is_refused(server: ServerProcess, garbage: bytes) -> None:
    answer = talk(server, garbage)
    assert answer == b"" or status(answer) == 400


def test_requests_may_be_sent_without_waiting_for_answers(server: ServerProcess) -> None:
    upload = request(b"POST", PAYLOAD, AUTHORISED, body=b'"new"', last=False)
    fetch = request(b"GET", b"/charges", last=False)
    answer = talk(server, upload + fetch + request(b"GET", b"/health"))
    assert answer.count(b"HTTP/1.1 200 OK") == 3
    assert b'"new"' in answer


def test_a_body_may_come_in_chunks(server: ServerProcess) -> None:
    head = request(b"POST", PAYLOAD, AUTHORISED, b"Transfer-Encoding: chunked")
    assert status(talk(server, head, b"3\r\n[1,\r\n", b"2\r\n2]\r\n0\r\n\r\n")) == 200
    assert server.get("/charges").content == b"[1,2]"


@pytest.mark.parametrize("path", [PAYLOAD, b"/exports"])
def test_a_body_that_is_too_large_is_413_and_the_connection_closed(
    server: ServerProcess, path: bytes
) -> None:
    announced = request(b"POST", path, AUTHORISED, b"Content-Length: 200000")
    answer = talk(server, announced, b"x" * 200_000)
    assert status(answer) == 413
    assert b"connection: close" in answer.lower()
    chunked = request(b"POST", path, AUTHORISED, b"Transfer-Encoding: chunked")
    chunk = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"
    assert status(talk(server, chunked, *[chunk] * 20)) == 413


def test_a_body_that_breaks_off_changes_nothing(server: ServerProcess) -> None:
    server.upload("acme", "charges", "before")
    half = request(b"POST", PAYLOAD, AUTHORISED, b"Content-Length: 9") + b'"half'
    talk(server, half, read=False)
    assert server.get("/charges").json() == "before"


def test_head_is_answered_without_a_body(server: ServerProcess) -> None:
    head = request(b"HEAD", b"/health", last=False)
    answer = talk(server, head + request(b"GET", b"/health"))
    first, _, rest = answer.partition(b"\r\n\r\n")
    assert status(first) == 405
    assert rest.startswith(b"HTTP/1.1 200")


def test_a_missing_partners_folder_is_no_failure(tmp_path: Path) -> None:
    with ServerProcess(tmp_path / "nowhere") as server:
        assert server.get("/imnot/admin/partners").json() == []
        answer = server.admin("POST", "/partners", content=ACME)
        assert answer.status_code == 201
        assert (tmp_path / "nowhere" / "acme" / "partner.yaml").read_text() == ACME
