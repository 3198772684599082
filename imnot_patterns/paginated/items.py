"""A payload as a list of items that are not parsed, and those of the last requests in memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from functools import cached_property
from hashlib import blake2b
from typing import Final

import msgspec

from imnot_core import JSON_CONTENT_TYPE, Payload, ReplyError

BOM: Final = b"\xef\xbb\xbf"
DIGEST: Final = 16

_decoder = msgspec.json.Decoder(list[msgspec.Raw])


class Items:
    """The items of one payload, each as the bytes that were uploaded."""

    def __init__(self, body: bytes) -> None:
        """Cut the body. Raises ValueError if it is no JSON array."""
        self.body = body
        self._items: list[msgspec.Raw] = _decoder.decode(body.removeprefix(BOM))

    def __len__(self) -> int:
        return len(self._items)

    def array(self, start: int, stop: int) -> bytes:
        """The items from `start` to before `stop`, as a JSON array."""
        return b"[" + b",".join(self._items[start:stop]) + b"]"

    @cached_property
    def version(self) -> str:
        """What no other payload has."""
        return blake2b(self.body, digest_size=DIGEST).hexdigest()

    def mark(self, index: int) -> str:
        """What an item is known by, wherever it stands; the same for one that is written alike."""
        value = msgspec.json.decode(self._items[index])
        return blake2b(_sorted.encode(value), digest_size=DIGEST).hexdigest()

    def find(self, mark: str, near: int) -> int | None:
        """The place of the item with that mark; of several, the one that is nearest to `near`."""
        places = [place for place, each in enumerate(self._marks) if each == mark]
        return min(places, key=lambda place: abs(place - near), default=None)

    @cached_property
    def _marks(self) -> Sequence[str]:
        return [self.mark(index) for index in range(len(self))]


_sorted = msgspec.json.Encoder(order="sorted")


class Shelf:
    """The payloads of the last requests, cut into items: to cut 10,000 items takes milliseconds.

    Those of `places` sessions, and not more than `capacity` bytes of them; but the last one is
    always kept.
    """

    def __init__(self, places: int = 256, capacity: int = 16 * 1024 * 1024) -> None:
        self._places = places
        self._capacity = capacity
        self._kept: OrderedDict[str | None, Items] = OrderedDict()
        self._size = 0

    def items(self, payload: Payload, session: str | None) -> Items:
        """The items of a payload. Raises ReplyError (422) for what is no JSON array."""
        known = self._kept.get(session)
        # To compare 2 MB takes 0.1 ms.
        if known is not None and known.body == payload.body:
            self._kept.move_to_end(session)
            return known
        items = _cut(payload)
        self._keep(session, items)
        return items

    def _keep(self, session: str | None, items: Items) -> None:
        self._forget(session)
        self._kept[session] = items
        self._size += len(items.body)
        while len(self._kept) > 1 and (
            len(self._kept) > self._places or self._size > self._capacity
        ):
            self._forget(next(iter(self._kept)))

    def _forget(self, session: str | None) -> None:
        if (old := self._kept.pop(session, None)) is not None:
            self._size -= len(old.body)


def _cut(payload: Payload) -> Items:
    if payload.content_type == JSON_CONTENT_TYPE:
        try:
            return Items(payload.body)
        except ValueError:
            pass
    detail = "The payload of a paginated datapoint must be a JSON array; upload one"
    raise ReplyError(422, detail)
