"""What a pattern answers, whatever it is asked."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from imnot_core.heads import BODILESS
from imnot_core.messages import JSON_CONTENT_TYPE, Reply, Request, parse_json
from imnot_core.testing.contract.base import Contract, Datapoint
from imnot_core.testing.contract.traffic import PARAMETER
from imnot_core.testing.contract.witness import Handled
from imnot_core.testing.harness import Harness

BODIES = (
    b"",
    b" ",
    b"{",
    b"null",
    b"true",
    b"17",
    b'"text"',
    b"[]",
    b"[{}]",
    b"{}",
    b'{"id": null, "url": 7, "items": {"a": []}}',
    b"\xff\xfe\x00",
    b"\xef\xbb\xbf{}",
    b"[" * 5_000,
    b'{"a": ' + b"9" * 400 + b"}",
    b"a=1&b=2",
)
SEGMENTS = (
    "%20",
    "a%2Fb",
    "%00",
    "%0D%0AX-Injected:%201",
    "%C3%A4%F0%9F%98%80",
    "%FF",
    "..%2F..%2Fetc",
    "%7Bid%7D",
    "'%22%3B--",
    "%25",
    "0",
    "-1",
    "x" * 2_000,
)
QUERIES = ("", "&&=&", "limit=abc&page=-1", "a=%FF%00", "offset=" + "9" * 400)
HEADERS: tuple[dict[str, str], ...] = (
    {},
    {"Content-Type": "nonsense"},
    {"X-Imnot-Session": "no such session"},
    {"X-Imnot-Session": "\xe4" * 200},
    {"X-Big": "b" * 60_000},
    {"Authorization": "\xff", "Accept": "", "Cookie": ";;=;"},
)


class AnsweringChecks(Contract):
    """One server and any number of odd clients."""

    def test_every_endpoint_answers(self, example: Datapoint) -> None:
        """A plain request to each reaches its handler, which returns a well-formed reply."""
        witness = self._witness()
        with self._start(example, plugins=(witness,)) as server:
            self._upload(server, example, "a-payload")
            sent = len(self._round(server, example))
            assert server.errors == ()
        assert len(witness.handled) == sent
        _check(witness.handled)

    def test_no_request_makes_a_handler_fail(self, example: Datapoint) -> None:
        """Empty and broken bodies, odd paths and queries, missing and huge headers."""
        witness = self._witness()
        with self._start(example, plugins=(witness,)) as server:
            for mark in ("", "a-payload"):
                if mark:
                    self._upload(server, example, mark)
                for path, request in self._odd_requests(example):
                    self._send(server, path, request)
                    assert server.errors == (), f"after {request.method} {path}: {request.body!r}"
        _check(witness.handled)

    def _odd_requests(self, example: Datapoint) -> Iterator[tuple[str, Request]]:
        for plain in self.requests(self._compiled(example)):
            for body in BODIES:
                yield "1", msgspec.structs.replace(plain, body=body)
            for headers in HEADERS:
                odd = Request.of(plain.method, "/", headers=headers)
                yield "1", msgspec.structs.replace(plain, raw_headers=odd.raw_headers, body=b"")
            for query in QUERIES:
                yield "1", msgspec.structs.replace(plain, raw_query=query.encode())
            for segment in SEGMENTS if "{" in plain.path else ():
                yield segment, plain

    def _send(self, server: Harness, segment: str, request: Request) -> None:
        # As it is: the segments are percent-encoded already, some of them in odd ways.
        path = PARAMETER.sub(lambda _: segment, request.path)
        query = f"?{request.raw_query.decode()}" if request.raw_query else ""
        server.client.request(
            request.method,
            path + query,
            headers=list(request.raw_headers),
            content=request.body,
        )


def _check(handled: list[Handled]) -> None:
    for each in handled:
        if each.reply is not None:
            _check_reply(each.reply)
        elif each.refusal is not None:
            assert each.refusal.detail.strip(), f"a ReplyError must say why: {each}"
            assert 400 <= each.refusal.status <= 599, each


def _check_reply(reply: Reply) -> None:
    assert isinstance(reply, Reply)
    assert type(reply.status) is int
    assert 200 <= reply.status <= 599, reply
    assert isinstance(reply.body, bytes), reply
    assert not (reply.body and reply.status in BODILESS), reply
    assert reply.delay >= 0
    if reply.body and ("Content-Type", JSON_CONTENT_TYPE) in reply.headers:
        parse_json(reply.body)
    for name, value in reply.headers:
        assert isinstance(name, str)
        assert isinstance(value, str)
        assert not set("\r\n\0") & {*name, *value}, f"a header cannot hold a line break: {reply}"
