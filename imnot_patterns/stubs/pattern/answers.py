"""How an endpoint of a `stub` datapoint answers: what a partner file says of it."""

from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from imnot_core import Config, Fault, HeaderMap, ResponseConfig, Status, header_faults
from imnot_patterns.stubs.stub import Action, ProxyAction, ResponseAction, SseAction, SseEvent

Millis = Annotated[int, Meta(ge=0, le=86_400_000)]


class StubResponse(ResponseConfig, frozen=True, kw_only=True):
    """A fixed or a rendered answer."""

    status: Annotated[
        int, Meta(ge=200, le=599, description="The HTTP status of the answer; 200 by default.")
    ] = msgspec.field(default_factory=int)  # 0 stands for "not written" until __post_init__
    status_code: Annotated[
        Status | None, Meta(description="Another word for `status`: that of the stub API.")
    ] = None
    body: Annotated[
        Any,
        Meta(
            description="The body: text as it is, any other value as JSON; empty when it is"
            " missing."
        ),
    ] = None
    template_body: Annotated[
        str | None, Meta(description="In place of `body`: a template that is rendered.")
    ] = None

    def __post_init__(self) -> None:
        """Fill in the status. Raises FieldError for keys that contradict each other."""
        if not self.status:
            msgspec.structs.force_setattr(self, "status", self.status_code or 200)
        super().__post_init__()

    def faults(self) -> Iterator[Fault]:
        """Give the status or the body that is said twice."""
        yield from super().faults()
        if self.status_code not in (None, self.status):
            yield "status_code", f"`status` says {self.status}", "delete one of the two"
        if self.body is not None and self.template_body is not None:
            yield "template_body", "there is a `body` as well", "delete one of the two"

    def action(self) -> ResponseAction:
        """The same for the engine."""
        is_empty = self.body is None and self.template_body is None
        return ResponseAction(
            status_code=self.status,
            headers=dict(self.header_pairs()),
            body="" if is_empty else self.body,
            template_body=self.template_body,
        )


class StubProxy(Config, frozen=True, kw_only=True):
    """The answer of another server."""

    url: Annotated[str, Meta(description="Where the request is sent: the whole address.")]
    headers: Annotated[
        HeaderMap, Meta(description="Headers in place of those of the request, name to value.")
    ] = {}  # noqa: RUF012 - each struct gets a dict of its own
    timeout: Annotated[
        int, Meta(ge=1, le=86_400, description="How long the answer may take, in seconds.")
    ] = 5

    def faults(self) -> Iterator[Fault]:
        """Give the headers that could not be sent."""
        yield from super().faults()
        for name, value in self.headers.items():
            yield from header_faults(f"headers.{name}", name, str(value))

    def action(self) -> ProxyAction:
        """The same for the engine."""
        headers = {name: str(value) for name, value in self.headers.items()}
        return ProxyAction(url=self.url, headers=headers, timeout=self.timeout)


class StubEvent(Config, frozen=True, kw_only=True):
    """One server-sent event."""

    data: Annotated[str, Meta(description="The data; a template.")]
    event: Annotated[str | None, Meta(description="The kind of event; a template.")] = None
    id: Annotated[str | None, Meta(description="The id of the event; a template.")] = None
    retry: Annotated[
        Millis | None,
        Meta(description="After how many milliseconds the client shall connect again."),
    ] = None
    delay_ms: Annotated[
        Millis | None,
        Meta(description="Milliseconds before this event; `default_delay_ms` if not written."),
    ] = None

    def action(self) -> SseEvent:
        """The same for the engine."""
        return SseEvent(**msgspec.structs.asdict(self))


class StubEvents(Config, frozen=True, kw_only=True):
    """A stream of server-sent events."""

    events: Annotated[
        tuple[StubEvent, ...], Meta(min_length=1, description="The events, one or more.")
    ]
    default_delay_ms: Annotated[
        Millis, Meta(description="Milliseconds before each event that says nothing else.")
    ] = 0

    def action(self) -> SseAction:
        """The same for the engine."""
        events = tuple(each.action() for each in self.events)
        return SseAction(events=events, default_delay_ms=self.default_delay_ms)


class StubAction(Config, frozen=True, kw_only=True):
    """How to answer: exactly one of the three."""

    response: Annotated[StubResponse | None, Meta(description="An answer.")] = None
    proxy: Annotated[StubProxy | None, Meta(description="The answer of another server.")] = None
    sse: Annotated[StubEvents | None, Meta(description="Server-sent events.")] = None

    def faults(self) -> Iterator[Fault]:
        """Give what is missing, or what is too much."""
        yield from super().faults()
        yield from choice_faults(self)

    def action(self) -> Action:
        """The same for the engine."""
        return Action(
            response=self.response.action() if self.response else None,
            proxy=self.proxy.action() if self.proxy else None,
            sse=self.sse.action() if self.sse else None,
        )


def choice_faults(config: msgspec.Struct) -> Iterator[Fault]:
    """Give what keeps a struct from having exactly one of `response`, `proxy`, `sse`, `action`."""
    fields = [each for each in config.__struct_fields__ if each in _WAYS]
    given = [each for each in fields if getattr(config, each) is not None]
    if not given:
        yield "", "nothing says how to answer", "write `response:`, `proxy:` or `sse:`"
    for each in given[1:]:
        yield each, f"`{given[0]}` says already how to answer", "delete one of the two"


_WAYS = ("response", "proxy", "sse", "action")
