"""What is wrong with criteria, before they are put into effect.

The rule for `$`: an object with an operator is a criterion. With another `$name` alone, where only
criteria stand, it is a mistake. Elsewhere `$name` may be a name: OData has query parameters such as
`$filter`, JSON Schema has keys such as `$ref`. There it is a mistake only if it is nearly an
operator, and has what could be its arguments.
"""

import json
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import Any, Final

import msgspec

from imnot_core import Fault
from imnot_patterns.stubs.criteria.operators import OPERATORS, Argument, Kind, operator_of
from imnot_patterns.stubs.criteria.patterns import checked
from imnot_patterns.stubs.criteria.wording import shown
from imnot_patterns.stubs.seen import MAX_DEPTH
from imnot_patterns.stubs.stub import FIELDS, StubRequest

EXAMPLES: Final = {
    "path": '"/users/{id}"',
    "method": '"GET"',
    "host": '"api.example.com"',
    "headers": '{"x-tenant": "acme"}',
    "query": '{"page": "1"}',
}
_TEXTS: Final = ("path", "method", "host")
_REGEX: Final = '{"$regex": {"pattern": "…"}}'
_NEAR: Final = 0.7  # how like an operator a name in plain data has to be to count as a mistake
_FAR: Final = 0.5  # how like one an operator has to be to be suggested for a mistake


def request_faults(request: StubRequest) -> list[Fault]:
    """Return what is wrong with the criteria of a stub, each with the place of it."""
    faults: list[Fault] = []
    for field in FIELDS:
        value = getattr(request, field)
        if value is None:
            continue
        if _is_too_deep(value):
            faults.append(_too_deep(field))
        elif field in _TEXTS:
            faults += _text_faults(value, field)
        elif field == "body":
            faults += _body_faults(value)
        else:
            faults += _mapping_faults(value, field)
    return faults


def criterion_faults(wire: Any, field: str) -> list[Fault]:
    """Return what is wrong with a criterion, or a plain value, that stands at `field`."""
    if _is_too_deep(wire):
        return [_too_deep(field)]
    return list(_criterion_faults(wire, field))


def _too_deep(field: str) -> Fault:
    return field, f"is nested deeper than {MAX_DEPTH} levels", "criteria are seldom that deep"


def _is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [item for each in level for item in _members(each)]
        if not level:
            return False
    return True


def _members(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list | tuple) else ()


def _text_faults(value: Any, field: str) -> Iterator[Fault]:
    if isinstance(value, dict):
        if operator_of(value) or _odd_name(value):
            yield from _criterion_faults(value, field)
        else:
            yield field, "is an object without an operator", f"write a criterion: {_REGEX}"
    elif not isinstance(value, str):
        hint = f"write a text such as {EXAMPLES[field]}, or a criterion"
        yield field, f"is {_kind(value)}, not a text", hint


def _body_faults(value: Any) -> Iterator[Fault]:
    """A plain value is what the body has to be as JSON."""
    if stray := _odd_name(value):
        plain = {"$json": {"inner_criteria": {"$eq": {"value": value}}}}
        yield _no_operator("body", stray, plain)
    else:
        yield from _criterion_faults(value, "body")


def _mapping_faults(value: Any, field: str) -> Iterator[Fault]:
    if not isinstance(value, dict):
        yield field, f"is {_kind(value)}, not an object", f"write {EXAMPLES[field]}"
    elif operator_of(value):
        yield from _criterion_faults(value, field)
    else:
        yield from _named_faults(value, field)


def _criterion_faults(value: Any, field: str) -> Iterator[Fault]:
    """Where a criterion may stand, or a plain value in its place."""
    name = operator_of(value)
    if name is not None:
        yield from _operator_faults(value, name, field)
    elif stray := _odd_name(value):
        yield _no_operator(field, stray, {"$eq": {"value": value}})
    else:
        yield from _data_faults(value, field)


def _operator_faults(value: dict[str, Any], name: str, field: str) -> Iterator[Fault]:
    others = [key for key in value if key != name]
    if others:
        message = f"{name} does not stand alone: there is {shown(others[0])} beside it"
        yield field, message, 'join criteria with {"$and": {"items": […]}}'
        return
    given, arguments = value[name], OPERATORS[name]
    place = f"{field}.{name}"
    if not isinstance(given, dict):
        yield place, f"is {_kind(given)}, not an object of arguments", _usage(name)
        return
    strange = [key for key in given if key not in [argument.name for argument in arguments]]
    for key in strange:
        yield f"{place}.{key}", f"{name} has no argument {shown(key)}", _usage(name)
    for argument in arguments:
        if argument.name in given:
            check = _CHECKS[argument.kind]
            yield from check(given[argument.name], f"{place}.{argument.name}")
        elif argument.default is msgspec.UNSET and not strange:
            yield place, f"the argument {argument.name} is missing", _usage(name)


def _data_faults(value: Any, field: str) -> Iterator[Fault]:
    """Plain data, with criteria inside perhaps."""
    name = operator_of(value)
    if name is not None:
        yield from _operator_faults(value, name, field)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _mistaken(key, item, field)
            yield from _data_faults(item, f"{field}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _data_faults(item, f"{field}[{index}]")


def _named_faults(value: Any, field: str) -> Iterator[Fault]:
    """Names with criteria. A name may begin with `$`."""
    if not isinstance(value, dict):
        yield field, f"is {_kind(value)}, not an object", 'write {"name": "value"}'
        return
    for key, item in value.items():
        yield from _mistaken(key, item, field)
        yield from _criterion_faults(item, f"{field}.{key}")


def _list_faults(value: Any, field: str) -> Iterator[Fault]:
    if not isinstance(value, list):
        yield field, f"is {_kind(value)}, not a list", "write a list of values and criteria"
        return
    for index, item in enumerate(value):
        yield from _criterion_faults(item, f"{field}[{index}]")


def _number_faults(value: Any, field: str) -> Iterator[Fault]:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if operator_of(value) or _odd_name(value):
        yield from _criterion_faults(value, field)
    elif not is_number:
        yield field, f"is {_kind(value)}, not a number", 'write 3, or {"$gte": {"value": 3}}'


def _pattern_faults(value: Any, field: str) -> Iterator[Fault]:
    if not isinstance(value, str):
        yield field, f"is {_kind(value)}, not a text", 'write a regular expression: "v[0-9]+"'
        return
    try:
        checked(value)
    except ValueError as error:
        yield field, f"is no regular expression: {error}", "put \\ before a character meant as such"


def _plain_text_faults(value: Any, field: str) -> Iterator[Fault]:
    if not isinstance(value, str):
        yield field, f"is {_kind(value)}, not a text", f"write {json.dumps(shown(value))}"


def _flag_faults(value: Any, field: str) -> Iterator[Fault]:
    if not isinstance(value, bool):
        yield field, f"is {_kind(value)}, not true or false", "write true or false"


_CHECKS: Final[dict[Kind, Callable[[Any, str], Iterator[Fault]]]] = {
    "data": _data_faults,
    "criterion": _criterion_faults,
    "number": _number_faults,
    "criteria": _list_faults,
    "named": _named_faults,
    "pattern": _pattern_faults,
    "text": _plain_text_faults,
    "flag": _flag_faults,
}


def _odd_name(value: Any) -> str | None:
    """Return the only key of an object if it begins with `$`, though it is no operator."""
    if isinstance(value, dict) and len(value) == 1:
        (key,) = value
        if isinstance(key, str) and key.startswith("$") and key not in OPERATORS:
            return key
    return None


def _no_operator(field: str, name: str, plain: Any) -> Fault:
    instead = f"for plain data, write {shown(plain)}"
    hints = filter(None, (_suggestion(name, _FAR), instead))
    return f"{field}.{name}", f"{name} is no operator", "; ".join(hints)


def _mistaken(key: Any, item: Any, field: str) -> Iterator[Fault]:
    """Give a name that was meant to be an operator: nearly one, with what could be arguments."""
    if not isinstance(key, str):  # YAML has such; no request has
        yield f"{field}.{key}", f"the name is {_kind(key)}, not a text", f'write "{key}"'
        return
    if not key.startswith("$"):
        return
    names = {argument.name for arguments in OPERATORS.values() for argument in arguments}
    has_arguments = isinstance(item, dict) and bool(item) and set(item) <= names
    if has_arguments and (suggestion := _suggestion(key, _NEAR)):
        yield f"{field}.{key}", f"{key} is no operator", suggestion


def _suggestion(name: str, cutoff: float) -> str:
    near = get_close_matches(name.lower(), OPERATORS, 1, cutoff)
    return f"did you mean {near[0]}? {_usage(near[0])}" if near else ""


def _usage(name: str) -> str:
    examples: dict[Kind, str] = {
        "criteria": "[…]",
        "named": '{"name": …}',
        "pattern": '"v[0-9]+"',
        "text": '"…"',
        "number": "3",
        "flag": "true",
    }

    def example(argument: Argument) -> str:
        return f'"{argument.name}": {examples.get(argument.kind, "…")}'

    arguments = ", ".join(map(example, OPERATORS[name]))
    return f'write {{"{name}": {{{arguments}}}}}'


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case _:
            return "an object"
