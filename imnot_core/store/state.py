"""State: what a pattern remembers between requests, kept apart for every session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from imnot_core.clock import Clock
from imnot_core.store import Store


class State:
    """The documents of one datapoint in the session of the request at hand.

    Keys are texts, values are anything that JSON can hold; what one session (or the requests
    without one) writes, no other sees. It survives a restart and is the same for all workers.
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
        self._namespace = f"state/{partner}/{datapoint}"
        self._session = session

    async def get(self, key: str, default: Any = None) -> Any:
        """The value, or `default`."""
        value = await self._store.get(self._namespace, self._key(key))
        return default if value is None else msgspec.json.decode(value)

    async def put(self, key: str, value: Any, *, expires_in: float | None = None) -> None:
        """Keep a value; after `expires_in` seconds it is gone."""
        await self._store.put(
            self._namespace,
            self._key(key),
            msgspec.json.encode(value),
            owner=self._session() or "",
            expires_at=self._expiry(expires_in),
        )

    async def compare_and_set(self, key: str, expected: Any, value: Any) -> bool:
        """Keep a value only if the present one is `expected` (None: if there is none).

        False if it is not; read again and decide anew.
        """
        return await self._store.compare_and_set(
            self._namespace,
            self._key(key),
            None if expected is None else msgspec.json.encode(expected),
            msgspec.json.encode(value),
            owner=self._session() or "",
        )

    async def increment(self, key: str, by: int = 1, *, expires_in: float | None = None) -> int:
        """Add to a counter that begins at 0; returns the new value, exact among all workers."""
        return await self._store.increment(
            self._namespace,
            self._key(key),
            by,
            owner=self._session() or "",
            expires_at=self._expiry(expires_in),
        )

    async def delete(self, key: str) -> bool:
        """Forget a key; tells whether there was a value."""
        return await self._store.delete(self._namespace, self._key(key))

    async def items(self, prefix: str = "") -> dict[str, Any]:
        """The keys that start with `prefix` and their values, in order of creation."""
        cut = len(self._key(""))
        documents = await self._store.scan(self._namespace, self._key(prefix))
        return {each.key[cut:]: msgspec.json.decode(each.value) for each in documents}

    async def clear(self, prefix: str = "") -> int:
        """Forget all keys that start with `prefix`; returns how many there were."""
        return await self._store.clear(self._namespace, self._key(prefix))

    def _key(self, key: str) -> str:
        # A header cannot hold NUL, so no session can reach into another one's keys.
        return f"{self._session() or ''}\0{key}"

    def _expiry(self, seconds: float | None) -> float | None:
        return None if seconds is None else self._clock.time() + seconds
