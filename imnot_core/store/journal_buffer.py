"""What of the journal is still in memory: bounded in entries and in bytes."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from typing import Any, Final

import msgspec

from imnot_core.messages import Reply
from imnot_core.store.journal_entries import Answer, encode

ANSWER_LIMIT: Final = 64 * 1024
"""How many bytes of an answer's body are kept."""
FLUSH_BYTES: Final = 16 * 1024 * 1024
"""So many bytes do not wait for the next time that entries are written."""
MEMORY: Final = 32 * 1024 * 1024
"""More bytes than these are not gathered: who comes next waits until they are written."""
SHARED_FROM: Final = 512
"""Bodies of answers from so many bytes on are looked for among those in memory already."""
BATCH_ENTRIES: Final = 500
BATCH_RUNS: Final = 100
BATCH_BYTES: Final = 4 * 1024 * 1024
"""What is written at once, at most: more would hold up others for some milliseconds."""
RUN_ENTRIES: Final = 100
RUN_BYTES: Final = 1024 * 1024
"""What goes into one document: of what that costs, three quarters are the same for one entry."""


class Waiting(msgspec.Struct, gc=False):
    """An entry in memory: its number, itself encoded, who owns it, and its answer.

    `cost` is the memory that it takes, 0 once it was dropped. The last `tail` bytes of the value
    are what is known only when there is an answer. `amends` says that it replaces an entry that was
    written already.
    """

    number: int
    value: bytes
    owner: str
    headers: Any = ()
    body: bytes | None = None
    size: int = 0
    cost: int = 0
    tail: int = 0
    written: bool = False
    amends: bool = False
    problem: str = ""

    @property
    def answer(self) -> Answer | None:
        """The answer as it is stored."""
        return None if self.body is None else Answer(self.headers, self.body, self.size)

    def complete(self, end: tuple[int | None, float, float | None, str]) -> None:
        """Put what is known by now at the end of the entry."""
        tail = encode(end)[1:]  # without the mark of an array
        self.value = self.value[: -self.tail] + tail
        self.tail = len(tail)


class Buffer:
    """The entries that wait to be written, in order; the oldest go where there are too many."""

    __slots__ = ("_bodies", "_cut", "_size", "bytes", "entries")

    def __init__(self, size: int) -> None:
        self.entries: deque[Waiting] = deque()
        self.bytes = 0
        self._size = size
        self._bodies: dict[tuple[str, str], bytes] = {}
        self._cut: tuple[bytes, bytes] = b"", b""

    def append(self, entry: Waiting) -> None:
        """Add an entry, the newest."""
        entries = self.entries
        if len(entries) >= self._size:
            self._drop(entries.popleft())
        entries.append(entry)
        self.bytes += entry.cost

    def answer(self, entry: Waiting, reply: Reply, source: str) -> None:
        """Put an answer into an entry, and reckon what it costs; the body of a stream is unknown.

        The last answer of a source is often the same as this one: then the body is in memory once.
        """
        entry.cost = len(entry.value)
        if reply.stream is not None:
            return
        body, headers = reply.body, reply.headers
        entry.headers = headers if type(headers) is tuple else tuple(headers)
        entry.size = size = len(body)
        if size > ANSWER_LIMIT:
            body = self._shortened(body)
        if size >= SHARED_FROM:
            key = source, entry.owner
            last = self._bodies.get(key)
            if last is not None and (last is body or last == body):
                entry.body = last
                return
            self._bodies[key] = body
        entry.body = body
        entry.cost += len(body)

    def _shortened(self, body: bytes) -> bytes:
        whole, cut = self._cut
        if whole is not body:
            cut = body[:ANSWER_LIMIT]
            self._cut = body, cut
        return cut

    def take(self) -> list[list[Waiting]]:
        """Take out the oldest entries: as many as can be written without holding up others.

        They come in runs: neighbours of one owner, each as many as go into one document.
        """
        entries, self._bodies, self._cut = self.entries, {}, (b"", b"")
        runs: list[list[Waiting]] = []
        count = size = in_run = 0
        run: list[Waiting] = []
        while entries and count < BATCH_ENTRIES and size < BATCH_BYTES:
            next_one = entries[0]
            if not (run and _goes_on(run, next_one, in_run)):
                if len(runs) == BATCH_RUNS:
                    break
                run, in_run = [], 0
                runs.append(run)
            run.append(entries.popleft())
            next_one.written = True
            count += 1
            size += next_one.cost
            in_run += next_one.cost
        self.bytes -= size
        return runs

    def put_back(self, runs: list[list[Waiting]]) -> None:
        """Undo `take`, as far as there is room."""
        for each in reversed([each for run in runs for each in run]):
            if len(self.entries) >= self._size or self.bytes + each.cost > MEMORY:
                break
            each.written = False
            self.entries.appendleft(each)
            self.bytes += each.cost

    def forget(self, owners: Collection[str]) -> None:
        """Drop the entries of sessions or scopes that are gone."""
        entries, self.entries = self.entries, deque()
        for each in entries:
            if each.owner in owners:
                self._drop(each)
            else:
                self.entries.append(each)

    def _drop(self, entry: Waiting) -> None:
        self.bytes -= entry.cost
        entry.cost = 0


def _goes_on(run: list[Waiting], entry: Waiting, size: int) -> bool:
    first = run[0]
    return (
        first.owner == entry.owner
        and first.amends == entry.amends
        and len(run) < RUN_ENTRIES
        and size < RUN_BYTES
    )
