"""The journal: the requests that were answered, or not, for tests to ask about."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from secrets import token_hex
from typing import Any, Final

import msgspec

from imnot_core.clock import Clock
from imnot_core.errors import StoreError
from imnot_core.messages import Request
from imnot_core.store import Document, Entry, Store
from imnot_core.store.changes import Change, ChangeLog, Follower

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
_encode = msgspec.msgpack.Encoder().encode


class JournalEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One request, and what is known of its answer.

    `path` is decoded, `query` is raw and without its `?`; `headers` are as they were sent, with
    names in lower case. `body` is cut off at the journal's limit, `body_size` is its real size.
    `at` is in seconds since 1970 of the server's clock. `source` is what answered (`stubs`,
    `acme/orders`), `status` None where nothing did. With the session or scope `owner` the entry
    is deleted. `data` is what `source` keeps with it.
    """

    id: str
    at: float
    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    body_size: int
    session: str | None = None
    source: str = ""
    status: int | None = None
    owner: str = ""
    data: Any = None


class _Kept(msgspec.Struct, array_like=True, gc=False):
    """An entry as it is stored, in MessagePack: bytes stay bytes there."""

    source: str
    at: float
    method: str
    path: str
    query: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    body_size: int
    session: str | None
    status: int | None
    data: Any


_decoder = msgspec.msgpack.Decoder(_Kept)


class Journal:
    """The last requests of the server, of all plugins together; the oldest are forgotten.

    A server of one process writes them in batches: what is asked here is always complete, but a
    process that is killed loses the requests of its last 50 ms. One of several processes writes
    each request before it is answered, so that the others know it.
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
        self._buffer: list[Entry] = []
        self._bytes = 0
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
        self._count += 1
        entry_id = f"{self._prefix}{self._count:08x}"
        body, headers, session = request.body, request.raw_headers, request.session
        size = len(body)
        if size > self._body_limit:
            body = body[: self._body_limit]
        if type(headers) is not list:
            headers = list(headers)
        value = _encode(
            (
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
        entry = Entry(entry_id, value, owner or session or "")
        if self._shared:
            await self._store.append(NAMESPACE, (entry,), keep=self._size)
        else:
            self._buffered(entry)
        return entry_id

    async def list(
        self, source: str = "", *, owner: str | None = None, newest: int | None = None
    ) -> list[JournalEntry]:
        """The entries, oldest first; only those of a source or of an owner, if one is named.

        The owner "" stands for entries that no session or scope owns. With `newest`, only the last
        so many, which is cheaper.
        """
        await self.flush()
        if owner:
            heads = [e for e in await self._store.owned(owner) if e.namespace == NAMESPACE]
            read = [await self._store.read(NAMESPACE, head.key) for head in heads]
            return _last(await _decoded([d for d in read if d], source, owner), newest)
        window = newest
        while True:
            documents = [each for _, each in await self._store.tail(NAMESPACE, last=window)]
            found = await _decoded(documents[-self._size :], source, owner)
            if window is None or len(found) >= window or len(documents) < window:
                return _last(found, newest)
            window *= 4

    async def find(self, id: str) -> JournalEntry | None:  # noqa: A002 - as the entry calls it
        """The entry of that id, or None where it never was or was forgotten."""
        await self.flush()
        document = await self._store.read(NAMESPACE, id)
        return None if document is None else _entry(document)

    async def flush(self) -> None:
        """Write what is still in memory; everybody can see it when this returns.

        What the store refuses is lost, and the first refusal of a row logged: the requests were
        answered already.
        """
        if not self._buffer and not self._flushing.locked():
            return
        async with self._flushing:
            try:
                await self._changes.catch_up()  # a session may have been deleted elsewhere
                entries, self._buffer, self._bytes = self._buffer, [], 0
                if entries:
                    await self._store.append(NAMESPACE, entries, keep=self._size)
                self._fails = False
            except StoreError as error:
                if not self._fails:
                    _log.error("requests are answered, but not kept in the journal: %s", error)
                self._fails = True

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

    def _buffered(self, entry: Entry) -> None:
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


async def _decoded(
    documents: Sequence[Document], source: str, owner: str | None
) -> list[JournalEntry]:
    found: list[JournalEntry] = []
    for start in range(0, len(documents), _TURN):
        entries = [_entry(document) for document in documents[start : start + _TURN]]
        found += [
            each
            for each in entries
            if (not source or each.source == source) and (owner is None or each.owner == owner)
        ]
        await asyncio.sleep(0)
    return found


def _last(entries: list[JournalEntry], count: int | None) -> list[JournalEntry]:
    return entries if count is None else entries[max(0, len(entries) - count) :]


def _entry(document: Document) -> JournalEntry:
    kept = _decoder.decode(document.value)
    return JournalEntry(
        id=document.key,
        at=kept.at,
        method=kept.method,
        path=kept.path,
        query=kept.query.decode("latin-1"),
        headers=tuple((k.decode("latin-1"), v.decode("latin-1")) for k, v in kept.headers),
        body=kept.body,
        body_size=kept.body_size,
        session=kept.session,
        source=kept.source,
        status=kept.status,
        owner=document.owner,
        data=kept.data,
    )
