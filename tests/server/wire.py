"""Requests to the application as a server hands them over: message by message."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec

from imnot_core.server import create_app
from imnot_core.settings import Settings
from imnot_core.testing.application import Lifespan
from imnot_core.testing.registry import GivenPlugins, Plugin

Message = dict[str, Any]
DISCONNECT: Message = {"type": "http.disconnect"}


def chunks(*parts: bytes) -> list[Message]:
    """A body in several messages."""
    last = len(parts) - 1
    return [
        {"type": "http.request", "body": part, "more_body": index < last}
        for index, part in enumerate(parts)
    ]


@dataclass
class Answer:
    """What the application sent, and how many messages of the request it took."""

    sent: list[Message] = field(default_factory=list)
    taken: int = 0

    @property
    def status(self) -> int:
        """The status."""
        return int(self.sent[0]["status"])

    @property
    def headers(self) -> dict[str, str]:
        """The headers."""
        return {name.decode(): value.decode("latin-1") for name, value in self.sent[0]["headers"]}

    @property
    def body(self) -> bytes:
        """The body."""
        return b"".join(message.get("body", b"") for message in self.sent[1:])

    def json(self) -> Any:
        """Return the body as JSON."""
        return msgspec.json.decode(self.body)


async def exchange(
    app: Any,
    method: str,
    path: bytes | str,
    *,
    query: bytes = b"",
    headers: Iterable[tuple[str, str]] = (),
    messages: Sequence[Message] = (),
) -> Answer:
    """Send one request in this very task; after the last message the client is gone."""
    raw = path if isinstance(path, bytes) else path.encode()
    answer = Answer()
    inbox = list(messages or chunks(b""))

    async def receive() -> Message:
        answer.taken += 1
        return inbox.pop(0) if inbox else DISCONNECT

    async def send(message: Message) -> None:
        answer.sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(raw.decode("latin-1")),
        "raw_path": raw,
        "query_string": query,
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers],
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8000),
        "state": {},
    }
    await app(scope, receive, send)
    return answer


@asynccontextmanager
async def serving(
    folder: Path, *texts: str, plugins: Iterable[Plugin] = (), **settings: Any
) -> AsyncIterator[Any]:
    """A started application with these partners."""
    for index, text in enumerate(texts):
        file = folder / "partners" / f"p{index}" / "partner.yaml"
        file.parent.mkdir(parents=True)
        file.write_text(text, encoding="utf-8")
    given = Settings(partners_dir=str(folder / "partners"), db=str(folder / "imnot.db"), **settings)
    app = create_app(given, registry=GivenPlugins(plugins), strict=True)
    lifespan = Lifespan(app)
    await lifespan.start()
    try:
        yield app
    finally:
        await lifespan.stop()
