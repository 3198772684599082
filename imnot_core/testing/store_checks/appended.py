"""Documents that are appended: order, numbers, and what is forgotten."""
# ruff: noqa: D102 - these are tests, and their names say what they hold

from __future__ import annotations

import asyncio

import pytest

from imnot_core.errors import StoreError
from imnot_core.store import Document, Entry, Store
from imnot_core.testing.clock import ManualClock
from imnot_core.testing.store_checks import NASTY_TEXTS


def entries(*keys: str) -> list[Entry]:
    """Entries of these keys, with values that tell them apart."""
    return [Entry(key, b"of " + key.encode()) for key in keys]


async def numbers(store: Store, namespace: str = "n", after: int = 0) -> list[tuple[int, str]]:
    """What `tail` gives, in short."""
    return [(number, found.key) for number, found in await store.tail(namespace, after)]


class AppendChecks:
    """`append` and `tail`."""

    async def test_what_was_appended_are_documents_as_any(
        self, store: Store, clock: ManualClock
    ) -> None:
        now = clock.time()
        await store.append("n", [Entry("b", b"1", "o"), Entry("a", b"2")], keep=10)
        expected = [Document("n", "b", b"1", "o", now, now), Document("n", "a", b"2", "", now, now)]
        assert await store.scan("n") == expected
        assert [found for _, found in await store.tail("n")] == expected
        assert await store.get("n", "b") == b"1"
        assert await store.read("n", "a") == expected[1]
        assert await store.delete_owned("o") == 1
        assert await store.scan("n") == expected[1:]

    async def test_the_tail_is_what_lies_behind_a_number(self, store: Store) -> None:
        await store.append("n", entries("c", "a"), keep=10)
        await store.append("n", entries("b"), keep=10)
        await store.append("m", entries("of another namespace"), keep=10)
        assert await numbers(store) == [(1, "c"), (2, "a"), (3, "b")]
        assert await numbers(store, after=1) == [(2, "a"), (3, "b")]
        assert await numbers(store, after=3) == []
        assert await numbers(store, after=1000) == []
        assert await numbers(store, "m") == [(1, "of another namespace")]
        assert await numbers(store, "nobody's") == []

    async def test_the_last_of_the_tail_can_be_had_alone(self, store: Store) -> None:
        await store.append("n", entries("a", "b", "c"), keep=10)
        for last, expected in ((0, ""), (1, "c"), (2, "bc"), (9, "abc"), (None, "abc")):
            found = await store.tail("n", last=last)
            assert "".join(document.key for _, document in found) == expected
        assert [number for number, _ in await store.tail("n", 1, last=1)] == [3]

    async def test_what_was_put_has_no_number(self, store: Store) -> None:
        await store.put("n", "put", b"1")
        await store.append("n", entries("appended"), keep=1)
        await store.put("n", "put later", b"1")
        await store.append("n", entries("appended later"), keep=1)
        assert await numbers(store) == [(2, "appended later")]
        assert [each.key for each in await store.scan("n")] == [
            "put",
            "put later",
            "appended later",
        ]

    async def test_appending_nothing_changes_nothing(self, store: Store) -> None:
        await store.append("n", [], keep=1)
        await store.append("n", entries("a"), keep=1)
        await store.append("n", [], keep=1)
        assert await numbers(store) == [(1, "a")]

    async def test_the_oldest_are_forgotten(self, store: Store) -> None:
        for number in range(1, 61):
            await store.append("n", entries(f"{number:03}"), keep=20)
            kept = [key for _, key in await numbers(store)]
            assert kept == [f"{each:03}" for each in range(number - len(kept) + 1, number + 1)]
            assert min(number, 20) <= len(kept) <= 22
        assert await store.get("n", "037") is None

    async def test_of_more_than_are_kept_the_last_are(self, store: Store) -> None:
        await store.append("n", entries("old"), keep=20)
        await store.append("n", entries(*(f"{each:03}" for each in range(100))), keep=20)
        found = await numbers(store)
        assert found[-20:] == [(each + 2, f"{each:03}") for each in range(80, 100)]
        assert len(found) <= 22

    async def test_a_smaller_number_to_keep_forgets_the_rest(self, store: Store) -> None:
        await store.append("n", entries(*(f"{each:03}" for each in range(50))), keep=100)
        await store.append("n", entries("last"), keep=1)
        assert await numbers(store) == [(51, "last")]

    async def test_nothing_else_is_forgotten(self, store: Store) -> None:
        await store.put("n", "put", b"1")
        await store.append("m", entries("of another namespace"), keep=1)
        for number in range(50):
            await store.append("n", entries(str(number)), keep=1)
        assert await store.get("n", "put") == b"1"
        assert await numbers(store, "m") == [(1, "of another namespace")]

    async def test_deleted_ones_leave_gaps(self, store: Store) -> None:
        await store.append("n", entries("a", "b"), keep=3)
        await store.append("n", [Entry("c", b"", "o")], keep=3)
        await store.delete("n", "b")
        assert await numbers(store) == [(1, "a"), (3, "c")]
        await store.append("n", entries("d"), keep=3)
        await store.delete_owned("o")
        assert (4, "d") in await numbers(store)
        assert await numbers(store, after=2) == [(4, "d")]

    async def test_no_number_is_given_twice(self, store: Store) -> None:
        await store.append("n", [*entries("a"), Entry("b", b"", "o")], keep=10)
        await store.delete_owned("o")
        await store.append("n", entries("c"), keep=10)
        assert await numbers(store) == [(1, "a"), (3, "c")]
        await store.clear("n")
        await store.append("n", entries("d"), keep=10)
        assert await numbers(store, after=3) == [(4, "d")]

    async def test_a_key_that_exists_is_written_anew(
        self, store: Store, clock: ManualClock
    ) -> None:
        await store.append("n", [Entry("a", b"1", "o"), *entries("b")], keep=10)
        await clock.elapse(1)
        await store.append("n", [Entry("a", b"2")], keep=10)
        assert await store.scan("n", "a") == [
            Document("n", "a", b"2", "", clock.time(), clock.time())
        ]
        assert await numbers(store) == [(2, "b"), (3, "a")]
        assert [each.key for each in await store.scan("n")] == ["b", "a"]
        assert await store.owners() == []

    async def test_a_key_that_has_expired_is_written_anew(
        self, store: Store, clock: ManualClock
    ) -> None:
        await store.put("n", "a", b"1", expires_at=clock.time() + 1)
        await clock.elapse(1)
        await store.append("n", entries("a"), keep=10)
        assert await store.get("n", "a") == b"of a"

    async def test_put_keeps_the_number(self, store: Store) -> None:
        await store.append("n", entries("a", "b"), keep=2)
        await store.put("n", "a", b"2")
        assert await numbers(store) == [(1, "a"), (2, "b")]
        assert [found.value for _, found in await store.tail("n")] == [b"2", b"of b"]

    async def test_every_text_is_a_key_to_append(self, store: Store) -> None:
        await store.append("n", entries(*NASTY_TEXTS), keep=1000)
        assert [key for _, key in await numbers(store)] == list(NASTY_TEXTS)

    async def test_many_at_once_are_all_there_in_the_order_of_their_calls(
        self, store: Store
    ) -> None:
        calls = [[f"{call}/{each}" for each in range(5)] for call in range(40)]
        await asyncio.gather(*(store.append("n", entries(*keys), keep=1000) for keys in calls))
        found = await numbers(store)
        assert [number for number, _ in found] == list(range(1, 201))
        assert [key for _, key in found] == [key for keys in calls for key in keys]

    async def test_what_was_given_may_change_after_the_call_began(self, store: Store) -> None:
        given = entries("a")
        call = asyncio.create_task(store.append("n", given, keep=10))
        await asyncio.sleep(0)
        given.clear()
        await call
        assert await numbers(store) == [(1, "a")]

    async def test_a_store_that_is_closed_says_so_to_who_appends(self, store: Store) -> None:
        await store.close()
        with pytest.raises(StoreError):
            await store.append("n", entries("a"), keep=1)
        with pytest.raises(StoreError):
            await store.tail("n")
