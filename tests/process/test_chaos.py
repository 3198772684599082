"""Endpoints that break the connection, as a client of a real server sees them."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from imnot_core.testing import ServerProcess
from tests.docs.transcripts import examples
from tests.process.command import Project
from tests.support import CHECKOUT, needs

DOCUMENT = CHECKOUT / "docs" / "patterns.md"

KINDS = ("connection_drop", "connection_reset", "empty_response")
BROKEN = (httpx.RemoteProtocolError, httpx.ReadError)

# One kind of fault at an endpoint of every pattern, and at one that answers without a body.
DATAPOINTS = """\
  - name: {kind}-token
    pattern: oauth
    endpoints: [{{method: POST, path: /{kind}/oauth, {chaos}}}]
  - name: {kind}-static
    pattern: static
    endpoints:
      - {{method: POST, path: /{kind}/static, {chaos},
         response: {{body: {{digits: "0123456789"}}}}}}
      - {{method: POST, path: /{kind}/nothing, {chaos}, response: {{status: 204}}}}
  - name: {kind}-charges
    pattern: fetch
    endpoints:
      - {{method: POST, path: /{kind}/fetch, {chaos}}}
  - name: {kind}-export
    pattern: async
    endpoints:
      - {{step: 1, method: POST, path: /{kind}/async, {chaos},
         response: {{generates_id: true, id_body_field: id}}}}
      - {{step: 2, method: GET, path: "/{kind}/async/{{id}}", response: {{returns_payload: true}}}}
  - name: {kind}-rates
    pattern: push
    endpoints:
      - {{method: POST, path: /{kind}/push, {chaos}, response: {{callback_url_field: url}}}}
"""
PATTERNS = ("oauth", "static", "nothing", "fetch", "async", "push")


def partner() -> str:
    """A partner with an endpoint for every pattern and every fault."""
    datapoints = "".join(
        DATAPOINTS.format(kind=kind, chaos=f"chaos: {{faults: {{{kind}: {{}}}}}}") for kind in KINDS
    )
    calm = """\
  - name: calm
    pattern: static
    endpoints:
      - {method: GET, path: /calm}
      - {method: GET, path: /slow, chaos: {latency: {base_ms: 200}}}
"""
    return f"partner: acme\ndatapoints:\n{datapoints}{calm}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("chaos")
    (folder / "acme").mkdir()
    (folder / "acme" / "partner.yaml").write_text(partner())
    with ServerProcess(folder) as server:
        yield server


def raw(server: ServerProcess, path: str) -> bytes:
    """All bytes that come back; ConnectionResetError when the connection is reset."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode())
        received = b""
        while data := connection.recv(65536):
            received += data
        return received


def test_a_drop_comes_after_half_of_the_body(server: ServerProcess) -> None:
    received = raw(server, "/connection_drop/static")
    assert received.startswith(b"HTTP/1.1 200 ")
    assert b"content-type: application/json" in received
    assert b'{"digits":' in received
    assert b"9" not in received.partition(b'{"digits":')[2]


def test_a_reset_is_a_tcp_reset_before_any_answer(server: ServerProcess) -> None:
    with pytest.raises(ConnectionResetError):
        raw(server, "/connection_reset/static")


def test_an_empty_response_is_a_closed_connection(server: ServerProcess) -> None:
    assert raw(server, "/empty_response/static") == b""


def test_an_answer_without_body_is_dropped_before_it_begins(server: ServerProcess) -> None:
    assert raw(server, "/connection_drop/nothing") == b""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_pattern_loses_its_connection(server: ServerProcess, pattern: str, kind: str) -> None:
    with pytest.raises(BROKEN):
        server.post(f"/{kind}/{pattern}", json={"url": "http://127.0.0.1:9/"})

    assert server.get("/calm").is_success


def test_a_client_on_a_kept_connection_can_go_on(server: ServerProcess) -> None:
    for kind in KINDS:
        assert server.get("/calm").is_success
        with pytest.raises(BROKEN):
            server.post(f"/{kind}/static")
    assert server.get("/calm").is_success


def test_the_server_calls_none_of_it_a_mistake(server: ServerProcess) -> None:
    for kind in KINDS:
        with pytest.raises(BROKEN):
            server.post(f"/{kind}/static")

    assert server.admin("GET", "/problems").json()["handlers"] == []
    for word in ("Traceback", "ASGI", "Exception", "ERROR"):
        assert word not in server.log


def test_latency_is_real_time(server: ServerProcess) -> None:
    begin = time.monotonic()
    assert server.get("/slow").is_success
    assert time.monotonic() - begin >= 0.2


@pytest.mark.parametrize(
    ("chaos", "words"),
    [
        ("{faults: {connection_drop: {probability: 1.5}}}", ("probability", "1.5")),
        ("{latency: {base_ms: -1}}", ("base_ms", "-1")),
        ("{latency: {base: 1}}", ("unknown key `base`", "base_ms")),
    ],
)
def test_the_command_line_says_where_a_value_is_wrong(
    project: Project, chaos: str, words: tuple[str, ...]
) -> None:
    text = (
        "partner: acme\ndatapoints:\n  - name: d\n    pattern: static\n    endpoints:\n"
        f"      - {{method: GET, path: /x,\n         chaos: {chaos}}}\n"
    )
    file: Path = project.folder / "partners" / "acme" / "partner.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    answer = project.run("routes")
    said = answer.out + answer.err
    column = text.splitlines()[6].index(chaos) + 1
    assert "acme/partner.yaml:7:" in said
    assert int(said.partition("acme/partner.yaml:7:")[2].partition(":")[0]) > column
    assert all(word in said for word in words)
    assert "Traceback" not in said


# What docs/patterns.md says of it


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    example = next(each for each in examples(DOCUMENT) if "connection_drop:" in each.text)
    folder = tmp_path_factory.mktemp("documented")
    (folder / "acme").mkdir()
    (folder / "acme" / "partner.yaml").write_text(example.partner)
    with ServerProcess(folder) as server:
        server.upload("acme", "orders", {"total": 12.5})
        yield server


def test_the_documented_shares_of_answers_are_lost(documented: ServerProcess) -> None:
    def is_lost(method: str, path: str) -> bool:
        try:
            documented.request(method, path)
        except BROKEN:
            return True
        return False

    # 0.415 of them: chance misses these limits less than once in ten million runs.
    assert 45 <= sum(is_lost("POST", "/v1/orders") for _ in range(200)) <= 121
    assert all(is_lost("DELETE", "/v1/orders/7") for _ in range(5))
    assert not is_lost("GET", "/v1/orders")


@pytest.mark.parametrize(
    ("fault", "code"), [("connection_drop", 18), ("connection_reset", 56), ("empty_response", 52)]
)
def test_curl_ends_as_documented(server: ServerProcess, fault: str, code: int) -> None:
    curl = needs("curl", "its exit codes are documented")
    address = f"http://127.0.0.1:{server.port}/{fault}/static"
    ended = subprocess.run([curl, "-s", "-o", os.devnull, "-X", "POST", address], check=False)
    assert ended.returncode == code
    assert f"| `{fault}` |" in DOCUMENT.read_text(encoding="utf-8")
    assert f"exit code {code} |" in DOCUMENT.read_text(encoding="utf-8")
