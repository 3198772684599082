"""Sessions: the isolated sets of payloads and state that the X-Imnot-Session header chooses."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from imnot_core.clock import SystemClock
from imnot_core.errors import ReplyError
from imnot_core.store import Document, Store
from imnot_core.store.changes import Change, ChangeLog
from imnot_core.store.live_sessions import DRAWS, LiveSessions
from imnot_core.store.payloads import Payloads
from imnot_core.store.session_copy import copy_documents
from imnot_core.store.session_settings import NAMESPACE as SETTINGS
from imnot_core.store.session_settings import SessionSettings

if TYPE_CHECKING:
    from imnot_core.store.journal import Journal

NAMESPACE = "sessions"
JOURNAL = "journal"
_KEPT = frozenset({NAMESPACE, SETTINGS})
_OWN = frozenset({*_KEPT, DRAWS, JOURNAL})

Copier = Callable[[str, str], Awaitable[None]]
"""What writes in a session (the second) what somebody else keeps in the first."""


class SessionEntry(msgspec.Struct, frozen=True):
    """One line of a listing: a session and one datapoint it has a payload for.

    A session that holds state but no payload has one entry without partner and datapoint.
    """

    session: str
    partner: str | None
    datapoint: str | None
    created: float
    settings: SessionSettings = SessionSettings()


class SessionDetails(msgspec.Struct, frozen=True, kw_only=True):
    """One session: what was settled for it, and how much it holds."""

    session: str
    created: float
    settings: SessionSettings
    payloads: tuple[tuple[str, str], ...]
    """Partner and datapoint of each payload."""
    documents: dict[str, int]
    """How many there are of each kind: `payloads`, `state`, `issued`, `stubs` and others."""
    requests: int
    """How many entries the journal has of it."""


class Sessions:
    """All sessions. One exists from its creation or from its first write, until it is deleted.

    A request alone begins none: with the header of a session that nobody began, it is journaled,
    and no more. One whose time to live is over does not exist.

    A server hands over its change log, journal and live sessions, so that what it has in memory
    goes, too.
    """

    def __init__(
        self,
        store: Store,
        new_id: Callable[[], str],
        changes: ChangeLog | None = None,
        journal: Journal | None = None,
        live: LiveSessions | None = None,
    ) -> None:
        self._store = store
        self._new_id = new_id
        self._changes = changes or ChangeLog(store)
        self._journal = journal
        self._live = live or LiveSessions(store, self._changes, SystemClock())

    async def create(
        self,
        session: str | None = None,
        *,
        settings: SessionSettings | None = None,
        copy_of: str | None = None,
        copiers: Sequence[Copier] = (),
    ) -> str:
        """Begin a session and return its id, a new one if none is given.

        With `copy_of` it holds what that session holds by now; API plugins copy theirs in
        `copiers`. Raises ReplyError: 409 for an id that is taken, 404 for nothing to copy.
        """
        if copy_of is not None:
            await self.require(copy_of)
        name = session or self._new_id()
        if session is not None and await self.exists(session):
            raise _taken(session)
        if not await self._store.compare_and_set(NAMESPACE, name, None, b"", owner=name):
            raise _taken(name)
        try:
            if copy_of is not None:
                await copy_documents(self._store, self._changes, copy_of, name)
                for copy in copiers:
                    await copy(copy_of, name)
            if settings is not None and settings != SessionSettings():
                await self._live.change(name, lambda _: settings)
        except BaseException:
            await self._delete(name)  # a session is not copied by half
            raise
        return name

    async def exists(self, session: str) -> bool:
        """Whether anything is known of the session."""
        await self._live.refresh()
        return _begun(await self._store.owned(session)) is not None

    async def require(self, session: str) -> None:
        """Raise ReplyError (404) if nothing is known of the session."""
        if not await self.exists(session):
            raise ReplyError(404, f"Session not found: {session}")

    async def settings(self, session: str) -> SessionSettings:
        """What was settled for a session. Raises ReplyError (404) if there is none."""
        await self.require(session)
        return self._live.get(session) or SessionSettings()

    async def list(self) -> list[SessionEntry]:
        """An entry per session and datapoint with a payload, newest first."""
        await self._live.refresh()
        entries = [
            self._entry(stored.session or "", stored.created, stored.partner, stored.datapoint)
            for stored in await Payloads(self._store).of_sessions()
        ]
        listed = {entry.session for entry in entries}
        for session in await self._store.owners():
            if session in listed:
                continue
            if (first := _begun(await self._store.owned(session))) is not None:
                entries.append(self._entry(session, first.created))
        # Two payloads of one instant keep the order in which they were uploaded.
        entries.reverse()
        return sorted(entries, key=lambda entry: entry.created, reverse=True)

    async def describe(self, session: str) -> SessionDetails:
        """All that is known of a session. Raises ReplyError (404) if there is none."""
        settings = await self.settings(session)
        owned = await self._store.owned(session)
        first = _begun(owned)
        kinds = Counter(each.namespace.partition("/")[0] for each in owned)
        places = [each.key.split("/", 2) for each in owned if each.namespace == "payloads"]
        return SessionDetails(
            session=session,
            created=first.created if first else 0.0,
            settings=settings,
            payloads=tuple((partner, datapoint) for partner, datapoint, _ in places),
            documents={kind: count for kind, count in kinds.items() if kind not in _OWN},
            requests=len(await self._journal.list(owner=session)) if self._journal else 0,
        )

    async def reset(self, session: str) -> None:
        """Empty a session; it keeps name, time to live and seed. Raises ReplyError (404)."""
        await self.require(session)
        await self._flush()
        gone = [e for e in await self._store.owned(session) if e.namespace not in _KEPT]
        await asyncio.gather(*(self._store.delete(each.namespace, each.key) for each in gone))
        # Also tells every process to see what is left of the session.
        begin = partial(self._store.put, NAMESPACE, session, b"", owner=session)
        await self._changes.record(begin, Change("", session))
        if self._live.get(session) is not None:
            await self._live.change(session, _with_server_time)

    async def delete(self, session: str) -> bool:
        """Delete a session with everything that was written in it; False if there was none."""
        await self._live.refresh()
        await self._flush()
        return await self._delete(session)

    async def clear(self) -> int:
        """Delete all sessions; returns how many there were."""
        await self._live.refresh()
        await self._flush()
        begun = 0
        for session in await self._store.owners():
            begun += await self.exists(session)
            await self._delete(session)
        return begun

    def _entry(
        self,
        session: str,
        created: float,
        partner: str | None = None,
        datapoint: str | None = None,
    ) -> SessionEntry:
        settings = self._live.get(session) or SessionSettings()
        return SessionEntry(session, partner, datapoint, created, settings)

    async def _delete(self, session: str) -> bool:
        delete = partial(self._store.delete_owned, session)
        return await self._changes.record(delete, Change("", session)) > 0

    async def _flush(self) -> None:
        if self._journal is not None:
            await self._journal.flush()


def _begun(documents: Iterable[Document]) -> Document | None:
    """The oldest document that makes a session of an owner."""
    return next((each for each in documents if each.namespace != JOURNAL), None)


def _with_server_time(settings: SessionSettings) -> SessionSettings:
    return msgspec.structs.replace(settings, clock=None)


def _taken(session: str) -> ReplyError:
    return ReplyError(409, f"There is a session {session!r} already; DELETE it, or take another id")
