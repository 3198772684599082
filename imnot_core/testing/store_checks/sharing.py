"""One database and several stores: as of several processes, or one after the other."""
# ruff: noqa: D102 - these are tests, and their names say what they hold

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from imnot_core.store import Entry, Store
from imnot_core.testing.clock import ManualClock
from imnot_core.testing.store_checks import OpenStore

Write = Callable[[Store], Awaitable[object]]

WRITES: dict[str, Write] = {
    "put": lambda store: store.put("n", "k", b"2"),
    "put of a new key": lambda store: store.put("n", "new", b"2"),
    "compare_and_set": lambda store: store.compare_and_set("n", "k", b"1", b"2"),
    "increment": lambda store: store.increment("n", "k"),
    "delete": lambda store: store.delete("n", "k"),
    "append": lambda store: store.append("n", [Entry("new", b"2")], keep=1),
    "clear": lambda store: store.clear("n"),
    "delete_owned": lambda store: store.delete_owned("o"),
}


class SharingChecks:
    """What other processes see, and the next run."""

    @pytest.fixture
    async def other(self, open_store: OpenStore) -> Store:
        """Another process that uses the same database."""
        return await open_store()

    async def test_a_write_is_seen_by_the_next_call_of_the_other(
        self, store: Store, other: Store
    ) -> None:
        for number in range(50):
            value = b"%d" % number
            await store.put("n", "k", value)
            assert await other.get("n", "k") == value
            await other.put("n", "k", value + b"!")
            assert await store.get("n", "k") == value + b"!"
        await other.delete("n", "k")
        assert await store.scan("n") == []

    async def test_order_of_creation_is_common(self, store: Store, other: Store) -> None:
        for key in "dacb":
            await store.put("n", key, b"1", owner=key)
            await other.put("n", key * 2, b"1", owner=key * 2)
        keys = [key * times for key in "dacb" for times in (1, 2)]
        assert [each.key for each in await store.scan("n")] == keys
        assert await other.owners() == keys

    @pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
    async def test_the_change_token_shows_that_the_other_wrote(
        self, store: Store, other: Store, write: Write
    ) -> None:
        await store.put("n", "k", b"1", owner="o")
        before = await other.change_token()
        assert await other.change_token() == before
        await write(store)
        assert await other.change_token() != before

    async def test_each_write_of_the_other_gives_another_change_token(
        self, store: Store, other: Store
    ) -> None:
        last = await other.change_token()
        for number in range(20):
            await store.put("n", "k", b"%d" % number)
            token = await other.change_token()
            assert token != last
            last = token

    async def test_of_two_who_compare_and_set_one_wins(self, store: Store, other: Store) -> None:
        for number in range(20):
            wins = await asyncio.gather(
                *(
                    each.compare_and_set("n", str(number), None, b"%d" % place)
                    for place, each in enumerate([store, other] * 5)
                )
            )
            assert sum(wins) == 1
            winner = b"%d" % wins.index(True)
            assert await store.get("n", str(number)) == winner
            assert await other.get("n", str(number)) == winner

    async def test_increments_of_both_are_all_counted(self, store: Store, other: Store) -> None:
        totals = await asyncio.gather(*(each.increment("n", "k") for each in [store, other] * 100))
        assert sorted(totals) == list(range(1, 201))

    async def test_writes_of_both_are_all_kept(self, store: Store, other: Store) -> None:
        async def write(target: Store, name: str) -> None:
            for number in range(50):
                await target.put("n", f"{name}{number}", b"1")

        await asyncio.gather(
            *(write(target, name) for target, name in zip([store, other] * 2, "abcd", strict=True))
        )
        assert len(await store.scan("n")) == 200

    async def test_both_append_behind_the_other(self, store: Store, other: Store) -> None:
        for number in range(20):
            await store.append("n", [Entry(f"{number}a", b"")], keep=30)
            await other.append("n", [Entry(f"{number}b", b""), Entry(f"{number}c", b"")], keep=30)
        keys = [f"{number}{letter}" for number in range(20) for letter in "abc"]
        for each in (store, other):
            found = await each.tail("n", 30)
            assert [(number, document.key) for number, document in found] == list(
                enumerate(keys[30:], 31)
            )
            assert [document.key for document in await each.scan("n")][-30:] == keys[30:]

    async def test_what_was_begun_first_is_seen_first(self, store: Store, other: Store) -> None:
        async def write() -> None:
            for number in range(100):
                first = asyncio.create_task(store.put("n", "first", b"%d" % number))
                await asyncio.gather(
                    first, store.append("n", [Entry("second", b"%d" % number)], keep=1)
                )

        writing = asyncio.create_task(write())
        while not writing.done():
            second = await other.get("n", "second")
            first = await other.get("n", "first")
            assert second is None or int(first or b"-1") >= int(second)
            await asyncio.sleep(0)
        await writing

    async def test_expiry_is_common(self, store: Store, other: Store, clock: ManualClock) -> None:
        await store.put("n", "k", b"1", expires_at=clock.time() + 1)
        assert await other.get("n", "k") == b"1"
        await clock.elapse(1)
        assert await other.get("n", "k") is None
        assert await other.compare_and_set("n", "k", None, b"2")
        assert await store.get("n", "k") == b"2"

    async def test_everything_is_there_in_the_next_run(
        self, store: Store, open_store: OpenStore, clock: ManualClock
    ) -> None:
        await store.put("n", "b", b"1", owner="o")
        await store.put("n", "a", bytes(100_000), owner="p", expires_at=clock.time() + 5)
        await store.increment("n", "count", 41)
        await store.append("m", [Entry("appended", b"1"), Entry("after it", b"1")], keep=2)
        await clock.elapse(1)
        await store.put("n", "b", b"2", owner="o")
        documents, owners = await store.scan("n"), await store.owners()
        await store.close()

        reopened = await open_store()
        assert await reopened.scan("n") == documents
        assert await reopened.owners() == owners
        assert await reopened.increment("n", "count") == 42
        await reopened.append("m", [Entry("later", b"1")], keep=2)
        found = [(number, document.key) for number, document in await reopened.tail("m")]
        assert found[-2:] == [(2, "after it"), (3, "later")]
        await reopened.put("n", "0", b"1")
        assert [each.key for each in await reopened.scan("n")] == ["b", "a", "count", "0"]
        await clock.elapse(4)
        assert await reopened.get("n", "a") is None

    async def test_writes_that_close_finished_are_there_in_the_next_run(
        self, store: Store, open_store: OpenStore
    ) -> None:
        pending = [asyncio.create_task(store.put("n", str(each), b"1")) for each in range(20)]
        await asyncio.sleep(0)  # they begin
        await store.close()
        await asyncio.gather(*pending)
        assert len(await (await open_store()).scan("n")) == 20

    async def test_closing_one_leaves_the_other_working(self, store: Store, other: Store) -> None:
        await store.put("n", "k", b"1")
        await store.close()
        assert await other.get("n", "k") == b"1"
        await other.put("n", "k", b"2")
        assert await other.get("n", "k") == b"2"
