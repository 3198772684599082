"""Where `$ref` leads."""

from __future__ import annotations

import json
from typing import Any

import pytest

from imnot_patterns.openapi import SpecificationError, operations, read
from tests.unit.patterns.openapi.answers import answer, media, ref, value


def test_the_reference_of_a_path_item_is_followed() -> None:
    item = {"get": {"responses": {"200": {"content": {"text/plain": {"example": "one"}}}}}}
    document = {
        "openapi": "3.1.0",
        "paths": {"/a": {"$ref": "#/paths/~1b"}, "/b": {"$ref": "#/components/pathItems/b"}},
        "components": {"pathItems": {"b": item}},
    }

    found = operations(read(json.dumps(document)))

    assert [(operation.path, operation.body) for operation in found] == [
        ("/a", "one"),
        ("/b", "one"),
    ]


def test_operations_beside_the_reference_of_a_path_item_count() -> None:
    document = {
        "openapi": "3.1.0",
        "paths": {"/a": {"$ref": "#/paths/~1b", "post": {}}, "/b": {"get": {}}},
    }

    found = operations(read(json.dumps(document)))

    assert [(o.method, o.path) for o in found] == [("GET", "/a"), ("POST", "/a"), ("GET", "/b")]


@pytest.mark.parametrize(
    "pointer",
    [
        "#/components/schemas/Pet",
        "#/components/schemas/Chained",
        "#/components/schemas/a~1b",
        "#/components/schemas/a~0b",
        "#/components/schemas/with%20space",
        "#/components/schemas/caf%C3%A9",
        "#/components/schemas/%7Bx%7D",
        "#/components/schemas/List/allOf/1",
        "#/components/schemas/Deep/properties/pet",
        "#/components/schemas/Through/properties/pet",
        "#/paths/~1other~1{id}/get/responses/200/content/application~1json/schema",
        "#/paths/~1other~1%7Bid%7D/get/responses/200/content/application~1json/schema",
        "#pet",
    ],
)
def test_any_pointer_of_the_document_is_followed(pointer: str) -> None:
    pet = {"$anchor": "pet", "type": "string", "const": "Rex"}
    schemas = {
        **dict.fromkeys(("Pet", "a/b", "a~b", "with space", "café", "{x}"), pet),
        "Chained": ref("Once more"),
        "Once more": {"$ref": "#/components/schemas/Pet"},
        "List": {"allOf": [{}, pet]},
        "Deep": {"properties": {"pet": pet}},
        "Through": ref("Deep"),
    }
    content = {"application/json": {"schema": pet}}
    document = {
        "openapi": "3.1.0",
        "paths": {
            "/a": {
                "get": {
                    "responses": {
                        "200": {"content": {"application/json": {"schema": {"$ref": pointer}}}}
                    }
                }
            },
            "/other/{id}": {"get": {"responses": {"200": {"content": content}}}},
        },
        "components": {"schemas": schemas},
    }

    found = operations(read(json.dumps(document)))

    assert [operation.body for operation in found] == ['"Rex"', '"Rex"']


def test_responses_and_examples_are_followed() -> None:
    components = {
        "responses": {
            "R": {"content": {"application/json": {"examples": {"one": ref_to("examples/E")}}}}
        },
        "examples": {"E": ref_to("examples/F"), "F": {"value": {"a": None}}},
    }

    found = answer({"200": ref_to("responses/R")}, components=components)

    assert found.body == '{"a":null}'


def ref_to(place: str) -> dict[str, str]:
    return {"$ref": f"#/components/{place}"}


def test_what_stands_beside_a_reference_counts_in_3_1_only() -> None:
    components = {"Name": {"type": "string"}}
    schema = {**ref("Name"), "minLength": 9, "example": "beside"}

    assert value(schema, components=components) == "beside"
    assert len(value(schema, components=components, examples=False)) == 9
    assert value(schema, components=components, old=True) == "string"


def test_a_property_may_be_called_ref() -> None:
    schema = {"type": "object", "properties": {"$ref": {"type": "integer"}}}

    assert value(schema) == {"$ref": 1}


def test_an_example_is_data_whatever_it_holds() -> None:
    assert media({"example": {"$ref": "#/nowhere"}}).value == {"$ref": "#/nowhere"}


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("#/components/schemas/Gone", "leads nowhere"),
        ("#/paths/~1a/post", "leads nowhere"),
        ("#/openapi/x", "leads nowhere"),
        ("#nowhere", "leads nowhere"),
        ("other.yaml", "leads out of the document"),
        ("./other.yaml#/Pet", "leads out of the document"),
        ("file:///etc/passwd", "leads out of the document"),
        ("http://127.0.0.1:1/x.yaml#/a", "leads out of the document"),
        ("", "leads out of the document"),
        ("#/components/schemas/Loop", "refers to itself"),
        ("#/components/schemas/Ping", "refers to itself"),
        ("#/components/schemas/Ping/x", "leads nowhere"),
        ("#/components/schemas/X", "refers to itself"),
        ("#/components/schemas/Text", "is used as one"),
        (None, "`$ref` is no text"),
    ],
)
def test_a_bad_reference_is_refused_with_its_place(reference: Any, message: str) -> None:
    components = {
        "Loop": ref("Loop"),
        "Ping": ref("Pong"),
        "Pong": ref("Ping"),
        "X": ref("Z/k"),
        "Z": ref("X/k"),
        "Text": "text",
    }
    schema = {"type": "object", "properties": {"a": {"$ref": reference}}}

    with pytest.raises(SpecificationError, match=r"properties.a|schemas") as caught:
        value(schema, components=components)

    assert message in str(caught.value)


def test_what_is_not_used_may_lead_anywhere() -> None:
    bad = {"$ref": "other.yaml#/x"}
    found = media(
        {"schema": bad, "example": 5},
        components={"schemas": {"Unused": bad}, "parameters": {"p": bad}},
    )

    assert found.body == "5"
    assert found.schema is None


def test_the_schema_of_an_answer_is_given_with_its_reference_followed() -> None:
    found = media(
        {"schema": ref("A")}, components={"schemas": {"A": ref("B"), "B": {"type": "null"}}}
    )

    assert found.schema == {"type": "null"}
