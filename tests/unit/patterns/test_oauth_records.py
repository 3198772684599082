"""What was given out is used once, however many want it and in whatever order they come."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from imnot_core import Context
from imnot_patterns.oauth.records import Given, Records
from tests.unit.patterns.world import World

pytestmark = pytest.mark.anyio


class Slow(Records):
    """Looks at a record, and then lets others go first."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.looked = asyncio.Event()
        self.may_go_on = asyncio.Event()

    async def _search(self, *place: Any) -> Any:
        found = await super()._search(*place)
        self.looked.set()
        await self.may_go_on.wait()
        return found


async def test_who_looked_before_another_used_it_up_gets_nothing(world: World) -> None:
    context = Context(world.services, "acme", "token")
    first, late = Records(context), Slow(context)
    await first.keep("code", "c", Given(expires_at=world.clock.time() + 60))

    trying = asyncio.create_task(late.use_up("code", "c"))
    await late.looked.wait()
    used = await first.use_up("code", "c")
    late.may_go_on.set()
    left = await trying

    assert used is not None
    assert not used.used
    assert left is not None
    assert left.used


async def test_of_many_at_once_one_gets_it(world: World) -> None:
    records = Records(Context(world.services, "acme", "token"))
    await records.keep("refresh", "r", Given(expires_at=world.clock.time() + 60))

    found = await asyncio.gather(*(records.use_up("refresh", "r") for _ in range(20)))

    assert [each is not None and not each.used for each in found].count(True) == 1


async def test_a_record_is_known_for_an_hour_after_its_end(world: World) -> None:
    records = Records(Context(world.services, "acme", "token"))
    given = Given(expires_at=world.clock.time() + 60, scopes=("a",))
    await records.keep("code", "c", given)

    await world.clock.elapse(60 + 3599)
    assert await records.find("code", "c") == given
    assert records.is_over(given)
    await world.clock.elapse(1)
    assert await records.find("code", "c") is None
