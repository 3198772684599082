"""Payloads that are no JSON: kept byte for byte with their type, and served so by every pattern."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imnot_core.testing import Harness
from imnot_core.testing.clock import START
from tests.server.samples import ACME, CHARGES

PAYLOAD = "/imnot/admin/bookingco/charges/payload"
XML = b"\xef\xbb\xbf<?xml version='1.0'?>\r\n<a>\xc3\xa9</a>\r\n"
NOW = "2026-01-01T00:00:00.000000+00:00"


@pytest.fixture(scope="module")
def shared() -> Iterator[Harness]:
    with Harness(CHARGES) as harness:
        yield harness


@pytest.fixture
def server() -> Iterator[Harness]:
    with Harness(CHARGES, ACME) as harness:
        yield harness


def upload(
    server: Harness, body: bytes, content_type: str, path: str = PAYLOAD, **more: str
) -> None:
    answer = server.post(path, content=body, headers={"Content-Type": content_type}, **more)
    assert answer.status_code == 200, answer.text


def served(server: Harness) -> tuple[bytes, str]:
    answer = server.get("/v1/charges")
    assert answer.status_code == 200
    return answer.content, answer.headers["content-type"]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/xml", XML),
        ("text/xml; charset=utf-8", XML),
        ("text/csv", b"id;name\r\n1;\xe9\r\n"),
        ("text/html", b"<p>"),
        ("image/png", bytes(range(256))),
        ("application/octet-stream", b"\0\0not text\0"),
        ('application/soap+xml; action="x"', XML),
        ("application/xml", b""),
        ("application/yaml", b"a: 1\n"),
    ],
)  # fmt: skip
def test_any_type_is_served_byte_for_byte_as_it_was_uploaded(
    shared: Harness, content_type: str, body: bytes
) -> None:
    upload(shared, body, content_type)
    assert served(shared) == (body, content_type)


@settings(deadline=None, max_examples=50)
@given(body=st.binary())
def test_any_bytes_come_back(shared: Harness, body: bytes) -> None:
    upload(shared, body, "application/octet-stream")
    assert served(shared) == (body, "application/octet-stream")
    told = shared.get(PAYLOAD).json()
    shown = told["payload"]
    assert body == (b64decode(shown) if told["encoding"] == "base64" else shown.encode())


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "application/vnd.acme.order+json",
        "application/x-www-form-urlencoded",
        "text/plain",
        "text/plain;charset=UTF-8",
        "nonsense",
        "*/*",
    ],
)
def test_what_clients_send_without_being_told_means_json(
    shared: Harness, content_type: str
) -> None:
    upload(shared, b'\xef\xbb\xbf{"a": 1.50}', content_type)
    assert served(shared) == (b'{"a": 1.50}', "application/json")
    refused = shared.post(PAYLOAD, content=b"<a/>", headers={"Content-Type": content_type})
    assert refused.status_code == 400
    assert "not valid JSON" in refused.json()["detail"]
    assert "?content_type=text/plain" in refused.json()["detail"]
    assert served(shared)[0] == b'{"a": 1.50}'


def test_the_query_says_a_type_that_is_meant(shared: Harness) -> None:
    answer = shared.post(f"{PAYLOAD}?content_type=text/plain", content=b"hello")
    assert answer.status_code == 200
    assert served(shared) == (b"hello", "text/plain")
    assert shared.post(f"{PAYLOAD}?content_type=application/hal+json", content=b"[1]").is_success
    assert served(shared) == (b"[1]", "application/hal+json")
    refused = shared.post(f"{PAYLOAD}?content_type=application/hal+json", content=b"[1")
    assert refused.status_code == 400
    for wrong in ("xml", "text/plain%0d%0aX: y", "text/plain; charset=klingon"):
        answer = shared.post(f"{PAYLOAD}?content_type={wrong}", content=b"hello")
        assert answer.status_code == 400, wrong
        assert "charset" in answer.json()["detail"] or "no content type" in answer.json()["detail"]


def test_a_form_is_refused_with_the_remedy(shared: Harness) -> None:
    answer = shared.post(PAYLOAD, files={"file": ("a.xml", XML)})
    assert answer.status_code == 400
    assert "form" in answer.json()["detail"]


def test_inspection_shows_text_as_text_and_bytes_in_base64(server: Harness) -> None:
    upload(server, XML, "application/xml")
    assert server.get(PAYLOAD).json() == {
        "payload": XML.decode(),
        "content_type": "application/xml",
        "encoding": "text",
        "updated_at": NOW,
    }
    upload(server, b"\xff\xfe", "image/gif")
    told = server.get(PAYLOAD).json()
    assert (told["payload"], told["encoding"]) == ("//4=", "base64")
    assert told["content_type"] == "image/gif"
    server.post(f"{PAYLOAD}?content_type=application/hal%2Bjson", content=b'{"a":1.50}')
    assert b'"payload":{"a":1.50},' in server.get(PAYLOAD).content


def test_a_session_has_payloads_of_any_type(server: Harness) -> None:
    answer = server.post(
        f"{PAYLOAD}/session", content=XML, headers={"Content-Type": "application/xml"}
    )
    session = answer.json()["session_id"]
    upload(server, b"a;b", "text/csv")
    got = server.get("/v1/charges", session=session)
    assert (got.content, got.headers["content-type"]) == (XML, "application/xml")
    told = server.get(f"{PAYLOAD}/session/{session}").json()
    assert (told["payload"], told["encoding"]) == (XML.decode(), "text")
    assert served(server) == (b"a;b", "text/csv")


def test_a_result_of_polling_has_the_type_of_the_payload(server: Harness) -> None:
    upload(server, XML, "application/xml", "/imnot/admin/acme/export/payload")
    issued = server.post("/exports").json()["id"]
    answer = server.get(f"/exports/{issued}")
    assert (answer.content, answer.headers["content-type"]) == (XML, "application/xml")


def test_a_callback_has_the_type_of_the_payload(server: Harness) -> None:
    upload(server, XML, "application/xml", "/imnot/admin/acme/rates/payload")
    server.post("/rates", json={"callbackUrl": "https://me.example/hook"})
    (sent,) = server.callbacks.wait(1)
    assert sent.body == XML
    assert sent.headers["content-type"] == "application/xml"


def test_they_survive_a_restart(server: Harness) -> None:
    upload(server, XML, "application/xml")
    server.clock.set(START + 60)
    server.restart()
    assert served(server) == (XML, "application/xml")


def test_a_json_payload_takes_the_place_of_another_and_the_other_way_round(
    server: Harness,
) -> None:
    upload(server, XML, "application/xml")
    server.upload("bookingco", "charges", [1])
    assert served(server) == (b"[1]", "application/json")
    assert server.get(PAYLOAD).json() == {"payload": [1], "updated_at": NOW}
    upload(server, XML, "application/xml")
    assert served(server) == (XML, "application/xml")
