"""Sessions: the isolated sets of payloads and state that the X-Imnot-Session header chooses."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from imnot_core.store import Document, Store
from imnot_core.store.changes import Change, ChangeLog
from imnot_core.store.payloads import Payloads

if TYPE_CHECKING:
    from imnot_core.store.journal import Journal

NAMESPACE = "sessions"
JOURNAL = "journal"


class SessionEntry(msgspec.Struct, frozen=True):
    """One line of a listing: a session and one datapoint it has a payload for.

    A session that holds state but no payload has one entry without partner and datapoint.
    """

    session: str
    partner: str | None
    datapoint: str | None
    created: float


class Sessions:
    """All sessions. One exists from its creation or from its first write, until it is deleted.

    A request alone begins none: with the header of a session that nobody began, it is journaled,
    and no more.

    A server hands over its change log and journal, so that what it has in memory goes, too.
    """

    def __init__(
        self,
        store: Store,
        new_id: Callable[[], str],
        changes: ChangeLog | None = None,
        journal: Journal | None = None,
    ) -> None:
        self._store = store
        self._new_id = new_id
        self._changes = changes or ChangeLog(store)
        self._journal = journal

    async def create(self) -> str:
        """Begin a session and return its id."""
        session = self._new_id()
        await self._store.put(NAMESPACE, session, b"", owner=session)
        return session

    async def exists(self, session: str) -> bool:
        """Whether anything is known of the session."""
        return _begun(await self._store.owned(session)) is not None

    async def list(self) -> list[SessionEntry]:
        """An entry per session and datapoint with a payload, newest first."""
        entries = [
            SessionEntry(stored.session or "", stored.partner, stored.datapoint, stored.created)
            for stored in await Payloads(self._store).of_sessions()
        ]
        listed = {entry.session for entry in entries}
        for session in await self._store.owners():
            if session in listed:
                continue
            if (first := _begun(await self._store.owned(session))) is not None:
                entries.append(SessionEntry(session, None, None, first.created))
        # Two payloads of one instant keep the order in which they were uploaded.
        entries.reverse()
        return sorted(entries, key=lambda entry: entry.created, reverse=True)

    async def delete(self, session: str) -> bool:
        """Delete a session with everything that was written in it; False if there was none."""
        await self._flush()
        return await self._delete(session)

    async def clear(self) -> int:
        """Delete all sessions; returns how many there were."""
        await self._flush()
        begun = 0
        for session in await self._store.owners():
            begun += await self.exists(session)
            await self._delete(session)
        return begun

    async def _delete(self, session: str) -> bool:
        delete = partial(self._store.delete_owned, session)
        return await self._changes.record(delete, Change("", session)) > 0

    async def _flush(self) -> None:
        if self._journal is not None:
            await self._journal.flush()


def _begun(documents: Iterable[Document]) -> Document | None:
    """The oldest document that makes a session of an owner."""
    return next((each for each in documents if each.namespace != JOURNAL), None)
