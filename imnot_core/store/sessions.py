"""Sessions: the isolated sets of payloads and state that the X-Imnot-Session header chooses."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from imnot_core.store import Store
from imnot_core.store.payloads import Payloads

NAMESPACE = "sessions"


class SessionEntry(msgspec.Struct, frozen=True):
    """One line of a listing: a session and one datapoint it has a payload for.

    A session that holds state but no payload has one entry without partner and datapoint.
    """

    session: str
    partner: str | None
    datapoint: str | None
    created: float


class Sessions:
    """All sessions. One exists from its creation or from its first write, until it is deleted."""

    def __init__(self, store: Store, new_id: Callable[[], str]) -> None:
        self._store = store
        self._new_id = new_id

    async def create(self) -> str:
        """Begin a session and return its id."""
        session = self._new_id()
        await self._store.put(NAMESPACE, session, b"", owner=session)
        return session

    async def exists(self, session: str) -> bool:
        """Whether anything is known of the session."""
        return bool(await self._store.owned(session))

    async def list(self) -> list[SessionEntry]:
        """An entry per session and datapoint with a payload, newest first."""
        entries = [
            SessionEntry(stored.session or "", stored.partner, stored.datapoint, stored.created)
            for stored in await Payloads(self._store).of_sessions()
        ]
        listed = {entry.session for entry in entries}
        for session in await self._store.owners():
            if session not in listed:
                created = (await self._store.owned(session))[0].created
                entries.append(SessionEntry(session, None, None, created))
        # Two payloads of one instant keep the order in which they were uploaded.
        entries.reverse()
        return sorted(entries, key=lambda entry: entry.created, reverse=True)

    async def delete(self, session: str) -> bool:
        """Delete a session with everything that was written in it; False if there was none."""
        return await self._store.delete_owned(session) > 0

    async def clear(self) -> int:
        """Delete all sessions; returns how many there were."""
        owners = await self._store.owners()
        for session in owners:
            await self._store.delete_owned(session)
        return len(owners)
