"""What a stub is: which requests it answers, and how. Values only; nothing here acts."""

from typing import Any, Final

import msgspec

from imnot_core import Chaos

FIELDS: Final = ("path", "method", "headers", "body", "host", "query")
"""The parts of a request that a stub may have criteria for."""


class StubRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which requests a stub answers: criteria in wire form, as they were given; None is absent.

    A text for `path` is a template (`/users/{id}`), for the others it means equality. An object
    with an operator key (`{"$regex": …}`) is a criterion; `headers` and `query` may also be plain
    objects from name to value or criterion.
    """

    path: Any = None
    method: Any = None
    headers: Any = None
    body: Any = None
    host: Any = None
    query: Any = None


class ResponseAction(msgspec.Struct, frozen=True, kw_only=True):
    """A fixed answer (`body`) or a rendered one (`template_body`): exactly one is not None."""

    status_code: int
    headers: dict[str, str] = {}
    body: Any = None
    template_body: str | None = None


class ProxyAction(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of another server; `timeout` in seconds."""

    url: str
    headers: dict[str, str] = {}
    timeout: int = 5


class SseEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One server-sent event; `data`, `event` and `id` are templates. `delay_ms` comes before it."""

    data: str
    event: str | None = None
    id: str | None = None
    retry: int | None = None
    delay_ms: int | None = None


class SseAction(msgspec.Struct, frozen=True, kw_only=True):
    """A stream of server-sent events."""

    events: tuple[SseEvent, ...]
    default_delay_ms: int = 0


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """How a stub answers: exactly one is not None."""

    response: ResponseAction | None = None
    proxy: ProxyAction | None = None
    sse: SseAction | None = None


class Stub(msgspec.Struct, frozen=True, kw_only=True):
    """One stub. It belongs to a scope, to a session, or to everybody (neither).

    `origin` names the file that it was loaded from, "" for one that was made over HTTP.
    """

    id: str
    request: StubRequest
    action: Action
    scope: str | None = None
    session: str | None = None
    max_calls: int | None = None
    chaos: Chaos | None = None
    origin: str = ""

    @property
    def owner(self) -> str:
        """The scope or session that it lives and dies with; "" for none."""
        return self.scope or self.session or ""
