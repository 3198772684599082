"""What is particular to the SQLite store: commits, plans, purging, places."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from imnot_core.clock import SystemClock
from imnot_core.errors import StoreError
from imnot_core.store.sqlite import SqliteStore, database_path
from imnot_core.testing.clock import ManualClock

pytestmark = pytest.mark.anyio


def statements(store: SqliteStore) -> list[str]:
    """A list that grows by every statement that the store runs from now on."""
    assert store._connection is not None
    found: list[str] = []
    store._connection.set_trace_callback(found.append)
    return found


async def test_writes_of_one_turn_of_the_loop_share_a_commit(store: SqliteStore) -> None:
    run = statements(store)
    await asyncio.gather(*(store.put("n", str(each), b"1") for each in range(32)))
    assert run.count("COMMIT") == 1


async def test_writes_beside_one_that_fails_are_committed_one_by_one(store: SqliteStore) -> None:
    await store.put("n", "bad", b"seven")
    run = statements(store)
    results = await asyncio.gather(
        store.put("n", "a", b"1"),
        store.increment("n", "bad"),
        store.put("n", "b", b"1"),
        return_exceptions=True,
    )
    assert run.count("COMMIT") == 2
    assert [type(each) for each in results] == [type(None), StoreError, type(None)]
    assert "n/bad holds b'seven', which is no number" in str(results[1])


async def test_a_write_that_was_given_up_before_its_commit_is_not_made(store: SqliteStore) -> None:
    task = asyncio.create_task(store.put("n", "given up", b"1"))
    await asyncio.sleep(0)
    task.cancel()
    await store.put("n", "kept", b"1")
    assert [each.key for each in await store.scan("n")] == ["kept"]


async def test_a_counter_may_outgrow_64_bits(store: SqliteStore) -> None:
    assert await store.increment("n", "k", 2**63 - 1) == 2**63 - 1
    assert await store.increment("n", "k", 2**70) == 2**70 + 2**63 - 1


async def test_text_that_is_no_unicode_is_refused_by_name(store: SqliteStore) -> None:
    for call in (
        store.get("n", "\udc80"),
        store.scan("n", "\udc80"),
        store.put("n", "\udc80", b"1"),
        store.put("n", "k", b"1", owner="\udc80"),
    ):
        with pytest.raises(StoreError, match=r"valid Unicode: .*udc80"):
            await call
    await store.put("n", "k", b"1")
    assert [each.key for each in await store.scan("n")] == ["k"]


async def test_room_of_expired_documents_is_freed_after_further_writes(
    store: SqliteStore, stranger: sqlite3.Connection, clock: ManualClock
) -> None:
    for number in range(100):
        await store.put("n", f"old{number}", b"1", expires_at=clock.time() + 1)
    await clock.elapse(1)
    for number in range(100):
        await store.put("n", f"new{number}", b"1")
    assert stranger.execute("SELECT count(*) FROM documents").fetchone() == (100,)


async def test_room_of_expired_documents_is_freed_by_opening(
    store: SqliteStore, stranger: sqlite3.Connection, path: Path, clock: ManualClock
) -> None:
    for number in range(10):
        await store.put("n", str(number), b"1", expires_at=clock.time() + 1)
    await clock.elapse(1)
    another = SqliteStore(str(path), clock)
    await another.open()
    await another.close()
    assert stranger.execute("SELECT count(*) FROM documents").fetchone() == (0,)


CALLS = {
    "get": lambda store: store.get("n", "k"),
    "read": lambda store: store.read("n", "k"),
    "scan": lambda store: store.scan("n", "k"),
    "scan of all": lambda store: store.scan("n"),
    "scan without values": lambda store: store.scan("n", "k", values=False),
    "owners": lambda store: store.owners(),
    "owned": lambda store: store.owned("o"),
    "put": lambda store: store.put("n", "k", b"1"),
    "compare_and_set": lambda store: store.compare_and_set("n", "k", b"1", b"2"),
    "increment": lambda store: store.increment("n", "k"),
    "delete": lambda store: store.delete("n", "k"),
    "clear": lambda store: store.clear("n", "k"),
    "delete_owned": lambda store: store.delete_owned("o"),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
async def test_no_call_reads_the_whole_table(
    store: SqliteStore, stranger: sqlite3.Connection, call: object
) -> None:
    await store.put("n", "k", b"1")
    run = statements(store)
    await call(store)  # type: ignore[operator]
    plans = [
        step
        for statement in run
        if not statement.startswith(("BEGIN", "COMMIT", "--"))
        for (*_, step) in stranger.execute(f"EXPLAIN QUERY PLAN {statement}")
    ]
    assert [step for step in plans if step.startswith("SCAN") and "INDEX" not in step] == []


async def test_purging_finds_what_has_expired_by_the_index(stranger: sqlite3.Connection) -> None:
    plan = stranger.execute(
        "EXPLAIN QUERY PLAN SELECT id FROM documents WHERE expires <= 1 LIMIT 5"
    ).fetchall()
    assert "USING COVERING INDEX documents_by_expiry" in plan[0][-1]


async def test_a_prefix_is_a_range_of_the_index(store: SqliteStore) -> None:
    run = statements(store)
    await store.scan("n", "ab")
    await store.scan("n", "\U0010ffff")
    assert "key >= 'ab' AND key < 'ac'" in run[0]
    assert "key >= '\U0010ffff' AND (expires" in run[1]


@pytest.mark.parametrize("text", [":memory:", "sqlite::memory:", "sqlite://", "sqlite:///:memory:"])
async def test_a_store_in_memory_is_the_objects_own(text: str, clock: ManualClock) -> None:
    one, two = SqliteStore(text, clock), SqliteStore(text, clock)
    await one.open()
    await two.open()
    before = await two.change_token()
    await one.put("n", "k", b"1")
    assert await two.get("n", "k") is None
    assert await two.change_token() == before
    await one.close()
    await two.close()


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("x.db", "x.db"),
        ("a/../x.db", "a/../x.db"),
        ("/abs/x.db", "/abs/x.db"),
        ("sqlite:x.db", "x.db"),
        ("sqlite:///x.db", "x.db"),
        ("sqlite:////abs/x.db", "/abs/x.db"),
        ("with space%20?mode=ro#.db", "with space%20?mode=ro#.db"),
        ("file:x.db?mode=memory", "file:x.db?mode=memory"),
    ],
)
def test_a_path_and_an_url_name_a_file(text: str, path: str) -> None:
    assert database_path(text) == str(Path.cwd() / path)


@pytest.mark.parametrize("text", ["", "sqlite:", "sqlite://host/x.db", "sqlite://x.db", "a\0b"])
def test_what_names_no_file_is_refused_with_what_would(text: str) -> None:
    with pytest.raises(StoreError, match="names no database file; write a path, sqlite:///"):
        SqliteStore(text, SystemClock())


async def test_a_name_with_odd_characters_is_just_that(tmp_path: Path, clock: ManualClock) -> None:
    for name in ("file:x.db?mode=memory", "a%20b.db", "c#d?.db", "ä '\".db"):
        store = SqliteStore(str(tmp_path / name), clock)
        await store.open()
        await store.close()
        assert (tmp_path / name).is_file()


async def test_the_current_directory_may_change(
    tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = SqliteStore("imnot.db", clock)
    monkeypatch.chdir("/")
    await store.open()
    await store.close()
    assert (tmp_path / "imnot.db").is_file()


async def test_a_closed_store_leaves_one_file(
    store: SqliteStore, path: Path, tmp_path: Path
) -> None:
    await store.put("n", "k", b"1")
    assert len(list(tmp_path.iterdir())) == 3
    await store.close()
    assert list(tmp_path.iterdir()) == [path]


def test_a_command_may_open_it_for_one_call(path: Path) -> None:
    async def command(value: bytes) -> bytes | None:
        store = SqliteStore(str(path), SystemClock())
        await store.open()
        before = await store.get("n", "k")
        await store.put("n", "k", value)
        await store.close()
        return before

    assert asyncio.run(command(b"1")) is None
    assert asyncio.run(command(b"2")) == b"1"


def test_one_store_may_be_opened_again_in_another_loop(path: Path) -> None:
    store = SqliteStore(str(path), SystemClock())

    async def count() -> int:
        await store.open()
        totals = await asyncio.gather(*(store.increment("n", "k") for _ in range(10)))
        await asyncio.gather(store.close(), store.close())
        return max(totals)

    assert asyncio.run(count()) == 10
    assert asyncio.run(count()) == 20
