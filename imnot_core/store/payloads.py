"""Payloads: what a test uploads for a datapoint, global or for one session, kept byte for byte."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from imnot_core.store import Document, Store

NAMESPACE = "payloads"


class Payload(msgspec.Struct, frozen=True):
    """An uploaded payload, as it is served: the bytes that were uploaded and their type."""

    body: bytes
    content_type: str = "application/json"


class StoredPayload(msgspec.Struct, frozen=True):
    """A payload with what the admin API tells of it; times in seconds since 1970."""

    partner: str
    datapoint: str
    session: str | None
    payload: Payload
    created: float
    updated: float


class Payloads:
    """The payloads of all datapoints. A session's payload goes with the session."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def of(self, partner: str, datapoint: str) -> Callable[[str | None], Awaitable[Payload | None]]:
        """What gives the payload that a datapoint serves: the session's alone, or the global one.

        Made once for a datapoint, because it is asked at every request.
        """
        store, everybodys = self._store, _key(partner, datapoint, None)

        async def payload(session: str | None) -> Payload | None:
            body = await store.get(NAMESPACE, everybodys + session if session else everybodys)
            return None if body is None else Payload(body)

        return payload

    async def inspect(
        self, partner: str, datapoint: str, session: str | None
    ) -> StoredPayload | None:
        """The payload with its times."""
        found = await self._store.read(NAMESPACE, _key(partner, datapoint, session))
        return None if found is None else _stored(found)

    async def put(self, partner: str, datapoint: str, session: str | None, body: bytes) -> None:
        """Keep a payload; the last write wins."""
        key = _key(partner, datapoint, session)
        await self._store.put(NAMESPACE, key, body, owner=session or "")

    async def of_sessions(self) -> list[StoredPayload]:
        """The payloads of all sessions, without their bodies, oldest first."""
        documents = await self._store.scan(NAMESPACE, values=False)
        return [_stored(document) for document in documents if document.owner]


def _key(partner: str, datapoint: str, session: str | None) -> str:
    # Names have no slash, so the session, which may be any text, comes last.
    return f"{partner}/{datapoint}/{session or ''}"


def _stored(document: Document) -> StoredPayload:
    partner, datapoint, session = document.key.split("/", 2)
    return StoredPayload(
        partner=partner,
        datapoint=datapoint,
        session=session or None,
        payload=Payload(document.value),
        created=document.created,
        updated=document.updated,
    )
