"""The journal: every consumer request and every callback, for tests to ask about."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from contextlib import suppress
from contextvars import ContextVar
from secrets import token_hex
from time import perf_counter
from typing import Any, Final

import msgspec

from imnot_core.clock import Clock
from imnot_core.errors import StoreError
from imnot_core.messages import Reply, Request
from imnot_core.store import Store
from imnot_core.store.changes import Change, ChangeLog, Follower
from imnot_core.store.journal_buffer import ANSWER_LIMIT, FLUSH_BYTES, MEMORY, Buffer, Waiting
from imnot_core.store.journal_calls import Call, End
from imnot_core.store.journal_documents import JournalDocuments
from imnot_core.store.journal_entries import JournalEntry, encode
from imnot_core.store.journal_filter import UNMATCHED
from imnot_core.store.journal_flusher import Flusher
from imnot_core.store.journal_notices import Notices

SIZE: Final = 10_000
"""How many requests are kept."""
BODY_LIMIT: Final = 256 * 1024
"""How many bytes of a request's body are kept."""

_NOT_THERE: Final = (404, 405)
_log = logging.getLogger("imnot")
# What a handler journaled itself: the headers of the request, and its entry.
_added: ContextVar[tuple[object, Waiting] | None] = ContextVar("imnot_journal_added", default=None)


class Journal:
    """The last requests of the server, of all partners and plugins; the oldest are forgotten.

    They are written in batches, in the background: what is asked here is always complete, also of
    several workers, but a process that is killed loses the requests of its last moments. With a
    `size` of 0 nothing is kept.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        changes: ChangeLog,
        *,
        size: int = SIZE,
        body_limit: int = BODY_LIMIT,
        shared: bool = False,
    ) -> None:
        self.keeps = size > 0
        self._now = clock.time
        self._body_limit = body_limit
        self._prefix = prefix = f"{token_hex(6)}-"
        self._count = 0
        self._buffer = Buffer(size)
        self._documents = JournalDocuments(store, prefix, size, shared=shared)
        notices = Notices(store, prefix) if shared else None
        self._flusher = Flusher(self._buffer, self._documents, changes, notices)
        self._notices = notices
        changes.add(Follower(self._follow, self._compare))

    # What happened

    def note(
        self, request: Request, source: str, reply: Reply, started: float, problem: str = ""
    ) -> Awaitable[None] | None:
        """Keep a request and its answer; for the server, before it sends or delays that.

        `started` is when the request had been read, by `time.perf_counter`; a delay that the reply
        asks for counts as part of the duration. Returns what is to be awaited before the answer is
        sent, where there is any such thing. A request that was kept with `add` already is completed
        instead. Never raises.
        """
        added = _added.get()
        own = added is not None and added[0] is request.raw_headers
        if not self.keeps:
            return None
        try:
            ended = perf_counter()
            if not source and not problem and reply.status in _NOT_THERE:
                problem = UNMATCHED
            end = reply.status, ended, ended - started + reply.delay, problem
            if added is not None and own:
                return self._completed(added[1], source, reply, end)
            entry = self._noted(request, source, end)
            self._buffer.answer(entry, reply, source)
            return self._wait_in_memory(entry)
        except Exception:  # noqa: BLE001 - a request is answered, whatever becomes of its entry
            _log.exception("a request to %s is not kept in the journal", request.path)
            return None

    async def add(
        self,
        request: Request,
        *,
        source: str,
        status: int | None,
        owner: str = "",
        data: Any = None,
        is_answered: bool = True,
    ) -> str:
        """Keep a request; returns the id of its entry, which is made for URLs.

        For plugins that keep something with it: `data` is anything that JSON can hold. The server
        keeps every consumer request anyway, and adds to this entry what it knows of the answer.
        `owner` is the session or scope with which the entry goes; the request's session if none is
        named. It is `is_answered`, unless the reply says that nothing fits.
        """
        call = Call.received(request, source, self._now(), data, self._body_limit)
        problem = "" if is_answered else UNMATCHED
        end = status, perf_counter(), None, problem
        entry = Waiting(0, b"", owner or request.session or "", problem=problem)
        await self._add(call, end, entry)
        _added.set((request.raw_headers, entry))
        return self._id(entry)

    async def add_callback(  # noqa: PLR0913 - all that there is to say of an attempt, by name
        self,
        *,
        session: str | None,
        partner: str,
        datapoint: str,
        method: str,
        url: str,
        headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        status: int | None = None,
        error: str = "",
        attempt: int = 1,
        duration: float | None = None,
        response_headers: Iterable[tuple[str, str]] = (),
        response_body: bytes | None = None,
        data: Any = None,
    ) -> str:
        """Keep an attempt to deliver a callback; returns the id of its entry.

        `status` is that of the receiver's answer; where there was none, `error` says why.
        """
        call = Call.sent(
            method,
            url,
            headers,
            body,
            source=f"{partner}/{datapoint}",
            at=self._now(),
            session=session,
            attempt=attempt,
            data=data,
            limit=self._body_limit,
        )
        entry = Waiting(0, b"", session or "")
        if response_body is not None:
            entry.headers, entry.size = tuple(response_headers), len(response_body)
            entry.body = response_body[:ANSWER_LIMIT]
        await self._add(call, (status, perf_counter(), duration, error), entry)
        return self._id(entry)

    # What can be asked

    async def list(
        self,
        source: str = "",
        *,
        owner: str | None = None,
        newest: int | None = None,
        session: str | None = None,
    ) -> list[JournalEntry]:
        """The entries, oldest first; only those of a source or of an owner, if one is named.

        With `session` it costs less for who only wants the requests of one: most others are left
        out, not all.

        The owner "" stands for entries that no session or scope owns. With `newest`, only the last
        so many, which is cheaper; of several workers, some of these may be a moment older than
        others that are left out.
        """
        await self._flusher.complete()
        if newest is not None:
            return await self._documents.newest(source, owner, newest)
        return await self._documents.all(source, owner, session)

    async def read(
        self, after: int = 0, session: str | None = None
    ) -> tuple[int, Sequence[JournalEntry]]:
        """What was kept since a point in time, and the next such point; for whoever waits.

        An entry may come once more, with the same id, when its answer is known. `session` as in
        `list`.
        """
        await self._flusher.complete()
        return await self._documents.read(after, session)

    async def find(self, id: str) -> JournalEntry | None:  # noqa: A002 - as the entry calls it
        """The entry of that id, or None where it never was or was forgotten."""
        await self._flusher.complete()
        return await self._documents.find(id)

    async def clear(self, owner: str | None = None) -> int:
        """Forget all entries, or those of one session or scope ("": of none); returns how many."""
        await self._flusher.complete()
        return await self._documents.clear(owner)

    async def flush(self) -> None:
        """Write what is still in memory; everybody can see it when this returns.

        What the store refuses stays in memory, as far as the journal's size allows, and is tried
        again with the next; the first refusal of a row is logged.
        """
        with suppress(StoreError):
            await self._flusher.flush()

    async def close(self) -> None:
        """Write what is still in memory; to be called when no request is running any more."""
        await self._flusher.close()

    # In memory

    async def _add(self, call: Call, end: End, entry: Waiting) -> None:
        entry.number = number = self._count + 1
        entry.value, entry.tail = call.encoded(number, end)  # TypeError for what cannot be kept
        self._count = number
        entry.cost = len(entry.value) + (len(entry.body) if entry.body else 0)
        if self.keeps and (turn := self._wait_in_memory(entry)) is not None:
            await turn

    def _noted(self, request: Request, source: str, end: End) -> Waiting:
        """A request as the server notes it; it is done for each, so nothing is in between."""
        self._count = number = self._count + 1
        body, headers, session = request.body, request.raw_headers, request.session
        size = len(body)
        if size > self._body_limit:
            body = body[: self._body_limit]
        value = encode(
            (
                number,
                source,
                self._now(),
                request.method,
                request.path,
                request.raw_query,
                headers if type(headers) is list else list(headers),
                body,
                size,
                session,
                None,
                *end,
            )
        )
        return Waiting(number, value, session or "")

    def _completed(
        self,
        entry: Waiting,
        source: str,
        reply: Reply,
        end: End,
    ) -> Awaitable[None] | None:
        """Add what is known of the answer to an entry that a handler made."""
        _added.set(None)
        if entry.written:
            entry = msgspec.structs.replace(entry, amends=True)
        elif not entry.cost:  # forgotten already
            return None
        before = entry.cost
        entry.complete((*end[:3], end[3] or entry.problem))
        self._buffer.answer(entry, reply, source)
        if entry.amends:
            return self._wait_in_memory(entry)
        self._buffer.bytes += entry.cost - before
        return None

    def _wait_in_memory(self, entry: Waiting) -> Awaitable[None] | None:
        buffer, flusher = self._buffer, self._flusher
        buffer.append(entry)
        if not flusher.is_due or buffer.bytes >= FLUSH_BYTES:
            flusher.begin()
            if buffer.bytes >= MEMORY:
                return self.flush()
        if self._notices is not None and not self._notices.is_up:
            return flusher.announce()
        return None

    def _id(self, entry: Waiting) -> str:
        return f"{self._prefix}{entry.number:08x}"

    async def _follow(self, changes: Sequence[Change]) -> None:
        """Drop what is still in memory of sessions that were deleted."""
        if gone := {change.name for change in changes if not change.namespace}:
            self._buffer.forget(gone)

    async def _compare(self) -> None:
        """Too much was missed to know; what is in memory is new, and stays."""
