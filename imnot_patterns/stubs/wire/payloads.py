"""The payload that creates a stub → a stub, or all that is wrong with the payload."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import msgspec

from imnot_core import Chaos, Faults, Injection, Latency
from imnot_patterns.payloads.details import Detail, Unprocessable, detail_of
from imnot_patterns.payloads.fields import Fields, note_faults
from imnot_patterns.stubs.actions import action_faults
from imnot_patterns.stubs.criteria import request_faults
from imnot_patterns.stubs.stub import (
    FIELDS,
    Action,
    ProxyAction,
    ResponseAction,
    SseAction,
    SseEvent,
    Stub,
    StubRequest,
)

T = TypeVar("T")

MISPLACED_DROP: Final = "Use chaos.faults.connection_drop instead of chaos.connection_drop"

_ACTIONS: Final = ("response", "proxy", "sse")
_DAY_SECONDS: Final = 24 * 60 * 60
_DAY_MS: Final = _DAY_SECONDS * 1000
# What is read in place of a part that is noted as wrong: nothing more is wrong with it.
_SOME_EVENT: Final = SseEvent(data="")
_SOME_RESPONSE: Final = ResponseAction(status_code=200, body="")
_SOME_PROXY: Final = ProxyAction(url="http://localhost")
_SOME_SSE: Final = SseAction(events=(_SOME_EVENT,))


def stub_of(
    data: Any,
    *,
    new_id: Callable[[], str],
    scope: str | None = None,
    session: str | None = None,
    origin: str = "",
) -> Stub:
    """Make a stub of a decoded payload: `request`, `action`, maybe `max_calls` and `chaos`.

    Unknown fields are ignored, null is absent, integers are read leniently. `new_id` is called only
    for a stub that comes into being. Raises Unprocessable with every fault.
    """
    details: list[Detail] = []
    fields = Fields.of(data, details)
    if fields is None:
        raise Unprocessable(details)
    request = _request(fields)
    action = _action(fields)
    max_calls = fields.integer("max_calls", None)
    chaos = _read(fields, "chaos", _chaos, Chaos())
    if not details:
        details += _unkeepable(fields, request, action)
    if details:
        raise Unprocessable(details)
    return Stub(
        id=new_id(),
        request=request,
        action=action,
        scope=scope,
        session=session,
        max_calls=max_calls,
        chaos=chaos,
        origin=origin,
    )


def _read(fields: Fields, name: str, read: Callable[[Fields], T], instead: T) -> T | None:
    """Read an object if it is given; `instead` stands for what is no object."""
    if not fields.given(name):
        return None
    inner = fields.object(name)
    return instead if inner is None else read(inner)


def _request(fields: Fields) -> StubRequest:
    inner = fields.object("request") if fields.requires("request") else None
    if inner is None:
        return StubRequest()
    request = StubRequest(**{name: inner.value(name) for name in FIELDS})
    note_faults(inner, request_faults(request))
    return request


def _action(fields: Fields) -> Action:
    inner = fields.object("action") if fields.requires("action") else None
    if inner is None:
        return Action(response=_SOME_RESPONSE)
    action = Action(
        response=_read(inner, "response", _response, _SOME_RESPONSE),
        proxy=_read(inner, "proxy", _proxy, _SOME_PROXY),
        sse=_read(inner, "sse", _sse, _SOME_SSE),
    )
    note_faults(inner, action_faults(action))
    given = {name: part for name in _ACTIONS if (part := getattr(action, name)) is not None}
    if len(given) > 1:  # which is all that is said of them together
        for name, part in given.items():
            note_faults(inner, action_faults(Action(**{name: part})))
    return action


def _response(fields: Fields) -> ResponseAction:
    fields.requires("status_code")
    fields.requires("headers")
    return ResponseAction(
        status_code=fields.integer("status_code", 200),
        headers=fields.texts("headers"),
        body=fields.value("body"),
        template_body=fields.optional_text("template_body"),
    )


def _proxy(fields: Fields) -> ProxyAction:
    return ProxyAction(
        url=fields.text("url", _SOME_PROXY.url),
        headers=fields.texts("headers"),
        timeout=fields.integer("timeout", _SOME_PROXY.timeout, at_most=_DAY_SECONDS),
    )


def _sse(fields: Fields) -> SseAction:
    return SseAction(
        events=tuple(map(_event, fields.objects("events"))) or (_SOME_EVENT,),
        default_delay_ms=fields.integer("default_delay_ms", 0, at_least=0, at_most=_DAY_MS),
    )


def _event(fields: Fields) -> SseEvent:
    return SseEvent(
        data=fields.text("data"),
        event=fields.optional_text("event"),
        id=fields.optional_text("id"),
        retry=fields.integer("retry", None, at_least=0),
        delay_ms=fields.integer("delay_ms", None, at_least=0, at_most=_DAY_MS),
    )


def _chaos(fields: Fields) -> Chaos:
    if fields.given("connection_drop"):
        fields.note("value_error", MISPLACED_DROP, "connection_drop")
    return Chaos(
        latency=_latency(fields), faults=_read(fields, "faults", _faults, Faults()) or Faults()
    )


def _latency(fields: Fields) -> Latency:
    """The latency, also in the forms of older clients: `delay`, and flat `delay_ms`."""
    name = next((each for each in ("latency", "delay") if fields.given(each)), None)
    inner = fields.object(name) if name else fields
    if inner is None:
        return Latency()
    return Latency(
        base_ms=inner.integer("base_ms" if name else "delay_ms", 0, at_least=0, at_most=_DAY_MS),
        jitter_ms=inner.integer("jitter_ms", 0, at_least=0, at_most=_DAY_MS),
    )


def _faults(fields: Fields) -> Faults:
    return Faults(
        connection_drop=_read(fields, "connection_drop", _injection, Injection()),
        connection_reset=_read(fields, "connection_reset", _injection, Injection()),
        empty_response=_read(fields, "empty_response", _injection, Injection()),
    )


def _injection(fields: Fields) -> Injection:
    return Injection(probability=fields.number("probability", 1.0, at_least=0.0, at_most=1.0))


def _unkeepable(fields: Fields, request: StubRequest, action: Action) -> list[Detail]:
    """Note what the store would not give back as it was given, such as NaN in a file."""
    found: list[Detail] = []
    for name, part in (("request", request), ("action", action)):
        try:
            kept = msgspec.json.decode(msgspec.json.encode(part), type=type(part))
            reason = "" if kept == part else "holds a value that JSON cannot express"
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            reason = f"cannot be kept as JSON: {error}"
        if reason:
            found.append(detail_of((name, reason, ""), fields.loc, fields.data))
    return found
