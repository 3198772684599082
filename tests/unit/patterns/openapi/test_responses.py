"""Which operations there are, and which response, content type and body each answers with."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from imnot_patterns.openapi import SpecificationError, operations, read
from tests.unit.patterns.openapi.answers import answer, media


def test_every_operation_of_the_seven_methods_is_there_in_order() -> None:
    item = {
        "summary": "x",
        "description": "x",
        "servers": [{"url": "/prefix"}],
        "parameters": [],
        "x-get": {},
        "patch": {"callbacks": {"c": {"{$request.body#/url}": {"post": {}}}}},
        **{
            method: {}
            for method in ("trace", "options", "head", "delete", "post", "put", "get", "query")
        },
    }
    document = {
        "openapi": "3.1.0",
        "servers": [{"url": "https://example.com/base"}],
        "paths": {"/b/{id}": item, "x-more": {"get": {}}, "/a": {"get": {}}},
        "webhooks": {"hook": {"post": {}}},
    }

    found = [
        (operation.method, operation.path) for operation in operations(read(json.dumps(document)))
    ]

    methods = ["PATCH", "OPTIONS", "HEAD", "DELETE", "POST", "PUT", "GET"]
    assert found == [*((method, "/b/{id}") for method in methods), ("GET", "/a")]


@pytest.mark.parametrize(
    ("keys", "status", "chosen"),
    [
        (["200"], 200, "200"),
        (["404", "201", "200"], 201, "201"),
        (["default", "204"], 204, "204"),
        (["400", "2XX", "200"], 200, "2XX"),
        (["2xx"], 200, "2xx"),
        (["404", "default"], 200, "default"),
        (["404", "500"], 404, "404"),
        (["4XX"], 400, "4XX"),
        (["x-note", "302"], 302, "302"),
        (["99", "600", "abc", "503"], 503, "503"),
        (["x-note"], 200, None),
        ([], 200, None),
    ],
)
def test_the_response_is_the_first_good_one(
    keys: list[str], status: int, chosen: str | None
) -> None:
    responses = {key: {"content": {"text/plain": {"example": key}}} for key in keys}

    found = answer(responses)

    assert (found.status, found.body) == (status, chosen)


def test_status_codes_may_be_unquoted() -> None:
    text = "openapi: 3.1.0\npaths: {/a: {get: {responses: {404: {}, 201: {description: x}}}}}"

    assert [operation.status for operation in operations(read(text))] == [201]


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["application/json"], "application/json"),
        (["text/html", "application/json", "application/hal+json"], "application/json"),
        (["text/html", "application/problem+json", "application/json"], "application/problem+json"),
        (["application/xml", "application/json; charset=utf-8"], "application/json; charset=utf-8"),
        (["text/csv", "Application/JSON"], "Application/JSON"),
        (["text/csv", "text/html"], "text/csv"),
        (["application/jsonp"], "application/jsonp"),
        (["*/*"], "application/json"),
        (["text/*"], "text/plain"),
        (["image/*"], "application/octet-stream"),
    ],
)
def test_the_content_type_is_the_first_json_one_or_the_first(names: list[str], chosen: str) -> None:
    found = answer({"200": {"content": {name: {"example": "x"} for name in names}}})

    assert found.content_type == chosen


@pytest.mark.parametrize(
    "response", [{}, {"content": {}}, {"content": None}, {"description": "x"}, None]
)
def test_an_answer_without_content_has_no_body(response: Any) -> None:
    found = answer({"200": response})

    assert (found.content_type, found.body, found.value) == ("", None, msgspec.UNSET)


SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "integer", "example": 7}},
    "example": {"a": 8},
}


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ({"example": {"b": 1}, "schema": SCHEMA}, '{"b":1}'),
        ({"example": None, "schema": SCHEMA}, "null"),
        ({"example": False}, "false"),
        ({"example": "text"}, '"text"'),
        ({"example": "é"}, '"é"'),
        ({"example": 1.5}, "1.5"),
        ({"example": 2**70}, str(2**70)),
        ({"examples": {"one": {"value": 1}, "two": {"value": 2}}}, "1"),
        ({"examples": {"one": {"value": None}, "two": {"value": 2}}}, "null"),
        ({"examples": {"one": {"externalValue": "http://x"}}, "schema": SCHEMA}, '{"a":8}'),
        ({"examples": {}, "schema": SCHEMA}, '{"a":8}'),
        ({"schema": {k: v for k, v in SCHEMA.items() if k != "example"}}, '{"a":7}'),
        ({"schema": {"type": "string", "examples": ["first", "second"]}}, '"first"'),
        ({}, "{}"),
    ],
)
def test_a_json_body_is_the_nearest_example(media_type: Any, body: str) -> None:
    assert media(media_type).body == body


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ({"example": "a,b\n1,2\n"}, "a,b\n1,2\n"),
        ({"example": {"a": 1}}, '{"a":1}'),
        ({"example": 5}, "5"),
        ({"schema": {"type": "string"}}, "string"),
        ({"schema": {"type": "string", "example": "x"}}, "x"),
        ({}, ""),
    ],
)
def test_a_text_is_the_body_of_other_types_as_it_is(media_type: Any, body: str) -> None:
    found = media(media_type, "text/csv")

    assert (found.body, found.value) == (body, msgspec.UNSET)


def test_no_example_at_any_level_is_used_when_not_wanted() -> None:
    schema = {
        "type": "object",
        "example": {"a": "1"},
        "properties": {
            "a": {"type": "string", "example": "2", "examples": ["3"]},
            "b": {"allOf": [{"type": "integer", "example": 4}]},
        },
    }
    found = media(
        {"schema": schema, "example": 5, "examples": {"one": {"value": 6}}}, examples=False
    )

    assert found.body == '{"a":"string","b":1}'


def test_the_order_of_properties_is_that_of_the_document() -> None:
    schema = {"properties": {"z": {"type": "integer"}, "a": {"type": "integer"}}, "required": ["a"]}

    assert media({"schema": schema}).body == '{"z":1,"a":1}'


def test_declared_headers_are_sent_where_they_can_be() -> None:
    headers = {
        "X-Rate-Limit": {"schema": {"type": "integer", "example": 100}},
        "X-Example": {"example": "given"},
        "X-Examples": {"examples": {"one": {"value": "first"}}},
        "X-Tags": {"schema": {"type": "array", "items": {"type": "string"}, "minItems": 2}},
        "X-Shared": {"$ref": "#/components/headers/Shared"},
        "X-Object": {"schema": {"type": "object"}},
        "X-Break": {"example": "a\r\nb"},
        "X-Other": {"example": "日本"},
        "Bad Name": {"example": "x"},
        "Content-Type": {"example": "text/html"},
        "Content-Length": {"example": 5},
        "Content-Encoding": {"example": "gzip"},
        "Transfer-Encoding": {"example": "chunked"},
        "Connection": {"example": "close"},
    }
    shared = {"headers": {"Shared": {"schema": {"type": "boolean"}}}}

    found = answer({"200": {"headers": headers}}, components=shared)

    assert found.headers == {
        "X-Rate-Limit": "100",
        "X-Example": "given",
        "X-Examples": "first",
        "X-Tags": "string,string",
        "X-Shared": "true",
    }


@pytest.mark.parametrize("item", [None, [], "x", {"get": None}, {"get": []}, {"GET": {}}])
def test_what_is_no_operation_makes_none(item: Any) -> None:
    document = {"openapi": "3.1.0", "paths": {"/a": item}}

    assert operations(read(json.dumps(document))) == []


@pytest.mark.parametrize("responses", [None, [], "x", {"200": None}, {"200": []}])
def test_an_operation_without_usable_responses_answers_200(responses: Any) -> None:
    found = answer(responses)

    assert (found.status, found.body) == (200, None)


def test_a_path_must_begin_with_a_slash() -> None:
    with pytest.raises(
        SpecificationError, match=r"2:\d+: a path begins with `/` \(at paths.pets\)"
    ):
        operations(read("openapi: 3.1.0\npaths: {pets: {get: {}}}"))
