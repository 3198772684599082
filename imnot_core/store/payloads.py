"""Payloads: what a test uploads for a datapoint, global or for one session, kept byte for byte."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from imnot_core import content_types
from imnot_core.messages import parse_json
from imnot_core.store import Document, Store

NAMESPACE = "payloads"
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
# JSON cannot begin with it: behind it stand a content type, another one, and the payload.
MARK: Final = b"\0"
# Sent by clients that were told nothing (curl, fetch of browsers): it does not mean what it says.
CARELESS: Final = frozenset({"", "application/x-www-form-urlencoded", "text/plain", "text/json"})


class Payload(msgspec.Struct, frozen=True):
    """An uploaded payload, as it is served: the bytes that were uploaded and their type."""

    body: bytes
    content_type: str = content_types.JSON

    @property
    def is_json(self) -> bool:
        """Whether the body is known to be JSON."""
        return content_types.is_json(self.content_type)

    def readable(self) -> tuple[str, str]:
        """The body as text, and what that is: `json`, `text`, or its bytes in `base64`."""
        try:
            return self.body.decode(), "json" if self.is_json else "text"
        except UnicodeDecodeError:
            return b64encode(self.body).decode(), "base64"


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
            value = await store.get(NAMESPACE, everybodys + session if session else everybodys)
            return None if value is None else _decoded(value)

        return payload

    async def inspect(
        self, partner: str, datapoint: str, session: str | None
    ) -> StoredPayload | None:
        """The payload with its times."""
        found = await self._store.read(NAMESPACE, _key(partner, datapoint, session))
        return None if found is None else _stored(found)

    async def put(
        self,
        partner: str,
        datapoint: str,
        session: str | None,
        body: bytes,
        content_type: str = content_types.JSON,
    ) -> None:
        """Keep a payload; the last write wins."""
        key, value = _key(partner, datapoint, session), _encoded(body, content_type)
        await self._store.put(NAMESPACE, key, value, owner=session or "")

    async def of_sessions(self) -> list[StoredPayload]:
        """The payloads of all sessions, without their bodies, oldest first."""
        documents = await self._store.scan(NAMESPACE, values=False)
        return [_stored(document) for document in documents if document.owner]


def uploaded(body: bytes, declared: str, explicit: str | None = None) -> Payload:
    """Return what an upload is to be kept as.

    `declared` is the content type that came with it ("" for none): one that clients send without
    being told means JSON, as do all JSON types. `explicit` is one that a person asked for, and is
    taken at its word. Raises ValueError with what is wrong.
    """
    if explicit is not None:
        if fault := content_types.fault(explicit):
            raise ValueError(fault)
        is_json = content_types.is_json(explicit)
        return Payload(_checked(body) if is_json else body, explicit)
    kind = content_types.essence(declared)
    if kind in CARELESS or content_types.is_json(declared) or content_types.fault(declared):
        return Payload(_checked(body))
    if kind == "multipart/form-data":
        raise ValueError("the payload came as a form, not as it is")
    return Payload(body, declared)


def _checked(body: bytes) -> bytes:
    try:
        parse_json(body)
    except ValueError as error:
        raise ValueError(f"the payload is not valid JSON: {error}") from error
    return body.removeprefix(BYTE_ORDER_MARK)


def _encoded(body: bytes, content_type: str) -> bytes:
    if content_type == content_types.JSON and not body.startswith(MARK):
        return body
    return MARK.join((b"", content_type.encode(), body))


def _decoded(value: bytes) -> Payload:
    if not value.startswith(MARK):
        return Payload(value)
    _, content_type, body = value.split(MARK, 2)
    return Payload(body, content_type.decode())


def _key(partner: str, datapoint: str, session: str | None) -> str:
    # Names have no slash, so the session, which may be any text, comes last.
    return f"{partner}/{datapoint}/{session or ''}"


def _stored(document: Document) -> StoredPayload:
    partner, datapoint, session = document.key.split("/", 2)
    return StoredPayload(
        partner=partner,
        datapoint=datapoint,
        session=session or None,
        payload=_decoded(document.value),
        created=document.created,
        updated=document.updated,
    )
