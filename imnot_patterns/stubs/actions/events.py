"""The action `sse`: a stream of server-sent events, each after its delay."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from imnot_core import Clock, Fault, Reply, Request
from imnot_patterns.stubs.actions.templates import request_values
from imnot_patterns.stubs.seen import Seen
from imnot_patterns.stubs.stub import SseAction, SseEvent
from imnot_patterns.templating import Template, TemplateFailed, is_constant

if TYPE_CHECKING:
    from imnot_patterns.stubs.actions import Answer, Answering

CONTENT_TYPE: Final = "text/event-stream"
HEADERS: Final = (("Cache-Control", "no-cache"), ("Connection", "keep-alive"))

_ONE_LINE: Final = "it would be more than one line"


@dataclass(frozen=True)
class _Written:
    """An event whose templates are compiled; `delay` in seconds."""

    field: str
    data: Template
    event: Template | None
    id: Template | None
    retry: int | None
    delay: float

    def wire(self, values: dict[str, Any]) -> bytes:
        """The event as it is sent. Raises TemplateFailed."""
        lines = []
        for name, template in (("id", self.id), ("event", self.event)):
            if template is not None:
                text = template.render(values)
                if _breaks(text):
                    raise TemplateFailed(f"{self.field}.{name}: {_ONE_LINE}: {text[:80]!r}")
                lines.append(f"{name}: {text}")
        if self.retry is not None:
            lines.append(f"retry: {self.retry}")
        lines += [f"data: {line}" for line in self.data.render(values).splitlines() or [""]]
        return ("\n".join(lines) + "\n\n").encode(errors="replace")


def streamer(action: SseAction, answering: Answering) -> Answer:
    """Return what streams these events."""
    written = [
        _written(event, f"events[{number}]", action.default_delay_ms, answering)
        for number, event in enumerate(action.events)
    ]

    async def stream(
        seen: Seen, request: Request, params: dict[str, str], scope: str | None
    ) -> Reply:
        # All before the first byte: afterwards an error could not be told any more.
        try:
            values = request_values(seen, request, params, scope)
            chunks = [(each.delay, each.wire(values)) for each in written]
        except TemplateFailed as failed:
            return failed.reply()
        sent = partial(_sent, chunks, answering.clock)
        return Reply.streaming(sent, 200, HEADERS, content_type=CONTENT_TYPE)

    return stream


def faults(action: SseAction) -> Iterator[Fault]:
    """Give what keeps events from being sent."""
    if not action.events:
        yield "events", "there are no events", "write one or more"
    yield from _negative("default_delay_ms", action.default_delay_ms)
    for number, event in enumerate(action.events):
        field = f"events[{number}]"
        yield from _negative(f"{field}.retry", event.retry)
        yield from _negative(f"{field}.delay_ms", event.delay_ms)
        for name, text in (("event", event.event), ("id", event.id)):
            if text is not None and is_constant(text) and _breaks(text.removesuffix("\n")):
                yield f"{field}.{name}", _ONE_LINE, "only `data` may have line breaks"


def sources(action: SseAction) -> Iterator[tuple[str, str]]:
    """Give all templates, each with the path of its field."""
    for number, event in enumerate(action.events):
        for name, text in (("data", event.data), ("event", event.event), ("id", event.id)):
            if text is not None:
                yield f"events[{number}].{name}", text


async def _sent(chunks: list[tuple[float, bytes]], clock: Clock) -> AsyncIterator[bytes]:
    for delay, chunk in chunks:
        if delay > 0:
            await clock.sleep(delay)
        yield chunk


def _written(event: SseEvent, field: str, default_ms: int, answering: Answering) -> _Written:
    def template(name: str, source: str | None) -> Template | None:
        return None if source is None else answering.templates.template(f"{field}.{name}", source)

    return _Written(
        field=field,
        data=answering.templates.template(f"{field}.data", event.data),
        event=template("event", event.event),
        id=template("id", event.id),
        retry=event.retry,
        delay=(default_ms if event.delay_ms is None else event.delay_ms) / 1000,
    )


def _breaks(text: str) -> bool:
    return "\n" in text or "\r" in text


def _negative(field: str, value: int | None) -> Iterator[Fault]:
    if value is not None and value < 0:
        yield field, f"{value} is less than 0", "write whole milliseconds"
