"""Mirrors: what is in memory is what is in the store, whoever wrote it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imnot_core import Document, Mirror, StoreError
from imnot_core.store import changes
from imnot_core.store.changes import ChangeLog
from imnot_core.store.sessions import Sessions
from imnot_core.store.sqlite import SqliteStore
from imnot_core.testing.clock import ManualClock

pytestmark = pytest.mark.anyio

Open = Callable[[], Any]


class Ticking:
    """A clock of which no two looks are the same."""

    def __init__(self) -> None:
        self.now = 1000.0

    def time(self) -> float:
        self.now += 1
        return self.now

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(seconds)


class Process:
    """What one process has: a store of its own, and mirrors of the same namespace."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.changes = ChangeLog(store)
        self.sessions = Sessions(store, lambda: "unused", self.changes)
        self.seen: dict[str, str] = {}
        self.events: list[str] = []
        self.mirror = self.new_mirror("things")

    def new_mirror(self, namespace: str) -> Mirror[str]:
        return Mirror(
            self.store,
            self.changes,
            namespace,
            decode,
            added=self.added,
            removed=self.removed,
        )

    def added(self, key: str, item: str) -> None:
        assert key not in self.seen
        self.seen[key] = item
        self.events.append(f"+{key}={item}")

    def removed(self, key: str, item: str) -> None:
        assert self.seen.pop(key) == item
        self.events.append(f"-{key}")

    async def content(self) -> list[tuple[str, str]]:
        await self.mirror.refresh()
        assert self.seen == dict(self.mirror.items)
        return list(self.mirror.items.items())


def decode(document: Document) -> str:
    return document.value.decode()


@asynccontextmanager
async def processes(folder: Path, count: int = 2) -> AsyncIterator[list[Process]]:
    clock = Ticking()
    async with AsyncExitStack() as stack:
        started = []
        for _ in range(count):
            store = SqliteStore(str(folder / "imnot.db"), clock)
            await store.open()
            stack.push_async_callback(store.close)
            started.append(Process(store))
        yield started


@pytest.fixture
async def both(tmp_path: Path) -> AsyncIterator[list[Process]]:
    async with processes(tmp_path) as started:
        yield started


@pytest.fixture
def one(both: list[Process]) -> Process:
    return both[0]


@pytest.fixture
def other(both: list[Process]) -> Process:
    return both[1]


async def test_what_was_put_is_there_when_put_returns(one: Process) -> None:
    await one.mirror.put("a", b"1")
    assert dict(one.mirror.items) == {"a": "1"}
    await one.mirror.put("a", b"2")
    assert dict(one.mirror.items) == {"a": "2"}
    assert await one.mirror.delete("a")
    assert dict(one.mirror.items) == {}
    assert not await one.mirror.delete("a")
    assert one.events == ["+a=1", "-a", "+a=2", "-a"]


async def test_another_process_sees_it_at_its_next_refresh(one: Process, other: Process) -> None:
    await other.content()
    await one.mirror.put("a", b"1")
    await one.mirror.put("b", b"1")
    await one.mirror.put("a", b"2")
    assert dict(other.mirror.items) == {}
    assert await other.content() == [("a", "2"), ("b", "1")]
    await one.mirror.delete("a")
    assert await other.content() == [("b", "1")]
    assert other.events == ["+a=2", "+b=1", "-a"]


async def test_what_was_there_at_the_start_is_seen(one: Process, other: Process) -> None:
    await one.mirror.put("b", b"1")
    await one.mirror.put("a", b"1")
    assert await other.content() == [("b", "1"), ("a", "1")]


async def test_add_lets_one_of_all_win(one: Process, other: Process) -> None:
    won = await asyncio.gather(*(each.mirror.add("a", b"1") for each in [one, other] * 5))
    assert sum(won) == 1
    assert await one.content() == await other.content() == [("a", "1")]


async def test_a_session_takes_its_documents_along_everywhere(one: Process, other: Process) -> None:
    await one.mirror.put("mine", b"1", owner="s")
    await one.mirror.put("everybody's", b"1")
    await other.mirror.put("mine too", b"1", owner="s")
    assert await one.sessions.delete("s")
    assert list(one.mirror.items) == ["everybody's"]
    assert await other.content() == [("everybody's", "1")]


async def test_a_command_that_clears_the_sessions_does_so_for_all(
    one: Process, other: Process, clock: ManualClock, path: Path
) -> None:
    for owner in ("s", "t", ""):
        await one.mirror.put(f"of {owner}", b"1", owner=owner)
    await other.content()
    store = SqliteStore(str(path), clock)
    await store.open()
    assert await Sessions(store, lambda: "unused").clear() == 2
    await store.close()
    assert await one.content() == await other.content() == [("of ", "1")]


async def test_a_document_belongs_to_its_last_owner(one: Process, other: Process) -> None:
    await one.mirror.put("a", b"1", owner="s")
    await other.mirror.put("a", b"1", owner="t")
    await one.sessions.delete("s")
    assert await one.content() == await other.content() == [("a", "1")]
    await one.sessions.delete("t")
    assert await one.content() == await other.content() == []


async def test_own_and_foreign_ones_come_in_order_of_creation(one: Process, other: Process) -> None:
    await other.content()
    await one.mirror.put("c", b"1")
    await other.mirror.put("a", b"1")
    await one.mirror.put("b", b"1")
    assert await one.content() == await other.content() == [("c", "1"), ("a", "1"), ("b", "1")]


async def test_one_that_is_deleted_and_made_again_is_the_newest(
    one: Process, other: Process
) -> None:
    await one.mirror.put("a", b"1")
    await one.mirror.put("b", b"1")
    await other.content()
    await one.mirror.delete("a")
    await one.mirror.put("a", b"1")
    assert await one.content() == await other.content() == [("b", "1"), ("a", "1")]


async def test_who_missed_too_many_changes_compares_everything(
    one: Process, other: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "KEPT", 3)
    for key in ("gone", "changed", "same", "made anew"):
        await one.mirror.put(key, b"1", owner="s")
    await other.content()
    other.events.clear()
    await one.mirror.delete("gone")
    await one.mirror.put("changed", b"2")
    await one.mirror.delete("made anew")
    for number in range(5):
        await one.mirror.put(f"new {number}", b"1")
    await one.mirror.put("made anew", b"1")
    assert await other.content() == await one.content()
    assert other.events[-1] == "+made anew=1"
    assert not [event for event in other.events if "same" in event]


async def test_mirrors_of_several_namespaces_keep_apart(one: Process, other: Process) -> None:
    second = one.new_mirror("other things")
    await second.put("b", b"2")
    await other.mirror.put("a", b"1")
    await one.mirror.refresh()
    await second.refresh()
    assert dict(second.items) == {"b": "2"}
    assert dict(one.mirror.items) == {"a": "1"}


async def test_a_mirror_that_is_made_later_sees_what_is_there(one: Process) -> None:
    await one.mirror.put("a", b"1")
    one.seen.clear()
    late = one.new_mirror("things")
    await late.refresh()
    assert dict(late.items) == {"a": "1"}


async def test_a_document_that_cannot_be_decoded_is_left_out_and_logged(
    one: Process, other: Process, caplog: pytest.LogCaptureFixture
) -> None:
    await one.mirror.put("a", b"1")
    await other.content()
    await one.mirror.put("bad", b"\xff")
    await one.mirror.put("a", b"\xff")
    await one.mirror.put("b", b"1")
    assert await other.content() == await one.content() == [("b", "1")]
    assert "things/bad" in caplog.text


async def test_a_refused_write_raises_and_changes_nothing(one: Process) -> None:
    await one.mirror.put("a", b"1")
    with pytest.raises(StoreError):
        await one.mirror.put("\ud800", b"1")
    assert await one.content() == [("a", "1")]


async def test_a_store_that_fails_is_asked_again(
    one: Process, other: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    await other.content()
    await one.mirror.put("a", b"1")

    async def fails(*_: object) -> list[Any]:
        raise StoreError("the disk is gone")

    with monkeypatch.context() as patched:
        patched.setattr(other.store, "tail", fails)
        for _ in range(2):
            with pytest.raises(StoreError):
                await other.mirror.refresh()
    assert await other.content() == [("a", "1")]


async def test_nothing_is_fetched_while_nothing_is_written(
    one: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    await one.mirror.put("a", b"1")
    await one.mirror.refresh()
    for name in ("tail", "scan", "read", "get"):
        monkeypatch.delattr(SqliteStore, name)
    await one.mirror.refresh()


async def test_requests_that_refresh_at_once_all_see_it(one: Process, other: Process) -> None:
    await other.content()
    for number in range(20):
        await one.mirror.put(str(number), b"1")

        async def look(key: str = str(number)) -> bool:
            await other.mirror.refresh()
            return key in other.mirror.items

        assert all(await asyncio.gather(*(look() for _ in range(5))))


# Whatever is done in whatever process

KEYS = st.sampled_from("abcd")
OWNERS = st.sampled_from(["", "s", "t"])
STEPS = st.one_of(
    st.tuples(st.just("put"), KEYS, st.sampled_from([b"1", b"2"]), OWNERS),
    st.tuples(st.just("add"), KEYS, st.just(b"3"), OWNERS),
    st.tuples(st.just("delete"), KEYS),
    st.tuples(st.just("end"), st.sampled_from("st")),
    st.tuples(st.just("clear")),
    st.tuples(st.just("refresh")),
    st.tuples(st.just("unrelated")),
)
Step = tuple  # its first element says what is done


async def do(process: Process, step: Step) -> None:
    match step:
        case "put", key, value, owner:
            await process.mirror.put(key, value, owner=owner)
        case "add", key, value, owner:
            await process.mirror.add(key, value, owner=owner)
        case "delete", key:
            await process.mirror.delete(key)
        case "end", owner:
            await process.sessions.delete(owner)
        case ("clear",):
            await process.sessions.clear()
        case ("refresh",):
            await process.content()
        case ("unrelated",):
            await process.store.increment("unrelated", "count")


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(st.tuples(st.integers(0, 2), STEPS), max_size=6), max_size=5))
def test_whatever_is_done_all_processes_agree_with_the_store(
    rounds: list[list[tuple[int, Step]]],
) -> None:
    async def check() -> None:
        with TemporaryDirectory() as folder:
            async with processes(Path(folder), 3) as started:
                for steps in rounds:
                    await asyncio.gather(*(do(started[which], step) for which, step in steps))
                    documents = await started[0].store.scan("things")
                    expected = [(each.key, each.value.decode()) for each in documents]
                    for process in started[:2]:
                        assert await process.content() == expected
                documents = await started[0].store.scan("things")
                expected = [(each.key, each.value.decode()) for each in documents]
                assert await started[2].content() == expected

    asyncio.run(check())
