"""Opening and closing."""
# ruff: noqa: D102 - these are tests, and their names say what they hold

from __future__ import annotations

import asyncio

import pytest

from imnot_core.errors import StoreError
from imnot_core.store import Store
from imnot_core.testing.store_checks import MakeStore


class LifecycleChecks:
    """`open` and `close`, as far as one process sees."""

    async def test_close_finishes_pending_writes(self, store: Store) -> None:
        pending = [asyncio.create_task(store.put("n", str(each), b"1")) for each in range(20)]
        pending_count = asyncio.create_task(store.increment("n", "count"))
        await asyncio.sleep(0)  # they begin
        await store.close()
        await asyncio.gather(*pending)
        assert await pending_count == 1

    async def test_close_twice_is_no_harm(self, store: Store) -> None:
        await store.put("n", "k", b"1")
        await asyncio.gather(store.close(), store.close())
        await store.close()

    async def test_close_of_a_store_that_was_never_open_is_no_harm(
        self, make_store: MakeStore
    ) -> None:
        await make_store().close()

    async def test_a_closed_store_says_so(self, store: Store) -> None:
        await store.close()
        with pytest.raises(StoreError):
            await store.get("n", "k")
        with pytest.raises(StoreError):
            await store.scan("n")
        with pytest.raises(StoreError):
            await store.put("n", "k", b"1")

    async def test_a_store_that_is_not_open_yet_says_so(self, make_store: MakeStore) -> None:
        with pytest.raises(StoreError):
            await make_store().get("n", "k")
        with pytest.raises(StoreError):
            await make_store().put("n", "k", b"1")

    async def test_the_change_token_stays_while_nobody_else_writes(self, store: Store) -> None:
        token = await store.change_token()
        assert await store.change_token() == token
        await store.get("n", "k")
        assert await store.change_token() == token

    async def test_a_write_that_was_given_up_is_whole_or_absent(self, store: Store) -> None:
        task = asyncio.create_task(store.put("n", "k", b"1"))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert await store.get("n", "k") in {b"1", None}
        await store.put("n", "other", b"2")
        assert await store.get("n", "other") == b"2"
