"""The entries of the journal that are written: added in runs, read, found, trimmed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from imnot_core.store import Document, Entry, Store
from imnot_core.store.journal_buffer import BATCH_ENTRIES, Waiting
from imnot_core.store.journal_entries import (
    PREFIX_LENGTH,
    JournalEntry,
    Key,
    entries_of,
    number_of,
    run_of,
)

NAMESPACE: Final = "journal"
STORED_BYTES: Final = 128 * 1024 * 1024
"""More bytes than these are not kept, whatever the number of entries."""
OVERLAP: Final = 2 * BATCH_ENTRIES
"""So many more entries may be out of order where there are several workers."""

_TURN = 200  # entries that are decoded before other requests have their turn: 1 ms


class JournalDocuments:
    """The last `size` entries of all processes; those of this one begin with `prefix`.

    What several workers write at about the same time lies side by side, not in order: where they
    are `shared`, a little more is kept and read, so that the newest entries are among it.
    """

    def __init__(self, store: Store, prefix: str, size: int, *, shared: bool = False) -> None:
        self._store = store
        self._prefix = prefix
        self._size = size
        self._kept = size + OVERLAP if shared else size
        self._added = self._added_bytes = 0  # since the last time that too many were looked for

    async def append(self, runs: Sequence[Sequence[Waiting]]) -> None:
        """Write a document for each run."""
        entries = [self._document(run) for run in runs]
        await self._store.append(NAMESPACE, entries, keep=max(self._kept, len(entries)))
        self._added += sum(map(len, runs))
        self._added_bytes += sum(len(each.value) for each in entries)

    async def trim(self) -> None:
        """Delete what is too much, if there may be any.

        A document may hold one entry or a hundred, so the number of documents says little: the keys
        tell, and to read those of all documents takes a millisecond. It is done now and then.
        """
        if self._added * 8 < self._size and self._added_bytes * 8 < STORED_BYTES:
            return
        self._added = self._added_bytes = 0
        heads = await self._store.scan(NAMESPACE, values=False)
        count = size = 0
        gone = []
        for head in reversed(heads):
            key = Key.of(head.key)
            if count >= self._kept or size >= STORED_BYTES:
                gone.append(head.key)
            count += key.count
            size += key.size
        await asyncio.gather(*(self._store.delete(NAMESPACE, key) for key in gone))

    async def all(
        self, source: str, owner: str | None, session: str | None = None
    ) -> list[JournalEntry]:
        """The entries of a source ("": of all) and an owner (None: of all), oldest first.

        With `session`, at least those of its requests: who asks has to look at each.
        """
        if owner:
            return await self._chosen(await self._owned(owner), source, owner)
        documents = [each for _, each in await self._store.tail(NAMESPACE)]
        return await self._chosen(documents, source, owner, session)

    async def newest(self, source: str, owner: str | None, count: int) -> list[JournalEntry]:
        """The last so many of them."""
        if owner:
            return _last(await self.all(source, owner), count)
        window = count
        while True:
            documents = [each for _, each in await self._store.tail(NAMESPACE, last=window)]
            found = await self._chosen(documents, source, owner)
            if len(found) >= count or len(documents) < window:
                return _last(found, count)
            window *= 4

    async def read(self, after: int, session: str | None = None) -> tuple[int, list[JournalEntry]]:
        """What was written behind a number, and the number behind which to go on.

        `session` as in `all`.
        """
        found = await self._store.tail(NAMESPACE, after)
        last = found[-1][0] if found else after
        return last, await self._chosen([each for _, each in found], "", None, session)

    async def find(self, entry_id: str) -> JournalEntry | None:
        """The entry of that id."""
        prefix, number = entry_id[:PREFIX_LENGTH], number_of(entry_id)
        if number is None:
            return None
        heads = await self._store.scan(NAMESPACE, prefix, values=False)
        keys = [head.key for head in heads if Key.of(head.key).may_hold(number)]
        read = [await self._store.read(NAMESPACE, key) for key in keys]
        found = [each for one in read if one for each in entries_of(one, number=number)]
        return found[-1] if found else None

    async def clear(self, owner: str | None) -> int:
        """Delete the entries of an owner (None: of all); returns how many there were."""
        heads = await self._store.scan(NAMESPACE, values=False)
        gone = [head.key for head in heads if owner is None or head.owner == owner]
        deleted = await asyncio.gather(*(self._store.delete(NAMESPACE, key) for key in gone))
        return sum(
            Key.of(key).count
            for key, was_there in zip(gone, deleted, strict=True)
            if was_there and not key.endswith("+")
        )

    def _document(self, run: Sequence[Waiting]) -> Entry:
        first = run[0]
        value = run_of([each.value for each in run], [each.answer for each in run])
        numbers = [each.number for each in run]
        least = min(numbers)
        key = Key(self._prefix, least, max(numbers) - least, len(run), len(value))
        return Entry(key.text(amends=first.amends), value, first.owner)

    async def _owned(self, owner: str) -> list[Document]:
        heads = [each for each in await self._store.owned(owner) if each.namespace == NAMESPACE]
        read = [await self._store.read(NAMESPACE, head.key) for head in heads]
        return [each for each in read if each is not None]

    async def _chosen(
        self,
        documents: Sequence[Document],
        source: str,
        owner: str | None,
        session: str | None = None,
    ) -> list[JournalEntry]:
        """The entries of documents, in order; of one that was written twice, the last.

        Documents without a request of `session` are passed over: to decode all of them for each
        question of each session would be most of what a server does for a suite of tests.
        """
        found: list[JournalEntry] = []
        left, turn = self._kept, 0
        mark = None if session is None else session.encode("utf-8", "replace")
        for document in reversed(documents):
            if left <= 0:
                break
            if mark is not None and document.owner != session and mark not in document.value:
                left -= 0 if document.key.endswith("+") else Key.of(document.key).count
                continue
            entries = entries_of(document)
            left -= 0 if document.key.endswith("+") else len(entries)
            turn += len(entries)
            found += reversed(entries)
            if turn >= _TURN:
                turn = 0
                await asyncio.sleep(0)
        found.reverse()
        found = list({each.id: each for each in found}.values())
        found.sort(key=_order)
        return [
            each
            for each in _last(found, self._size)
            if (not source or each.source == source) and (owner is None or each.owner == owner)
        ]


def _order(entry: JournalEntry) -> tuple[float, float]:
    return entry.at, entry.ended


def _last(entries: Sequence[JournalEntry], count: int) -> list[JournalEntry]:
    return list(entries[max(0, len(entries) - count) :])
