"""The entries of the journal, and the MessagePack in which runs of them are stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from imnot_core.store import Document

PREFIX_LENGTH: Final = 13
"""Of an id, so much says which process made it; the rest is the entry's number, in hex."""


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

    number: int
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


encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(list[_Kept])


def joined(values: Sequence[bytes]) -> bytes:
    """One MessagePack array of what is encoded already."""
    count = len(values)
    head = bytes([0x90 | count]) if count < 16 else b"\xdd" + count.to_bytes(4, "big")
    return head + b"".join(values)


def number_of(entry_id: str) -> int | None:
    """The number of an entry within its process; None for what is no id."""
    try:
        return int(entry_id[PREFIX_LENGTH:], 16)
    except ValueError:
        return None


def entries_of(document: Document) -> list[JournalEntry]:
    """The entries that a document holds, in order."""
    prefix = document.key[:PREFIX_LENGTH]
    return [_entry(kept, prefix, document.owner) for kept in _decoder.decode(document.value)]


def _entry(kept: _Kept, prefix: str, owner: str) -> JournalEntry:
    return JournalEntry(
        id=f"{prefix}{kept.number:08x}",
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
        owner=owner,
        data=kept.data,
    )
