"""The action `proxy`, between a real server of imnot and a real server behind it."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from imnot_core.testing import ServerProcess
from tests.support import eventually
from tests.unit.patterns.stubs.acting import exchange, faults, serving
from tests.unit.patterns.stubs.upstream import Answer, Connection, Upstream

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
ZIPPED = gzip.compress(b"zipped" * 100)
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n"


def slowly(connection: Connection) -> None:
    connection.send(CHUNKED)
    connection.upstream.go_on.wait(10)
    connection.send(b"3\r\ntwo\r\n0\r\n\r\n")


def endlessly(connection: Connection) -> None:
    connection.send(CHUNKED)
    connection.wait_for_end()


def breaking(connection: Connection) -> None:
    connection.send(CHUNKED)


def silently(connection: Connection) -> None:
    connection.wait_for_end()


def wordlessly(connection: Connection) -> None:
    """Close without an answer."""


ANSWERS: dict[str, Answer] = {
    "/ok": OK,
    "/made": b"HTTP/1.1 201 Made\r\n"
    b"Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Odd: \xfc\r\n"
    b"Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n"
    b"Content-Length: 0\r\n\r\n",
    "/zipped": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%b"
    % (len(ZIPPED), ZIPPED),
    "/moved": b"HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n",
    "/nothing": b"HTTP/1.1 204 No Content\r\n\r\n",
    "/odd-status": b"HTTP/1.1 799 Odd\r\nContent-Length: 0\r\n\r\n",
    "/no-http": b"what?\r\n\r\n",
    "/slowly": slowly,
    "/endlessly": endlessly,
    "/breaking": breaking,
    "/silently": silently,
    "/wordlessly": wordlessly,
}


def refusing_url() -> str:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}/"


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with Upstream(ANSWERS) as running:
        yield running


@pytest.fixture(scope="module")
def server(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    def endpoint(path: str, method: str = "GET", fault: str | None = None, **proxy: Any) -> Any:
        action = {"proxy": {"url": f"{upstream.url}{path}", "timeout": 5, **proxy}}
        return {"method": method, "path": path, "action": action, "fault": fault}

    endpoints = [
        *(endpoint(path) for path in ANSWERS if path != "/silently"),
        *(endpoint("/ok", method) for method in ("POST", "HEAD", "PURGE")),
        endpoint("/silently", timeout=1),
        endpoint("/query", url=f"{upstream.url}/ok?own=1"),
        endpoint("/replaced", url=f"{upstream.url}/ok", headers={"X-a": "own", "HOST": "other"}),
        endpoint("/refused", url=refusing_url().replace("//", "//user:secret@")),
        endpoint("/secure", url=upstream.url.replace("http:", "https:")),
        endpoint("/unknown", url="http://nobody.invalid/"),
        endpoint("/reset", url=f"{upstream.url}/endlessly", fault="reset"),
        endpoint("/empty", url=f"{upstream.url}/endlessly", fault="empty"),
        endpoint("/cut", url=f"{upstream.url}/endlessly", fault="cut"),
    ]
    with serving(tmp_path_factory.mktemp("proxy"), *endpoints) as running:
        yield running


class TestRequest:
    def test_method_body_and_headers_arrive_as_they_were_sent(
        self, server: ServerProcess, upstream: Upstream
    ) -> None:
        exchange(
            server.port,
            b"POST /ok HTTP/1.1\r\nHost: shop.test\r\nX-A: 1\r\nX-A: 2\r\nX-Odd: \xfc\r\n"
            b"Connection: close, X-Hop\r\nX-Hop: 1\r\nTE: trailers\r\nProxy-Connection: close\r\n"
            b"Content-Length: 3\r\n\r\n\x00\xff\n",
        )

        line, headers = upstream.head
        assert line == "POST /ok HTTP/1.1"
        assert sorted(headers) == [
            ("content-length", "3"),
            ("host", "shop.test"),
            ("via", "1.1 imnot"),
            ("x-a", "1"),
            ("x-a", "2"),
            ("x-odd", "ü"),
        ]
        assert upstream.body == b"\x00\xff\n"

    def test_a_chunked_body_arrives_whole(self, server: ServerProcess, upstream: Upstream) -> None:
        httpx.post(f"{server.url}/ok", content=iter([b"one", b"two"]))

        assert upstream.body == b"onetwo"
        assert "transfer-encoding" not in dict(upstream.head[1])

    @pytest.mark.parametrize("method", ["HEAD", "PURGE"])
    def test_every_method_is_sent_on(
        self, server: ServerProcess, upstream: Upstream, method: str
    ) -> None:
        assert server.client.request(method, "/ok").status_code == 200
        assert upstream.head[0] == f"{method} /ok HTTP/1.1"

    @pytest.mark.parametrize(
        ("path", "sent"),
        [
            ("/ok?a=1&a=2&b=%20+%c3%bc&c", "/ok?a=1&a=2&b=%20+%c3%bc&c"),
            ("/query?a=1", "/ok?own=1&a=1"),
            ("/query", "/ok?own=1"),
        ],
    )
    def test_the_query_is_added_to_that_of_the_address(
        self, server: ServerProcess, upstream: Upstream, path: str, sent: str
    ) -> None:
        exchange(server.port, f"GET {path} HTTP/1.1\r\nConnection: close\r\n\r\n".encode())

        assert upstream.head[0] == f"GET {sent} HTTP/1.1"

    def test_the_headers_of_the_stub_replace_those_of_the_request(
        self, server: ServerProcess, upstream: Upstream
    ) -> None:
        server.get("/replaced", headers={"x-A": "1", "x-b": "2"})

        headers = upstream.head[1]
        assert sorted(pair for pair in headers if pair[0] in ("host", "x-a", "x-b")) == [
            ("host", "other"),
            ("x-a", "own"),
            ("x-b", "2"),
        ]


class TestAnswer:
    def test_status_and_headers_come_back(self, server: ServerProcess) -> None:
        answer = server.get("/made")

        assert answer.status_code == 201
        assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]
        assert answer.headers["x-odd"] == "ü"
        assert answer.headers["content-type"] == "application/octet-stream"
        assert not {"x-hop", "keep-alive", "connection"} & set(answer.headers)

    def test_a_compressed_body_comes_back_as_it_is(self, server: ServerProcess) -> None:
        with server.client.stream("GET", "/zipped") as answer:
            assert b"".join(answer.iter_raw()) == ZIPPED
        assert answer.headers["content-encoding"] == "gzip"

    def test_redirects_are_not_followed(self, server: ServerProcess) -> None:
        answer = server.get("/moved")

        assert (answer.status_code, answer.headers["location"]) == (302, "/ok")

    def test_an_answer_without_body_has_none(self, server: ServerProcess) -> None:
        answer = server.get("/nothing")

        assert (answer.status_code, answer.content) == (204, b"")
        assert "content-type" not in answer.headers

    def test_what_has_arrived_is_passed_on_at_once(
        self, server: ServerProcess, upstream: Upstream
    ) -> None:
        with server.client.stream("GET", "/slowly") as answer:
            chunks = answer.iter_raw()
            assert next(chunks) == b"one"
            upstream.go_on.set()
            assert b"".join(chunks) == b"two"


class TestFailures:
    def test_one_that_does_not_answer_in_time_is_504(
        self, server: ServerProcess, upstream: Upstream
    ) -> None:
        left = upstream.left
        answer = server.get("/silently")

        assert answer.status_code == 504
        assert answer.json() == {
            "error": "PROXY_TIMEOUT",
            "detail": f"{upstream.url}/silently: it did not answer within 1 s",
        }
        upstream.wait_until_left(left)

    @pytest.mark.parametrize(
        ("path", "cause"),
        [
            ("/refused", "ConnectError: "),
            ("/secure", "ConnectError"),
            ("/unknown", "ConnectError: "),
            ("/wordlessly", "RemoteProtocolError: "),
            ("/no-http", "RemoteProtocolError: "),
            ("/odd-status", "799 is no status of an answer"),
        ],
    )
    def test_one_that_cannot_be_understood_is_502(
        self, server: ServerProcess, path: str, cause: str
    ) -> None:
        answer = server.get(path)

        assert answer.status_code == 502
        told = answer.json()
        assert told["error"] == "PROXY_FAILED"
        url, _, rest = told["detail"].partition(": ")
        assert url.startswith("http")
        assert rest.startswith(cause)
        assert "secret" not in told["detail"]

    def test_one_that_breaks_off_breaks_the_answer(self, server: ServerProcess) -> None:
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
            server.get("/breaking")
        assert "ASGI" not in server.log

    def test_a_proxy_to_itself_ends(
        self, tmp_path_factory: pytest.TempPathFactory, server: ServerProcess
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        loop = f"http://127.0.0.1:{port}/loop"
        endpoint = {"method": "GET", "path": "/loop", "action": {"proxy": {"url": loop}}}
        with serving(tmp_path_factory.mktemp("loop"), endpoint, port=port) as running:
            answer = running.get("/loop")

        assert answer.status_code == 508
        assert answer.json()["error"] == "PROXY_LOOP"


class TestRelease:
    def test_the_other_connection_ends_when_the_client_leaves(
        self, server: ServerProcess, upstream: Upstream
    ) -> None:
        left = upstream.left
        with server.client.stream("GET", "/endlessly") as answer:
            assert next(answer.iter_raw()) == b"one"

        upstream.wait_until_left(left)
        eventually(lambda: server.get("/open").json() == 0)

    @pytest.mark.parametrize("fault", ["reset", "empty", "cut"])
    def test_the_other_connection_ends_when_a_fault_breaks_the_answer(
        self, server: ServerProcess, upstream: Upstream, fault: str
    ) -> None:
        left = upstream.left
        with pytest.raises(httpx.TransportError):
            server.get(f"/{fault}")

        upstream.wait_until_left(left)


class TestFaults:
    @pytest.mark.parametrize(
        "url",
        ["", "/path", "shop.test/x", "ftp://shop.test", "http://", "http://a b/", "http://a:x/",
         "http://a:99999/", "http://[::1/", "http://a/\n", "mailto:a@b"],
    )  # fmt: skip
    def test_an_address_must_be_absolute(self, url: str) -> None:
        assert "is no address of a server" in faults(proxy={"url": url})["proxy.url"]

    @pytest.mark.parametrize(
        "url", ["http://a", "HTTPS://shop.test:8443/x?y=1", "http://[::1]:80/", "http://münchen/"]
    )
    def test_an_absolute_address_is_right(self, url: str) -> None:
        assert faults(proxy={"url": url}) == {}

    def test_timeout_and_headers_are_looked_at(self) -> None:
        found = faults(proxy={"url": "http://a", "timeout": 0, "headers": {"a b": "c", "d": "\n"}})

        assert list(found) == ["proxy.timeout", "proxy.headers.a b", "proxy.headers.d"]
