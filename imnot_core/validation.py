"""`validate:` — rules for fields of the body, the query and the headers; else 422 with all of them.

A query parameter or a header is a text; a rule with a `type` takes it for what it says, as it does
with texts in bodies. What came more than once must fit each time.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from imnot_core.config import Config, Fault
from imnot_core.errors import ReplyError
from imnot_core.expressions import expression_fault, expression_searcher
from imnot_core.messages import Handler, Reply, Request
from imnot_core.refusals import Place, Step, Violation, refusal

if TYPE_CHECKING:
    from imnot_core.context import Context
    from imnot_core.models import EndpointConfig

ValueType = Literal["string", "integer", "number", "boolean", "array", "object"]

_KINDS: Final[Mapping[str, str]] = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "a boolean",
    "array": "an array",
    "object": "an object",
}
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,4000}")  # Python reads no longer ones
_NUMBER: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_SHOWN: Final = 60
_UNFIT: Final = object()


class Rule(Config, frozen=True, kw_only=True):
    """What one field must be like."""

    required: Annotated[bool, Meta(description="Whether it must be there; null counts.")] = False
    type: Annotated[
        ValueType | None,
        Meta(description="Its type. A text such as `7` or `true` counts as what it says."),
    ] = None
    allowed: Annotated[
        list[Any] | None, Meta(description="The values that it may have, each of its type.")
    ] = None
    pattern: Annotated[
        str | None,
        Meta(description="A regular expression that must occur in it, if it is a string."),
    ] = None
    min: Annotated[
        int | float | None, Meta(description="The least that it may be, if it is a number.")
    ] = None
    max: Annotated[
        int | float | None, Meta(description="The most that it may be, if it is a number.")
    ] = None

    def faults(self) -> Iterator[Fault]:
        """Give a pattern that is none, and limits that no number keeps."""
        if self.pattern is not None and (fault := expression_fault(self.pattern)):
            yield "pattern", f"it is no regular expression: {fault}", "write one in Python's syntax"
        for field, limit in (("min", self.min), ("max", self.max)):
            if limit is not None and not isfinite(limit):
                yield field, f"{limit} is no limit", "write a number, or delete it"
        if self.min is not None and self.max is not None and self.min > self.max:
            yield "min", f"it is greater than max, which is {self.max}", "exchange them"


class Validation(Config, frozen=True, kw_only=True):
    """The rules of an endpoint: the name of a field → what it must be like."""

    body: Annotated[
        dict[str, Rule],
        Meta(description="Fields of a JSON object; `address.zip` is a field within a field."),
    ] = {}  # noqa: RUF012 - each struct gets a dict of its own
    query: Annotated[dict[str, Rule], Meta(description="Query parameters.")] = {}  # noqa: RUF012 - as above
    headers: Annotated[dict[str, Rule], Meta(description="Headers, in any case.")] = {}  # noqa: RUF012 - as above


Judge = Callable[[Request], list[Violation]]
Check = Callable[[Any], Iterator[str]]
Found = tuple[tuple[Step, ...], Sequence[Any]]


def validated(config: "EndpointConfig", handler: Handler, context: "Context") -> Handler:  # noqa: ARG001 - the form of every feature
    """Return the handler behind the endpoint's rules; itself if a schema is judged with them."""
    if config.validate is None or config.schema is not None:
        return handler
    judge, reads_json = judge_of(config.validate), config.reads_json

    async def answer(request: Request) -> Reply:
        if reads_json:
            request.json()
        if violations := judge(request):
            return invalid(config, violations)
        return await handler(request)

    return answer


def invalid(config: "EndpointConfig", violations: Sequence[Violation]) -> Reply:
    """Return the answer to a request that breaks rules: 422, with all of them."""
    detail = "The request is not what the endpoint takes"
    return refusal(config, 422, "", detail, errors=violations)


def judge_of(validation: Validation) -> Judge:
    """Return what gives all violations of a request: of the body, the query, then the headers."""
    body = [(name, rule.required, _check(rule)) for name, rule in validation.body.items()]
    query = [(name, rule.required, _check(rule)) for name, rule in validation.query.items()]
    headers = [(name, rule.required, _check(rule)) for name, rule in validation.headers.items()]

    def judge(request: Request) -> list[Violation]:
        found: list[Violation] = []
        if body:
            fields = _object(request)
            for name, required, check in body:
                found += _violations("body", _in_body(fields, name), check, required=required)
        for name, required, check in query:
            values = ((name,), request.query.getall(name, ()))
            found += _violations("query", values, check, required=required)
        for name, required, check in headers:
            values = ((name,), request.headers.getall(name, ()))
            found += _violations("headers", values, check, required=required)
        return found

    return judge


def _violations(place: Place, found: Found, check: Check, *, required: bool) -> Iterator[Violation]:
    path, values = found
    if not values:
        reasons = ["required"] if required else []
    else:
        reasons = list(dict.fromkeys(reason for value in values for reason in check(value)))
    for reason in reasons:
        yield Violation(place, path, reason)


def _object(request: Request) -> dict[str, Any]:
    """The fields of the body; of one that is broken or no object, none."""
    try:
        value = request.json()
    except ReplyError:
        return {}
    return value if isinstance(value, dict) else {}


def _in_body(fields: dict[str, Any], name: str) -> Found:
    if name in fields:
        return (name,), (fields[name],)
    if "." not in name:
        return (name,), ()
    path: list[Step] = []
    value: Any = fields
    for part in name.split("."):
        step: Step = part
        if isinstance(value, list) and part.isascii() and part.isdigit():
            step = int(part[:9])
        path.append(step)
        value = _within(value, step)
    return tuple(path), () if value is _UNFIT else (value,)


def _within(value: Any, step: Step) -> Any:
    if isinstance(value, list):
        return value[step] if isinstance(step, int) and step < len(value) else _UNFIT
    return value.get(step, _UNFIT) if isinstance(value, dict) else _UNFIT


def _check(rule: Rule) -> Check:
    convert = _CONVERSIONS.get(rule.type or "")
    kind = _KINDS.get(rule.type or "", "")
    finds = None if rule.pattern is None else expression_searcher(rule.pattern)

    def check(given: Any) -> Iterator[str]:
        value = convert(given) if convert else given
        if value is _UNFIT:
            yield f"expected {kind}, got {_shown(given)}"
            return
        if rule.allowed is not None and not any(_equal(value, each) for each in rule.allowed):
            yield f"must be one of {', '.join(map(_shown, rule.allowed))}, got {_shown(given)}"
        if finds is not None and isinstance(value, str) and not finds(value):
            yield f"does not match the pattern {rule.pattern}"
        if _is_number(value):
            if rule.min is not None and value < rule.min:
                yield f"must be at least {rule.min}, got {_shown(given)}"
            if rule.max is not None and value > rule.max:
                yield f"must be at most {rule.max}, got {_shown(given)}"

    return check


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _integer(value: Any) -> Any:
    if isinstance(value, str):
        text = value.strip()
        return int(text) if _INTEGER.fullmatch(text) else _UNFIT
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if _is_number(value) and isinstance(value, int) else _UNFIT


def _number(value: Any) -> Any:
    if isinstance(value, str):
        text = value.strip()
        if _INTEGER.fullmatch(text):
            return int(text)
        number = float(text) if _NUMBER.fullmatch(text) else float("inf")
        return number if isfinite(number) else _UNFIT
    return value if _is_number(value) else _UNFIT


def _boolean(value: Any) -> Any:
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower(), _UNFIT)
    return value if isinstance(value, bool) else _UNFIT


def _of(kind: type) -> Callable[[Any], Any]:
    return lambda value: value if isinstance(value, kind) else _UNFIT


_CONVERSIONS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "string": _of(str),
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "array": _of(list),
    "object": _of(dict),
}


def _equal(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same: true is not 1, but 1.0 is."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    return bool(one == other)


def _shown(value: Any) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
