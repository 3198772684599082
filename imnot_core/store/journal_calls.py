"""What was sent, by a client or as a callback, as an entry of the journal holds it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from imnot_core.messages import Request
from imnot_core.store.journal_entries import Kind, encode

End = tuple[int | None, float, float | None, str]
"""What is known at the end: status, when that was, how long it took, and what was wrong."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """All of an entry but its number and its end."""

    source: str
    at: float
    method: str
    path: str
    query: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes
    size: int
    session: str | None
    data: Any
    kind: Kind = "request"
    url: str = ""
    attempt: int | None = None

    @classmethod
    def received(cls, request: Request, source: str, at: float, data: Any, limit: int) -> Call:
        """A request that came."""
        body = request.body
        return cls(
            source=source,
            at=at,
            method=request.method,
            path=request.path,
            query=request.raw_query,
            headers=list(request.raw_headers),
            body=body[:limit],
            size=len(body),
            session=request.session,
            data=data,
        )

    @classmethod
    def sent(  # noqa: PLR0913 - as of `Journal.add_callback`
        cls,
        method: str,
        url: str,
        headers: Mapping[str, str] | Iterable[tuple[str, str]],
        body: bytes,
        *,
        source: str,
        at: float,
        session: str | None,
        attempt: int,
        data: Any,
        limit: int,
    ) -> Call:
        """A callback. Its Host header is that of the URL, unless there is another one."""
        parts = urlsplit(url)
        pairs = headers.items() if isinstance(headers, Mapping) else headers
        wire = [(_wire(name.lower()), _wire(value)) for name, value in pairs]
        if not any(name == b"host" for name, _ in wire):
            wire.insert(0, (b"host", _wire(parts.netloc.rpartition("@")[2])))
        return cls(
            source=source,
            at=at,
            method=method,
            path=unquote(parts.path) or "/",
            query=_wire(parts.query),
            headers=wire,
            body=body[:limit],
            size=len(body),
            session=session,
            data=data,
            kind="callback",
            url=url,
            attempt=attempt,
        )

    def encoded(self, number: int, end: End) -> tuple[bytes, int]:
        """The entry, and how many bytes at its end are what only the end tells.

        Raises TypeError for data that JSON cannot hold.
        """
        fields = (
            number,
            self.source,
            self.at,
            self.method,
            self.path,
            self.query,
            self.headers,
            self.body,
            self.size,
            self.session,
            self.data,
        )
        if self.kind != "request":
            return encode((*fields, *end, self.kind, self.url, self.attempt)), 0
        value, tail = encode((*fields, None, None, None, None)), encode(end)[1:]
        return value[:-4] + tail, len(tail)


def _wire(text: str) -> bytes:
    return text.encode("latin-1", "replace")
