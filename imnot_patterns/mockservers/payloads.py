"""What the management endpoints take: JSON objects, checked by the types of JSON Schema.

Nothing is coerced, and what is not known is ignored. A refusal names every property that is wrong.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

import msgspec

from imnot_core import JSON_CONTENT_TYPE, ReplyError, header_faults, parse_json
from imnot_patterns.mockservers.model import METHODS, MockRoute

T = TypeVar("T")

LONGEST_DELAY: Final = 24 * 60 * 60 * 1000
"""The longest delay of a route, in milliseconds: a day."""
_MOST_DIGITS: Final = 9


class ServerCreation(msgspec.Struct, frozen=True):
    """What a mock server is made of."""

    name: str
    workspace: str
    specification: str | None
    use_examples: bool


class ServerChange(msgspec.Struct, frozen=True):
    """What is to become of a mock server; None leaves it as it is."""

    name: str | None = None
    specification: str | None = None
    use_examples: bool | None = None

    @property
    def generates(self) -> bool:
        """Whether routes are to be generated, if there is something to make them from."""
        return self.specification is not None or self.use_examples is not None


def creation_of(body: bytes) -> ServerCreation:
    """Read the body that makes a mock server. Raises ReplyError (400)."""
    fields = _Fields(body)
    creation = ServerCreation(
        name=fields.required("name", str, ""),
        workspace=fields.required("workspaceId", str, ""),
        specification=fields.optional("specification", str, None),
        use_examples=fields.optional("useExamples", bool, default=True),
    )
    fields.check()
    return creation


def change_of(body: bytes) -> ServerChange:
    """Read the body that changes a mock server. Raises ReplyError (400)."""
    fields = _Fields(body)
    change = ServerChange(
        name=fields.optional("name", str, None),
        specification=fields.optional("specification", str, None),
        use_examples=fields.optional("useExamples", bool, None),
    )
    fields.check()
    return change


def route_of(body: bytes) -> MockRoute:
    """Read the body that makes or replaces a route. Raises ReplyError (400)."""
    fields = _Fields(body)
    route = MockRoute(
        id="",
        server="",
        method=fields.required("method", str, METHODS[0]),
        path=fields.required("path", str, "/"),
        status_code=fields.required("statusCode", int, 200),
        response_headers=fields.optional("responseHeaders", dict, {}),
        response_body=fields.optional("responseBody", str, ""),
        content_type=fields.optional("contentType", str, JSON_CONTENT_TYPE),
        delay=fields.optional("delay", int, 0),
    )
    _check_request(fields, route)
    _check_answer(fields, route)
    fields.check()
    return route


def count_of(name: str, given: str | None, default: int) -> int:
    """Read a query parameter that is a non-negative integer. Raises ReplyError (400)."""
    if given is None:
        return default
    if not (given.isascii() and given.isdigit()):
        raise ReplyError(400, f"{name}: must be a non-negative integer, not {given!r:.100}")
    digits = given.lstrip("0")
    return int(digits or "0") if len(digits) <= _MOST_DIGITS else 10**_MOST_DIGITS


def _check_request(fields: _Fields, route: MockRoute) -> None:
    if route.method not in METHODS:
        fields.note("method", f"must be one of {', '.join(METHODS)}")
    if not route.path.startswith("/"):
        fields.note("path", "must begin with `/`")


def _check_answer(fields: _Fields, route: MockRoute) -> None:
    status = route.status_code
    if not 100 <= status <= 599:
        fields.note("statusCode", "must be from 100 to 599")
    elif status < 200:
        fields.note("statusCode", f"{status} only announces an answer, and cannot be one")
    if not 0 <= route.delay <= LONGEST_DELAY:
        fields.note("delay", f"must be from 0 to {LONGEST_DELAY} milliseconds")
    headers: dict[str, Any] = route.response_headers  # the values are yet to be looked at
    for name, value in headers.items():
        if not isinstance(value, str):
            fields.note(f"responseHeaders.{name}", f"must be a string, not {_type(value)}")
            continue
        for _, message, hint in header_faults("", name, value):
            fields.note("responseHeaders", f"{message}; {hint}")
    for _, _, hint in header_faults("", "Content-Type", route.content_type):
        fields.note("contentType", f"cannot be sent; {hint}")


class _Fields:
    """The properties of an object; what is wrong with them is noted, and reading goes on."""

    def __init__(self, body: bytes) -> None:
        try:
            data = parse_json(body)
        except ValueError as error:
            raise ReplyError(400, f"The body is not valid JSON: {error}") from error
        if not isinstance(data, dict):
            raise ReplyError(400, f"The body must be a JSON object, not {_type(data)}")
        self._data: dict[str, Any] = data
        self._faults: dict[str, str] = {}

    def note(self, name: str, message: str) -> None:
        """Note what is wrong with a property; only the first thing is told."""
        self._faults.setdefault(name, message)

    def check(self) -> None:
        """Raise ReplyError (400) if anything was noted."""
        if self._faults:
            told = "; ".join(f"{name}: {message}" for name, message in self._faults.items())
            raise ReplyError(400, told)

    def required(self, name: str, kind: type[T], instead: T) -> T:
        """The value of a property; `instead` where it is noted as wrong."""
        if name not in self._data:
            self.note(name, "is required")
        return self.optional(name, kind, instead)

    def optional(self, name: str, kind: type[Any], default: T) -> T:
        """The value of a property; `default` if it is absent, or noted as wrong."""
        if name not in self._data:
            return default
        value: Any = self._data[name]
        if kind is int and isinstance(value, float) and value.is_integer():
            value = int(value)  # in JSON Schema 200.0 is an integer
        if type(value) is not kind:
            self.note(name, f"must be {_WORDS[kind]}, not {_type(value)}")
            return default
        found: T = value
        return found


_WORDS: Final[dict[type[Any], str]] = {
    str: "a string",
    int: "an integer",
    bool: "true or false",
    dict: "an object",
}


def _type(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, float):
        return "a number with a fraction"
    return {list: "an array", bool: "a boolean"}.get(type(value)) or _WORDS[type(value)]
