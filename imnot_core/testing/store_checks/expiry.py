"""Expiry: a document that has expired is as good as absent."""
# ruff: noqa: D102 - these are tests, and their names say what they hold

from __future__ import annotations

import pytest

from imnot_core.store import Store
from imnot_core.testing.clock import ManualClock

LIFE = 10.0


class ExpiryChecks:
    """`expires_at`, seen through every method."""

    @pytest.fixture
    async def expired(self, store: Store, clock: ManualClock) -> Store:
        """Return a store in which n/old, of the owner o, has expired, and n/new lives."""
        await store.put("n", "old", b"1", owner="o", expires_at=clock.time() + LIFE)
        await clock.elapse(1)
        await store.put("n", "new", b"2", owner="p")
        await clock.elapse(LIFE)
        return store

    async def test_a_document_lives_until_its_time(self, store: Store, clock: ManualClock) -> None:
        await store.put("n", "k", b"1", expires_at=clock.time() + LIFE)
        await clock.elapse(LIFE - 0.01)
        assert await store.get("n", "k") == b"1"
        assert await store.read("n", "k") is not None
        assert len(await store.scan("n")) == 1
        await clock.elapse(0.01)
        assert await store.get("n", "k") is None

    async def test_it_is_not_read(self, expired: Store) -> None:
        assert await expired.get("n", "old") is None
        assert await expired.read("n", "old") is None

    async def test_it_is_not_listed(self, expired: Store) -> None:
        assert [each.key for each in await expired.scan("n")] == ["new"]
        assert [each.key for each in await expired.scan("n", "o", values=False)] == []
        assert await expired.owners() == ["p"]
        assert await expired.owned("o") == []

    async def test_it_is_not_deleted_again(self, expired: Store) -> None:
        assert await expired.delete("n", "old") is False
        assert await expired.delete_owned("o") == 0
        assert await expired.clear("n") == 1

    async def test_compare_and_set_finds_it_absent(self, expired: Store) -> None:
        assert await expired.compare_and_set("n", "old", b"1", b"3") is False
        assert await expired.compare_and_set("n", "old", None, b"3") is True
        assert await expired.get("n", "old") == b"3"

    async def test_a_counter_begins_again(self, expired: Store) -> None:
        assert await expired.increment("n", "old") == 1

    @pytest.mark.parametrize("write", ["put", "compare_and_set", "increment"])
    async def test_its_key_begins_anew(
        self, expired: Store, clock: ManualClock, write: str
    ) -> None:
        if write == "put":
            await expired.put("n", "old", b"1")
        elif write == "compare_and_set":
            await expired.compare_and_set("n", "old", None, b"1")
        else:
            await expired.increment("n", "old")
        document = await expired.read("n", "old")
        assert document is not None
        assert (document.created, document.owner) == (clock.time(), "")
        assert [each.key for each in await expired.scan("n")] == ["new", "old"]

    async def test_each_write_says_anew_when_it_expires(
        self, store: Store, clock: ManualClock
    ) -> None:
        soon = clock.time() + LIFE
        await store.put("n", "kept", b"1", expires_at=soon)
        await store.put("n", "kept", b"2")
        await store.put("n", "ended", b"1")
        await store.put("n", "ended", b"2", expires_at=soon)
        await store.put("n", "swapped", b"1", expires_at=soon)
        await store.compare_and_set("n", "swapped", b"1", b"2", expires_at=soon + LIFE)
        await store.compare_and_set("n", "added", None, b"2", expires_at=soon)
        await clock.elapse(LIFE)
        assert [each.key for each in await store.scan("n")] == ["kept", "swapped"]
        await clock.elapse(LIFE)
        assert [each.key for each in await store.scan("n")] == ["kept"]

    async def test_a_counter_expires_when_it_said_at_its_beginning(
        self, store: Store, clock: ManualClock
    ) -> None:
        soon = clock.time() + LIFE
        await store.increment("n", "k", expires_at=soon)
        assert await store.increment("n", "k", expires_at=soon + LIFE) == 2
        await store.increment("n", "lasting")
        await store.increment("n", "lasting", expires_at=soon)
        await clock.elapse(LIFE)
        assert await store.get("n", "k") is None
        assert await store.get("n", "lasting") == b"2"

    async def test_a_document_may_be_written_too_late(
        self, store: Store, clock: ManualClock
    ) -> None:
        await store.put("n", "k", b"1", expires_at=clock.time() - 1)
        assert await store.get("n", "k") is None

    async def test_hundreds_that_expire_go_without_a_trace(
        self, store: Store, clock: ManualClock
    ) -> None:
        for number in range(300):
            await store.put("n", f"old{number}", b"1", owner="o", expires_at=clock.time() + LIFE)
        await clock.elapse(LIFE)
        for number in range(300):
            await store.put("n", f"new{number}", b"1", owner="p")
        assert len(await store.scan("n")) == 300
        assert await store.owners() == ["p"]
