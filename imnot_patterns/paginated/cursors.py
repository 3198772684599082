"""Cursors: ids that stand for a place in the items, kept in the session's state.

A cursor points behind the item that it was given out after. When the payload is replaced, it goes
on behind that item, wherever it stands now; if it is gone, at the place where it stood. The same
place of the same payload has the same cursor every time, so that a client that goes round in
circles leaves no more than one cursor a page.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final
from uuid import UUID

import msgspec

from imnot_core import Context, ReplyError
from imnot_patterns.paginated.items import Items

KEY: Final = "cursor/"


class Place(msgspec.Struct, frozen=True):
    """How many items come before a place, in which payload, and the mark of the last of them."""

    offset: int
    version: str
    mark: str


class Cursors:
    """The cursors of one datapoint, those of the request's session alone."""

    def __init__(self, context: Context, lifetime: float) -> None:
        self._context = context
        self._lifetime = lifetime or None

    async def issue(self, items: Items, offset: int, session: str | None) -> str:
        """The cursor of a place in the items; it is good for another lifetime from now on."""
        cursor = self._name(items, offset, session)
        place = Place(offset, items.version, items.mark(offset - 1) if offset else "")
        written = msgspec.to_builtins(place)
        await self._context.state.put(KEY + cursor, written, expires_in=self._lifetime)
        return cursor

    async def find(self, cursor: str, items: Items) -> int:
        """The offset at which a cursor goes on. Raises ReplyError (400) for none or an old one."""
        written = await self._context.state.get(KEY + cursor)
        if written is None:
            owner = f"{self._context.partner}/{self._context.datapoint}"
            detail = f'The cursor "{cursor[:80]}" is unknown to {owner} in this session, or expired'
            raise ReplyError(400, detail)
        place = msgspec.convert(written, Place)
        if place.version != items.version and place.offset:
            found = items.find(place.mark, place.offset - 1)
            return place.offset if found is None else found + 1
        return place.offset

    def _name(self, items: Items, offset: int, session: str | None) -> str:
        where = f"{self._context.partner}/{self._context.datapoint}/{session}\0{offset}"
        digest = blake2b(where.encode(), key=items.version.encode(), digest_size=16).digest()
        return str(UUID(bytes=digest, version=4))
