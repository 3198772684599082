"""What the core lends to a pattern: payloads, ids, state, each of the right session."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from random import Random

import httpx
import pytest

from imnot_core import Context, Jobs, PayloadMissing, Services
from imnot_core.current import current_session
from imnot_core.testing import ManualClock
from tests.unit.patterns.world import LOG, UUID4, World, opened_world

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with opened_world() as opened:
        yield opened


@pytest.fixture
def context(world: World) -> Context:
    return Context(world.services, "acme", "things")


@pytest.fixture(autouse=True)
async def _session() -> AsyncIterator[None]:
    token = current_session.set(None)
    yield
    current_session.reset(token)


def services(random: Random) -> Services:
    return Services(
        store=None,  # type: ignore[arg-type]
        clock=(clock := ManualClock()),
        jobs=Jobs(clock, LOG),
        client=httpx.AsyncClient,
        base_url="http://imnot.test",
        random=random,
        log=LOG,
        admits=lambda _: True,
    )


# Payloads


async def test_the_global_payload_is_that_without_a_session(world: World, context: Context) -> None:
    await world.upload(b'{"a": 1}')
    payload = await context.payload(None)
    assert (payload.body, payload.content_type) == (b'{"a": 1}', "application/json")


async def test_a_session_gets_its_own_and_never_the_global_one(
    world: World, context: Context
) -> None:
    await world.upload(b'"global"')
    await world.upload(b'"mine"', "mine")
    assert (await context.payload("mine")).body == b'"mine"'
    with pytest.raises(PayloadMissing) as missing:
        await context.payload("other")
    assert missing.value.status == 404
    for words in ("acme/things", "'other'", "/imnot/admin/acme/things/payload", "X-Imnot-Session"):
        assert words in missing.value.detail


async def test_without_a_payload_it_is_said_where_to_upload_one(context: Context) -> None:
    with pytest.raises(PayloadMissing, match="POST /imnot/admin/acme/things/payload"):
        await context.payload(None)


async def test_payloads_of_other_datapoints_are_not_seen(world: World, context: Context) -> None:
    await world.upload(b"1", datapoint="others")
    with pytest.raises(PayloadMissing):
        await context.payload(None)


# Ids


async def test_ids_are_random_uuids_and_can_be_seeded() -> None:
    first, again, other = (services(Random(seed)) for seed in (1, 1, 2))
    ids = [first.new_id() for _ in range(100)]
    assert len(set(ids)) == 100
    assert all(re.fullmatch(UUID4, each) for each in ids)
    assert again.new_id() == ids[0] != other.new_id()


async def test_an_issued_id_is_known_to_its_datapoint_alone(world: World, context: Context) -> None:
    issued = await context.issued.issue("mine", {"kind": "all"})
    found = await context.issued.find(issued)
    assert found is not None
    assert (found.session, found.data) == ("mine", {"kind": "all"})
    assert found.created == world.clock.time()
    assert await Context(world.services, "acme", "others").issued.find(issued) is None
    assert await Context(world.services, "other", "things").issued.find(issued) is None


@pytest.mark.parametrize(
    ("issued_in", "asked_in", "expected"),
    [
        (None, None, b'"global"'),
        ("mine", None, b'"global"'),
        ("mine", "mine", b'"mine"'),
        (None, "mine", b'"mine"'),
        ("other", "mine", b'"mine"'),
        ("mine", "other", None),
    ],
)
async def test_the_session_of_the_request_decides_over_that_of_the_id(
    world: World,
    context: Context,
    issued_in: str | None,
    asked_in: str | None,
    expected: bytes | None,
) -> None:
    await world.upload(b'"global"')
    await world.upload(b'"mine"', "mine")
    issued = await context.issued.find(await context.issued.issue(issued_in))
    assert issued is not None
    if expected is None:
        with pytest.raises(PayloadMissing):
            await context.payload_of(issued, asked_in)
    else:
        assert (await context.payload_of(issued, asked_in)).body == expected


async def test_without_a_global_payload_the_session_of_the_id_helps(
    world: World, context: Context
) -> None:
    await world.upload(b'"mine"', "mine")
    for session, expected in (("mine", b'"mine"'), (None, None), ("other", None)):
        issued = await context.issued.find(await context.issued.issue(session))
        assert issued is not None
        if expected is None:
            with pytest.raises(PayloadMissing):
                await context.payload_of(issued, None)
        else:
            assert (await context.payload_of(issued, None)).body == expected


# State


async def test_state_is_that_of_the_request_at_hand(context: Context) -> None:
    for session in (None, "one", "two"):
        current_session.set(session)
        assert await context.state.get("seen") is None
        await context.state.put("seen", session)
    for session in ("two", None, "one"):
        current_session.set(session)
        assert await context.state.get("seen") == session


async def test_requests_side_by_side_do_not_mix_their_states(context: Context) -> None:
    async def request(session: str, times: int) -> list[int]:
        current_session.set(session)
        counts = []
        for _ in range(times):
            counts.append(await context.state.increment("count"))
            await asyncio.sleep(0)
        return counts

    tasks = [asyncio.create_task(request(f"s{number}", number)) for number in range(1, 6)]
    assert await asyncio.gather(*tasks) == [list(range(1, number + 1)) for number in range(1, 6)]


async def test_state_of_other_datapoints_is_not_seen(world: World, context: Context) -> None:
    await context.state.put("key", 1)
    for partner, datapoint in (("acme", "others"), ("other", "things")):
        assert await Context(world.services, partner, datapoint).state.items() == {}


async def test_deleting_a_session_takes_all_that_was_written_in_it(
    world: World, context: Context
) -> None:
    current_session.set("mine")
    await context.state.put("key", 1)
    await world.upload(b"1", "mine")
    issued = await context.issued.issue("mine")
    assert await world.services.sessions.delete("mine")
    assert await context.state.items() == {}
    assert await context.issued.find(issued) is None
    with pytest.raises(PayloadMissing):
        await context.payload("mine")
    assert not await world.services.sessions.exists("mine")


# The rest


async def test_it_names_its_datapoint_and_logs_under_its_name(context: Context) -> None:
    assert (context.partner, context.datapoint) == ("acme", "things")
    assert context.log.name == "imnot.test.acme.things"


async def test_it_lends_the_parts_of_the_server(world: World, context: Context) -> None:
    assert context.http is world.client
    assert context.clock.time() == world.clock.time()
    assert context.jobs is world.services.jobs
    assert context.random is world.services.random
    assert context.base_url == "http://imnot.test"
    assert re.fullmatch(UUID4, context.new_id())


async def test_the_http_client_is_made_when_it_is_first_asked_for() -> None:
    made = []

    def client() -> httpx.AsyncClient:
        made.append(True)
        raise RuntimeError

    context = Context(replace(services(Random(0)), client=client), "acme", "things")
    assert made == []
    with pytest.raises(RuntimeError):
        context.http  # noqa: B018 - asking is what makes it
    assert made == [True]
