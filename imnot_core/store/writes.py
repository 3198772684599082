"""What changes the documents: each function is one write, run inside a transaction.

The last two arguments of all are the connection and the present time: the write queue gives them
when the write's turn has come. A write may be run again after a rollback.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from imnot_core.errors import StoreError
from imnot_core.store import Entry as Appended

LIVE = "(expires IS NULL OR expires > ?)"
"""The condition that hides what has expired; its parameter is the present time."""

_INSERT = """
INSERT INTO documents (namespace, key, value, owner, expires, created, updated)
VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (namespace, key) DO
"""
_ADD = f"{_INSERT} NOTHING"
_PUT = f"""{_INSERT} UPDATE
SET value = excluded.value, owner = excluded.owner, expires = excluded.expires,
    updated = excluded.updated
WHERE documents.expires IS NULL OR documents.expires > excluded.updated
"""
_SWAP = f"""
UPDATE documents SET value = ?, owner = ?, expires = ?, updated = ?
WHERE namespace = ? AND key = ? AND value = ? AND {LIVE}
"""
_MAKE_WAY = "DELETE FROM documents WHERE namespace = ? AND key = ? AND expires <= ?"
_VALUE = f"SELECT value FROM documents WHERE namespace = ? AND key = ? AND {LIVE}"
_COUNT = "UPDATE documents SET value = ?, owner = ?, updated = ? WHERE namespace = ? AND key = ?"
_DELETE = f"DELETE FROM documents WHERE namespace = ? AND key = ? AND {LIVE}"
# Without `owner <> ''` SQLite would not use the index, which leaves those without an owner out.
_DELETE_OWNED = f"DELETE FROM documents WHERE owner = ? AND owner <> '' AND {LIVE}"
_LAST_NUMBER = "SELECT last FROM sequences WHERE namespace = ?"
_KEEP_NUMBER = "INSERT OR REPLACE INTO sequences (namespace, last) VALUES (?, ?)"
_APPEND = """
INSERT OR REPLACE INTO documents (namespace, key, value, owner, created, updated, sequence)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_TRIM = "DELETE FROM documents WHERE namespace = ? AND sequence <= ?"
_PURGE = """
DELETE FROM documents WHERE id IN (SELECT id FROM documents WHERE expires <= ? LIMIT ?)
"""


class Entry(NamedTuple):
    """A document as its writer gives it."""

    namespace: str
    key: str
    value: bytes
    owner: str
    expires: float | None


def put(entry: Entry, connection: sqlite3.Connection, now: float) -> None:
    """Write, whether or not the key exists."""
    _insert(_PUT, entry, connection, now)


def add(entry: Entry, connection: sqlite3.Connection, now: float) -> bool:
    """Write if the key does not exist."""
    return _insert(_ADD, entry, connection, now)


def swap(entry: Entry, expected: bytes, connection: sqlite3.Connection, now: float) -> bool:
    """Write if the key has the expected value."""
    values = (entry.value, entry.owner, entry.expires, now)
    condition = (entry.namespace, entry.key, expected, now)
    return connection.execute(_SWAP, values + condition).rowcount > 0


def increment(entry: Entry, by: int, connection: sqlite3.Connection, now: float) -> int:
    """Add to a counter; the entry is what is written if it begins now."""
    namespace, key, _, owner, _ = entry
    row = connection.execute(_VALUE, (namespace, key, now)).fetchone()
    if row is None:
        put(entry, connection, now)
        return by
    total = _number(row[0], entry) + by
    connection.execute(_COUNT, (b"%d" % total, owner, now, namespace, key))
    return total


def delete(namespace: str, key: str, connection: sqlite3.Connection, now: float) -> bool:
    """Delete one document."""
    return connection.execute(_DELETE, (namespace, key, now)).rowcount > 0


def clear(namespace: str, prefix: str, connection: sqlite3.Connection, now: float) -> int:
    """Delete the documents whose key starts with a prefix."""
    condition, parameters = key_range(namespace, prefix)
    statement = f"DELETE FROM documents WHERE {condition} AND {LIVE}"
    return connection.execute(statement, (*parameters, now)).rowcount


def delete_owned(owner: str, connection: sqlite3.Connection, now: float) -> int:
    """Delete the documents of one owner."""
    return connection.execute(_DELETE_OWNED, (owner, now)).rowcount


def append(
    namespace: str,
    entries: Sequence[Appended],
    keep: int,
    connection: sqlite3.Connection,
    now: float,
) -> None:
    """Write documents behind those appended before, and delete what lies too far back."""
    found = connection.execute(_LAST_NUMBER, (namespace,)).fetchone()
    first = found[0] + 1 if found else 1
    last = first + len(entries) - 1
    rows = (
        (namespace, key, value, owner, now, now, number)
        for number, (key, value, owner) in enumerate(entries, first)
    )
    connection.executemany(_APPEND, rows)
    connection.execute(_KEEP_NUMBER, (namespace, last))
    connection.execute(_TRIM, (namespace, last - keep))


def purge(limit: int, connection: sqlite3.Connection, now: float) -> None:
    """Free the room of documents that have expired, of `limit` of them at most."""
    connection.execute(_PURGE, (now, limit))


def key_range(namespace: str, prefix: str) -> tuple[str, tuple[str, ...]]:
    """The condition for keys that start with a prefix, as a range of the index; its parameters.

    Unlike LIKE and GLOB it gives no character a meaning.
    """
    end = _after(prefix)
    if end is None:
        return "namespace = ? AND key >= ?", (namespace, prefix)
    return "namespace = ? AND key >= ? AND key < ?", (namespace, prefix, end)


def _insert(statement: str, entry: Entry, connection: sqlite3.Connection, now: float) -> bool:
    row = (*entry, now, now)
    if connection.execute(statement, row).rowcount:
        return True
    # A document is in the way. One that has expired makes room: the key begins anew.
    if not connection.execute(_MAKE_WAY, (entry.namespace, entry.key, now)).rowcount:
        return False
    connection.execute(statement, row)
    return True


def _number(value: bytes, entry: Entry) -> int:
    try:
        return int(value)
    except ValueError:
        shown = f"{value[:40]!r}{'…' if len(value) > 40 else ''}"
        raise StoreError(
            f"{entry.namespace}/{entry.key} holds {shown}, which is no number to count on from"
        ) from None


def _after(prefix: str) -> str | None:
    """The least text that sorts behind all that start with `prefix`; None if there is none.

    SQLite compares text by its UTF-8 bytes, which is by code points.
    """
    stem = prefix.rstrip("\U0010ffff")
    if not stem:
        return None
    following = ord(stem[-1]) + 1
    if following == 0xD800:  # surrogates are no text
        following = 0xE000
    return stem[:-1] + chr(following)
