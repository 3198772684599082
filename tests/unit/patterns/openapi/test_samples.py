"""The values that are made from schemas: what they look like, and that they are valid."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.unit.patterns.openapi.answers import ref, value
from tests.unit.patterns.openapi.schemas import FORMATS, fault

PET = {
    "type": "object",
    "required": ["id", "name", "password"],
    "properties": {
        "id": {"type": "integer", "format": "int64"},
        "name": {"type": "string"},
        "kind": {"type": "string", "enum": ["cat", "dog"]},
        "password": {"type": "string", "writeOnly": True},
        "born": {"type": "string", "format": "date"},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
}


@pytest.mark.parametrize(
    ("schema", "made"),
    [
        ({"type": "string"}, "string"),
        ({"type": "integer"}, 1),
        ({"type": "number"}, 1),
        ({"type": "boolean"}, True),
        ({"type": "null"}, None),
        ({"type": "array"}, [{}]),
        ({"type": "array", "items": {"type": "integer"}}, [1]),
        ({"type": "object"}, {}),
        ({}, {}),
        (True, {}),
        ({"type": ["null", "string"]}, "string"),
        ({"type": ["string", "null"], "const": None}, None),
        ({"enum": [None, "a", "b"]}, "a"),
        ({"type": "integer", "enum": ["a", 2, 3]}, 2),
        ({"const": {"a": [1]}}, {"a": [1]}),
        ({"type": "string", "default": "given"}, "given"),
        ({"type": "integer", "default": "not valid"}, 1),
        ({"type": "integer", "minimum": 18}, 18),
        ({"type": "integer", "exclusiveMinimum": 18}, 19),
        ({"type": "integer", "maximum": -5}, -5),
        ({"type": "integer", "minimum": 0.5, "maximum": 1.5}, 1),
        ({"type": "integer", "multipleOf": 7, "minimum": 50}, 56),
        ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, 0.5),
        ({"type": "number", "multipleOf": 0.5, "minimum": 19.2}, 19.5),
        ({"type": "string", "maxLength": 3}, "str"),
        ({"type": "string", "minLength": 8}, "stringst"),
        ({"type": "string", "maxLength": 0}, ""),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 3}, [1, 1, 1]),
        ({"type": "array", "items": {"type": "integer"}, "maxItems": 0}, []),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2, "uniqueItems": True},
         [1, 0]),
        ({"type": "array", "prefixItems": [{"const": 1}, {"const": 2}], "items": False}, [1, 2]),
        ({"properties": {"a": {"type": "integer"}}}, {"a": 1}),
        ({"required": ["a"]}, {"a": {}}),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, {"key": 1}),
        ({"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 2},
         {"key": 1, "key1": 1}),
        ({"type": "object", "required": ["a"], "additionalProperties": {"const": 5}}, {"a": 5}),
        (PET, {"id": 1, "name": "string", "kind": "cat", "born": "2024-01-15", "tags": ["string"]}),
        ({"allOf": [{"properties": {"a": {"const": 1}}}, {"properties": {"b": {"const": 2}}}]},
         {"a": 1, "b": 2}),
        ({"allOf": [{"properties": {"a": {"type": "integer"}}},
                    {"properties": {"a": {"minimum": 9}}}]},
         {"a": 9}),
        ({"properties": {"a": {"const": 1}}, "anyOf": [{"properties": {"b": {"const": 2}}}]},
         {"a": 1, "b": 2}),
        ({"anyOf": [{"type": "null"}, {"const": "x"}]}, "x"),
        ({"oneOf": [{"type": "integer"}, {"type": "number"}]}, 1.5),
        ({"type": "integer", "oneOf": [{"multipleOf": 3}, {"multipleOf": 5}]}, 3),
        ({"type": "string", "not": {"const": "string"}}, ""),
        ({"type": "string", "pattern": "^[A-Z]{2}-\\d{4}$"}, "AA-1111"),
        ({"if": {"required": ["a"]}, "then": {"required": ["b"]}, "required": ["a"]},
         {"a": {}, "b": {}}),
        ({"type": "array", "contains": {"const": 5}, "minItems": 2}, [5, {}]),
        ({"type": "unknown", "minimum": "low", "required": True, "properties": []}, {}),
    ],
)  # fmt: skip
def test_a_value_is_the_most_usual_one_that_is_valid(schema: Any, made: Any) -> None:
    assert value(schema) == made
    assert type(value(schema)) is type(made)


@pytest.mark.parametrize(
    ("schema", "made"),
    [
        ({"type": "integer", "minimum": 5, "exclusiveMinimum": True}, 6),
        ({"type": "integer", "minimum": 5, "exclusiveMinimum": False}, 5),
        ({"type": "integer", "maximum": -5, "exclusiveMaximum": True}, -6),
        ({"type": "string", "nullable": True}, "string"),
        ({"type": "string", "nullable": True, "enum": [None]}, None),
        ({"type": "string", "nullable": True, "example": None}, None),
        ({"type": "string", "example": None}, "string"),
    ],
)
def test_schemas_of_3_0_are_understood(schema: Any, made: Any) -> None:
    assert value(schema, old=True) == made


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("bounds", [{}, {"minLength": 1, "maxLength": 300}])
def test_a_format_is_kept(name: str, bounds: dict[str, int]) -> None:
    schema = {"type": "string", "format": name, **bounds}

    made = value(schema)

    assert fault(schema, made, {}) == ""
    assert made != "string"


@pytest.mark.parametrize("name", ["email", "hostname", "uri", "date-time", "time", "duration"])
@pytest.mark.parametrize("length", [30, 64, 120])
def test_a_format_is_kept_when_the_text_must_be_long(name: str, length: int) -> None:
    schema = {"type": "string", "format": name, "minLength": length}

    made = value(schema)

    assert len(made) >= length
    assert fault(schema, made, {}) == ""


@pytest.mark.parametrize(
    "pattern",
    [
        "^[a-z]+$",
        "^(cat|dog)s?$",
        "^[^/]+/[^/]+$",
        r"^\d{3}-\w{2,4}$",
        "^#[0-9A-Fa-f]{6}$",
        r"^(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z-]+))?$",
        r"^\+?[1-9]\d{1,14}$",
        r"^(?:[a-z](?:-x)?){2}$",
        r"^\p{L}+$",
        r"(a)\1",
        r"^[\w.+-]+@[\w-]+\.[a-z]{2,}$",
        "^AC[0-9a-fA-F]{32}$",
        r"^\x41\u0042\/\t$",
        "abc",
    ],
)
def test_a_pattern_is_kept_where_it_can_be_read(pattern: str) -> None:
    made = value({"type": "string", "pattern": pattern})

    assert fault({"pattern": pattern.replace(r"\p{L}", "[a-z]")}, made, {}) == ""


@pytest.mark.parametrize(
    "pattern", ["(?=b)a", "[", "(", "a{99999}{99999}", "(a+)+$" * 9, "\\", "^[]x]$"]
)
def test_a_pattern_that_cannot_be_kept_does_no_harm(pattern: str) -> None:
    assert isinstance(value({"type": "string", "pattern": pattern}), str)


def test_examples_of_properties_are_used_within_made_values() -> None:
    schema = {
        "type": "object",
        "properties": {
            "a": {"type": "string", "example": "A"},
            "b": {"type": "string", "examples": ["B", "C"]},
            "c": {"type": "array", "items": {"type": "integer", "example": 3}},
            "d": {"type": "boolean", "example": False},
        },
    }
    assert value(schema) == {"a": "A", "b": "B", "c": [3], "d": False}


def test_the_example_of_a_part_gives_its_properties() -> None:
    part = {"type": "object", "properties": {"a": {"type": "string"}}, "example": {"a": "part"}}
    schema = {"allOf": [ref("Part"), {"properties": {"b": {"type": "integer"}}, "required": ["b"]}]}

    assert value(schema, components={"Part": part}) == {"a": "part", "b": 1}
    assert value({"allOf": [ref("Part")]}, components={"Part": part}) == {"a": "part"}


def test_an_example_is_taken_as_it_is_even_if_it_is_not_valid() -> None:
    assert value({"type": "integer", "example": "seven"}) == "seven"


def test_a_discriminator_has_the_value_of_its_branch() -> None:
    components = {
        "Cat": {"properties": {"kind": {"type": "string"}, "lives": {"type": "integer"}}},
        "Dog": {"properties": {"kind": {"type": "string"}}, "required": ["barks"]},
    }
    plain = {"oneOf": [ref("Cat"), ref("Dog")], "discriminator": {"propertyName": "kind"}}
    mapping = {"feline": "#/components/schemas/Cat"}
    mapped = {**plain, "discriminator": {"propertyName": "kind", "mapping": mapping}}

    assert value(plain, components=components) == {"kind": "Cat", "lives": 1}
    assert value(mapped, components=components) == {"kind": "feline", "lives": 1}


@pytest.mark.parametrize(
    "schema",
    [
        {
            "oneOf": [
                {"properties": {"a": {"type": "string"}}},
                {"properties": {"b": {"type": "integer"}}},
            ]
        },
        {
            "oneOf": [
                {
                    "type": "object",
                    "properties": {name: {"type": "string"}, "x": {"type": "integer"}},
                }
                for name in "abc"
            ]
        },
        {"oneOf": [{"required": ["a"]}, {"required": ["b"]}], "properties": {"a": {}, "b": {}}},
        {"oneOf": [{"type": "string", "maxLength": 5}, {"type": "string", "minLength": 3}]},
        {"oneOf": [{"type": "integer", "minimum": 0}, {"type": "integer", "maximum": 10}]},
        {"anyOf": [{"type": "string", "not": {}}, {"type": "array", "minItems": 2}]},
        {
            "allOf": [
                {"oneOf": [{"const": 1}, {"const": 2}]},
                {"oneOf": [{"const": 2}, {"const": 3}]},
            ]
        },
        {"allOf": [{"enum": [1, 2, 3]}, {"enum": [3, 4]}]},
        {"allOf": [{"multipleOf": 4}, {"multipleOf": 6}, {"type": "integer", "minimum": 1}]},
        {"allOf": [{"type": ["string", "integer"]}, {"type": ["number", "null"]}]},
        {
            "allOf": [
                {"properties": {"a": {}, "b": {}}, "additionalProperties": False},
                {"properties": {"b": {"type": "integer"}, "c": {}}},
            ]
        },
        {"type": "object", "patternProperties": {"^x-": {"type": "integer"}}, "required": ["x-a"]},
        {"type": "object", "propertyNames": {"maxLength": 1}, "properties": {"long": {}}},
        {"type": "object", "minProperties": 3, "propertyNames": {"pattern": "^k"}},
        {"type": "object", "maxProperties": 1, "properties": {"a": {}, "b": {}}, "required": ["b"]},
        {"type": "object", "properties": {"a": {}}, "dependentRequired": {"a": ["b"]}},
        {"type": "object", "properties": {"a": False, "b": {"type": "integer"}}},
        {"type": "array", "items": {"enum": [1, 2, 3]}, "uniqueItems": True, "minItems": 3},
        {"type": "array", "items": {"type": "boolean"}, "uniqueItems": True, "minItems": 2},
        {
            "type": "array",
            "items": {"type": "object", "properties": {"id": {"type": "string", "format": "uuid"}}},
            "uniqueItems": True,
            "minItems": 2,
        },
        {"type": "array", "uniqueItems": True, "minItems": 150, "items": {"type": "string"}},
        {"type": "number", "minimum": 0.1, "maximum": 0.3, "multipleOf": 0.1},
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1e-9},
        {"type": "integer", "minimum": 10**20},
        {"type": "number", "minimum": 1e300},
        {"type": "number", "multipleOf": 1e-8},
        {"type": "integer", "multipleOf": 1.5},
    ],
)  # fmt: skip
def test_a_value_is_valid_where_keywords_are_hard_to_reconcile(schema: Any) -> None:
    assert fault(schema, value(schema), {}) == ""


@pytest.mark.parametrize(
    "schema",
    [
        False,
        {"not": {}},
        {"type": "integer", "minimum": 5, "maximum": 4},
        {"type": "string", "minLength": 5, "maxLength": 4},
        {"type": "array", "minItems": 5, "maxItems": 4},
        {"allOf": [{"type": "string"}, {"type": "integer"}]},
        {"type": "object", "required": ["a"], "properties": {"a": False}},
        {"oneOf": [{}, {}]},
        {"enum": []},
    ],
)  # fmt: skip
def test_where_nothing_is_valid_something_is_answered(schema: Any) -> None:
    value(schema)


def test_a_property_that_nothing_satisfies_is_left_out() -> None:
    schema = {"type": "object", "properties": {"a": {"not": {}}, "b": {"const": 1}}}

    assert value(schema) == {"b": 1}


def test_made_values_are_plain_text_everywhere() -> None:
    assert re.fullmatch(r"[\x20-\x7e]*", str(value(PET)))
