"""Replies that stream or break the connection, as a client of a real server sees them."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator

import httpx
import pytest

from imnot_core.testing import Harness, ServerProcess
from tests.process import streams_plugin
from tests.support import eventually

PARTNER = "partner: odd\ndatapoints:\n  - {name: streams, pattern: streams, base: /odd}\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("streams")
    (folder / "partners" / "odd").mkdir(parents=True)
    (folder / "partners" / "odd" / "partner.yaml").write_text(PARTNER)
    shutil.copy(streams_plugin.__file__, folder / "streams_plugin.py")
    args = ("--plugin", "streams_plugin:Streams")
    with ServerProcess(folder / "partners", args=args, cwd=folder) as server:
        yield server


def raw(server: ServerProcess, path: str) -> bytes:
    """All bytes that come back; ConnectionResetError when the connection is reset."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        received = b""
        while data := connection.recv(65536):
            received += data
        return received


def test_a_stream_arrives_whole(server: ServerProcess) -> None:
    answer = server.get("/odd/three")

    assert (answer.status_code, answer.text) == (201, "one two three")
    assert answer.headers["content-type"] == "text/plain"
    assert "content-length" not in answer.headers


def test_chunks_arrive_while_the_stream_goes_on(server: ServerProcess) -> None:
    with server.client.stream("GET", "/odd/ticks") as answer:
        assert next(answer.iter_lines()) == "tick 0"


def test_a_stream_is_closed_when_its_client_goes_away(server: ServerProcess) -> None:
    before = server.get("/odd/closed").json()["closed"]
    with server.client.stream("GET", "/odd/ticks") as answer:
        next(answer.iter_lines())

    eventually(lambda: server.get("/odd/closed").json()["closed"] > before)


def test_a_stream_that_fails_is_cut_off_and_kept(server: ServerProcess) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        server.get("/odd/failing")

    problems = server.admin("GET", "/problems").json()["handlers"]
    assert problems[0]["error"] == "ValueError: the stream broke"
    assert problems[0]["handler"] == "odd/streams"


def test_reset_is_a_tcp_reset(server: ServerProcess) -> None:
    with pytest.raises(ConnectionResetError):
        raw(server, "/odd/reset")


def test_empty_closes_without_an_answer(server: ServerProcess) -> None:
    assert raw(server, "/odd/empty") == b""


def test_cut_sends_the_headers_and_half_of_the_body(server: ServerProcess) -> None:
    received = raw(server, "/odd/cut")

    assert received.startswith(b"HTTP/1.1 200 ")
    assert b"01234" in received
    assert b"5" not in received.partition(b"01234")[2]
    with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
        server.get("/odd/cut")


def test_the_server_goes_on_and_calls_none_of_it_a_mistake(server: ServerProcess) -> None:
    for fault in streams_plugin.KINDS:
        with pytest.raises(httpx.TransportError):
            server.get(f"/odd/{fault}")

    assert server.get("/odd/three").is_success
    assert "ASGI" not in server.log


@pytest.mark.parametrize("fault", streams_plugin.KINDS)
def test_in_memory_a_fault_is_a_lost_connection_too(fault: str) -> None:
    with Harness(PARTNER, plugins=[streams_plugin.Streams]) as server:
        with pytest.raises(httpx.RemoteProtocolError):
            server.get(f"/odd/{fault}")
        assert server.get("/odd/three").text == "one two three"
