"""Single documents: writing, reading, deleting."""
# ruff: noqa: D102 - these are tests, and their names say what they hold

from __future__ import annotations

from imnot_core.store import Document, Store
from imnot_core.testing.clock import ManualClock
from imnot_core.testing.store_checks import NASTY_TEXTS


class DocumentChecks:
    """`put`, `get`, `read`, `delete`."""

    async def test_an_absent_key_is_none(self, store: Store) -> None:
        assert await store.get("n", "k") is None
        assert await store.read("n", "k") is None

    async def test_what_was_put_is_read(self, store: Store) -> None:
        await store.put("n", "k", b"value")
        assert await store.get("n", "k") == b"value"

    async def test_a_document_has_its_owner_and_times(
        self, store: Store, clock: ManualClock
    ) -> None:
        now = clock.time()
        await store.put("n", "k", b"value", owner="o")
        assert await store.read("n", "k") == Document("n", "k", b"value", "o", now, now)

    async def test_put_replaces_value_owner_and_update_time_but_not_creation_time(
        self, store: Store, clock: ManualClock
    ) -> None:
        born = clock.time()
        await store.put("n", "k", b"one", owner="o")
        await clock.elapse(1.5)
        await store.put("n", "k", b"two", owner="p")
        assert await store.read("n", "k") == Document("n", "k", b"two", "p", born, born + 1.5)
        await store.put("n", "k", b"three")
        document = await store.read("n", "k")
        assert document is not None
        assert document.owner == ""

    async def test_put_keeps_the_order_of_creation(self, store: Store) -> None:
        for key in ("b", "a", "c"):
            await store.put("n", key, b"1")
        await store.put("n", "b", b"2")
        assert [each.key for each in await store.scan("n")] == ["b", "a", "c"]

    async def test_equal_keys_of_two_namespaces_are_two_documents(self, store: Store) -> None:
        await store.put("n", "k", b"1")
        await store.put("m", "k", b"2")
        assert await store.delete("n", "k")
        assert await store.get("n", "k") is None
        assert await store.get("m", "k") == b"2"

    async def test_delete_tells_whether_there_was_anything(self, store: Store) -> None:
        await store.put("n", "k", b"1")
        assert await store.delete("n", "k") is True
        assert await store.get("n", "k") is None
        assert await store.delete("n", "k") is False

    async def test_a_key_that_was_deleted_begins_anew(
        self, store: Store, clock: ManualClock
    ) -> None:
        await store.put("n", "a", b"1")
        await store.put("n", "b", b"1")
        await store.delete("n", "a")
        await clock.elapse(1)
        await store.put("n", "a", b"2")
        document = await store.read("n", "a")
        assert document is not None
        assert document.created == clock.time()
        assert [each.key for each in await store.scan("n")] == ["b", "a"]

    async def test_a_value_comes_back_byte_for_byte(self, store: Store) -> None:
        values = [b"", b"\0", bytes(range(256)), b"\xff\xfe", "ä😀".encode(), b"12", b" 1.0 "]
        for number, value in enumerate(values):
            await store.put("n", str(number), value)
        for number, value in enumerate(values):
            assert await store.get("n", str(number)) == value
        assert [each.value for each in await store.scan("n")] == values

    async def test_a_value_may_have_ten_megabytes(self, store: Store) -> None:
        large = bytes(range(256)) * 40_000
        await store.put("n", "k", large)
        assert await store.get("n", "k") == large
        assert await store.compare_and_set("n", "k", large, large[1:])
        assert await store.get("n", "k") == large[1:]

    async def test_every_text_is_a_key_of_its_own(self, store: Store) -> None:
        for number, text in enumerate(NASTY_TEXTS):
            await store.put("n", text, b"%d" % number)
        for number, text in enumerate(NASTY_TEXTS):
            assert await store.get("n", text) == b"%d" % number, repr(text)
        assert [each.key for each in await store.scan("n")] == list(NASTY_TEXTS)

    async def test_every_text_is_a_namespace_and_an_owner_of_its_own(self, store: Store) -> None:
        for text in NASTY_TEXTS:
            await store.put(text, "k", text.encode(), owner=text)
        for text in NASTY_TEXTS:
            documents = await store.scan(text)
            assert [(each.namespace, each.value) for each in documents] == [(text, text.encode())]
        assert await store.owners() == [text for text in NASTY_TEXTS if text]
