"""What a stub and a request have in common, as something to look up.

Both sides are folded first: a letter's case, blanks, percent-encoding, empty segments and a query
in a path pattern are what near misses are made of, and must not hide them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any, Final
from urllib.parse import unquote

import msgspec

from imnot_patterns.stubs.criteria import operator_of
from imnot_patterns.stubs.matcher import PARAMETER
from imnot_patterns.stubs.seen import Seen
from imnot_patterns.stubs.stub import StubRequest

MAX_SEGMENTS: Final = 12
MAX_VALUES: Final = 24  # of headers, of query parameters and of JSON each
_MAX_TEXT: Final = 100  # characters of a value or segment

OPEN: Final = "{}"
"""Stands for a segment that takes any."""

Value = tuple[str, str]
"""A place, for instance `header x-tenant`, and its folded value."""


def template_of(path: Any) -> tuple[str, ...] | None:
    """Return the folded segments of a path that is a text, OPEN for parameters; None for others."""
    if isinstance(path, dict) and operator_of(path) == "$eq":
        path = equal_to(path)
    if not isinstance(path, str):
        return None
    return tuple(OPEN if _is_open(each) else _folded(each) for each in _parts(path))


@lru_cache(maxsize=4)  # all candidates are compared to the path of one request
def segments_of(path: str) -> tuple[str, ...]:
    """Return the folded segments of a request's path."""
    return tuple(map(_folded, _parts(path)))


def is_parameter(segment: str) -> bool:
    """Tell whether a segment of a pattern takes any segment: it is wholly `{name}`."""
    # The first character decides nearly always.
    return segment[:1] == "{" and PARAMETER.fullmatch(segment) is not None


def is_foreign_parameter(segment: str) -> bool:
    """Tell whether a segment is a parameter as other tools write them: `:id`, `<id>`, `*`."""
    angled = segment[:1] == "<" and segment[-1:] == ">"
    return segment in ("*", "**") or (segment[:1] == ":" and segment[1:].isidentifier()) or angled


def equal_to(wire: Any) -> Any:
    """Return the value that a criterion in wire form is equality with; UNSET for real criteria."""
    operator = operator_of(wire)
    if operator is None:
        return wire
    arguments = wire[operator]
    if operator == "$eq" and isinstance(arguments, dict):
        return arguments.get("value", msgspec.UNSET)
    return msgspec.UNSET


def named(wire: Any) -> Mapping[Any, Any]:
    """Return what `headers` or `query` want by name; nothing where they are another criterion."""
    operator = operator_of(wire)
    if operator == "$key_values":
        wire = wire[operator].get("key_values") if isinstance(wire[operator], dict) else None
    elif operator is not None:
        return {}
    return wire if isinstance(wire, dict) else {}


def values_of_stub(request: StubRequest) -> Iterator[Value]:
    """Yield the values that a stub wants."""
    for place, wire in (("header", request.headers), ("query", request.query)):
        for name, each in islice(named(wire).items(), MAX_VALUES):
            if (value := _scalar(equal_to(each))) is not None:
                yield f"{place} {str(name).lower()}", value
    yield from _values_of_body(request.body)


def values_of_request(seen: Seen) -> Iterator[Value]:
    """Yield the values that a request has."""
    for place, values in (("header", seen.headers), ("query", seen.query)):
        for name, value in islice(values.items(), MAX_VALUES):
            yield f"{place} {name.lower()}", _folded(value)
    if isinstance(seen.body, str) and seen.body:
        yield "body", _folded(seen.body)
        yield from _values_of_json(seen.json)


def _values_of_body(wire: Any) -> Iterator[Value]:
    body = equal_to(wire)
    if isinstance(body, str):
        yield "body", _folded(body)
    elif isinstance(body, dict):
        yield from _values_of_json(body)
    elif operator_of(wire) == "$json" and isinstance(wire["$json"], dict):
        inner = wire["$json"].get("inner_criteria")
        yield from _values_of_json({key: equal_to(each) for key, each in named(inner).items()})
        yield from _values_of_json(equal_to(inner))


def _values_of_json(value: Any) -> Iterator[Value]:
    if isinstance(value, dict):
        for name, each in islice(value.items(), MAX_VALUES):
            if (scalar := _scalar(each)) is not None:
                yield f"json {str(name).lower()}", scalar


def _scalar(value: Any) -> str | None:
    if isinstance(value, str):
        return _folded(value)
    # Python writes no numbers of thousands of digits.
    if isinstance(value, float) or (isinstance(value, int) and value.bit_length() < 128):
        return str(value).lower()
    return None


def _parts(path: str) -> list[str]:
    path = path.partition("?")[0]
    parts = [each for each in path.split("/", 2 * MAX_SEGMENTS) if each]
    if len(parts) > 1 and parts[0].lower() in ("http:", "https:"):
        del parts[:2]
    return parts[:MAX_SEGMENTS]


def _is_open(segment: str) -> bool:
    return is_parameter(segment) or is_foreign_parameter(segment)


def _folded(text: str) -> str:
    text = text[:_MAX_TEXT]
    return (unquote(text) if "%" in text else text).strip().lower()
