"""Lists of documents by the beginning of their key."""
# ruff: noqa: D102 - these are tests, and their names say what they hold

from __future__ import annotations

from imnot_core.store import Document, Store
from imnot_core.testing.clock import ManualClock
from imnot_core.testing.store_checks import NASTY_TEXTS


class ScanChecks:
    """`scan` and `clear`."""

    async def test_nothing_is_an_empty_list(self, store: Store) -> None:
        assert await store.scan("n") == []
        assert await store.scan("n", "prefix", values=False) == []
        assert await store.clear("n") == 0

    async def test_scan_gives_whole_documents_in_order_of_creation(
        self, store: Store, clock: ManualClock
    ) -> None:
        born = clock.time()
        await store.put("n", "kb", b"1", owner="o")
        await store.put("m", "kb", b"of another namespace")
        await store.put("n", "ka", b"2")
        await store.put("n", "l", b"3")
        await clock.elapse(2)
        await store.put("n", "kb", b"4", owner="p")
        assert await store.scan("n", "k") == [
            Document("n", "kb", b"4", "p", born, born + 2),
            Document("n", "ka", b"2", "", born, born),
        ]

    async def test_scan_may_leave_the_values_out(self, store: Store, clock: ManualClock) -> None:
        now = clock.time()
        await store.put("n", "k", b"value", owner="o")
        assert await store.scan("n", values=False) == [Document("n", "k", b"", "o", now, now)]

    async def test_no_character_of_a_prefix_has_a_meaning(self, store: Store) -> None:
        for text in NASTY_TEXTS:
            await store.put("n", text, b"1")
            await store.put("n" + text, "stranger", b"1")
        for prefix in (*NASTY_TEXTS, "a\0\0\0", "ab%", "?", "*", "x" * 1999, "X", "日"):
            found = [each.key for each in await store.scan("n", prefix) if each.key != "stranger"]
            assert found == [text for text in NASTY_TEXTS if text.startswith(prefix)], repr(prefix)

    async def test_clear_deletes_what_scan_gives(self, store: Store) -> None:
        for text in NASTY_TEXTS:
            await store.put("n", text, b"1")
            await store.put("m", text, b"1")
        left = list(NASTY_TEXTS)
        for prefix in ("a%", "a_", "a\0", "\U0010ffff", "日", "a"):
            gone = [text for text in left if text.startswith(prefix)]
            assert await store.clear("n", prefix) == len(gone), repr(prefix)
            left = [text for text in left if text not in gone]
            assert [each.key for each in await store.scan("n")] == left
        assert await store.clear("n") == len(left)
        assert await store.scan("n") == []
        assert len(await store.scan("m")) == len(NASTY_TEXTS)
