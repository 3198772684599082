"""Answers that are written at once are, byte for byte, what uvicorn would have sent."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from imnot_core.server.quick import ATTRIBUTES, MODULE
from imnot_core.testing import ServerProcess

PARTNER = """
partner: acme
datapoints:
  - name: answers
    pattern: static
    endpoints:
      - {method: GET, path: /plain, response: {body: {state: up}}}
      - {method: HEAD, path: /plain, response: {headers: {X-Case: a}}}
      - {method: POST, path: /plain, response: {status: 201, headers: {Location: /plain/1}}}
      - {method: GET, path: /none, response: {status: 204, headers: {X-Case: "\\xe4"}}}
      - {method: GET, path: /reset, response: {status: 205}}
      - {method: GET, path: /same, response: {status: 304, headers: {ETag: '"1"'}}}
      - {method: GET, path: /odd, response: {status: 599, body_text: "\\u2603\\r\\n"}}
      - {method: GET, path: /large, response: {body_file: large.txt}}
      - {method: GET, path: /close, response: {headers: {Connection: close}}}
      - {method: GET, path: /slow, chaos: {latency: {base_ms: 5}}}
"""


def request(method: str, path: str, *headers: str, version: str = "1.1", body: str = "") -> bytes:
    lines = [f"{method} {path} HTTP/{version}", "Host: test", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


LAST = "Connection: close"
CONVERSATIONS = {
    "several on one connection": [
        request("GET", "/plain"),
        request("POST", "/plain", body="{}"),
        request("GET", "/none"),
        request("GET", "/reset"),
        request("GET", "/same"),
        request("GET", "/odd"),
        request("GET", "/slow"),
        request("GET", "/plain", LAST),
    ],
    "pipelined": [request("GET", "/plain") * 5 + request("GET", "/odd", LAST)],
    "HEAD": [request("HEAD", "/plain"), request("HEAD", "/plain", LAST)],
    "large": [request("GET", "/large"), request("GET", "/large", LAST)],
    "HTTP/1.0": [request("GET", "/plain", version="1.0")],
    "closed by the answer": [request("GET", "/close")],
    "expects 100": [request("POST", "/plain", "Expect: 100-continue", LAST, body="{}")],
}


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[ServerProcess]]:
    folder = tmp_path_factory.mktemp("quick") / "partners"
    (folder / "acme").mkdir(parents=True)
    (folder / "acme" / "partner.yaml").write_text(PARTNER, encoding="utf-8")
    (folder / "acme" / "large.txt").write_text("x" * 300_000)
    # With a log of requests, uvicorn does all of it.
    with (
        ServerProcess(folder) as quick,
        ServerProcess(folder, args=["--log-requests"]) as uvicorns,
    ):
        yield [quick, uvicorns]


def conversation(server: ServerProcess, requests: list[bytes]) -> bytes:
    """Send one request after the other, each when something of the last answer has come."""
    received = b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        for each in requests:
            connection.sendall(each)
            if each is not requests[-1]:
                received += connection.recv(1_000_000)
        while chunk := connection.recv(1_000_000):
            received += chunk
    return received


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_whoever_sends_it_the_answer_is_the_same(servers: list[ServerProcess], name: str) -> None:
    quick, uvicorns = (conversation(server, CONVERSATIONS[name]) for server in servers)
    assert quick == uvicorns
    assert quick.startswith(b"HTTP/1.1 ")


def test_this_uvicorn_is_known() -> None:
    """Else answers are sent its own way: right, but slower than docs/performance.md says."""
    assert RequestResponseCycle.__module__ == MODULE
    code = RequestResponseCycle.__init__.__code__
    assert frozenset(code.co_names) >= ATTRIBUTES
