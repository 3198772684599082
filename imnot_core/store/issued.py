"""Issued ids: the submitted requests of a datapoint, found again by the id that was handed out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from imnot_core.store import Document, Store

T = TypeVar("T")

# What sets a session's copy of an id apart from the id. It can be in no session's name, and an id
# that has it was not handed out.
_COPY = "\0"


class Issued(msgspec.Struct, frozen=True):
    """An id that was handed out: in which session, when, and what the pattern keeps with it."""

    id: str
    session: str | None
    created: float
    data: Any = None


class IssuedIds:
    """The ids that one datapoint handed out. An id of another datapoint is unknown here.

    They can be found without naming a session, because the steps that follow may carry none; they
    go with the session in which they were issued. Who names a session finds the ids that were
    issued there or without a session, and the copies that a copied session has; what is changed
    there, only that session sees.
    """

    def __init__(
        self, store: Store, new_id: Callable[[], str], partner: str, datapoint: str
    ) -> None:
        self._store = store
        self._new_id = new_id
        self._namespace = f"issued/{partner}/{datapoint}"

    async def issue(self, session: str | None, data: Any = None, *, id: str | None = None) -> str:  # noqa: A002 - its name
        """Hand out a new id and keep `data` (anything that JSON can hold) with it.

        `id` is one of `Context.new_id`, where `data` has to name it.
        """
        issued = id or self._new_id()
        await self._store.put(
            self._namespace, issued, msgspec.json.encode(data), owner=session or ""
        )
        return issued

    async def find(self, issued: str, session: str | None = None) -> Issued | None:
        """What was kept with an id, or None for one that was never handed out.

        With a session, an id of another session was not. Without one, the id is found as the
        session has it that it was issued in.
        """
        document = await self._read(issued, session)
        return None if document is None else _issued(document)

    async def change(
        self, issued: str, new: Callable[[Any], Any], session: str | None = None
    ) -> bool:
        """Replace what is kept with an id by `new` of it, and lose no change that others make.

        `new` may be called several times. False if there is no such id, for instance because its
        session was deleted meanwhile.
        """
        return await self.decide(issued, lambda found: (new(found.data), True), session) or False

    async def decide(
        self, issued: str, rule: Callable[[Issued], tuple[Any, T]], session: str | None = None
    ) -> T | None:
        """Keep with an id the first of what `rule` gives for it, and return the second.

        That is one step, exact among all processes; `rule` may be called several times, the last
        call counts. None if there is no such id; a session is as for `find`.
        """
        while document := await self._read(issued, session):
            data, result = rule(_issued(document))
            value = msgspec.json.encode(data)
            if value == document.value or await self._replace(document, value, session):
                return result
        return None

    async def list(self, session: str | None = None) -> list[Issued]:
        """All ids of the datapoint, or those that a session has of its own; oldest first."""
        documents = await self._store.scan(self._namespace)
        return [_issued(each) for each in documents if session in (None, each.owner)]

    async def _read(self, issued: str, session: str | None) -> Document | None:
        if _COPY in issued:
            return None
        if session is not None:
            copy = await self._store.read(self._namespace, f"{issued}{_COPY}{session}")
            if copy is not None:
                return copy
        document = await self._store.read(self._namespace, issued)
        if document is None or session is None or document.owner in ("", session):
            return document
        return None

    async def _replace(self, document: Document, value: bytes, session: str | None) -> bool:
        if session is None or document.owner:
            key, expected, owner = document.key, document.value, document.owner
        else:  # issued without a session: it is changed for this one alone
            key, expected, owner = f"{document.key}{_COPY}{session}", None, session
        return await self._store.compare_and_set(self._namespace, key, expected, value, owner=owner)


def _issued(document: Document) -> Issued:
    return Issued(
        id=document.key.partition(_COPY)[0],
        session=document.owner or None,
        created=document.created,
        data=msgspec.json.decode(document.value),
    )
