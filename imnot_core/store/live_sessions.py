"""Live sessions: the settings that sessions have, in memory and in step with all workers.

A session without settings is not here, and costs nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial
from math import inf
from random import Random
from types import MappingProxyType
from typing import Final

import msgspec

from imnot_core.clock import Clock
from imnot_core.errors import StoreError
from imnot_core.store import Document, Store
from imnot_core.store.changes import Change, ChangeLog
from imnot_core.store.mirror import Mirror
from imnot_core.store.session_settings import NAMESPACE, SessionSettings, settings_of, time_in
from imnot_core.store.sleepers import Sleepers

__all__ = ["DRAWS", "LiveSessions", "SessionClock", "SessionSettings"]

DRAWS: Final = "session-draws"
RETRY: Final = 1.0
"""After how many seconds an expired session is deleted that could not be when it was time."""

_log = logging.getLogger("imnot")


class LiveSessions:
    """The sessions that have settings. Call `refresh` before anything that reads them.

    Within `open` and `close` sessions are deleted when their time to live is over; without, at the
    next `refresh`. `shared` says that other processes answer for the same server.
    """

    def __init__(
        self, store: Store, changes: ChangeLog, clock: Clock, *, shared: bool = False
    ) -> None:
        self._store = store
        self._changes = changes
        self._clock = clock
        self._special: dict[str, SessionSettings] = {}
        self._settings = Mirror(
            store, changes, NAMESPACE, _decoded, added=self._add, removed=self._remove
        )
        self._sleepers = Sleepers(clock, self._special, changes.catch_up if shared else None)
        self._earliest = inf
        self._is_open = False
        self._alarm: asyncio.Task[None] | None = None

    @property
    def special(self) -> Mapping[str, SessionSettings]:
        """The sessions that have settings, by their ids; as of the last `refresh`."""
        return MappingProxyType(self._special)

    async def open(self) -> None:
        """Learn what there is, and from now on delete sessions when their time is over."""
        self._is_open = True
        await self.refresh()
        if self._alarm is None and self._earliest < inf:  # learnt before
            self._plan()

    async def close(self) -> None:
        """Stop that, and let nobody sleep in a session any more that is to be woken by us."""
        self._is_open = False
        await self._sleepers.close()
        if self._alarm is not None:
            self._alarm.cancel()
            await asyncio.gather(self._alarm, return_exceptions=True)

    async def refresh(self) -> None:
        """See what any process settled; sessions whose time is over are deleted by then.

        To be called for each request in a session: 4 µs if nothing was written.
        """
        await self._settings.refresh()
        if self._earliest <= self._clock.time():
            await self._sweep()

    def get(self, session: str | None) -> SessionSettings | None:
        """The settings of a session; None for one without, which is most of them."""
        return None if session is None else self._special.get(session)

    def seed(self, session: str | None) -> int | None:
        """The random seed of a session, if it has one of its own."""
        settings = self.get(session)
        return None if settings is None else settings.seed

    def clock(self, session: str | None) -> Clock:
        """The time in a session; that of the server where there is none."""
        return self.clock_of(lambda: session)

    def clock_of(self, current: Callable[[], str | None]) -> Clock:
        """The time in the session that `current` names, which is asked at each use."""
        return SessionClock(self._special, self._sleepers, self._clock, current)

    def time_in(self, session: str | None) -> float:
        """The time in a session, in seconds since 1970."""
        settings = self.get(session)
        return time_in(settings, self._clock.time())

    async def change(
        self, session: str, new: Callable[[SessionSettings], SessionSettings]
    ) -> SessionSettings:
        """Replace the settings of a session, and lose no change that others make meanwhile.

        That begins the session, if nobody has. `new` may be called several times; what it raises is
        raised. Everybody who sleeps in the session follows.
        """
        while True:
            raw = await self._store.get(NAMESPACE, session)
            settings = new(SessionSettings() if raw is None else settings_of(raw))
            write = partial(
                self._store.compare_and_set,
                NAMESPACE,
                session,
                raw,
                msgspec.json.encode(settings),
                owner=session,
            )
            if await self._changes.record(write, Change(NAMESPACE, session)):
                return settings

    async def draw(self, session: str, route: str) -> Random:
        """The chance of the next request for a route in a session that has a seed.

        It depends on the seed, the route, and how many there were before in the session; exact
        among all workers.
        """
        count = await self._store.increment(DRAWS, f"{session}\0{route}", owner=session)
        return Random(f"{self.seed(session)}\0{route}\0{count}")

    def _add(self, session: str, settings: SessionSettings) -> None:
        self._special[session] = settings
        self._sleepers.wake(session)
        if settings.expires_at is not None and settings.expires_at < self._earliest:
            self._earliest = settings.expires_at
            self._plan()

    def _remove(self, session: str, settings: SessionSettings) -> None:
        del self._special[session]
        self._sleepers.wake(session)
        if settings.expires_at == self._earliest:
            ends = [e.expires_at for e in self._special.values() if e.expires_at is not None]
            self._earliest = min(ends, default=inf)

    async def _sweep(self) -> None:
        now = self._clock.time()
        for session, settings in tuple(self._special.items()):
            if settings.expires_at is not None and settings.expires_at <= now:
                delete = partial(self._store.delete_owned, session)
                await self._changes.record(delete, Change("", session))

    def _plan(self) -> None:
        """Have the next expiry noticed; one that moved to later is seen when the old one comes."""
        if self._is_open:
            if self._alarm is not None and self._alarm is not asyncio.current_task():
                self._alarm.cancel()
            self._alarm = asyncio.create_task(self._expire(), name="imnot sessions")

    async def _expire(self) -> None:
        """Delete each session when its time is over."""
        while self._earliest < inf:
            await self._clock.sleep(max(self._earliest - self._clock.time(), 0.0))
            try:
                await self.refresh()
            except StoreError as error:
                _log.warning("an expired session could not be deleted yet: %s", error)
                await self._clock.sleep(RETRY)


class SessionClock:
    """The time in whichever session is at hand; the server's, where that has none of its own."""

    def __init__(
        self,
        special: Mapping[str, SessionSettings],
        sleepers: Sleepers,
        clock: Clock,
        current: Callable[[], str | None],
    ) -> None:
        self._special = special
        self._sleepers = sleepers
        self._clock = clock
        self._current = current

    def time(self) -> float:
        """Seconds since 1970, UTC, as they are in the session."""
        session = self._current()
        now = self._clock.time()
        return now if session is None else time_in(self._special.get(session), now)

    async def sleep(self, seconds: float) -> None:
        """Wait until the session's time has gone on by so many seconds, or was moved so far."""
        session = self._current()
        if session is None or seconds <= 0:
            await self._clock.sleep(seconds)
        else:
            await self._sleepers.sleep(session, seconds)


def _decoded(document: Document) -> SessionSettings:
    return settings_of(document.value)
