"""What is sent: made of a submit, the payload of the moment, and what the partner file says."""

from __future__ import annotations

from functools import lru_cache
from random import Random
from typing import Any
from uuid import UUID

import msgspec

from imnot_core import Context, Issued, Payload, PayloadMissing, header_faults
from imnot_patterns.callback.config import Callback, CheckedCallback
from imnot_patterns.callback.misdelivery import Bad
from imnot_patterns.callback.signature import SecretMissing, secrets, sign, wrong
from imnot_patterns.callback.submitted import Submitted, webhook_id
from imnot_patterns.callback.wording import Seen, data_of, rendered
from imnot_patterns.templating import TemplateFailed, Templates

SECRET_WORDS = ("authorization", "cookie", "secret", "token", "password", "api-key", "apikey")
"""What is in the names of headers whose values nobody is shown."""


class NotSent(Exception):
    """A callback cannot be sent, now or later; the message says why."""


class Message(msgspec.Struct, frozen=True):
    """One callback, ready to be sent."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def shown_headers(self) -> tuple[tuple[str, str], ...]:
        """The headers without secrets, for logs."""
        return tuple((name, "***" if _is_secret(name) else value) for name, value in self.headers)


class Chance(Random):
    """The chance of templates: drawn from `source`, which is set for each message."""

    source = Random()

    def random(self) -> float:
        """A number from 0 to 1."""
        return self.source.random()

    def getrandbits(self, k: int, /) -> int:
        """A number of so many bits."""
        return self.source.getrandbits(k)

    def new_id(self) -> str:
        """A UUID, version 4."""
        return str(UUID(int=self.getrandbits(128), version=4))


class Writer:
    """Writes the messages of one datapoint."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._chance = Chance()
        self.templates = Templates(context.clock, self._chance, self._chance.new_id)
        self._styles = lru_cache(maxsize=500)(self._style)

    async def message(
        self, issued: Issued, kept: Submitted, index: int, attempt: int, bad: Bad, chance: Random
    ) -> Message:
        """Write a callback. Raises NotSent."""
        sending = kept.sendings[index]
        style = self._styles(msgspec.json.encode(sending.how))
        payload, missing = None, ""
        try:
            payload = await self._context.payload(issued.session)
        except PayloadMissing as error:
            missing = str(error)
            if style.callback.body is None:
                raise NotSent(missing) from None
        beside = {**values_beside(issued.id, issued.session, index), "attempt": attempt}
        if payload is not None:
            beside["payload"] = data_of(payload.body)
        self._chance.source = chance
        try:
            body, content_type = style.body(kept.seen, beside, payload)
            headers = style.headers(kept.seen, beside, content_type)
        except TemplateFailed as failed:
            # What is wrong may be that there is no payload.
            more = f"; {missing}" if missing and "payload" in str(failed) else ""
            raise NotSent(f"{failed}{more}") from None
        headers += self._signed(style.callback, beside["webhook_id"], body, bad)
        return Message(sending.method, sending.url, tuple(headers), body)

    def timeout(self, how: dict[str, Any]) -> float | None:
        """How many seconds the receiver may take, if the partner file says it."""
        return self._styles(msgspec.json.encode(how)).callback.timeout_seconds

    def callback(self, how: dict[str, Any]) -> Callback:
        """What the partner file said of a callback."""
        return self._styles(msgspec.json.encode(how)).callback

    def _signed(
        self, callback: Callback, name: str, body: bytes, bad: Bad
    ) -> list[tuple[str, str]]:
        if callback.signature is None:
            return []
        try:
            keys = secrets(callback.signature)
        except SecretMissing as missing:
            raise NotSent(str(missing)) from None
        if bad.wrong_signature:
            keys = wrong(keys)
        timestamp = int(self._context.clock.time() - bad.stale_seconds)
        return sign(callback.signature, keys, name, timestamp, body)

    def _style(self, how: bytes) -> _Style:
        return _Style(msgspec.json.decode(how, type=CheckedCallback), self.templates)


class _Style:
    """What a partner file says of headers and body, with its templates compiled."""

    def __init__(self, callback: Callback, templates: Templates) -> None:
        self.callback = callback
        self._headers = [
            (name, templates.template(f"headers.{name}", str(value)))
            for name, value in callback.headers.items()
        ]
        self._body = None
        if callback.body is not None:
            self._body = rendered(callback.body, templates, "body")

    def body(
        self, seen: Seen | None, beside: dict[str, Any], payload: Payload | None
    ) -> tuple[bytes, str]:
        if self._body is not None:
            return self._body(seen or NOTHING, beside)
        return (payload.body, payload.content_type) if payload is not None else (b"", "")

    def headers(
        self, seen: Seen | None, beside: dict[str, Any], content_type: str
    ) -> list[tuple[str, str]]:
        values = (seen or NOTHING).values()
        declared = [(name, each.render(values, **beside)) for name, each in self._headers]
        for name, value in declared:
            if fault := next(header_faults("headers", name, value), None):
                raise NotSent(f"{fault[1]}: {name}")
        if content_type and not any(name.lower() == "content-type" for name, _ in declared):
            return [("Content-Type", content_type), *declared]
        return declared


NOTHING = Seen("", "", {}, {}, {}, b"")


def values_beside(request_id: str, session: str | None, index: int) -> dict[str, Any]:
    """What templates have beside the request."""
    return {
        "request_id": request_id,
        "session": session,
        "callback": index + 1,
        "webhook_id": webhook_id(request_id, index),
    }


def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in SECRET_WORDS)
