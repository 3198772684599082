"""Owners: what a session wrote, and its end."""
# ruff: noqa: D102 - these are tests, and their names say what they hold

from __future__ import annotations

from imnot_core.store import Document, Store
from imnot_core.testing.clock import ManualClock


class OwnerChecks:
    """`owners`, `owned`, `delete_owned`."""

    async def test_owners_come_in_order_of_their_oldest_document(self, store: Store) -> None:
        await store.put("n", "1", b"", owner="z")
        await store.put("m", "2", b"", owner="a")
        await store.put("n", "3", b"")
        await store.put("n", "4", b"", owner="m")
        await store.put("n", "5", b"", owner="z")
        assert await store.owners() == ["z", "a", "m"]
        await store.delete("n", "1")
        assert await store.owners() == ["a", "m", "z"]

    async def test_nobody_owns_an_empty_store(self, store: Store) -> None:
        assert await store.owners() == []
        assert await store.owned("o") == []
        assert await store.delete_owned("o") == 0

    async def test_owned_gives_the_documents_of_all_namespaces_without_values(
        self, store: Store, clock: ManualClock
    ) -> None:
        now = clock.time()
        await store.put("n", "b", b"value", owner="o")
        await store.put("m", "a", b"value", owner="o")
        await store.put("n", "c", b"value", owner="p")
        assert await store.owned("o") == [
            Document("n", "b", b"", "o", now, now),
            Document("m", "a", b"", "o", now, now),
        ]

    async def test_delete_owned_deletes_all_of_one_owner_and_nothing_else(
        self, store: Store
    ) -> None:
        for owner in ("o", "p", "", "O", "o "):
            await store.put("n", f"of {owner}", b"1", owner=owner)
            await store.put("m", f"of {owner}", b"1", owner=owner)
        assert await store.delete_owned("o") == 2
        assert await store.owned("o") == []
        assert [each.owner for each in await store.scan("n")] == ["p", "", "O", "o "]
        assert await store.owners() == ["p", "O", "o "]

    async def test_documents_without_an_owner_are_not_those_of_an_owner(self, store: Store) -> None:
        await store.put("n", "k", b"1")
        assert await store.owned("") == []
        assert await store.delete_owned("") == 0
        assert await store.get("n", "k") == b"1"

    async def test_a_document_belongs_to_who_wrote_it_last(self, store: Store) -> None:
        await store.put("n", "put", b"1", owner="o")
        await store.put("n", "put", b"2", owner="p")
        await store.put("n", "swapped", b"1", owner="o")
        await store.compare_and_set("n", "swapped", b"1", b"2", owner="p")
        await store.put("n", "released", b"1", owner="o")
        await store.put("n", "released", b"2")
        assert await store.delete_owned("o") == 0
        assert [each.key for each in await store.owned("p")] == ["put", "swapped"]
        assert await store.delete_owned("p") == 2
        assert [each.key for each in await store.scan("n")] == ["released"]
