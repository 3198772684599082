"""Files that cannot be used: each error names the file, what is wrong with it and what to do."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from imnot_core.errors import StoreError
from imnot_core.store.failures import explain
from imnot_core.store.sqlite import SqliteStore
from imnot_core.testing.clock import ManualClock

pytestmark = pytest.mark.anyio

NOBODY = 65534


@pytest.fixture
def ordinary_folder() -> Iterator[Path]:
    """A folder whose permissions count: root, whom none stops, is somebody else meanwhile."""
    with tempfile.TemporaryDirectory() as name:
        root = os.geteuid() == 0
        if root:
            os.chown(name, NOBODY, NOBODY)
            os.seteuid(NOBODY)
        try:
            yield Path(name)
        finally:
            if root:
                os.seteuid(0)
            Path(name).chmod(0o700)


async def message_of_opening(path: Path) -> str:
    store = SqliteStore(str(path), ManualClock())
    with pytest.raises(StoreError) as caught:
        await store.open()
    await store.close()
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    return message.removeprefix(f"{path}: ")


async def make_database(path: Path, clock: ManualClock) -> None:
    store = SqliteStore(str(path), clock)
    await store.open()
    await store.put("n", "k", b"1")
    await store.close()


async def test_a_folder(tmp_path: Path) -> None:
    assert await message_of_opening(tmp_path) == "this is a folder; name a file in it"


async def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    message = await message_of_opening(tmp_path / "missing" / "imnot.db")
    assert message == (
        f"the folder {tmp_path}/missing does not exist; create it, or name another file"
    )
    assert list(tmp_path.iterdir()) == []


async def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text")
    message = await message_of_opening(tmp_path / "file" / "imnot.db")
    assert message == f"{tmp_path}/file is not a folder; name a file in a folder"


@pytest.mark.parametrize("content", [b"name: staylink\n" * 100, b"\0" * 5000, b"SQLite format 3"])
async def test_a_file_that_is_no_database(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "partner.yaml"
    path.write_bytes(content)
    message = await message_of_opening(path)
    assert message == "this is not a SQLite database; name another file, or move this one away"
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


async def test_a_damaged_database(tmp_path: Path, clock: ManualClock) -> None:
    path = tmp_path / "imnot.db"
    await make_database(path, clock)
    content = path.read_bytes()
    path.write_bytes(content[:100] + b"\xff" * (len(content) - 100))
    message = await message_of_opening(path)
    assert message.startswith("the database is damaged; put back a copy, or delete it")


async def test_a_database_of_another_program_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE accounts (id)")
        other.execute("CREATE TABLE documents (id)")
    before = path.read_bytes()
    message = await message_of_opening(path)
    assert "another program" in message
    assert "(its tables: accounts, documents); name another file" in message
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


async def test_an_empty_file_becomes_a_database(tmp_path: Path, clock: ManualClock) -> None:
    path = tmp_path / "imnot.db"
    path.touch()
    await make_database(path, clock)


async def test_a_folder_that_may_not_be_written(ordinary_folder: Path) -> None:
    ordinary_folder.chmod(0o500)
    message = await message_of_opening(ordinary_folder / "imnot.db")
    assert message.startswith(f"the folder {ordinary_folder} may not be written")
    assert "let this user write to it" in message


async def test_a_database_in_a_folder_that_may_not_be_written(
    ordinary_folder: Path, clock: ManualClock
) -> None:
    path = ordinary_folder / "imnot.db"
    await make_database(path, clock)
    ordinary_folder.chmod(0o500)
    message = await message_of_opening(path)
    assert message.startswith(f"the folder {ordinary_folder} may not be written")


async def test_a_database_that_may_not_be_written(
    ordinary_folder: Path, clock: ManualClock
) -> None:
    path = ordinary_folder / "imnot.db"
    await make_database(path, clock)
    path.chmod(0o400)
    message = await message_of_opening(path)
    assert message == "the file may not be written; let this user do so, or name another file"


async def test_a_database_that_may_not_be_read(ordinary_folder: Path, clock: ManualClock) -> None:
    path = ordinary_folder / "imnot.db"
    await make_database(path, clock)
    path.chmod(0o000)
    message = await message_of_opening(path)
    assert message == "the file may not be read; let this user do so, or name another file"


async def test_a_full_disk_fails_the_write_and_nothing_else(store: SqliteStore, path: Path) -> None:
    await store.put("n", "before", b"1")
    assert store._connection is not None
    pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
    store._connection.execute(f"PRAGMA max_page_count = {pages}")  # as good as a full disk
    with pytest.raises(StoreError, match=f"^{path}: the disk is full; make room on it"):
        await store.put("n", "large", bytes(1_000_000))
    assert [each.key for each in await store.scan("n")] == ["before"]
    await store.delete("n", "before")


def test_an_error_without_a_code_is_shown_as_it_is() -> None:
    error = sqlite3.ProgrammingError("objects created in a thread")
    assert str(explain(error, "x.db")) == "x.db: objects created in a thread"


def test_an_error_of_another_kind_is_shown_with_its_name() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.execute("SELECT missing")
        except sqlite3.Error as error:
            shown = str(explain(error, "x.db"))
    assert shown == "x.db: no such column: missing (SQLITE_ERROR)"
