"""Writes that depend on what is there, and many writes at once."""
# ruff: noqa: D102 - these are tests, and their names say what they hold

from __future__ import annotations

import asyncio

import pytest

from imnot_core.errors import StoreError
from imnot_core.store import Document, Store
from imnot_core.testing.clock import ManualClock


class AtomicityChecks:
    """`compare_and_set`, `increment`, and writes side by side."""

    async def test_compare_and_set_writes_what_is_absent_only_once(self, store: Store) -> None:
        assert await store.compare_and_set("n", "k", None, b"1") is True
        assert await store.compare_and_set("n", "k", None, b"2") is False
        assert await store.get("n", "k") == b"1"

    async def test_compare_and_set_writes_only_over_the_expected_value(self, store: Store) -> None:
        await store.put("n", "k", b"1")
        assert await store.compare_and_set("n", "k", b"", b"2") is False
        assert await store.compare_and_set("n", "k", b"1 ", b"2") is False
        assert await store.get("n", "k") == b"1"
        assert await store.compare_and_set("n", "k", b"1", b"2") is True
        assert await store.get("n", "k") == b"2"

    async def test_compare_and_set_makes_nothing_of_an_absent_key(self, store: Store) -> None:
        assert await store.compare_and_set("n", "k", b"", b"2") is False
        assert await store.compare_and_set("n", "k", b"1", b"2") is False
        assert await store.get("n", "k") is None

    async def test_compare_and_set_knows_an_empty_value_from_none(self, store: Store) -> None:
        await store.put("n", "k", b"")
        assert await store.compare_and_set("n", "k", None, b"1") is False
        assert await store.compare_and_set("n", "k", b"", b"1") is True

    async def test_compare_and_set_writes_as_put_does(
        self, store: Store, clock: ManualClock
    ) -> None:
        born = clock.time()
        await store.compare_and_set("n", "k", None, b"1", owner="o")
        await store.put("n", "later", b"1")
        await clock.elapse(1)
        await store.compare_and_set("n", "k", b"1", b"2", owner="p")
        assert await store.scan("n", "k") == [Document("n", "k", b"2", "p", born, born + 1)]
        assert [each.key for each in await store.scan("n")] == ["k", "later"]

    async def test_of_many_who_compare_and_set_one_wins(self, store: Store) -> None:
        wins = await asyncio.gather(
            *(store.compare_and_set("n", "k", None, b"%d" % each) for each in range(50))
        )
        assert sum(wins) == 1
        assert await store.get("n", "k") == b"%d" % wins.index(True)

    async def test_increment_counts_from_zero(self, store: Store) -> None:
        assert [await store.increment("n", "k") for _ in range(3)] == [1, 2, 3]
        assert await store.increment("n", "k", 10) == 13
        assert await store.increment("n", "k", -20) == -7
        assert await store.increment("n", "other", 5) == 5
        assert await store.increment("n", "nothing", 0) == 0

    async def test_the_value_of_a_counter_is_its_number_as_text(self, store: Store) -> None:
        await store.increment("n", "k", -7)
        assert await store.get("n", "k") == b"-7"
        await store.put("n", "k", b"41")
        assert await store.increment("n", "k") == 42
        assert await store.get("n", "k") == b"42"

    async def test_a_counter_is_a_document(self, store: Store, clock: ManualClock) -> None:
        born = clock.time()
        await store.increment("n", "k", owner="o")
        await clock.elapse(1)
        await store.increment("n", "k", owner="o")
        assert await store.scan("n") == [Document("n", "k", b"2", "o", born, born + 1)]
        assert await store.delete_owned("o") == 1
        assert await store.increment("n", "k") == 1

    async def test_increments_at_once_are_all_counted(self, store: Store) -> None:
        totals = await asyncio.gather(*(store.increment("n", "k") for _ in range(200)))
        assert sorted(totals) == list(range(1, 201))
        assert await store.get("n", "k") == b"200"

    async def test_a_value_that_is_no_number_is_not_counted_on(self, store: Store) -> None:
        await store.put("n", "k", b"seven")
        with pytest.raises(StoreError):
            await store.increment("n", "k")
        assert await store.get("n", "k") == b"seven"

    async def test_a_write_that_fails_leaves_the_others_alone(self, store: Store) -> None:
        await store.put("n", "bad", b"seven")
        results = await asyncio.gather(
            store.increment("n", "counter"),
            store.put("n", "before", b"1"),
            store.increment("n", "bad"),
            store.put("n", "after", b"2"),
            store.increment("n", "counter"),
            return_exceptions=True,
        )
        first, _, failure, _, second = results
        assert isinstance(failure, StoreError)
        assert sorted(str(each) for each in (first, second)) == ["1", "2"]
        assert await store.get("n", "counter") == b"2"
        assert await store.get("n", "before") == b"1"
        assert await store.get("n", "after") == b"2"

    async def test_many_writes_at_once_are_all_kept(self, store: Store) -> None:
        async def write(number: int) -> None:
            await store.put("n", str(number), b"%d" % number)
            assert await store.get("n", str(number)) == b"%d" % number

        await asyncio.gather(*(write(number) for number in range(200)))
        found = {each.key: each.value for each in await store.scan("n")}
        assert found == {str(number): b"%d" % number for number in range(200)}
