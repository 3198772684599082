"""The pattern `oauth`."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import msgspec
import pytest

from imnot_patterns.oauth import OAuth
from tests.unit.patterns.world import World, refusal

pytestmark = pytest.mark.anyio


def decoded(part: str) -> bytes:
    assert "=" not in part
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


async def test_the_answer_has_exactly_three_fields_with_their_defaults(world: World) -> None:
    reply = await world.mount(OAuth, {})("POST", "/things")

    body = msgspec.json.decode(reply.body)
    assert list(body) == ["access_token", "token_type", "expires_in"]
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 3600)
    assert reply.status == 200
    assert reply.headers == (("Content-Type", "application/json"),)


async def test_the_token_is_a_jwt_of_subject_imnot(world: World) -> None:
    reply = await world.mount(OAuth, {})("POST", "/things")

    token = msgspec.json.decode(reply.body)["access_token"]
    header, claims, signature = token.split(".")
    assert msgspec.json.decode(decoded(header)) == {"alg": "HS256", "typ": "JWT"}
    assert msgspec.json.decode(decoded(claims)) == {"sub": "imnot", "iat": 0}
    signed = hmac.digest(b"imnot", f"{header}.{claims}".encode(), hashlib.sha256)
    assert decoded(signature) == signed


async def test_the_token_is_the_same_for_every_endpoint_and_request(world: World) -> None:
    mounted = world.mount(OAuth, {}, {"method": "GET", "path": "/other"})

    replies = [
        await mounted("POST", "/things"),
        await mounted("POST", "/things", body=b"grant_type=client_credentials", session="s"),
        await mounted("GET", "/other"),
    ]

    assert len({reply.body for reply in replies}) == 1


async def test_the_reply_object_is_made_once(world: World) -> None:
    mounted = world.mount(OAuth, {})

    assert await mounted("POST", "/things") is await mounted("POST", "/things")


async def test_everything_configured_is_answered(world: World) -> None:
    response = {
        "status": 201,
        "token_type": "MAC",
        "expires_in": 0,
        "headers": {"Cache-Control": "no-store"},
    }
    reply = await world.mount(OAuth, {"method": "put", "response": response})("PUT", "/things")

    body = msgspec.json.decode(reply.body)
    assert (body["token_type"], body["expires_in"]) == ("MAC", 0)
    assert reply.status == 201
    assert ("Cache-Control", "no-store") in reply.headers


async def test_it_has_neither_payload_nor_admin_routes(world: World) -> None:
    compiled = world.mount(OAuth, {}).compiled

    assert not compiled.takes_payload
    assert compiled.admin == ()


@pytest.mark.parametrize(
    ("response", "named"),
    [
        ({"expires_in": "soon"}, "$.endpoints[0].response.expires_in"),
        ({"expires_in": -1}, "$.endpoints[0].response.expires_in"),
        ({"expires_in": True}, "$.endpoints[0].response.expires_in"),
        ({"token_type": 1}, "$.endpoints[0].response.token_type"),
        ({"status": "200"}, "$.endpoints[0].response.status"),
        ({"body": {}}, "`body`"),
    ],
)
def test_wrong_values_are_refused_by_name(response: dict[str, Any], named: str) -> None:
    assert named in refusal(OAuth, {"response": response})
