"""Payloads: what may be uploaded, what is served of it, and what an inspection tells."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imnot_core.testing import Harness
from imnot_core.testing.clock import START
from tests.server.samples import ACME, CHARGES

PAYLOAD = "/imnot/admin/bookingco/charges/payload"
SESSION = f"{PAYLOAD}/session"
NOW = "2026-01-01T00:00:00.000000+00:00"

# Without surrogates, which no JSON in UTF-8 can hold.
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=10,
)


@pytest.fixture(scope="module")
def shared() -> Iterator[Harness]:
    with Harness(CHARGES) as harness:
        yield harness


@pytest.fixture
def server() -> Iterator[Harness]:
    with Harness(CHARGES, ACME) as harness:
        yield harness


def test_an_upload_says_what_it_was_for_and_is_served(server: Harness) -> None:
    answer = server.post(PAYLOAD, json={"charges": [{"id": "C1", "amount": 150}]})
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "partner": "bookingco", "datapoint": "charges"}
    served = server.get("/v1/charges")
    assert served.status_code == 200
    assert served.headers["content-type"] == "application/json"
    assert served.json() == {"charges": [{"id": "C1", "amount": 150}]}


def test_the_last_upload_wins(server: Harness) -> None:
    for number in range(3):
        server.post(PAYLOAD, json=number)
    assert server.get("/v1/charges").json() == 2


def test_payloads_of_datapoints_are_apart(server: Harness) -> None:
    server.post(PAYLOAD, json="charges")
    assert server.get("/v1/refunds").status_code == 404
    server.post("/imnot/admin/bookingco/refunds/payload", json="refunds")
    assert server.get("/v1/charges").json() == "charges"
    assert server.get("/v1/refunds").json() == "refunds"


def test_without_a_payload_the_answer_is_404_and_names_the_datapoint(server: Harness) -> None:
    for path in ("/v1/charges", PAYLOAD):
        answer = server.get(path)
        assert answer.status_code == 404
        assert "bookingco/charges" in answer.json()["detail"]


def test_the_inspection_shows_the_payload_and_when_it_was_uploaded(server: Harness) -> None:
    server.post(PAYLOAD, json={"n": 1})
    assert server.get(PAYLOAD).json() == {"payload": {"n": 1}, "updated_at": NOW}
    server.clock.advance(61.5)
    assert server.get(PAYLOAD).json()["updated_at"] == NOW
    server.post(PAYLOAD, json={"n": 2})
    later = {"payload": {"n": 2}, "updated_at": "2026-01-01T00:01:01.500000+00:00"}
    assert server.get(PAYLOAD).json() == later


def test_a_session_upload_makes_a_session(server: Harness) -> None:
    answer = server.post(SESSION, json={"for": "me"})
    assert answer.status_code == 200
    assert list(answer.json()) == ["session_id"]
    session = answer.json()["session_id"]
    assert server.get("/v1/charges", session=session).json() == {"for": "me"}
    assert server.get("/v1/charges").status_code == 404
    assert server.get(f"{SESSION}/{session}").json() == {
        "session_id": session,
        "partner": "bookingco",
        "datapoint": "charges",
        "payload": {"for": "me"},
        "created_at": NOW,
    }


def test_inspecting_an_unknown_session_is_404_and_names_it(server: Harness) -> None:
    answer = server.get(f"{SESSION}/nobody")
    assert answer.status_code == 404
    assert "nobody" in answer.json()["detail"]


def test_a_session_payload_is_not_shown_under_another_datapoint(server: Harness) -> None:
    session = server.post(SESSION, json=1).json()["session_id"]
    for other in ("bookingco/refunds", "acme/charges"):
        answer = server.get(f"/imnot/admin/{other}/payload/session/{session}")
        assert answer.status_code == 404
        assert session in answer.json()["detail"]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("datapoint", ["acme/token", "acme/health", "acme/none", "nobody/charges"])
@pytest.mark.parametrize("end", ["payload", "payload/session"])
def test_datapoints_that_take_no_payload_have_no_such_endpoints(
    server: Harness, method: str, datapoint: str, end: str
) -> None:
    if (method, end) == ("GET", "payload/session"):
        end = "payload/session/some-id"
    answer = server.request(method, f"/imnot/admin/{datapoint}/{end}", content=b"1")
    assert answer.status_code == 404
    assert datapoint in answer.json()["detail"]


@pytest.mark.parametrize("datapoint", ["charges", "export", "rates"])
def test_every_datapoint_that_takes_a_payload_has_them(server: Harness, datapoint: str) -> None:
    server.upload("acme", datapoint, [1])
    assert server.get(f"/imnot/admin/acme/{datapoint}/payload").json()["payload"] == [1]


# What is JSON, and what is not


@pytest.mark.parametrize(
    "body",
    [
        b"{}", b"[]", b'""', b"0", b"-0", b"true", b"false", b"null",
        b' { "a" : 1 ,\r\n\t"b":[ ] } ',
        b'{"a":1,"a":2}',
        b"1.0", b"1E5", b"0.1000000000000000055", b"-1e-400",
        b"123456789012345678901234567890",
        b"[" + b"9" * 4000 + b"]",
        '{"ключ":"значение ☃ 😀"}'.encode(),
        b'"\\ud83d\\ude00 \\u00e9 \\/"',
        b"[" * 200 + b"]" * 200,
    ],
)  # fmt: skip
def test_what_is_uploaded_is_served_byte_for_byte(shared: Harness, body: bytes) -> None:
    assert shared.post(PAYLOAD, content=body).status_code == 200
    served = shared.get("/v1/charges")
    assert served.content == body
    assert served.headers["content-type"] == "application/json"
    assert shared.get(PAYLOAD).content.startswith(b'{"payload":' + body + b',"updated_at":"')
    session = shared.post(SESSION, content=body).json()["session_id"]
    assert shared.get("/v1/charges", session=session).content == body


@settings(deadline=None, max_examples=50)
@given(value=VALUES, ascii_only=st.booleans(), indent=st.sampled_from([None, 0, 3]))
def test_any_json_value_comes_back_as_it_was_written(
    shared: Harness, value: object, ascii_only: bool, indent: int | None
) -> None:
    body = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()
    assert shared.post(PAYLOAD, content=body).status_code == 200
    assert shared.get("/v1/charges").content == body
    assert shared.get(PAYLOAD).json()["payload"] == value


def test_a_byte_order_mark_is_accepted_and_not_served(shared: Harness) -> None:
    assert shared.post(PAYLOAD, content=b"\xef\xbb\xbf[1]").status_code == 200
    assert shared.get("/v1/charges").content == b"[1]"


def test_null_is_a_payload_like_any_other(server: Harness) -> None:
    server.post(PAYLOAD, content=b"null")
    assert server.get("/v1/charges").status_code == 200
    assert server.get("/v1/charges").content == b"null"
    assert server.get(PAYLOAD).json()["payload"] is None


@pytest.mark.parametrize(
    "body",
    [
        b"", b" ", b"\xef\xbb\xbf", b"{", b"[1,]", b"{}{}", b"{'a':1}", b"{a:1}", b"a: 1",
        b"01", b"+1",
        b"NaN", b"Infinity", b"-Infinity", b"[NaN]", b"1e999", b"-1e999", b'{"a":[1e999]}',
        b'"\\ud800"', b'"\\udc00\\ud800"', b'"\xed\xa0\x80"', b'"\xff"', b'"\x00"', b'"a\nb"',
        '{"a":1}'.encode("utf-16"), '"é"'.encode("latin-1"),
        b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_json_is_400_and_changes_nothing(shared: Harness, body: bytes) -> None:
    shared.post(PAYLOAD, json="before")
    sessions = shared.get("/imnot/admin/sessions").json()
    for path in (PAYLOAD, SESSION):
        answer = shared.post(path, content=body)
        assert answer.status_code == 400
        assert "JSON" in answer.json()["detail"]
    assert shared.get("/v1/charges").json() == "before"
    assert shared.get("/imnot/admin/sessions").json() == sessions


@settings(deadline=None, max_examples=100)
@given(body=st.binary())
def test_whatever_is_sent_is_taken_or_refused(shared: Harness, body: bytes) -> None:
    answer = shared.post(PAYLOAD, content=body)
    assert answer.status_code in {200, 400}
    if answer.status_code == 200:
        assert shared.get("/v1/charges").content == body.removeprefix(b"\xef\xbb\xbf")
        json.loads(shared.get(PAYLOAD).content)


def test_payloads_of_many_megabytes_are_taken(shared: Harness) -> None:
    body = json.dumps(["x" * 1000] * 6000).encode()
    assert len(body) > 6_000_000
    assert shared.post(PAYLOAD, content=body).status_code == 200
    assert shared.get("/v1/charges").content == body


def test_payloads_and_sessions_survive_a_restart(server: Harness) -> None:
    server.post(PAYLOAD, content=b'{ "kept" : 1 }')
    session = server.post(SESSION, json="mine").json()["session_id"]
    before = server.get(PAYLOAD).content
    server.clock.set(START + 60)
    server.restart()
    assert server.get("/v1/charges").content == b'{ "kept" : 1 }'
    assert server.get("/v1/charges", session=session).json() == "mine"
    assert server.get(PAYLOAD).content == before


def test_a_payload_outlives_its_partner_file(server: Harness) -> None:
    server.post(PAYLOAD, json="kept")
    server.admin("DELETE", "/partners/bookingco")
    assert server.get(PAYLOAD).status_code == 404
    assert server.get("/v1/charges").status_code == 404
    server.admin("POST", "/partners", content=CHARGES)
    assert server.get("/v1/charges").json() == "kept"
