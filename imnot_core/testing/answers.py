"""What a test sees of the requests that the server sends out, and says of how they are answered."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec

from imnot_core.messages import encode_json, parse_json


@dataclass(frozen=True, slots=True)
class Received:
    """One request that arrived. `at` is its time, in seconds since 1970 of the receiver's clock."""

    method: str
    url: str
    headers: httpx.Headers
    body: bytes
    at: float

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    def json(self) -> Any:
        """Return the body as JSON. Raises ValueError when it is not."""
        return parse_json(self.body)

    def __str__(self) -> str:
        return f"{self.method} {self.url} {self.body[:200]!r}"


@dataclass(frozen=True, slots=True)
class Answer:
    """How one request is answered, after `delay` seconds, if it is not refused or dropped."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay: float = 0.0
    refused: bool = False
    dropped: bool = False


class Script:
    """The answers to come: those that were asked for, in that order, then 200 without a body."""

    def __init__(self) -> None:
        self._answers: deque[Answer] = deque()
        self._default = Answer()
        self._lock = threading.Lock()

    def answer(
        self,
        status: int = 200,
        *,
        json: Any = msgspec.UNSET,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        delay: float = 0.0,
        times: int | None = 1,
    ) -> None:
        """Answer the next request that has no answer yet, or so many; None: all others."""
        given = dict(headers or {})
        if json is not msgspec.UNSET:
            body = encode_json(json)
            given.setdefault("Content-Type", "application/json")
        self._add(Answer(status, given, body, delay), times)

    def refuse(self, times: int | None = 1) -> None:
        """Let the next request, or so many, find nobody listening."""
        self._add(Answer(refused=True), times)

    def drop(self, times: int | None = 1) -> None:
        """Close the connection of the next request, or of so many, without an answer."""
        self._add(Answer(dropped=True), times)

    def next(self) -> Answer:
        """Take the answer for a request that has arrived."""
        with self._lock:
            return self._answers.popleft() if self._answers else self._default

    def _add(self, answer: Answer, times: int | None) -> None:
        with self._lock:
            if times is None:
                self._default = answer
            else:
                self._answers.extend([answer] * times)
