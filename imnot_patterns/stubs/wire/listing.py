"""Stubs and requests as the API lists them: every documented key, and more where it says more."""

from __future__ import annotations

from base64 import b64encode
from codecs import getincrementaldecoder
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from imnot_core import Chaos, Injection, JournalEntry, instant
from imnot_patterns.stubs.seen import Seen
from imnot_patterns.stubs.stub import Action, Stub

_UTF8: Final = getincrementaldecoder("utf-8")


def listed_stub(
    stub: Stub, matcher_wire: Mapping[str, Any], *, calls: int | None = None
) -> dict[str, Any]:
    """A stub in a list. `matcher_wire` is `Matcher.wire`, `calls` how often it answered so far.

    `session`, `max_calls` and `calls` are there only for a stub that has them.
    """
    listed: dict[str, Any] = {
        "stub_id": stub.id,
        "scope": stub.scope,
        "request": dict(matcher_wire),
        "action": _action(stub.action),
        "chaos": None if stub.chaos is None else _chaos(stub.chaos),
    }
    if stub.session is not None:
        listed["session"] = stub.session
    if stub.max_calls is not None:
        listed["max_calls"] = stub.max_calls
        if calls is not None:
            listed["calls"] = calls
    return listed


def listed_request(
    entry: JournalEntry, *, scope: str | None, matched_stub_id: str | None
) -> dict[str, Any]:
    """A journaled request in a list.

    A body that is no UTF-8 is null, and stands in `body_base64`; `body_truncated` says that only
    the beginning was kept.
    """
    seen = seen_entry(entry)
    truncated = entry.body_size > len(entry.body)
    text = _text(entry.body, cut=truncated)
    listed: dict[str, Any] = {
        "id": entry.id,
        "at": instant(entry.at),
        "method": entry.method,
        "path": entry.path,
        "query": seen.query,
        "headers": seen.headers,
        "body": text,
        "host": seen.host,
        "scope": scope,
        "matched_stub_id": matched_stub_id,
    }
    if entry.session is not None:
        listed["session"] = entry.session
    if text is None:
        listed["body_base64"] = b64encode(entry.body).decode()
    if truncated:
        listed["body_truncated"] = True
    return listed


def seen_entry(entry: JournalEntry) -> Seen:
    """A journaled request as criteria see it."""
    return Seen(entry.method, entry.path, entry.query, entry.headers, entry.body)


def _action(action: Action) -> dict[str, Any]:
    parts = (action.response, action.proxy, action.sse)
    response, proxy, sse = (None if part is None else msgspec.to_builtins(part) for part in parts)
    return {"response": response, "proxy": proxy, "sse": sse}


def _chaos(chaos: Chaos) -> dict[str, Any]:
    faults: dict[str, Any] = {"connection_drop": _injection(chaos.faults.connection_drop)}
    for name in ("connection_reset", "empty_response"):
        injection: Injection | None = getattr(chaos.faults, name)
        if injection is not None:
            faults[name] = _injection(injection)
    latency = {"base_ms": chaos.latency.base_ms, "jitter_ms": chaos.latency.jitter_ms}
    return {"latency": latency, "faults": faults}


def _injection(injection: Injection | None) -> dict[str, float] | None:
    return None if injection is None else {"probability": injection.probability}


def _text(body: bytes, *, cut: bool) -> str | None:
    """The text of a body, None if it is none; a cut one may end within a character."""
    try:
        return _UTF8().decode(body, final=not cut)
    except UnicodeDecodeError:
        return None
