"""A request as criteria see it: texts, first and last values, parsed JSON."""

import json
from collections.abc import Hashable, Iterable
from typing import Any, Final, Self
from urllib.parse import parse_qsl

import msgspec

from imnot_core import Request, kept

MAX_DEPTH: Final = 50
"""How deep the criteria of a stub may be nested."""

Pairs = Iterable[tuple[str, str]] | Iterable[tuple[bytes, bytes]]


class Seen:
    """A request as criteria see it. What has to be computed is computed when first asked for.

    Made of a request with `of`, or of plain values, such as those of a journal entry: `path` is
    decoded, `raw_query` is as sent and without `?`, `pairs` are the headers as sent.
    """

    def __init__(
        self,
        method: str,
        path: str,
        raw_query: str | bytes = b"",
        pairs: Pairs = (),
        content: bytes = b"",
    ) -> None:
        self.method = method
        self.path = path
        self.content = content
        self._raw_query = raw_query
        self._pairs = pairs

    @classmethod
    def of(cls, request: Request) -> Self:
        """Return what criteria see of a request."""
        return cls(
            request.method, request.path, request.raw_query, request.raw_headers, request.body
        )

    @kept
    def segments(self) -> tuple[str, ...]:
        """The parts of the path; slashes at its ends do not count, and the root has none."""
        return segments_of(self.path)

    @kept
    def headers(self) -> dict[str, str]:
        """The headers: names in lower case, the first value of a repeated one."""
        headers: dict[str, str] = {}
        for name, value in self._pairs:
            headers.setdefault(_text(name).lower(), _text(value))
        return headers

    @kept
    def query(self) -> dict[str, str]:
        """The decoded query parameters, the last value of a repeated one."""
        if not self._raw_query:
            return {}
        return dict(parse_qsl(_text(self._raw_query), keep_blank_values=True))

    @kept
    def host(self) -> str:
        """The Host header in lower case, without port and brackets; "" without one."""
        host = self.headers.get("host", "").strip().lower()
        if host.startswith("["):  # an IPv6 address
            return host[1:].partition("]")[0]
        return host.partition(":")[0]

    @kept
    def body(self) -> str | bytes:
        """The body as text, "" if there is none; the bytes themselves where they are no UTF-8."""
        try:
            return self.content.decode()
        except UnicodeDecodeError:
            return self.content

    @kept
    def json(self) -> Any:
        """The body as JSON, `msgspec.UNSET` if it is none.

        What Python's own parser takes counts as JSON, NaN and Infinity too: that is the meaning of
        `$json`. msgspec takes a part of it, and a fifth of the time.
        """
        if not self.content:
            return msgspec.UNSET
        try:
            return msgspec.json.decode(self.content)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return parsed(self.body)

    @kept
    def json_key(self) -> Hashable:
        """The body as JSON in hashable form; None if it is none, or too deep (see `frozen`)."""
        return None if self.json is msgspec.UNSET else frozen(self.json)


def outline(value: Any) -> Hashable:
    """Return what is seen of a JSON value at a glance; equal values have equal outlines.

    To freeze a large body takes longer than to parse it: most need not be.
    """
    if value is msgspec.UNSET:
        return None
    return (type(value), len(value)) if isinstance(value, dict | list) else "scalar"


def segments_of(path: str) -> tuple[str, ...]:
    """Split a path or a template; slashes at its ends do not count, and the root has no parts."""
    stripped = path.strip("/")
    return tuple(stripped.split("/")) if stripped else ()


def parsed(text: Any) -> Any:
    """Parse a text as JSON as Python does; `msgspec.UNSET` where that cannot be done."""
    if not isinstance(text, str):
        return msgspec.UNSET
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return msgspec.UNSET


def frozen(value: Any) -> Hashable:
    """Return a JSON value in a form that can be looked up: equal values have equal forms.

    Equal is what Python takes for equal: 5 and 5.0, true and 1. None stands for a value that is
    nested deeper than `MAX_DEPTH`.
    """
    try:
        return ("json", _frozen(value, MAX_DEPTH))
    except RecursionError:
        return None


def _frozen(value: Any, depth: int) -> Hashable:
    kind = type(value)
    if kind is not dict and kind is not list:
        return value  # type: ignore[no-any-return]  # the other JSON values are all hashable
    if not depth:
        raise RecursionError
    if kind is dict:
        return frozenset([(name, _frozen(item, depth - 1)) for name, item in value.items()])
    return tuple([_frozen(item, depth - 1) for item in value])


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")
