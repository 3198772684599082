"""From any earlier shape of the database to the present one; and never from a later."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from imnot_core.errors import StoreError
from imnot_core.store.migrations import MIGRATIONS, check_origin, migrate


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        yield connection


def m901_more(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE documents ADD COLUMN more TEXT")


def m902_broken(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE half_done (id)")
    connection.execute("this is not SQL")


def applied(connection: sqlite3.Connection) -> list[tuple[str, float]]:
    return connection.execute("SELECT name, applied FROM imnot_migrations").fetchall()


def tables(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}


def test_names_are_numbered_in_order() -> None:
    names = [migration.__name__ for migration in MIGRATIONS]
    assert [name[:5] for name in names] == [f"m{number:03}_" for number in range(1, len(names) + 1)]


def test_a_new_database_gets_all_and_remembers_them(connection: sqlite3.Connection) -> None:
    migrate(connection, "x.db", 7.0)
    assert applied(connection) == [(migration.__name__, 7.0) for migration in MIGRATIONS]
    assert "documents" in tables(connection)


def test_a_second_time_changes_nothing(connection: sqlite3.Connection) -> None:
    migrate(connection, "x.db", 7.0)
    before = connection.total_changes
    migrate(connection, "x.db", 8.0)
    assert connection.total_changes == before


def test_an_older_database_gets_what_is_missing(connection: sqlite3.Connection) -> None:
    migrate(connection, "x.db", 7.0)
    migrate(connection, "x.db", 8.0, (*MIGRATIONS, m901_more))
    assert applied(connection)[-1] == ("m901_more", 8.0)
    assert connection.execute("SELECT more FROM documents").fetchall() == []


def test_a_migration_that_fails_leaves_nothing_half_done(connection: sqlite3.Connection) -> None:
    migrate(connection, "x.db", 7.0)
    before = tables(connection)
    with pytest.raises(sqlite3.OperationalError, match="syntax error"):
        migrate(connection, "x.db", 8.0, (*MIGRATIONS, m901_more, m902_broken))
    assert not connection.in_transaction
    assert tables(connection) == before
    assert len(applied(connection)) == len(MIGRATIONS)


def test_a_database_of_a_newer_version_is_refused_by_name(connection: sqlite3.Connection) -> None:
    migrate(connection, "x.db", 7.0, (*MIGRATIONS, m901_more))
    with pytest.raises(StoreError) as caught:
        migrate(connection, "x.db", 8.0)
    assert str(caught.value) == (
        "x.db: this database was written by a newer version of imnot (it has m901_more); "
        "upgrade imnot, or name another file"
    )


def test_own_databases_and_empty_ones_are_of_the_right_origin(
    connection: sqlite3.Connection,
) -> None:
    check_origin(connection, "x.db")
    migrate(connection, "x.db", 7.0)
    connection.execute("CREATE TABLE of_somebody_else (id)")
    check_origin(connection, "x.db")
