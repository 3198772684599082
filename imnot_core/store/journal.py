"""The journal: the requests that were answered, or not, for tests to ask about."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import groupby
from operator import attrgetter
from secrets import token_hex
from typing import Any, Final, NamedTuple

from imnot_core.clock import Clock
from imnot_core.errors import StoreError
from imnot_core.messages import Request
from imnot_core.store import Document, Entry, Store
from imnot_core.store.changes import Change, ChangeLog, Follower
from imnot_core.store.journal_entries import (
    PREFIX_LENGTH,
    JournalEntry,
    encode,
    entries_of,
    joined,
    number_of,
)

NAMESPACE: Final = "journal"
SIZE: Final = 10_000
"""How many requests are kept."""
BODY_LIMIT: Final = 256 * 1024
"""How many bytes of a request's body are kept."""

FLUSH_SECONDS: Final = 0.05
"""How long a request may wait in memory before it is written."""
FLUSH_ENTRIES: Final = 100
FLUSH_BYTES: Final = 1024 * 1024
"""So many requests, or bytes of them, do not wait; more at once would hold up others for 1 ms."""

_TURN = 200  # entries that are decoded before other requests have their turn: 1 ms
_log = logging.getLogger("imnot")


class _Waiting(NamedTuple):
    """An entry in memory: its number, itself encoded, and who owns it."""

    number: int
    value: bytes
    owner: str


class Journal:
    """The last requests of the server, of all plugins together; the oldest are forgotten.

    A server of one process writes them in batches: what is asked here is always complete, but a
    process that is killed loses the requests of its last 50 ms. One of several processes writes
    each request before it is answered, so that the others know it.

    A document holds a run of entries of one owner: of what a document costs to write, three
    quarters are the same for a hundred entries as for one.
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
        self._store = store
        self._clock = clock
        self._changes = changes
        self._size = size
        self._body_limit = body_limit
        self._shared = shared
        self._prefix = f"{token_hex(6)}-"
        self._count = 0
        self._buffer: list[_Waiting] = []
        self._bytes = 0
        self._written: deque[int] = deque()  # how many entries the last documents have
        self._entries = 0  # in all of these
        self._timer: asyncio.TimerHandle | None = None
        self._flushing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._fails = False
        changes.add(Follower(self._follow, self._compare))

    async def add(
        self,
        request: Request,
        *,
        source: str,
        status: int | None,
        owner: str = "",
        data: Any = None,
    ) -> str:
        """Keep a request; returns the id of its entry, which is made for URLs.

        `data` is anything that JSON can hold. `owner` is the session or scope with which the entry
        goes; the request's session if none is named.
        """
        self._count = number = self._count + 1
        body, headers, session = request.body, request.raw_headers, request.session
        size = len(body)
        if size > self._body_limit:
            body = body[: self._body_limit]
        if type(headers) is not list:
            headers = list(headers)
        value = encode(
            (
                number,
                source,
                self._clock.time(),
                request.method,
                request.path,
                request.raw_query,
                headers,
                body,
                size,
                session,
                status,
                data,
            )
        )
        entry = _Waiting(number, value, owner or session or "")
        if self._shared:
            await self._write((entry,))
        else:
            self._buffered(entry)
        return f"{self._prefix}{number:08x}"

    async def list(
        self, source: str = "", *, owner: str | None = None, newest: int | None = None
    ) -> list[JournalEntry]:
        """The entries, oldest first; only those of a source or of an owner, if one is named.

        The owner "" stands for entries that no session or scope owns. With `newest`, only the last
        so many, which is cheaper.
        """
        await self._flushed()
        if owner:
            heads = [e for e in await self._store.owned(owner) if e.namespace == NAMESPACE]
            read = [await self._store.read(NAMESPACE, head.key) for head in heads]
            return _last(await _decoded([d for d in read if d], source, owner, self._size), newest)
        window = newest
        while True:
            documents = [each for _, each in await self._store.tail(NAMESPACE, last=window)]
            found = await _decoded(documents, source, owner, self._size)
            if window is None or len(found) >= window or len(documents) < window:
                return _last(found, newest)
            window *= 4

    async def find(self, id: str) -> JournalEntry | None:  # noqa: A002 - as the entry calls it
        """The entry of that id, or None where it never was or was forgotten."""
        await self._flushed()
        prefix, number = id[:PREFIX_LENGTH], number_of(id)
        document = await self._store.read(NAMESPACE, id)
        if document is None and number is not None:
            # A document has the id of its first entry.
            heads = await self._store.scan(NAMESPACE, prefix, values=False)
            before = [head.key for head in heads if head.key < id]
            document = await self._store.read(NAMESPACE, max(before)) if before else None
        found = [] if document is None else entries_of(document)
        return next((each for each in found if each.id == id), None)

    async def flush(self) -> None:
        """Write what is still in memory; everybody can see it when this returns.

        What the store refuses stays in memory, as far as the journal's size allows, and is tried
        again with the next; the first refusal of a row is logged.
        """
        with suppress(StoreError):
            await self._flushed()

    async def _flushed(self) -> None:
        """Do the same. Raises StoreError: an answer without the last requests would be a lie."""
        if not self._buffer and not self._flushing.locked():
            return
        async with self._flushing:
            entries: list[_Waiting] = []
            try:
                await self._changes.catch_up()  # a session may have been deleted elsewhere
                entries, self._buffer, self._bytes = self._buffer, [], 0
                if entries:
                    await self._write(entries)
                self._fails = False
            except StoreError as error:
                self._buffer = (entries + self._buffer)[-self._size :]
                if not self._fails:
                    _log.error("requests are answered, but not kept in the journal: %s", error)
                self._fails = True
                raise

    async def close(self) -> None:
        """Write what is still in memory; to be called when no request is running any more."""
        await self.flush()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _follow(self, changes: Sequence[Change]) -> None:
        """Drop what is still in memory of sessions that were deleted."""
        gone = {change.name for change in changes if not change.namespace}
        if gone:
            self._buffer = [entry for entry in self._buffer if entry.owner not in gone]

    async def _compare(self) -> None:
        """Too much was missed to know; what is in memory is 50 ms old at most, and stays."""

    async def _write(self, entries: Sequence[_Waiting]) -> None:
        documents, counts = [], []
        for together in _runs(entries):
            key = f"{self._prefix}{together[0].number:08x}"
            value = joined([each.value for each in together])
            documents.append(Entry(key, value, together[0].owner))
            counts.append(len(together))
        await self._store.append(NAMESPACE, documents, keep=self._kept_with(counts))
        self._written += counts
        self._entries += sum(counts)

    def _kept_with(self, counts: Sequence[int]) -> int:
        """How many documents are to be kept when some of so many entries are added."""
        added = sum(counts)
        while self._written and self._entries - self._written[0] + added >= self._size:
            self._entries -= self._written.popleft()
        # What was there before this process may have but one entry in each document.
        is_full = self._entries + added >= self._size
        return len(self._written) + len(counts) if is_full else self._size

    def _buffered(self, entry: _Waiting) -> None:
        self._buffer.append(entry)
        self._bytes += len(entry.value)
        if len(self._buffer) >= FLUSH_ENTRIES or self._bytes >= FLUSH_BYTES:
            self._begin_flush()
            del self._buffer[: -self._size]  # as many came while the store was locked
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(FLUSH_SECONDS, self._begin_flush)

    def _begin_flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self.flush(), name="imnot journal")


def _runs(entries: Sequence[_Waiting]) -> Iterator[list[_Waiting]]:
    """What goes into one document each: neighbours of one owner, and not too many of them."""
    for _, neighbours in groupby(entries, key=attrgetter("owner")):
        run = list(neighbours)
        for start in range(0, len(run), FLUSH_ENTRIES):
            yield run[start : start + FLUSH_ENTRIES]


async def _decoded(
    documents: Sequence[Document], source: str, owner: str | None, size: int
) -> list[JournalEntry]:
    """The last `size` entries of documents, of them those of the source and the owner."""
    found: list[JournalEntry] = []
    left, turn = size, 0
    for document in reversed(documents):
        entries = entries_of(document)[-left:]
        left -= len(entries)
        found += [
            each
            for each in reversed(entries)
            if (not source or each.source == source) and (owner is None or each.owner == owner)
        ]
        if not left:
            break
        turn += len(entries)
        if turn >= _TURN:
            turn = 0
            await asyncio.sleep(0)
    found.reverse()
    return found


def _last(entries: list[JournalEntry], count: int | None) -> list[JournalEntry]:
    return entries if count is None else entries[max(0, len(entries) - count) :]
