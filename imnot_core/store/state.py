"""State: what a pattern remembers between requests, kept apart for every session.

In a session, what expires does so by the time of the session, which a test may move: the store
knows only its own. So the value itself says when it expires (`timed`), and is judged when it is
read. Without a session the store is told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from imnot_core.clock import Clock
from imnot_core.errors import StoreError
from imnot_core.store import Store
from imnot_core.store.timed import Timed, timed


class State:
    """The documents of one datapoint in the session of the request at hand.

    Keys are texts, values are anything that JSON can hold; what one session (or the requests
    without one) writes, no other sees. It survives a restart and is the same for all workers.
    Spans of time are in seconds, by the time of the session.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        partner: str,
        datapoint: str,
        session: Callable[[], str | None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._partner = partner
        self._place = datapoint
        self._namespace = f"state/{partner}/{datapoint}"
        self._session = session

    def part(self, name: str) -> State:
        """Documents of the same datapoint and session under keys of their own.

        For what several pieces of code keep that do not know each other: none sees or clears what
        is in another part.
        """
        place = f"{self._place}/{name}"
        return State(self._store, self._clock, self._partner, place, self._session)

    async def get(self, key: str, default: Any = None) -> Any:
        """The value, or `default`."""
        found = self._read(await self._store.get(self._namespace, self._key(key)))
        return default if found is None else msgspec.json.decode(found.value)

    async def put(self, key: str, value: Any, *, expires_in: float | None = None) -> None:
        """Keep a value; after `expires_in` seconds it is gone."""
        encoded, expires_at = self._written(msgspec.json.encode(value), expires_in)
        owner = self._session() or ""
        await self._store.put(
            self._namespace, self._key(key), encoded, owner=owner, expires_at=expires_at
        )

    async def compare_and_set(
        self, key: str, expected: Any, value: Any, *, expires_in: float | None = None
    ) -> bool:
        """Keep a value only if the present one is `expected` (None: if there is none).

        False if it is not; read again and decide anew. The new value expires as `expires_in` says.
        """
        old = None if expected is None else msgspec.json.encode(expected)
        encoded, expires_at = self._written(msgspec.json.encode(value), expires_in)
        if await self._swap(key, old, encoded, expires_at):
            return True
        while self._session():  # the present value may say when it expires
            raw = await self._store.get(self._namespace, self._key(key))
            found = self._read(raw)
            if (None if found is None else found.value) != old:
                return False
            if await self._swap(key, raw, encoded, None):
                return True
        return False

    async def increment(self, key: str, by: int = 1, *, expires_in: float | None = None) -> int:
        """Add to a counter that begins at 0; returns the new value, exact among all workers.

        A counter that begins is gone after `expires_in` seconds; one that counts already keeps the
        time that it was given when it began.
        """
        session = self._session()
        if session and (expires_in is not None or await self._is_timed(key)):
            return await self._increment_timed(key, by, expires_in)
        expires_at = None if expires_in is None else self._clock.time() + expires_in
        try:
            return await self._store.increment(
                self._namespace, self._key(key), by, owner=session or "", expires_at=expires_at
            )
        except StoreError:
            if session and await self._is_timed(key):  # another worker began it just now
                return await self._increment_timed(key, by, expires_in)
            raise

    async def delete(self, key: str) -> bool:
        """Forget a key; tells whether there was a value."""
        place = (self._namespace, self._key(key))
        had = not self._session() or self._read(await self._store.get(*place)) is not None
        return await self._store.delete(*place) and had

    async def items(self, prefix: str = "") -> dict[str, Any]:
        """The keys that start with `prefix` and their values, in order of creation."""
        cut = len(self._key(""))
        documents = await self._store.scan(self._namespace, self._key(prefix))
        found = ((each.key[cut:], self._read(each.value)) for each in documents)
        return {key: msgspec.json.decode(read.value) for key, read in found if read is not None}

    async def clear(self, prefix: str = "") -> int:
        """Forget all keys that start with `prefix`; returns how many there were."""
        alive = len(await self.items(prefix)) if self._session() else None
        deleted = await self._store.clear(self._namespace, self._key(prefix))
        return deleted if alive is None else min(alive, deleted)

    async def _increment_timed(self, key: str, by: int, expires_in: float | None) -> int:
        while True:
            raw = await self._store.get(self._namespace, self._key(key))
            found = self._read(raw)
            if found is None:
                total = by
                encoded, expires_at = self._written(b"%d" % by, expires_in)
            else:
                total = self._number(key, found.value) + by
                encoded, expires_at = timed(b"%d" % total, found.expires_at), None
            if await self._swap(key, raw, encoded, expires_at):
                return total

    async def _swap(
        self, key: str, expected: bytes | None, value: bytes, expires_at: float | None
    ) -> bool:
        return await self._store.compare_and_set(
            self._namespace,
            self._key(key),
            expected,
            value,
            owner=self._session() or "",
            expires_at=expires_at,
        )

    async def _is_timed(self, key: str) -> bool:
        raw = await self._store.get(self._namespace, self._key(key))
        return raw is not None and Timed.of(raw).expires_at is not None

    def _read(self, raw: bytes | None) -> Timed | None:
        """What is stored, unless it has expired."""
        if raw is None:
            return None
        found = Timed.of(raw)
        is_over = found.expires_at is not None and found.expires_at <= self._clock.time()
        return None if is_over else found

    def _written(self, value: bytes, expires_in: float | None) -> tuple[bytes, float | None]:
        """A value as it is stored, and when it expires by the store's clock."""
        if expires_in is None:
            return value, None
        expires_at = self._clock.time() + expires_in
        return (timed(value, expires_at), None) if self._session() else (value, expires_at)

    def _number(self, key: str, value: bytes) -> int:
        try:
            return int(value)
        except ValueError:
            shown = f"{value[:40]!r}{'…' if len(value) > 40 else ''}"
            text = f"{self._namespace}: {key!r} holds {shown}, which is no number to count on from"
            raise StoreError(text) from None

    def _key(self, key: str) -> str:
        # A header cannot hold NUL, so no session can reach into another one's keys.
        return f"{self._session() or ''}\0{key}"
