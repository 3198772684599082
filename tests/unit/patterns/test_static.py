"""The pattern `static`."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imnot_core import Reply
from imnot_patterns.static import Static
from tests.unit.patterns.world import World, datapoint, faults, refusal

pytestmark = pytest.mark.anyio

LOOP: list[Any] = []
LOOP.append(LOOP)

# Within 64 bits and without NaN: what every JSON parser reads back as it was.
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(min_value=-(2**63), max_value=2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")).filter(lambda text: text.strip()[:1] not in ("{", "["))
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=20,
)


async def answer(world: World, **response: Any) -> Reply:
    return await world.mount(Static, {"response": response})("POST", "/things")


async def test_without_a_response_the_answer_is_200_and_an_empty_object(world: World) -> None:
    reply = await world.mount(Static, {})("POST", "/things")

    assert (reply.status, reply.body) == (200, b"{}")
    assert reply.headers == (("Content-Type", "application/json"),)


@pytest.mark.parametrize("body", [None, False, 0, 0.0, "", [], {}])
async def test_a_falsy_body_is_an_empty_object(world: World, body: Any) -> None:
    assert (await answer(world, body=body)).body == b"{}"


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ({"b": 1, "a": [True, None, 1.5]}, b'{"b":1,"a":[true,null,1.5]}'),
        ([1, 2], b"[1,2]"),
        ("ok", b'"ok"'),
        (5, b"5"),
        (True, b"true"),
        ({"name": "Zoë"}, '{"name":"Zoë"}'.encode()),
        (10**30, b"1" + b"0" * 30),
        ({"on": date(2026, 1, 31)}, b'{"on":"2026-01-31"}'),
        (datetime(2026, 1, 31, 12, tzinfo=UTC), b'"2026-01-31T12:00:00Z"'),
    ],
)
async def test_a_body_is_sent_as_compact_json(world: World, body: Any, sent: bytes) -> None:
    assert (await answer(world, body=body)).body == sent


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("[]", b"[]"),
        ("{}", b"{}"),
        (' \n{"a": [1, 2]}\n', b'{"a":[1,2]}'),
        ('{"a": 1, "a": 2}', b'{"a":2}'),
        ('{"a": 100000000000000000000000000000000}', b'{"a":100000000000000000000000000000000}'),
        ('{"a": 1', b'"{\\"a\\": 1"'),
        ("[NaN]", b'"[NaN]"'),
        ("[" * 100_000, b'"' + b"[" * 100_000 + b'"'),
        ("5", b'"5"'),
        ("null", b'"null"'),
        ("true", b'"true"'),
        ('"quoted"', b'"\\"quoted\\""'),
    ],
)
async def test_text_is_json_only_when_it_holds_an_object_or_array(
    world: World, text: str, sent: bytes
) -> None:
    assert (await answer(world, body=text)).body == sent


@given(value=VALUES)
def test_any_json_value_arrives_as_it_was_written(value: Any) -> None:
    config = datapoint(Static, {"response": {"body": value}})
    (endpoint,) = Static().compile(config, None).endpoints  # type: ignore[arg-type]
    coroutine = endpoint.handler(None)  # type: ignore[arg-type]

    with pytest.raises(StopIteration) as stopped:
        coroutine.__await__().send(None)

    assert msgspec.json.decode(stopped.value.value.body) == (value or {})


async def test_configured_headers_are_sent_and_may_replace_the_content_type(world: World) -> None:
    reply = await answer(world, headers={"X-Version": 2, "content-type": "application/hal+json"})

    assert reply.headers == (("X-Version", "2"), ("content-type", "application/hal+json"))


@pytest.mark.parametrize("status", [204, 205, 304])
async def test_an_answer_that_has_no_body_is_sent_without(world: World, status: int) -> None:
    reply = await answer(world, status=status, body={"a": 1})

    assert reply.finish["body"] == b""
    assert reply.start == {"type": "http.response.start", "status": status, "headers": []}


async def test_the_reply_object_is_made_once(world: World) -> None:
    mounted = world.mount(Static, {})

    assert await mounted("POST", "/things") is await mounted("POST", "/things")


async def test_every_endpoint_has_its_own_answer(world: World) -> None:
    mounted = world.mount(
        Static,
        {"method": "GET", "path": "/a", "response": {"body": "a"}},
        {"method": "DELETE", "path": "/a", "response": {"status": 404}},
    )

    assert (await mounted("GET", "/a")).body == b'"a"'
    assert (await mounted("DELETE", "/a")).status == 404


async def test_it_has_neither_payload_nor_admin_routes(world: World) -> None:
    compiled = world.mount(Static, {}).compiled

    assert not compiled.takes_payload
    assert compiled.admin == ()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"rate": math.nan}, "body.rate is nan"),
        ([1, [math.inf]], "body[1][0] is inf"),
        (
            {"by_code": {200: "ok"}},
            'the key 200 in body.by_code is no text; write it in quotes: "2',
        ),
        ({True: 1}, "the key True in body is no text"),
        ({date(2026, 1, 1): 1}, "the key 2026-01-01 in body is no text"),
        (LOOP, "contains itself"),
        ("\ud800", "cannot be written as JSON"),
        ({"a": object()}, "cannot be written as JSON"),
    ],
)
def test_a_body_that_json_cannot_express_is_refused(body: Any, said: str) -> None:
    found = faults(Static, {"response": {"body": body}})

    assert said in found["body"]


def test_the_refusal_leads_to_the_response() -> None:
    message = refusal(Static, {}, {"response": {"body": math.nan}})

    assert message.endswith("at `$.endpoints[1].response`")


@pytest.mark.parametrize(
    ("response", "named"),
    [
        ({"bodyy": 1}, "`bodyy`"),
        ({"status": "many"}, "$.endpoints[0].response.status"),
        ({"status": 99}, "$.endpoints[0].response.status"),
        ({"headers": {"A B": "c"}}, "'A B' is no header name"),
        (None, "$.endpoints[0].response"),
    ],
)
def test_wrong_values_are_refused_by_name(response: Any, named: str) -> None:
    assert named in refusal(Static, {"response": response})


def test_a_datapoint_needs_an_endpoint() -> None:
    assert "$.endpoints" in refusal(Static)
