"""Requests at the same time: no id twice, no change lost, no item made twice."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from imnot_core import Reply, ReplyError, parse_json
from imnot_patterns.crud import Crud
from tests.unit.patterns.world import Mounted, World

pytestmark = pytest.mark.anyio


def workers(world: World, **more: Any) -> list[Mounted]:
    """Two that share nothing but the store."""
    seed = [{"id": 1, "n": 0}]
    return [world.mount(Crud, path="/things", seed=seed, **more) for _ in range(2)]


async def status(asked: Any) -> int:
    try:
        reply: Reply = await asked
    except ReplyError as error:
        return error.status
    return reply.status


async def test_no_integer_is_given_twice(world: World) -> None:
    both = workers(world, ids="integer")
    replies = await asyncio.gather(
        *(both[number % 2]("POST", "/things", json={}) for number in range(60))
    )
    assert sorted(parse_json(each.body)["id"] for each in replies) == list(range(2, 62))
    assert len(parse_json((await both[0]("GET", "/things")).body)) == 61


async def test_an_id_is_taken_by_one_of_many(world: World) -> None:
    both = workers(world, ids="client")
    statuses = await asyncio.gather(
        *(status(both[number % 2]("POST", "/things", json={"id": "x"})) for number in range(20))
    )
    assert sorted(statuses) == [201] + [409] * 19


async def test_an_item_is_deleted_by_one_of_many(world: World) -> None:
    both = workers(world)
    statuses = await asyncio.gather(
        *(status(both[number % 2]("DELETE", "/things/1")) for number in range(20))
    )
    assert sorted(statuses) == [204] + [404] * 19


async def test_patches_of_several_fields_are_all_kept(world: World) -> None:
    both = workers(world)
    await asyncio.gather(
        *(both[number % 2]("PATCH", "/things/1", json={f"f{number}": 1}) for number in range(40))
    )
    kept = parse_json((await both[0]("GET", "/things/1")).body)
    assert set(kept) == {"id", "n", *(f"f{number}" for number in range(40))}


async def test_with_etags_every_count_counts(world: World) -> None:
    both = workers(world, etags=True)

    async def count(mounted: Mounted) -> None:
        for _ in range(200):
            reply = await mounted("GET", "/things/1")
            etag, item = dict(reply.headers)["ETag"], parse_json(reply.body)
            changed = {"n": item["n"] + 1}
            patch = mounted("PATCH", "/things/1", json=changed, headers={"If-Match": etag})
            if await status(patch) == 200:
                return
        raise AssertionError("never the first")

    await asyncio.gather(*(count(both[number % 2]) for number in range(20)))
    assert parse_json((await both[0]("GET", "/things/1")).body)["n"] == 20


async def test_a_reset_at_the_same_time_leaves_a_whole_list(world: World) -> None:
    both = workers(world, ids="integer")

    async def make(mounted: Mounted) -> None:
        for _ in range(10):
            await mounted("POST", "/things", json={"n": 1})

    async def reset(mounted: Mounted) -> None:
        for _ in range(10):
            await mounted.admin("POST", "/reset")

    async def look(mounted: Mounted) -> None:
        for _ in range(20):
            items = parse_json((await mounted("GET", "/things")).body)
            assert items[0] == {"id": 1, "n": 0}
            found = [each["id"] for each in items]
            assert found == sorted(set(found))

    await asyncio.gather(*(each(both[number % 2]) for number in range(4) for each in (make, look)))
    await asyncio.gather(make(both[0]), reset(both[1]), look(both[0]), look(both[1]))
    await both[0].admin("POST", "/reset")
    assert parse_json((await both[1]("GET", "/things")).body) == [{"id": 1, "n": 0}]
