"""How a stub answers: with a response, with what another server says, or with a stream of events.

`answerer` is called once per stub, so that what is always the same is made once. What can be known
to be wrong before any request comes, `action_faults` and `template_faults` say.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING

from imnot_core import Clock, Fault, Reply, Request
from imnot_patterns.stubs.actions import events, proxy, responses
from imnot_patterns.stubs.seen import Seen
from imnot_patterns.stubs.stub import Action
from imnot_patterns.templating import Templates, syntax_fault

if TYPE_CHECKING:
    import httpx

__all__ = ["Answer", "Answering", "action_faults", "answerer", "template_faults"]

Answer = Callable[[Seen, Request, dict[str, str], "str | None"], Awaitable[Reply]]
"""Answers a request; the others are what criteria see of it, its path parameters and its scope."""


@dataclass(frozen=True)
class Answering:
    """Everything that an action may use."""

    clock: Clock
    random: Random
    new_id: Callable[[], str]
    http: Callable[[], httpx.AsyncClient]

    @cached_property
    def templates(self) -> Templates:
        """Where the templates of these actions are compiled."""
        return Templates(self.clock, self.random, self.new_id)


def answerer(action: Action, answering: Answering) -> Answer:
    """Return what answers for a stub with this action. The action must have no faults."""
    if action.response is not None:
        return responses.responder(action.response, answering)
    if action.proxy is not None:
        return proxy.forwarder(action.proxy, answering)
    if action.sse is not None:
        return events.streamer(action.sse, answering)
    raise ValueError("the action says nothing")


def action_faults(action: Action) -> list[Fault]:
    """Give all that is wrong with an action; the fields are paths that begin in it.

    Faults of templates are not among them: see `template_faults`.
    """
    parts = (action.response, action.proxy, action.sse)
    if sum(part is not None for part in parts) != 1:
        return [("", "Exactly one of response, proxy, or sse must be provided.", "")]
    if action.response is not None:
        found, prefix = responses.faults(action.response), "response"
    elif action.proxy is not None:
        found, prefix = proxy.faults(action.proxy), "proxy"
    else:
        assert action.sse is not None  # noqa: S101 - one of them is there
        found, prefix = events.faults(action.sse), "sse"
    return [(_path(prefix, field), message, hint) for field, message, hint in found]


def template_faults(action: Action) -> list[Fault]:
    """Give the templates of an action that cannot be read, each with the line of its first fault.

    Served nevertheless, such a template answers 500 to every request.
    """
    sources: list[tuple[str, str]] = []
    if action.response is not None and action.response.template_body is not None:
        sources.append(("response.template_body", action.response.template_body))
    if action.sse is not None:
        sources += [(f"sse.{field}", source) for field, source in events.sources(action.sse)]
    faults = ((field, syntax_fault(source)) for field, source in sources)
    return [
        (field, fault, "write {{ … }} around values and {% … %} around statements")
        for field, fault in faults
        if fault
    ]


def _path(prefix: str, field: str) -> str:
    return f"{prefix}.{field}" if field else prefix
