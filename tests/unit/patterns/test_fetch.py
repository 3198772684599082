"""The pattern `fetch`."""

from __future__ import annotations

from typing import Any

import pytest

from imnot_core import PayloadMissing
from imnot_patterns.fetch import Fetch
from tests.unit.patterns.world import Mounted, World, refusal

pytestmark = pytest.mark.anyio

GET = {"method": "GET", "path": "/charges"}


@pytest.fixture
def charges(world: World) -> Mounted:
    return world.mount(Fetch, GET, name="charges")


async def test_the_payload_is_answered_as_the_bytes_that_were_uploaded(
    world: World, charges: Mounted
) -> None:
    uploaded = '{ "amount": 1.50, "city": "Zürich" }\n'.encode()
    await world.upload(uploaded, datapoint="charges")

    reply = await charges("GET", "/charges")

    assert (reply.status, reply.body) == (200, uploaded)
    assert reply.headers == (("Content-Type", "application/json"),)


async def test_null_is_a_payload(world: World, charges: Mounted) -> None:
    await world.upload(b"null", datapoint="charges")

    assert (await charges("GET", "/charges")).body == b"null"


async def test_the_last_upload_wins(world: World, charges: Mounted) -> None:
    await world.upload(b"1", datapoint="charges")
    await charges("GET", "/charges")
    await world.upload(b"2", datapoint="charges")

    assert (await charges("GET", "/charges")).body == b"2"


async def test_a_session_gets_its_own_payload_any_number_of_times(
    world: World, charges: Mounted
) -> None:
    await world.upload(b"1", datapoint="charges")
    await world.upload(b"2", session="s", datapoint="charges")

    bodies = [(await charges("GET", "/charges", session=each)).body for each in ("s", None, "s")]

    assert bodies == [b"2", b"1", b"2"]


async def test_without_a_global_payload_the_answer_is_404_and_names_the_datapoint(
    world: World, charges: Mounted
) -> None:
    await world.upload(b"2", session="s", datapoint="charges")

    with pytest.raises(PayloadMissing, match="acme/charges") as missing:
        await charges("GET", "/charges")

    assert missing.value.status == 404


async def test_a_session_never_gets_the_global_payload(world: World, charges: Mounted) -> None:
    await world.upload(b"1", datapoint="charges")

    with pytest.raises(PayloadMissing, match="session 's'"):
        await charges("GET", "/charges", session="s")


async def test_a_session_has_no_payload_of_another_datapoint(
    world: World, charges: Mounted
) -> None:
    await world.upload(b"1", session="s", datapoint="refunds")

    with pytest.raises(PayloadMissing, match="session 's'"):
        await charges("GET", "/charges", session="s")


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE"])
async def test_any_method_may_be_declared(world: World, method: str) -> None:
    await world.upload(b"[1]")
    mounted = world.mount(Fetch, {"method": method.lower()})

    reply = await mounted(method, "/things")

    # HEAD gets the same headers; the server leaves out the body.
    assert (b"content-length", b"3") in reply.start["headers"]
    assert (b"content-type", b"application/json") in reply.start["headers"]


async def test_parameters_and_query_do_not_matter(world: World) -> None:
    await world.upload(b"[1]")
    mounted = world.mount(Fetch, {"method": "GET", "path": "/things/{key}"})

    assert (await mounted("GET", "/things/7?page=2")).body == b"[1]"


async def test_configured_status_and_headers_are_sent(world: World) -> None:
    await world.upload(b"[1]")
    response = {"status": 206, "headers": {"ETag": '"1"', "Content-Type": "application/hal+json"}}
    reply = await world.mount(Fetch, {"response": response})("POST", "/things")

    assert reply.status == 206
    assert reply.headers == (("ETag", '"1"'), ("Content-Type", "application/hal+json"))


async def test_an_answer_without_body_leaves_the_payload_out(world: World) -> None:
    await world.upload(b"[1]")
    reply = await world.mount(Fetch, {"response": {"status": 204}})("POST", "/things")

    assert reply.finish["body"] == b""
    assert reply.start["headers"] == []


async def test_it_takes_payloads_and_has_no_admin_routes_of_its_own(charges: Mounted) -> None:
    assert charges.compiled.takes_payload
    assert charges.compiled.admin == ()


@pytest.mark.parametrize(
    ("response", "named"), [({"body": {}}, "`body`"), ({"status": 600}, "response.status")]
)
def test_wrong_values_are_refused_by_name(response: dict[str, Any], named: str) -> None:
    assert named in refusal(Fetch, {"response": response})
