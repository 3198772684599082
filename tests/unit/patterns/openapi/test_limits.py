"""Circular references, and documents that stand for more than anybody could answer."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from imnot_patterns.openapi import SpecificationError, operations, read
from imnot_patterns.openapi.samples.effort import FULL
from tests.unit.patterns.openapi.answers import media, ref, value
from tests.unit.patterns.openapi.schemas import fault

SECONDS = 10  # "within seconds", on a busy machine


@pytest.fixture(autouse=True)
def _in_time() -> Iterator[None]:
    begun = time.process_time()
    yield
    assert time.process_time() - begun < SECONDS


NODE = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "integer"},
        "parent": ref("Node"),
        "children": {"type": "array", "items": ref("Node")},
    },
}


def test_a_circle_ends_where_it_begins_again() -> None:
    assert value(ref("Node"), components={"Node": NODE}) == {"id": 1, "children": []}


def test_a_circle_over_several_schemas_ends() -> None:
    components = {
        "A": {"properties": {"b": ref("B")}},
        "B": {"properties": {"c": {"allOf": [ref("C")]}}},
        "C": {
            "properties": {"x": {"type": "integer"}, "a": {"anyOf": [ref("A"), {"type": "null"}]}}
        },
    }
    assert value(ref("A"), components=components) == {"b": {"c": {"x": 1, "a": None}}}


def test_a_map_of_itself_ends() -> None:
    components = {"Map": {"type": "object", "additionalProperties": ref("Map")}}

    assert value(ref("Map"), components=components) == {}


def test_a_schema_that_is_used_twice_is_no_circle() -> None:
    base = {"type": "object", "properties": {"id": {"type": "integer"}}}
    components = {
        "Base": base,
        "Owner": {"allOf": [ref("Base"), {"properties": {"name": {"type": "string"}}}]},
        "Pet": {
            "allOf": [ref("Base"), {"properties": {"owner": ref("Owner"), "vet": ref("Owner")}}]
        },
    }
    owner = {"id": 1, "name": "string"}

    assert value(ref("Pet"), components=components) == {"id": 1, "owner": owner, "vet": owner}


def test_a_circle_through_what_is_required_takes_another_branch() -> None:
    components = {
        "Expression": {"oneOf": [ref("Sum"), ref("Negation"), ref("Number")]},
        "Sum": {
            "type": "object",
            "required": ["left", "right"],
            "properties": {"left": ref("Expression"), "right": ref("Expression")},
        },
        "Negation": {"type": "object", "required": ["of"], "properties": {"of": ref("Expression")}},
        "Number": {"type": "integer"},
    }
    assert value(ref("Expression"), components=components) == 1
    assert value(ref("Sum"), components=components) == {"left": 1, "right": 1}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "required": ["a"], "properties": {"a": ref("Self")}},
        {"type": "array", "minItems": 1, "items": ref("Self")},
        {"allOf": [ref("Self")]},
        {"anyOf": [ref("Self")]},
        {"oneOf": [ref("Self"), ref("Self")]},
        {"not": ref("Self")},
        {"if": ref("Self"), "then": ref("Self"), "else": ref("Self")},
    ],
)
def test_where_no_value_is_finite_something_is_answered(schema: Any) -> None:
    value(ref("Self"), components={"Self": schema})


def test_a_branch_that_is_its_own_schema_is_passed_over() -> None:
    components = {"Text": {"anyOf": [ref("Text"), {"type": "string"}]}}

    assert value(ref("Text"), components=components) == "string"


def levels(count: int, make: Any) -> dict[str, Any]:
    return {
        **{f"L{at}": make(f"L{at + 1}") for at in range(count)},
        f"L{count}": {"type": "integer"},
    }


EXPLODING = {
    "optional": lambda name: {"properties": {f"p{at}": ref(name) for at in range(10)}},
    "required": lambda name: {
        "properties": {f"p{at}": ref(name) for at in range(10)},
        "required": [f"p{at}" for at in range(10)],
    },
    "arrays": lambda name: {"type": "array", "items": ref(name), "minItems": 10},
    "unique arrays": lambda name: {
        "type": "array",
        "items": ref(name),
        "minItems": 10,
        "uniqueItems": True,
    },
    "allOf": lambda name: {"allOf": [ref(name)] * 10},
    "anyOf": lambda name: {"anyOf": [ref(name)] * 10},
    "oneOf": lambda name: {"oneOf": [ref(name)] * 10},
    "unlike anyOf": lambda name: {"anyOf": [{**ref(name), "maximum": at} for at in range(10)]},
    "unlike oneOf": lambda name: {"oneOf": [{**ref(name), "maximum": at} for at in range(10)]},
    "optional oneOf": lambda name: {
        "properties": {f"p{at}": {"oneOf": [ref(name), ref(name)]} for at in range(10)}
    },
}


@pytest.mark.parametrize("name", EXPLODING)
@pytest.mark.parametrize("count", [6, 30])
def test_what_explodes_is_cut_to_what_is_needed(name: str, count: int) -> None:
    found = media({"schema": ref("L0")}, components={"schemas": levels(count, EXPLODING[name])})

    assert found.body is not None
    assert len(found.body) < 20_000_000


def test_what_is_cut_is_still_valid() -> None:
    components = levels(8, EXPLODING["optional"])

    made = value(ref("L0"), components=components)

    assert fault(ref("L0"), made, {"components": {"schemas": components}}) == ""
    assert len(json.dumps(made)) > FULL


def test_everything_refers_to_everything() -> None:
    names = [f"S{at}" for at in range(60)]
    components = {name: {"properties": {other: ref(other) for other in names}} for name in names}
    responses = {"200": {"content": {"application/json": {"schema": {"$ref": "?"}}}}}
    paths = {
        f"/{name}": {
            "get": {"responses": json.loads(json.dumps(responses).replace("?", ref(name)["$ref"]))}
        }
        for name in names
    }
    document = {"openapi": "3.1.0", "paths": paths, "components": {"schemas": components}}

    assert len(operations(read(json.dumps(document)))) == 60


def test_a_long_way_of_references_is_followed() -> None:
    components = {f"L{at}": ref(f"L{at + 1}") for at in range(3000)}

    assert value(ref("L0"), components={**components, "L3000": {"const": "end"}}) == "end"


@pytest.mark.parametrize("keyword", ["allOf", "anyOf", "oneOf"])
def test_a_long_way_of_combinations_ends(keyword: str) -> None:
    value(ref("L0"), components=levels(3000, lambda name: {keyword: [ref(name)]}))


def test_a_long_way_of_properties_is_cut() -> None:
    components = levels(3000, lambda name: {"type": "object", "properties": {"next": ref(name)}})

    assert isinstance(value(ref("L0"), components=components), dict)


def test_a_schema_of_many_properties_has_them_all() -> None:
    names = [f"p{at}" for at in range(1500)]
    schema = {"type": "object", "properties": {name: {"type": "string"} for name in names}}

    assert list(value(schema)) == names


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "minLength": 10**12},
        {"type": "string", "minLength": 10**6, "format": "email"},
        {"type": "array", "minItems": 10**12},
        {"type": "array", "minItems": 9999, "items": {"type": "string", "minLength": 10**6}},
        {"type": "array", "minItems": 9999, "uniqueItems": True, "items": {"type": "string"}},
        {"type": "object", "minProperties": 10**12},
        {"type": "object", "minProperties": 9999, "additionalProperties": {"type": "string"}},
        {"type": "number", "multipleOf": 1e-320},
        {"type": "number", "minimum": 1e308, "multipleOf": 1e-300},
        {"type": "integer", "minimum": 10**400},
        {"enum": list(range(20_000)), "not": {"maximum": 19_998}},
    ],
)  # fmt: skip
def test_a_bound_that_is_out_of_reach_does_no_harm(schema: Any) -> None:
    value(schema)


def test_an_alias_bomb_is_refused() -> None:
    text = "openapi: 3.1.0\nx0: &x0 [a, a, a, a, a, a, a, a, a, a]\n"
    for at in range(1, 12):
        text += f"x{at}: &x{at} [{', '.join([f'*x{at - 1}'] * 10)}]\n"
    text += "paths: {/a: {get: {responses: {200: {content: {text/json: {example: *x11}}}}}}}\n"

    with pytest.raises(SpecificationError, match="aliases"):
        read(text)


def test_examples_that_are_used_again_and_again_are_refused_when_they_grow_too_large() -> None:
    responses = {"200": {"$ref": "#/components/responses/R"}}
    document = {
        "openapi": "3.1.0",
        "paths": {f"/{at}": {"get": {"responses": responses}} for at in range(100)},
        "components": {
            "responses": {"R": {"content": {"text/plain": {"example": "x" * 1_000_000}}}}
        },
    }
    with pytest.raises(SpecificationError, match="64 MiB"):
        operations(read(json.dumps(document)))


def test_a_body_of_a_mebibyte_is_answered() -> None:
    assert media({"example": "x" * 2**20}, "text/plain").body == "x" * 2**20


def test_a_document_that_nests_deeply_is_refused() -> None:
    text = (
        json.dumps({"openapi": "3.1.0", "paths": {}})[:-1] + ', "x": ' + "[" * 500 + "]" * 500 + "}"
    )

    with pytest.raises(SpecificationError, match="levels inside one another"):
        read(text)


def test_many_operations_are_answered_in_time() -> None:
    item = {
        method: {"responses": {"200": {"content": {"application/json": {"schema": ref("Node")}}}}}
        for method in ("get", "put", "post", "delete")
    }
    document = {
        "openapi": "3.1.0",
        "paths": {f"/things/{at}/{{id}}": item for at in range(1000)},
        "components": {"schemas": {"Node": NODE}},
    }

    assert len(operations(read(json.dumps(document)))) == 4000
