"""Stubs and requests in lists: every documented key, always."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from imnot_core import Chaos, Faults, Injection, JournalEntry, Latency
from imnot_patterns.stubs.matcher import Matcher
from imnot_patterns.stubs.stub import (
    Action,
    ProxyAction,
    ResponseAction,
    SseAction,
    SseEvent,
    Stub,
    StubRequest,
)
from imnot_patterns.stubs.wire.listing import listed_request, listed_stub

RESPONSE = Action(response=ResponseAction(status_code=200, body="x"))
NOTHING = {"method": None, "path": None, "body": None, "headers": None, "host": None, "query": None}


def listed(stub: Stub, **options: Any) -> dict[str, Any]:
    entry = listed_stub(stub, Matcher(stub.request).wire, **options)
    return dict(json.loads(msgspec.json.encode(entry)))


def stub(action: Action = RESPONSE, **fields: Any) -> Stub:
    return Stub(id="s1", request=StubRequest(), action=action, **fields)


def entry(body: bytes = b"", **fields: Any) -> JournalEntry:
    given: dict[str, Any] = {
        "id": "r1",
        "at": 1_800_000_000.0,
        "method": "POST",
        "path": "/ü/1",
        "query": "a=1&a=2&b",
        "headers": (("host", "Shop.example:8910"), ("accept", "*/*"), ("accept", "text/html")),
        "body": body,
        "body_size": len(body),
    }
    return JournalEntry(**{**given, **fields})


def request(*arguments: Any, **fields: Any) -> dict[str, Any]:
    given = listed_request(entry(*arguments, **fields), scope=None, matched_stub_id=None)
    return dict(json.loads(msgspec.json.encode(given)))


def test_a_stub_is_listed_with_every_key() -> None:
    made = Stub(
        id="s1",
        request=StubRequest(method="GET", path="/u/{id}"),
        action=RESPONSE,
        scope="team-a",
    )
    assert listed(made) == {
        "stub_id": "s1",
        "scope": "team-a",
        "request": {**NOTHING, "method": "GET", "path": "/u/{id}"},
        "action": {
            "response": {"status_code": 200, "headers": {}, "body": "x", "template_body": None},
            "proxy": None,
            "sse": None,
        },
        "chaos": None,
    }


def test_keys_are_in_their_documented_order() -> None:
    assert list(listed(stub())) == ["stub_id", "scope", "request", "action", "chaos"]
    assert list(listed(stub())["action"]) == ["response", "proxy", "sse"]


def test_a_proxy_is_listed_with_its_defaults() -> None:
    action = listed(stub(Action(proxy=ProxyAction(url="http://a"))))["action"]
    proxy = {"url": "http://a", "headers": {}, "timeout": 5}
    assert action == {"response": None, "proxy": proxy, "sse": None}


def test_events_are_listed_with_their_defaults() -> None:
    action = Action(sse=SseAction(events=(SseEvent(data="1"), SseEvent(data="2", id="", retry=0))))
    assert listed(stub(action))["action"]["sse"] == {
        "events": [
            {"data": "1", "event": None, "id": None, "retry": None, "delay_ms": None},
            {"data": "2", "event": None, "id": "", "retry": 0, "delay_ms": None},
        ],
        "default_delay_ms": 0,
    }


@pytest.mark.parametrize(
    ("chaos", "shown"),
    [
        (Chaos(), {"latency": {"base_ms": 0, "jitter_ms": 0}, "faults": {"connection_drop": None}}),
        (Chaos(latency=Latency(base_ms=5, jitter_ms=6)),
         {"latency": {"base_ms": 5, "jitter_ms": 6}, "faults": {"connection_drop": None}}),
        (Chaos(faults=Faults(connection_drop=Injection(probability=0.25))),
         {"latency": {"base_ms": 0, "jitter_ms": 0},
          "faults": {"connection_drop": {"probability": 0.25}}}),
        (Chaos(faults=Faults(connection_reset=Injection())),
         {"latency": {"base_ms": 0, "jitter_ms": 0},
          "faults": {"connection_drop": None, "connection_reset": {"probability": 1.0}}}),
    ],
)  # fmt: skip
def test_chaos_is_listed_in_its_full_form(chaos: Chaos, shown: Any) -> None:
    assert listed(stub(chaos=chaos))["chaos"] == shown


def test_a_stub_of_a_session_says_so() -> None:
    made = listed(stub(session="mine"))
    assert (made["scope"], made["session"]) == (None, "mine")


def test_a_limit_is_listed_with_what_is_used_of_it() -> None:
    assert "max_calls" not in listed(stub())
    assert "calls" not in listed(stub(), calls=3)
    made = listed(stub(max_calls=3), calls=2)
    assert (made["max_calls"], made["calls"]) == (3, 2)


def test_criteria_come_back_as_they_are_written() -> None:
    made = Stub(
        id="s",
        request=StubRequest(headers={"x-h": "v"}, query={"n": {"$odd": {}}}, body="", path=""),
        action=RESPONSE,
    )
    assert listed(made)["request"] == {
        **NOTHING,
        "headers": {"$key_values": {"key_values": {"x-h": {"$eq": {"value": "v"}}}}},
        "query": {"$key_values": {"key_values": {"n": {"$odd": {}}}}},
        "body": "",
        "path": "",
    }


def test_a_request_is_listed_with_every_key() -> None:
    given = listed_request(
        entry("schön".encode(), session="mine"), scope="team-a", matched_stub_id="s1"
    )
    assert given == {
        "id": "r1",
        "at": "2027-01-15T08:00:00.000000+00:00",
        "method": "POST",
        "path": "/ü/1",
        "query": {"a": "2", "b": ""},
        "headers": {"host": "Shop.example:8910", "accept": "*/*"},
        "body": "schön",
        "host": "shop.example",
        "scope": "team-a",
        "matched_stub_id": "s1",
        "session": "mine",
    }


def test_a_body_that_is_no_text_is_listed_all_the_same() -> None:
    given = request(b"\xff\x00")
    assert (given["body"], given["body_base64"]) == (None, "/wA=")
    assert "body_base64" not in request(b"")
    assert request(b"")["body"] == ""


def test_a_body_that_was_cut_says_so() -> None:
    whole = "a€b".encode()
    assert "body_truncated" not in request(whole)
    for kept, text in ((1, "a"), (2, "a"), (3, "a"), (4, "a€")):
        given = request(whole[:kept], body_size=len(whole))
        assert (given["body"], given["body_truncated"]) == (text, True)
    assert request(b"\xff", body_size=9)["body"] is None


def test_half_a_character_at_the_end_of_a_whole_body_is_no_text() -> None:
    assert request("€".encode()[:2])["body"] is None
