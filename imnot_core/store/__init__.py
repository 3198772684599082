"""The store: where everything lives that must survive a request.

`Store` is a small protocol over documents; the typed repositories (payloads, sessions, issued ids,
pattern state) stand on it, so that a store for another database is one module and no pattern knows
the difference. A store is found through the entry-point group `imnot.stores`: the entry-point name
is the scheme of `--db` (`sqlite` for a plain path), the object is a callable
`(url: str, clock: Clock) -> Store`.
One contract suite, `imnot_core.testing.StoreContract`, runs against every store.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


@dataclass(frozen=True, slots=True)
class Document:
    """One stored value and what the store knows of it.

    `owner` is the session that wrote it ("" for none): deleting the session deletes the document.
    `created` and `updated` are seconds since 1970 of the store's clock.
    """

    namespace: str
    key: str
    value: bytes
    owner: str
    created: float
    updated: float


class Entry(NamedTuple):
    """A document to append; `owner` as of `Document`."""

    key: str
    value: bytes
    owner: str = ""


class Store(Protocol):
    """Documents under a namespace and a key, shared by every process that uses the same database.

    Whatever an awaited call has written is kept when the process is killed right afterwards, and is
    seen by the next call of every other process. Writes that are begun one after the other take
    effect in that order, also when neither is awaited before the next is begun. An expired document
    is as good as absent. Every method raises `StoreError` when the database cannot be used.
    """

    async def open(self) -> None:
        """Connect, and create or migrate what is needed. Called once, before any other method."""

    async def close(self) -> None:
        """Finish pending writes and disconnect."""

    async def get(self, namespace: str, key: str) -> bytes | None:
        """The value, or None. The cheapest read there is."""

    async def read(self, namespace: str, key: str) -> Document | None:
        """The value with its owner and times, or None."""

    async def put(
        self,
        namespace: str,
        key: str,
        value: bytes,
        *,
        owner: str = "",
        expires_at: float | None = None,
    ) -> None:
        """Write, whether or not the key exists. `created` and the order of creation are kept."""

    async def compare_and_set(
        self,
        namespace: str,
        key: str,
        expected: bytes | None,
        value: bytes,
        *,
        owner: str = "",
        expires_at: float | None = None,
    ) -> bool:
        """Write only if the present value is `expected` (None: only if absent); tells whether."""

    async def increment(
        self,
        namespace: str,
        key: str,
        by: int = 1,
        *,
        owner: str = "",
        expires_at: float | None = None,
    ) -> int:
        """Add to a counter that begins at 0 and return the new value; exact among all processes.

        The value is the decimal number as ASCII text. `expires_at` is used only when it begins.
        """

    async def delete(self, namespace: str, key: str) -> bool:
        """Delete; tells whether there was anything."""

    async def scan(
        self, namespace: str, prefix: str = "", *, values: bool = True
    ) -> list[Document]:
        """The documents whose key starts with `prefix`, in order of creation.

        With `values=False` their `value` is empty: for listings that need no bodies.
        """

    async def clear(self, namespace: str, prefix: str = "") -> int:
        """Delete the documents that `scan` would give; returns how many there were."""

    async def owners(self) -> list[str]:
        """Every owner that has a document, in order of its oldest one."""

    async def owned(self, owner: str) -> list[Document]:
        """All documents of one owner, without their values, in order of creation."""

    async def delete_owned(self, owner: str) -> int:
        """Delete all documents of one owner at once; returns how many there were."""

    async def append(self, namespace: str, entries: Sequence[Entry], *, keep: int) -> None:
        """Write documents, in order and all at once, and forget all but the `keep` appended last.

        Each gets the number after that of the one appended before it, by whichever process; the
        first gets 1, and none is given twice. Those that were deleted meanwhile count as kept. Up
        to a tenth more may be kept. A key that exists already is written anew, as the newest.
        """

    async def tail(
        self, namespace: str, after: int = 0, *, last: int | None = None
    ) -> list[tuple[int, Document]]:
        """What was appended behind the number `after` and still exists, with its numbers, in order.

        With `last`, only the last so many of them. It must cost no more when much lies before.
        """

    async def change_token(self) -> int:
        """A number that differs from the last one if another process wrote anything since."""
