"""Why a body is not what was expected of it, above all where both are JSON."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET

from imnot_patterns.stubs.criteria import operator_of
from imnot_patterns.stubs.nearmiss.clues import equal_to
from imnot_patterns.stubs.nearmiss.differences import difference, failure
from imnot_patterns.stubs.nearmiss.paths import quoted
from imnot_patterns.stubs.nearmiss.values import value_hint
from imnot_patterns.stubs.seen import Seen, parsed


def body_hint(wire: Any, seen: Seen) -> str:
    """Return where a body fails a criterion, or what is probably wrong with it, else ""."""
    if not seen.content:
        return "the request has no body"
    if operator_of(wire) == "$json":
        return _no_json(seen) or _unlike(wire, seen)
    if isinstance(seen.body, bytes):
        return "the body is no UTF-8 text"
    wanted = equal_to(wire)
    if isinstance(wanted, str) and (hint := _written_otherwise(wanted, seen)):
        return hint
    return value_hint(wire, seen.body, "body")


def _no_json(seen: Seen) -> str:
    if seen.json is not UNSET:
        return ""
    kind = seen.headers.get("content-type", "")
    if isinstance(seen.body, bytes):
        return "the body is no UTF-8 text, so it is no JSON"
    if kind.startswith(("application/x-www-form-urlencoded", "multipart/")):
        return f"the body is no JSON but a form: the request's content-type is {quoted(kind)}"
    if not kind:
        return "the body is no JSON, and the request has no content-type"
    if "json" not in kind.lower():
        return f"the body is no JSON: the request's content-type is {quoted(kind)}"
    return f"the body is no JSON, although the request's content-type is {quoted(kind)}"


def _unlike(wire: Any, seen: Seen) -> str:
    inner = wire["$json"]["inner_criteria"]
    if isinstance(seen.json, str) and isinstance(parsed(seen.json), dict | list):
        return "the body is JSON encoded twice: a text that holds JSON"
    wanted = equal_to(inner)
    return failure(inner, seen.json) if wanted is UNSET else difference(wanted, seen.json)


def _written_otherwise(wanted: str, seen: Seen) -> str:
    if wanted[:1] not in "{[" or seen.json is UNSET:
        return ""
    value = parsed(wanted)
    if value is UNSET:
        return ""
    if value == seen.json:
        return 'the same JSON in another spelling: `{"$json": …}` compares values'
    return difference(value, seen.json)
