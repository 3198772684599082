"""`validate:` — what a rule takes, what it says of the rest, and in which order."""

from __future__ import annotations

import json
import time
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imnot_core import EndpointConfig, FieldError, Reply, Request
from imnot_core.validation import Rule, Validation, judge_of, validated

ABSENT = object()


def violations(written: Any, request: Request) -> list[str]:
    return [str(each) for each in judge_of(msgspec.convert(written, Validation))(request)]


def of_body(rule: dict[str, Any], value: Any = ABSENT) -> list[str]:
    body = {} if value is ABSENT else {"x": value}
    found = violations({"body": {"x": rule}}, Request.of("POST", "/", json=body))
    assert all(each.startswith("body.x: ") for each in found)
    return [each.removeprefix("body.x: ") for each in found]


def of_query(rule: dict[str, Any], target: str) -> list[str]:
    return violations({"query": {"x": rule}}, Request.of("GET", target))


def test_all_violations_come_in_the_order_of_sections_and_fields() -> None:
    written = {
        "headers": {"X-Key": {"required": True}},
        "query": {"page": {"type": "integer"}, "a": {"required": True}},
        "body": {"z": {"required": True}, "n": {"type": "integer", "min": 3, "allowed": [7]}},
    }
    request = Request.of("POST", "/?page=x", json={"n": 1})

    assert violations(written, request) == [
        "body.z: required",
        "body.n: must be one of 7, got 1",
        "body.n: must be at least 3, got 1",
        'query.page: expected an integer, got "x"',
        "query.a: required",
        "headers.X-Key: required",
    ]


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ({}, ABSENT),
        ({"type": "integer", "min": 3}, ABSENT),
        ({"required": True}, None),
        ({"required": True}, ""),
        ({"type": "string"}, ""),
        ({"type": "integer"}, 7),
        ({"type": "integer"}, 7.0),
        ({"type": "integer"}, "7"),
        ({"type": "integer"}, " -7 "),
        ({"type": "integer"}, 10**40),
        ({"type": "number"}, 2.5),
        ({"type": "number"}, "2.5"),
        ({"type": "number"}, "-1e3"),
        ({"type": "number"}, ".5"),
        ({"type": "boolean"}, False),
        ({"type": "boolean"}, "TRUE"),
        ({"type": "array"}, []),
        ({"type": "object"}, {}),
        ({"allowed": ["a", None]}, None),
        ({"type": "integer", "allowed": [1, 2]}, "2"),
        ({"type": "number", "allowed": [1]}, 1.0),
        ({"allowed": [{"a": [1]}]}, {"a": [1.0]}),
        ({"pattern": "b+"}, "abba"),
        ({"pattern": "b+"}, 5),
        ({"min": 3, "max": 5}, 3),
        ({"min": 3, "max": 5}, 5.0),
        ({"min": 3}, "1"),
        ({"min": 3}, True),
        ({"type": "integer", "min": 3}, "3"),
    ],
)
def test_a_rule_takes(rule: dict[str, Any], value: Any) -> None:
    assert of_body(rule, value) == []


@pytest.mark.parametrize(
    ("rule", "value", "reason"),
    [
        ({"required": True, "type": "string"}, ABSENT, "required"),
        ({"type": "string"}, 5, "expected a string, got 5"),
        ({"type": "string"}, None, "expected a string, got null"),
        ({"type": "integer"}, True, "expected an integer, got true"),
        ({"type": "integer"}, 2.7, "expected an integer, got 2.7"),
        ({"type": "integer"}, "2.7", 'expected an integer, got "2.7"'),
        ({"type": "integer"}, "1_0", 'expected an integer, got "1_0"'),
        ({"type": "integer"}, "٣", 'expected an integer, got "٣"'),
        ({"type": "number"}, "nan", 'expected a number, got "nan"'),
        ({"type": "number"}, "1e999", 'expected a number, got "1e999"'),
        ({"type": "number"}, False, "expected a number, got false"),
        ({"type": "boolean"}, 1, "expected a boolean, got 1"),
        ({"type": "boolean"}, "yes", 'expected a boolean, got "yes"'),
        ({"type": "array"}, {}, "expected an array, got {}"),
        ({"type": "object"}, [], "expected an object, got []"),
        ({"type": "object"}, "{}", 'expected an object, got "{}"'),
        ({"allowed": ["a", 1]}, True, 'must be one of "a", 1, got true'),
        ({"allowed": [True]}, 1, "must be one of true, got 1"),
        ({"allowed": [1]}, "1", 'must be one of 1, got "1"'),
        ({"allowed": [[1, 2]]}, [1], "must be one of [1,2], got [1]"),
        ({"pattern": "^b+$"}, "abba", "does not match the pattern ^b+$"),
        ({"min": 3}, 2.9, "must be at least 3, got 2.9"),
        ({"max": 3.5}, 4, "must be at most 3.5, got 4"),
        ({"type": "integer", "max": 3}, "4", 'must be at most 3, got "4"'),
    ],
)
def test_a_rule_refuses(rule: dict[str, Any], value: Any, reason: str) -> None:
    assert of_body(rule, value) == [reason]


def test_one_field_can_break_several_rules() -> None:
    assert of_body({"allowed": ["x"], "pattern": "^y"}, "z") == [
        'must be one of "x", got "z"',
        "does not match the pattern ^y",
    ]


def test_a_wrong_type_is_all_that_is_said_of_a_field() -> None:
    assert len(of_body({"type": "integer", "allowed": [1], "min": 3}, "z")) == 1


def test_a_long_value_is_not_repeated_whole() -> None:
    assert len(of_body({"type": "integer"}, "z" * 10_000)[0]) < 100


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'"x"', b"null", b"\xff"])
def test_a_body_that_is_no_object_has_no_fields(body: bytes) -> None:
    written = {"body": {"x": {"required": True}, "y": {"type": "integer"}}}

    assert violations(written, Request.of("POST", "/", body=body)) == ["body.x: required"]


def test_a_name_with_dots_leads_into_the_body() -> None:
    rules = {
        "address.zip": {"required": True, "type": "integer"},
        "lines.1.sku": {"type": "string"},
        "lines.9.sku": {"required": True},
        "name.first": {"required": True},
    }
    body = {"address": {"zip": "x"}, "lines": [{}, {"sku": 5}], "name": "Ada"}

    assert violations({"body": rules}, Request.of("POST", "/", json=body)) == [
        'body.address.zip: expected an integer, got "x"',
        "body.lines[1].sku: expected a string, got 5",
        "body.lines[9].sku: required",
        "body.name.first: required",
    ]


def test_a_key_that_has_dots_itself_comes_first() -> None:
    body = {"a.b": 1, "a": {"b": "x"}}
    written = {"body": {"a.b": {"type": "integer"}}}

    assert violations(written, Request.of("POST", "/", json=body)) == []


def test_queries_are_texts_that_a_type_takes_for_what_they_say() -> None:
    assert of_query({"type": "integer", "min": 1}, "/?x=5") == []
    assert of_query({"type": "boolean", "allowed": [True]}, "/?x=True") == []
    assert of_query({"allowed": [5]}, "/?x=5") == ['query.x: must be one of 5, got "5"']
    assert of_query({"type": "array"}, "/?x=[]") == ['query.x: expected an array, got "[]"']
    assert of_query({"required": True}, "/?x=") == []


def test_every_one_of_several_values_must_fit() -> None:
    assert of_query({"type": "integer"}, "/?x=1&x=a&x=b&x=a") == [
        'query.x: expected an integer, got "a"',
        'query.x: expected an integer, got "b"',
    ]


def test_names_of_headers_ignore_case() -> None:
    request = Request.of("GET", "/", headers={"x-COUNT": "5"})

    assert violations({"headers": {"X-Count": {"required": True, "max": 3}}}, request) == []
    assert violations({"headers": {"X-Count": {"type": "integer", "max": 3}}}, request) == [
        'headers.X-Count: must be at most 3, got "5"'
    ]


def test_a_pattern_that_would_take_for_ever_matches_nothing() -> None:
    begin = time.monotonic()

    assert of_body({"pattern": "^(a+)+$"}, "a" * 60 + "!") == ["does not match the pattern ^(a+)+$"]
    assert time.monotonic() - begin < 5


@pytest.mark.parametrize(
    ("rule", "field"), [({"pattern": "("}, "pattern"), ({"min": 3, "max": 2}, "min")]
)
def test_rules_that_cannot_be_are_refused(rule: dict[str, Any], field: str) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert(rule, Rule)
    cause = refused.value.__cause__
    assert isinstance(cause, FieldError)
    assert [each[0] for each in cause.faults] == [field]


@pytest.mark.parametrize(
    "written",
    [
        {"cookies": {}},
        {"body": {"x": {"type": "int"}}},
        {"body": {"x": {"reqired": True}}},
        {"body": {"x": "required"}},
        {"body": ["x"]},
        {"query": None},
    ],
)
def test_only_known_sections_rules_and_types_are_taken(written: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(written, Validation)


async def _here(_request: Request) -> Reply:
    return Reply.json({"is": "here"})


def endpoint(**more: Any) -> EndpointConfig:
    return msgspec.convert({"method": "POST", "path": "/x", **more}, EndpointConfig)


@pytest.mark.anyio
async def test_the_handler_is_asked_only_for_valid_requests() -> None:
    config = endpoint(validate={"body": {"x": {"required": True}}})
    handler = validated(config, _here, None)  # type: ignore[arg-type]

    assert (await handler(Request.of("POST", "/x", json={"x": 1}))).status == 200
    refused = await handler(Request.of("POST", "/x", json={}))
    assert (refused.status, json.loads(refused.body)) == (422, {"detail": ["body.x: required"]})


def test_an_endpoint_without_rules_keeps_its_handler() -> None:
    assert validated(endpoint(), _here, None) is _here  # type: ignore[arg-type]


# A naive model: what the words of the reference say, one after the other.

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-20, 20)
    | st.floats(-20, 20, allow_nan=False)
    | st.sampled_from(["", "7", "-3", "2.5", "true", "FALSE", "x", "1e1", " 4 "])
)
VALUES = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.text(max_size=2), SCALARS)
RULES = st.fixed_dictionaries(
    {},
    optional={
        "required": st.booleans(),
        "type": st.sampled_from(["string", "integer", "number", "boolean", "array", "object"]),
        "allowed": st.lists(SCALARS, max_size=3),
        "pattern": st.sampled_from(["^x", "[0-9]", "e$", ""]),
        "min": st.integers(-10, 0),
        "max": st.integers(0, 10),
    },
)


TYPES = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}


def of_text(kind: str, text: str) -> Any:
    """What a text says, taken for a value of the type. Raises ValueError."""
    readings: dict[str, Any] = {
        "integer": int,
        "number": float,
        "boolean": {"true": True, "false": False}.get,
    }
    return readings[kind](text.strip().lower())


def converted(kind: str | None, value: Any) -> Any:
    """The value as its type takes it. Raises ValueError."""
    if kind is None:
        return value
    if isinstance(value, str) and kind not in {"string", "array", "object"}:
        value = of_text(kind, value)
    if kind == "integer" and isinstance(value, float) and value == int(value):
        return int(value)
    kinds = (int, float) if kind == "number" else (TYPES[kind],)
    if type(value) not in kinds:
        raise ValueError(kind)
    return value


def broken_rules(rule: dict[str, Any], value: Any) -> int:
    import re

    if value is ABSENT:
        return int(rule.get("required", False))
    try:
        value = converted(rule.get("type"), value)
    except ValueError:
        return 1
    same = [
        each
        for each in rule.get("allowed", [])
        if each == value and isinstance(each, bool) == isinstance(value, bool)
    ]
    count = int("allowed" in rule and not same)
    if isinstance(value, str) and "pattern" in rule:
        count += re.search(rule["pattern"], value) is None
    if type(value) in {int, float}:
        count += value < rule.get("min", value)
        count += value > rule.get("max", value)
    return count


@given(RULES, VALUES | st.just(ABSENT))
def test_rules_mean_what_a_naive_reading_of_them_means(rule: dict[str, Any], value: Any) -> None:
    assert len(of_body(rule, value)) == broken_rules(rule, value)
