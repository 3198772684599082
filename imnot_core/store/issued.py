"""Issued ids: the submitted requests of a datapoint, found again by the id that was handed out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from imnot_core.store import Document, Store


class Issued(msgspec.Struct, frozen=True):
    """An id that was handed out: in which session, when, and what the pattern keeps with it."""

    id: str
    session: str | None
    created: float
    data: Any = None


class IssuedIds:
    """The ids that one datapoint handed out. An id of another datapoint is unknown here.

    They are found without naming the session, because the steps that follow may carry none; they go
    with the session in which they were issued.
    """

    def __init__(
        self, store: Store, new_id: Callable[[], str], partner: str, datapoint: str
    ) -> None:
        self._store = store
        self._new_id = new_id
        self._namespace = f"issued/{partner}/{datapoint}"

    async def issue(self, session: str | None, data: Any = None) -> str:
        """Hand out a new id and keep `data` (anything that JSON can hold) with it."""
        issued = self._new_id()
        await self._store.put(
            self._namespace, issued, msgspec.json.encode(data), owner=session or ""
        )
        return issued

    async def find(self, issued: str) -> Issued | None:
        """What was kept with an id, or None for one that was never handed out."""
        document = await self._store.read(self._namespace, issued)
        return None if document is None else _issued(document)

    async def change(self, issued: str, new: Callable[[Any], Any]) -> bool:
        """Replace what is kept with an id by `new` of it, and lose no change that others make.

        `new` may be called several times. False if there is no such id, for instance because its
        session was deleted meanwhile.
        """
        while document := await self._store.read(self._namespace, issued):
            value = msgspec.json.encode(new(msgspec.json.decode(document.value)))
            if await self._store.compare_and_set(
                self._namespace, issued, document.value, value, owner=document.owner
            ):
                return True
        return False

    async def list(self) -> list[Issued]:
        """All ids of the datapoint, oldest first."""
        return [_issued(document) for document in await self._store.scan(self._namespace)]


def _issued(document: Document) -> Issued:
    return Issued(
        id=document.key,
        session=document.owner or None,
        created=document.created,
        data=msgspec.json.decode(document.value),
    )
