"""Issued ids: who finds them, and who sees what becomes of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import count

import msgspec
import pytest

from imnot_core.store import Store
from imnot_core.store.issued import Issued, IssuedIds
from imnot_core.store.sqlite import SqliteStore

pytestmark = pytest.mark.anyio


@pytest.fixture
def ids(store: SqliteStore) -> IssuedIds:
    return in_store(store)


def in_store(store: Store) -> IssuedIds:
    numbers: Iterator[int] = count(1)
    return IssuedIds(store, lambda: f"id-{next(numbers)}", "acme", "things")


async def data(ids: IssuedIds, issued: str, session: str | None = None) -> object:
    found = await ids.find(issued, session)
    return None if found is None else found.data


async def test_a_session_finds_its_own_ids_and_those_of_nobody(ids: IssuedIds) -> None:
    mine, nobodys, others = [await ids.issue(each, 1) for each in ("a", None, "b")]

    assert [await data(ids, each, "a") for each in (mine, nobodys, others)] == [1, 1, None]
    assert [await data(ids, each) for each in (mine, nobodys, others)] == [1, 1, 1]
    assert not await ids.change(others, lambda _: 2, "a")
    assert await data(ids, others, "b") == 1


async def test_what_a_session_changes_of_an_id_of_nobody_only_it_sees(ids: IssuedIds) -> None:
    issued = await ids.issue(None, 1)

    assert await ids.change(issued, lambda value: value + 1, "a")
    assert await ids.change(issued, lambda value: value + 1, "a")

    assert [await data(ids, issued, each) for each in ("a", "b", None)] == [3, 1, 1]
    found = await ids.find(issued, "a")
    assert found is not None
    assert (found.id, found.session) == (issued, "a")
    assert [each.session for each in await ids.list()] == [None, "a"]
    assert [each.id for each in await ids.list("a")] == [issued]
    assert await ids.list("b") == []


async def test_a_copied_session_has_its_own_and_the_first_one_keeps_its_own(
    ids: IssuedIds, store: SqliteStore
) -> None:
    issued = await ids.issue("a", 1)
    value = msgspec.json.encode(5)
    await store.put("issued/acme/things", f"{issued}\0b", value, owner="b")

    assert await ids.change(issued, lambda value: value + 1, "b")

    assert [await data(ids, issued, each) for each in ("a", "b", "c", None)] == [1, 6, None, 1]
    await store.delete_owned("a")
    assert [await data(ids, issued, each) for each in ("a", "b", None)] == [None, 6, None]
    await store.delete_owned("b")
    assert await ids.list() == []


async def test_a_rule_decides_once_for_each_who_asks_at_once(ids: IssuedIds) -> None:
    issued = await ids.issue("a", 0)

    def next_number(found: Issued) -> tuple[int, int]:
        return found.data + 1, found.data + 1

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(ids.decide(issued, next_number, "a")) for _ in range(20)]

    assert sorted(task.result() or 0 for task in tasks) == list(range(1, 21))


async def test_a_first_change_by_several_of_a_session_loses_none(ids: IssuedIds) -> None:
    issued = await ids.issue(None, 0)

    async with asyncio.TaskGroup() as group:
        for _ in range(20):
            group.create_task(ids.change(issued, lambda value: value + 1, "a"))

    assert [await data(ids, issued, "a"), await data(ids, issued)] == [20, 0]


async def test_a_rule_that_changes_nothing_writes_nothing(
    ids: IssuedIds, store: SqliteStore
) -> None:
    issued = await ids.issue(None, 0)

    assert await ids.decide(issued, lambda found: (found.data, "told"), "a") == "told"
    assert [each.session for each in await ids.list()] == [None]


@pytest.mark.parametrize("session", [None, "a"])
async def test_no_id_reaches_what_a_session_has_of_its_own(
    ids: IssuedIds, session: str | None
) -> None:
    issued = await ids.issue(None, 0)
    await ids.change(issued, lambda _: 1, "b")

    assert await ids.find(f"{issued}\0b", session) is None
    assert await ids.decide(f"{issued}\0b", lambda _: (2, True), session) is None


async def test_nothing_is_decided_of_an_id_that_was_not_handed_out(ids: IssuedIds) -> None:
    assert await ids.decide("x", lambda _: (1, True)) is None
    assert not await ids.change("x", lambda _: 1)
    assert await ids.list() == []
