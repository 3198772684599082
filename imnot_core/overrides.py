"""Overrides: what endpoints answer in one session instead of what their patterns would.

Any endpoint can be overridden, whatever its pattern; what it declares (validation, limits, tokens)
is passed over, too. Other sessions, and requests without one, see nothing of it.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from imnot_core.chaos import Chaos
from imnot_core.config import Config, Fault
from imnot_core.messages import TEXT_CONTENT_TYPE, Reply, Request
from imnot_core.models import ResponseConfig
from imnot_core.store import Document, Store
from imnot_core.store.changes import ChangeLog
from imnot_core.store.mirror import Mirror

NAMESPACE: Final = "overrides"
USES: Final = "override-uses"
ANY: Final = "*"
"""The endpoint of an override that stands for all of a datapoint."""


class OverrideResponse(ResponseConfig, frozen=True, kw_only=True):
    """An answer: status, headers, and a body that is JSON, text, or none."""

    body: Annotated[Any, Meta(description="The body, sent as JSON.")] = msgspec.UNSET
    body_text: Annotated[str | None, Meta(description="The body, sent as it is.")] = None
    delay_seconds: Annotated[
        float, Meta(ge=0, le=3600, description="How long the answer takes.")
    ] = 0.0
    fault: Annotated[
        Literal["reset", "empty", "cut"] | None,
        Meta(description="How the connection breaks instead of, or during, the answer."),
    ] = None

    def faults(self) -> Iterator[Fault]:
        """Give two bodies at once."""
        yield from super().faults()
        if self.body is not msgspec.UNSET and self.body_text is not None:
            yield "body_text", "the answer has one body, and body is there too", "delete one"

    def made(self) -> Reply:
        """The answer as the server sends it."""
        headers = self.header_pairs()
        if self.body_text is not None:
            content, kind = self.body_text.encode(), TEXT_CONTENT_TYPE
            made = Reply.of(content, self.status, headers, content_type=kind)
        elif self.body is not msgspec.UNSET:
            made = Reply.json(self.body, self.status, headers)
        else:
            made = Reply.empty(self.status, headers)
        return msgspec.structs.replace(made, delay=self.delay_seconds, fault=self.fault)


class Override(Config, frozen=True, kw_only=True):
    """What a test asks for: which endpoint, what instead, how often."""

    method: Annotated[
        str | None, Meta(description="The endpoint's method; with `path`. All endpoints without.")
    ] = None
    path: Annotated[str | None, Meta(description="The path as the partner file has it.")] = None
    times: Annotated[
        Annotated[int, Meta(ge=1)] | None,
        Meta(description="For so many requests; for all if it is left out."),
    ] = None
    response: Annotated[
        OverrideResponse | None, Meta(description="The answer; that of the pattern without.")
    ] = None
    chaos: Annotated[Chaos | None, Meta(description="Latency and broken connections.")] = None

    def __post_init__(self) -> None:
        """Write the method in capitals. Raises FieldError for an override of nothing."""
        if self.method is not None:
            msgspec.structs.force_setattr(self, "method", self.method.upper())
        super().__post_init__()

    def faults(self) -> Iterator[Fault]:
        """Give an endpoint that is half named, and an override without effect."""
        if (self.method is None) != (self.path is None):
            field = "path" if self.path is None else "method"
            yield field, "an endpoint is named by method and path", "give both, or none for all"
        if self.response is None and self.chaos is None:
            yield "response", "is missing, and chaos too: nothing is overridden", "give one of them"

    @property
    def reply(self) -> Reply | None:
        """The answer; None where it is that of the pattern."""
        return None if self.response is None else self.response.made()

    @property
    def endpoint(self) -> str:
        """The endpoint, as `POST /orders`; `*` for all."""
        return ANY if self.method is None else f"{self.method} {self.path}"


class Overrides:
    """The overrides of all sessions, in memory and in step with all workers."""

    def __init__(self, store: Store, changes: ChangeLog) -> None:
        self._store = store
        self._mirror = Mirror(
            store, changes, NAMESPACE, _decoded, added=self._add, removed=self._remove
        )
        self.sessions: dict[str, dict[str, Override]] = {}
        """By session, then by datapoint and endpoint. To be looked at after a refresh."""

    async def put(self, session: str, datapoint: str, override: Override) -> None:
        """Override an endpoint in a session; an earlier override of it is replaced.

        `datapoint` is `<partner>/<name>`.
        """
        key = _key(session, datapoint, override.endpoint)
        await self._store.delete(USES, key)
        await self._mirror.put(key, msgspec.json.encode(override), owner=session)

    async def list(self, session: str, datapoint: str) -> list[tuple[Override, int]]:
        """The overrides of a datapoint in a session, each with how often it was used."""
        await self._mirror.refresh()
        found = []
        for place, override in self.sessions.get(session, {}).items():
            owner, _, endpoint = place.partition("\0")
            if owner == datapoint:
                used = await self._store.get(USES, _key(session, owner, endpoint))
                count = int(used or 0)
                found.append((override, min(count, override.times or count)))
        return found

    async def clear(self, session: str, datapoint: str) -> int:
        """Remove the overrides of a datapoint in a session; returns how many there were."""
        await self._mirror.refresh()
        keys = [f"{session}\0{place}" for place in self.sessions.get(session, {})]
        keys = [key for key in keys if key.startswith(f"{session}\0{datapoint}\0")]
        for key in keys:
            await self._mirror.delete(key)
            await self._store.delete(USES, key)
        return len(keys)

    async def of(self, request: Request, datapoint: str, endpoint: str) -> Override | None:
        """What stands for an endpoint in the request's session now; this counts as a use."""
        session = request.session or ""
        known: Mapping[str, Override] = self.sessions.get(session, {})
        for name in (endpoint, ANY):
            override = known.get(f"{datapoint}\0{name}")
            if override is None:
                continue
            key = _key(session, datapoint, name)
            used = await self._store.increment(USES, key, owner=session)
            if override.times is None or used <= override.times:
                return override
        return None

    def _add(self, key: str, override: Override) -> None:
        session, _, place = key.partition("\0")
        self.sessions.setdefault(session, {})[place] = override

    def _remove(self, key: str, _override: Override) -> None:
        session, _, place = key.partition("\0")
        known = self.sessions[session]
        del known[place]
        if not known:
            del self.sessions[session]


def _key(session: str, datapoint: str, endpoint: str) -> str:
    return f"{session}\0{datapoint}\0{endpoint}"


def _decoded(document: Document) -> Override:
    return msgspec.json.decode(document.value, type=Override)
