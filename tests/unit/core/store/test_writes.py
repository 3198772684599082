"""The writes against a model of a few lines: whatever they do in whatever order, they agree."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from hypothesis import given
from hypothesis import strategies as st

from imnot_core.errors import StoreError
from imnot_core.store import writes
from imnot_core.store.migrations import migrate

# Wild, but few of each kind, so that they meet.
TEXTS = st.text(st.sampled_from("aAb%_*\0\ud7ff\ue000é😀\U0010ffff"), max_size=3)
KEYS = st.sampled_from(["", "a", "a%", "ab", "a\0", "\U0010ffff"])
VALUES = st.sampled_from([b"", b"1", b"-7"])
OWNERS = st.sampled_from(["", "o", "p"])
LIVES = st.none() | st.integers(0, 3)

STEPS = st.one_of(
    st.tuples(st.sampled_from(["put", "add"]), KEYS, VALUES, OWNERS, LIVES),
    st.tuples(st.just("swap"), KEYS, VALUES, VALUES, OWNERS, LIVES),
    st.tuples(st.just("increment"), KEYS, st.integers(-5, 5), OWNERS, LIVES),
    st.tuples(st.just("delete"), KEYS),
    st.tuples(st.just("clear"), KEYS),
    st.tuples(st.just("delete_owned"), OWNERS),
    st.tuples(st.just("purge"), st.integers(0, 3)),
    st.tuples(st.just("wait"), st.integers(1, 2)),
)

Step = tuple  # its first element is the name of a method of both
Row = tuple[str, bytes, str, float | None, float, float]


class Model:
    """What the documents of one namespace are to be: a dict in order of creation."""

    def __init__(self) -> None:
        self.now = 0.0
        self.rows: dict[str, Row] = {}

    def live(self) -> list[Row]:
        self.rows = {
            key: row for key, row in self.rows.items() if row[3] is None or row[3] > self.now
        }
        return list(self.rows.values())

    def put(self, key: str, value: bytes, owner: str, life: int | None) -> None:
        created = self.rows[key][4] if key in self.rows else self.now
        expires = None if life is None else self.now + life
        self.rows[key] = (key, value, owner, expires, created, self.now)

    def add(self, key: str, value: bytes, owner: str, life: int | None) -> bool:
        if key in self.rows:
            return False
        self.put(key, value, owner, life)
        return True

    def swap(self, key: str, expected: bytes, value: bytes, owner: str, life: int | None) -> bool:
        if key not in self.rows or self.rows[key][1] != expected:
            return False
        self.put(key, value, owner, life)
        return True

    def increment(self, key: str, by: int, owner: str, life: int | None) -> int | None:
        if key not in self.rows:
            self.put(key, b"%d" % by, owner, life)
            return by
        _, value, _, expires, created, _ = self.rows[key]
        if not value:
            return None  # no number
        total = int(value) + by
        self.rows[key] = (key, b"%d" % total, owner, expires, created, self.now)
        return total

    def delete(self, key: str) -> bool:
        return self.rows.pop(key, None) is not None

    def clear(self, prefix: str) -> int:
        return self._remove([key for key in self.rows if key.startswith(prefix)])

    def delete_owned(self, owner: str) -> int:
        return self._remove([key for key, row in self.rows.items() if owner and row[2] == owner])

    def purge(self, limit: int) -> None:
        """Nobody sees it."""

    def wait(self, seconds: int) -> None:
        self.now += seconds

    def _remove(self, keys: list[str]) -> int:
        for key in keys:
            del self.rows[key]
        return len(keys)


class Real:
    """The same by the store's own writes."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.now = 0.0
        self._connection = connection
        migrate(connection, ":memory:", 0.0)
        self.put("a", b"1", "o", None, namespace="stranger")

    def live(self, namespace: str = "n") -> list[Row]:
        statement = f"""
            SELECT key, value, owner, expires, created, updated FROM documents
            WHERE namespace = ? AND {writes.LIVE} ORDER BY id
        """
        return self._connection.execute(statement, (namespace, self.now)).fetchall()

    def put(
        self, key: str, value: bytes, owner: str, life: int | None, namespace: str = "n"
    ) -> None:
        entry = self._entry(key, value, owner, life)._replace(namespace=namespace)
        writes.put(entry, self._connection, self.now)

    def add(self, key: str, value: bytes, owner: str, life: int | None) -> bool:
        return writes.add(self._entry(key, value, owner, life), self._connection, self.now)

    def swap(self, key: str, expected: bytes, value: bytes, owner: str, life: int | None) -> bool:
        entry = self._entry(key, value, owner, life)
        return writes.swap(entry, expected, self._connection, self.now)

    def increment(self, key: str, by: int, owner: str, life: int | None) -> int | None:
        entry = self._entry(key, b"%d" % by, owner, life)
        try:
            return writes.increment(entry, by, self._connection, self.now)
        except StoreError:
            return None

    def delete(self, key: str) -> bool:
        return writes.delete("n", key, self._connection, self.now)

    def clear(self, prefix: str) -> int:
        return writes.clear("n", prefix, self._connection, self.now)

    def delete_owned(self, owner: str) -> int:
        strangers = int(owner == "o" and bool(self.live("stranger")))
        return writes.delete_owned(owner, self._connection, self.now) - strangers

    def purge(self, limit: int) -> None:
        writes.purge(limit, self._connection, self.now)

    def wait(self, seconds: int) -> None:
        self.now += seconds

    def _entry(self, key: str, value: bytes, owner: str, life: int | None) -> writes.Entry:
        return writes.Entry("n", key, value, owner, None if life is None else self.now + life)


@given(st.lists(STEPS, max_size=12))
def test_writes_do_what_the_model_does(steps: list[Step]) -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        model, real = Model(), Real(connection)
        for name, *arguments in steps:
            model.live()
            assert getattr(real, name)(*arguments) == getattr(model, name)(*arguments)
            assert real.live() == model.live()


@given(st.lists(TEXTS, unique=True, max_size=8), TEXTS)
def test_a_key_is_in_the_range_of_a_prefix_if_it_starts_with_it(
    keys: list[str], prefix: str
) -> None:
    condition, parameters = writes.key_range("n", prefix)
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE documents (namespace TEXT, key TEXT)")
        connection.executemany("INSERT INTO documents VALUES ('n', ?)", [(key,) for key in keys])
        found = connection.execute(f"SELECT key FROM documents WHERE {condition}", parameters)
        assert {key for (key,) in found} == {key for key in keys if key.startswith(prefix)}
