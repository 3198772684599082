"""How the database came to its present shape: one function for each step, in order.

A step that was released is never changed nor removed. A new one goes to the end of `MIGRATIONS`;
its name is what the database remembers.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

from imnot_core.errors import StoreError

Migration = Callable[[sqlite3.Connection], None]

_RECORD = "imnot_migrations"


def m001_documents(connection: sqlite3.Connection) -> None:
    """One table for everything that the store keeps.

    `id` is the order of creation: SQLite gives a new row a number above all others. AUTOINCREMENT
    would add only that the number of a deleted row never returns, for a fifth of the speed. `value`
    comes last, so that listings need not read through it to what is behind.
    """
    connection.execute(
        """
        CREATE TABLE documents (
            id INTEGER PRIMARY KEY,
            namespace TEXT NOT NULL,
            key TEXT NOT NULL,
            owner TEXT NOT NULL,
            expires REAL,
            created REAL NOT NULL,
            updated REAL NOT NULL,
            value BLOB NOT NULL
        )
        """
    )
    connection.execute("CREATE UNIQUE INDEX documents_by_key ON documents (namespace, key)")
    connection.execute(
        "CREATE INDEX documents_by_owner ON documents (owner, expires) WHERE owner <> ''"
    )
    connection.execute(
        "CREATE INDEX documents_by_expiry ON documents (expires) WHERE expires IS NOT NULL"
    )


def m002_sequences(connection: sqlite3.Connection) -> None:
    """The numbers of documents that were appended; all others have none, and cost nothing.

    `sequences` has the last one of each namespace: the greatest that is there would be given again
    when its document is deleted.
    """
    connection.execute("ALTER TABLE documents ADD COLUMN sequence INTEGER")
    connection.execute(
        "CREATE INDEX documents_in_sequence ON documents (namespace, sequence)"
        " WHERE sequence IS NOT NULL"
    )
    connection.execute(
        "CREATE TABLE sequences (namespace TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID"
    )


MIGRATIONS: tuple[Migration, ...] = (m001_documents, m002_sequences)


def check_origin(connection: sqlite3.Connection, place: str) -> None:
    """Refuse a database that another program made, before anything in it is changed.

    Raises `StoreError`.
    """
    tables = _tables(connection)
    if tables and _RECORD not in tables:
        listed = ", ".join(sorted(tables)[:5])
        raise StoreError(
            f"{place}: this database belongs to another program, or to an imnot before this store "
            f"(its tables: {listed}); name another file"
        )


def migrate(
    connection: sqlite3.Connection,
    place: str,
    now: float,
    migrations: Sequence[Migration] = MIGRATIONS,
) -> None:
    """Apply what is missing, all of it or nothing. Other processes may do so at the same time.

    Raises `StoreError` if a newer version has been here, and `sqlite3.Error`.
    """
    if not _missing(connection, place, migrations):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Asked again, for another process may have been first.
        for migration in _missing(connection, place, migrations):
            _apply(migration, connection, now)
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise


def _missing(
    connection: sqlite3.Connection, place: str, migrations: Sequence[Migration]
) -> list[Migration]:
    applied: set[str] = set()
    if _RECORD in _tables(connection):
        applied = {name for (name,) in connection.execute(f"SELECT name FROM {_RECORD}")}
    unknown = applied - {migration.__name__ for migration in migrations}
    if unknown:
        raise StoreError(
            f"{place}: this database was written by a newer version of imnot "
            f"(it has {', '.join(sorted(unknown))}); upgrade imnot, or name another file"
        )
    return [migration for migration in migrations if migration.__name__ not in applied]


def _apply(migration: Migration, connection: sqlite3.Connection, now: float) -> None:
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS {_RECORD} (name TEXT PRIMARY KEY, applied REAL NOT NULL)"
    )
    migration(connection)
    connection.execute(f"INSERT INTO {_RECORD} VALUES (?, ?)", (migration.__name__, now))


def _tables(connection: sqlite3.Connection) -> set[str]:
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return {name for (name,) in names if not name.startswith("sqlite_")}
