"""Requests and replies: what a handler sees, and what is sent of what it returns."""

from __future__ import annotations

import json
import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imnot_core import Reply, ReplyError, Request
from imnot_core.messages import Job, encode_json, parse_json

# Requests


def test_a_request_is_what_was_sent() -> None:
    request = Request(
        "POST",
        "/orders/é",
        {"id": "é"},
        b"body",
        "mine",
        [(b"x-one", b"1"), (b"x-name", "ü".encode("latin-1")), (b"x-one", b"2")],
        b"q=1&q=a%2Fb+c&empty=&%C3%A9=%C3%BC",
    )
    assert (request.method, request.path, dict(request.params)) == (
        "POST",
        "/orders/é",
        {"id": "é"},
    )
    assert (request.body, request.session) == (b"body", "mine")
    assert request.headers["X-One"] == request.headers["x-one"] == "1"
    assert request.headers.getall("X-ONE") == ["1", "2"]
    assert request.headers["x-name"] == "ü"
    assert request.query.getall("q") == ["1", "a/b c"]
    assert request.query["empty"] == ""
    assert request.query["é"] == "ü"
    assert "x-none" not in request.headers


def test_by_default_there_is_nothing_in_it() -> None:
    request = Request("GET", "/")
    assert (dict(request.params), request.body, request.session) == ({}, b"", None)
    assert (len(request.headers), len(request.query)) == (0, 0)


def test_it_cannot_be_changed() -> None:
    request = Request("GET", "/", {}, b"")
    with pytest.raises(AttributeError):
        request.body = b"other"  # type: ignore[misc]
    for view in (request.headers, request.query):
        with pytest.raises(TypeError):
            view["x"] = "y"  # type: ignore[index]


def test_what_is_costly_is_computed_once() -> None:
    request = Request("GET", "/", {}, b"{}", None, [(b"a", b"b")], b"q=1")
    assert request.headers is request.headers
    assert request.query is request.query
    assert request.json() is request.json()


@pytest.mark.parametrize(
    "query", [b"", b"&", b"=", b"a", b"a=b=c", b"%", b"%zz=%", b"%FF=%FF", b"\xff"]
)
def test_any_query_can_be_read(query: bytes) -> None:
    assert isinstance(dict(Request("GET", "/", raw_query=query).query), dict)


def test_the_body_can_be_read_as_json() -> None:
    assert Request("POST", "/", body=b'{"a": [1, null]}').json() == {"a": [1, None]}
    assert Request("POST", "/", body=b"\xef\xbb\xbf1").json() == 1


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"NaN"])
def test_a_body_that_is_no_json_is_answered_with_400(body: bytes) -> None:
    request = Request("POST", "/", body=body)
    for _ in range(2):
        with pytest.raises(ReplyError) as raised:
            request.json()
        assert raised.value.status == 400
        assert "JSON" in raised.value.detail


def test_a_test_can_make_one_by_hand() -> None:
    request = Request.of(
        "post",
        "/orders/caf%C3%A9?q=1",
        headers={"X-Name": "ü"},
        json={"a": "é"},
        params={"id": "café"},
        session="mine",
    )
    assert (request.method, request.path, request.session) == ("POST", "/orders/café", "mine")
    assert request.headers["x-name"] == "ü"
    assert request.headers["content-type"] == "application/json"
    assert request.query["q"] == "1"
    assert request.json() == {"a": "é"}
    assert request.params["id"] == "café"
    assert Request.of("GET", "/", json=None).body == b"null"
    assert Request.of("GET", "/", body=b"x", headers=[("a", "1"), ("a", "2")]).headers.getall("A")


# Replies


def sent(reply: Reply) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    assert reply.start["type"] == "http.response.start"
    assert reply.finish["type"] == "http.response.body"
    return reply.start["status"], reply.start["headers"], reply.finish["body"]


JSON = (b"content-type", b"application/json")


def test_json_is_compact_and_keeps_characters_and_order() -> None:
    reply = Reply.json({"b": "é☃", "a": [1, None, True]}, 201, {"X-One": "1"})
    body = '{"b":"é☃","a":[1,null,true]}'.encode()
    length = (b"content-length", str(len(body)).encode())
    assert sent(reply) == (201, [JSON, (b"x-one", b"1"), length], body)


def test_text_is_utf_8() -> None:
    status, headers, body = sent(Reply.text("schön"))
    assert (status, body) == (200, "schön".encode())
    assert headers[0] == (b"content-type", b"text/plain; charset=utf-8")


def test_an_empty_answer_has_a_length_and_no_type() -> None:
    assert sent(Reply.empty(202)) == (202, [(b"content-length", b"0")], b"")
    assert sent(Reply()) == (200, [(b"content-length", b"0")], b"")


def test_bytes_are_sent_as_they_are() -> None:
    _, headers, body = sent(Reply.of(b"\x00\xff", content_type="image/png"))
    assert (headers[0], body) == ((b"content-type", b"image/png"), b"\x00\xff")


@pytest.mark.parametrize("name", ["Content-Type", "content-type", "CONTENT-TYPE"])
def test_a_type_that_is_given_is_the_only_one(name: str) -> None:
    _, headers, _ = sent(Reply.json({}, headers={name: "application/problem+json"}))
    assert headers[0] == (b"content-type", b"application/problem+json")
    assert len(headers) == 2


def test_headers_may_be_pairs_and_repeated() -> None:
    _, headers, _ = sent(Reply.empty(headers=[("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]))
    assert headers[:2] == [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]


def test_the_length_is_that_of_the_body_whatever_a_handler_says() -> None:
    _, headers, _ = sent(Reply.json([], headers={"Content-Length": "99"}))
    assert [value for name, value in headers if name == b"content-length"] == [b"2"]


@pytest.mark.parametrize("status", [204, 205, 304])
def test_some_answers_have_no_body(status: int) -> None:
    for reply in (Reply.json({"a": 1}, status), Reply(status, body=b"x"), Reply.of(b"x", status)):
        assert sent(reply) == (status, [], b"")


def test_the_encoded_form_is_kept() -> None:
    reply = Reply.json({})
    assert reply.start is reply.start


def test_a_reply_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Reply.json({}).status = 404  # type: ignore[misc]


def test_jobs_come_along() -> None:
    async def run() -> None: ...

    job = Job("mail", run)
    assert Reply.json({}, after=(job,)).after == (job,)
    assert Reply.empty(after=(job,)).after == (job,)
    assert job.delay == 0


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=199),
        Reply(status=600),
        Reply(status=-1),
        Reply(status=True),
        Reply(status=200.0),  # type: ignore[arg-type]
        Reply(status="200"),  # type: ignore[arg-type]
        Reply(body="text"),  # type: ignore[arg-type]
        Reply(body=None),  # type: ignore[arg-type]
        Reply(headers=(("", "x"),)),
        Reply(headers=(("a b", "x"),)),
        Reply(headers=(("a:", "x"),)),
        Reply(headers=(("é", "x"),)),
        Reply(headers=(("a\n", "x"),)),
        Reply(headers=(("a", "x\ny"),)),
        Reply(headers=(("a", "x\r"),)),
        Reply(headers=(("a", "\x00"),)),
        Reply(headers=(("a", "\x7f"),)),
        Reply(headers=(("a", "☃"),)),
        Reply(headers=(("a", 1),)),  # type: ignore[arg-type]
        Reply(headers=((b"a", b"1"),)),  # type: ignore[arg-type]
    ],
)
def test_what_no_server_could_send_is_refused(reply: Reply) -> None:
    for _ in range(2):
        with pytest.raises((ValueError, TypeError)):
            reply.start  # noqa: B018 - that is what computes it


@given(st.text(st.characters(max_codepoint=0x17F)), st.text(st.characters(max_codepoint=0x17F)))
def test_a_header_is_sent_as_it_is_or_refused(name: str, value: str) -> None:
    try:
        _, headers, _ = sent(Reply.empty(headers={name: value}))
    except ValueError:
        return
    if name.lower() != "content-length":
        assert headers[0] == (name.lower().encode("ascii"), value.encode("latin-1"))
    assert not set(value) & {chr(code) for code in range(32) if code != 9}


# JSON

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab"), inner, max_size=3),
)  # fmt: skip


@given(VALUES)
def test_json_is_read_as_everybody_writes_it(value: Any) -> None:
    assert parse_json(json.dumps(value).encode()) == value
    assert parse_json(json.dumps(value, ensure_ascii=False, indent=1).encode()) == value
    assert json.loads(encode_json(value)) == value


@given(st.binary(max_size=20))
def test_what_is_no_json_is_a_value_error(data: bytes) -> None:
    try:
        value = parse_json(data)
    except ValueError:
        return
    assert json.loads(data.decode("utf-8-sig")) == value


@pytest.mark.parametrize("data", [b"NaN", b"Infinity", b"1e999", b'"\\ud800"', b"[" * 100_000])
def test_what_not_everybody_could_read_is_no_json(data: bytes) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - the words are those of the library
        parse_json(data)
    assert str(raised.value)


def test_integers_keep_their_digits() -> None:
    assert parse_json(b"1" * 200) == int("1" * 200)


def test_what_has_no_json_is_not_encoded() -> None:
    assert encode_json(math.nan) == b"null"
    with pytest.raises(TypeError):
        encode_json(object())


def test_messages_of_one_content_are_two_messages() -> None:
    # They are compared by identity: a reply is a value that is kept, not looked up.
    assert Request("GET", "/") != Request("GET", "/")
    assert Reply() != Reply()
    assert msgspec.structs.replace(Reply(), status=201).status == 201
