"""Operations → what a partner file says of them, and what it cannot say."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from msgspec import UNSET

from imnot_core import BODILESS, METHODS, header_faults
from imnot_patterns.openapi.blocks import is_writable, one_line
from imnot_patterns.openapi.naming import Names, name_of, resource
from imnot_patterns.openapi.paths import Path, servable
from imnot_patterns.openapi.specification import Operation

JSON: Final = "application/json"
WIDTH: Final = 80
MADE_TEXT: Final = "string"  # what is made of a schema that says no more than its type
MIN_STATUS: Final = 200
MAX_STATUS: Final = 599

_TOKEN_FIELDS: Final = {"access_token": str, "token_type": str, "expires_in": int}


class Entry(NamedTuple):
    """One endpoint as a partner file has it, and comments for whoever reads it."""

    data: dict[str, Any]
    comments: tuple[str, ...]

    @property
    def route(self) -> tuple[str, str]:
        """Method and path."""
        return self.data["method"], self.data["path"]

    @property
    def query(self) -> dict[str, str]:
        """The query parameters that a request must have."""
        query: dict[str, str] = self.data.get("request", {}).get("query", {})
        return query


class Group(NamedTuple):
    """The endpoints of one datapoint; `tag` is "" if the specification has none for them."""

    name: str
    pattern: str
    tag: str
    entries: list[Entry]


class Plan(NamedTuple):
    """What becomes of a specification: datapoints, and what is left out, with the reason."""

    groups: list[Group]
    left_out: list[str]


def plan(operations: Iterable[Operation]) -> Plan:
    """Sort operations into datapoints, in the order in which they come."""
    planner = _Planner()
    for operation in operations:
        try:
            planner.add(operation)
        except ValueError as reason:
            planner.left_out.append(f"{operation.method} {operation.path}: {reason}")
    return Plan(list(planner.groups.values()), planner.left_out)


class _Planner:
    """The datapoints so far. Endpoints of one method and path are in one of them."""

    def __init__(self) -> None:
        self.groups: dict[str, Group] = {}
        self.left_out: list[str] = []
        self._names = Names()
        self._homes: dict[tuple[str, str], Group] = {}
        self._served: dict[tuple[Any, ...], str] = {}

    def add(self, operation: Operation) -> None:
        """Put an operation into its datapoint. Raises ValueError for one that cannot be served."""
        if operation.method not in METHODS:
            raise ValueError("that is no method of HTTP")
        if not MIN_STATUS <= operation.status <= MAX_STATUS:
            raise ValueError(f"{operation.status} is no answer that can stand alone")
        path = servable(operation.path)
        route = operation.method, path.shape
        first = self._served.setdefault((*route, *sorted(path.query.items())), operation.path)
        if first is not operation.path:
            raise ValueError(f"it is the same path as {first}, which comes first")
        if route not in self._homes:
            self._homes[route] = self._group(operation, path)
        group = self._homes[route]
        if path.query and group.pattern != "stub":
            raise ValueError(f"the pattern `{group.pattern}` of this path looks at no query")
        entry = _entry(operation, path, group.pattern)
        group.entries.insert(_position(entry, group.entries), entry)

    def _group(self, operation: Operation, path: Path) -> Group:
        is_token = _gives_token(operation) and not path.query
        tag = "" if is_token else next(filter(name_of, operation.tags), "")
        words = "token" if is_token else tag or resource(path.path)
        pattern = "oauth" if is_token else "stub"
        key = f"{pattern} {words}"
        if key not in self.groups:
            self.groups[key] = Group(self._names.of(key, words), pattern, tag, [])
        return self.groups[key]


def _position(new: Entry, entries: list[Entry]) -> int:
    """Return where an endpoint goes: to the end, or before one that would answer all of it."""
    if wanted := new.query.items():
        for index, other in enumerate(entries):
            if other.route == new.route and other.query and other.query.items() < wanted:
                return index
    return len(entries)


def _gives_token(operation: Operation) -> bool:
    """Tell whether the pattern `oauth` answers all that the specification says, and no less."""
    value = operation.value
    return (
        operation.method == "POST"
        and isinstance(value, dict)
        and {"access_token", "token_type"} <= value.keys() <= _TOKEN_FIELDS.keys()
        and all(type(each) is _TOKEN_FIELDS[key] for key, each in value.items())
        and value.get("expires_in", 0) >= 0
    )


def _entry(operation: Operation, path: Path, pattern: str) -> Entry:
    summary, known_as = one_line(operation.summary, WIDTH), one_line(operation.operation_id, WIDTH)
    comments = [f"{summary} ({known_as})" if summary and known_as else summary or known_as]
    if path.path != operation.path:
        comments.append(f"In the specification: {operation.path}")
    if pattern == "stub" and operation.status >= HTTPStatus.BAD_REQUEST:
        comments.append("The specification declares no success.")
    headers, body = _answer(operation)
    response: dict[str, Any] = {"status": operation.status}
    response |= {"headers": headers} if headers else {}
    if pattern == "oauth":
        response |= _token_settings(operation.value)
    elif body is not None:
        response["body"] = body
    data: dict[str, Any] = {"method": operation.method, "path": path.path}
    data |= {"request": {"query": path.query}} if path.query else {}
    data["response"] = response
    return Entry(data, tuple(filter(None, comments)))


def _token_settings(value: dict[str, Any]) -> dict[str, Any]:
    """Return what the pattern `oauth` is told; a type that means nothing is left to it."""
    known = {key: each for key, each in value.items() if key != "access_token"}
    return {key: each for key, each in known.items() if each != MADE_TEXT}


def _answer(operation: Operation) -> tuple[dict[str, str], Any]:
    """Return headers and body. What is no mapping, list or number is written as a text."""
    headers = {
        name: value
        for name, value in operation.headers.items()
        if not any(header_faults("headers", name, value))
    }
    if operation.body is None or operation.status in BODILESS:
        return headers, None
    value, sent = operation.value, operation.content_type
    as_value = value is not UNSET and value is not None and not isinstance(value, str)
    as_value = as_value and is_writable(value)
    needs_type = sent != JSON or not as_value
    if sent and needs_type and not any(header_faults("headers", "Content-Type", sent)):
        headers = {"Content-Type": sent, **headers}
    return headers, value if as_value else operation.body or None
