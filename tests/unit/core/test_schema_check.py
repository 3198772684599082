"""`schema:` — what a JSON Schema says of bodies, and what is no schema."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from imnot_core import EndpointConfig, FieldError, Handler, Reply, Request
from imnot_core.partner_files import PartnerFiles
from imnot_core.schema_check import schema_checked

pytestmark = pytest.mark.anyio

SKU = {"type": "object", "required": ["sku"], "properties": {"sku": {"minLength": 3}}}


class Files:
    """A context that has nothing but a folder."""

    def __init__(self, folder: Path | None = None) -> None:
        self.files = PartnerFiles(folder)

    def file(self, name: str, field: str) -> bytes:
        return self.files.read(name, field)


async def _here(_request: Request) -> Reply:
    return Reply.json({"is": "here"})


def checked(schema: Any, folder: Path | None = None, **more: Any) -> Handler:
    written = {"method": "POST", "path": "/x", "schema": schema, **more}
    config = msgspec.convert(written, EndpointConfig)
    return schema_checked(config, _here, Files(folder))  # type: ignore[arg-type]


async def said(handler: Handler, body: bytes, target: str = "/x") -> list[str]:
    """What is wrong with a body; [] for one that came through."""
    reply = await handler(Request.of("POST", target, body=body))
    if reply.status == 200:
        return []
    assert reply.status == 422
    found = json.loads(reply.body)["detail"]
    assert isinstance(found, list)
    return found


def faults(schema: Any, folder: Path | None = None) -> list[tuple[str, str, str]]:
    with pytest.raises(FieldError) as refused:
        checked(schema, folder)
    return list(refused.value.faults)


async def test_all_violations_of_a_body_are_told_at_once() -> None:
    schema = {
        "type": "object",
        "required": ["id"],
        "properties": {"lines": {"type": "array", "items": SKU}},
        "additionalProperties": False,
    }
    body = json.dumps({"lines": [{}, {"sku": "x"}, 5], "more": 1}).encode()

    assert sorted(await said(checked(schema), body)) == [
        (
            'body.lines[0]: "sku" is a required property (at #/lines/0, says'
            " #/properties/lines/items/required of the schema)"
        ),
        (
            'body.lines[1].sku: "x" is shorter than 3 characters (at #/lines/1/sku, says'
            " #/properties/lines/items/properties/sku/minLength of the schema)"
        ),
        (
            'body.lines[2]: 5 is not of type "object" (at #/lines/2, says'
            " #/properties/lines/items/type of the schema)"
        ),
        'body: "id" is a required property (at #, says #/required of the schema)',
        (
            "body: Additional properties are not allowed ('more' was unexpected) (at #, says"
            " #/additionalProperties of the schema)"
        ),
    ]


async def test_a_valid_body_comes_through() -> None:
    assert await said(checked(SKU), b'{"sku": "abc", "more": 1}') == []


async def test_a_violation_says_what_each_alternative_says() -> None:
    found = await said(checked({"anyOf": [{"type": "string"}, {"minimum": 3}]}), b"1")

    assert len(found) == 1
    assert '1 is not of type "string"; 1 is less than the minimum of 3' in found[0]


async def test_formats_are_checked() -> None:
    handler = checked({"properties": {"at": {"format": "date-time"}, "to": {"format": "email"}}})

    assert len(await said(handler, b'{"at": "yesterday", "to": "nobody"}')) == 2
    assert await said(handler, b'{"at": "2026-01-31T12:00:00Z", "to": "a@b.example"}') == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "body: required"),
        (b"{", "body: is no JSON: Input data was truncated"),
        (b"name=x", "body: is no JSON: JSON is malformed: invalid character (byte 4)"),
    ],
)
async def test_a_body_that_is_no_json_is_one_violation(body: bytes, reason: str) -> None:
    rules = {"body": {"sku": {"required": True}}, "query": {"page": {"required": True}}}

    assert await said(checked(SKU), body) == [reason]
    assert await said(checked(SKU, validate=rules), body) == [reason, "query.page: required"]


async def test_violations_of_rules_and_schema_are_told_together() -> None:
    rules = {"query": {"page": {"required": True}}, "body": {"n": {"type": "integer"}}}

    found = await said(checked(SKU, validate=rules), b'{"n": "x", "sku": "a"}')

    assert [each.partition(":")[0] for each in found] == ["body.n", "body.sku", "query.page"]
    assert await said(checked(SKU, validate=rules), b'{"n": 1, "sku": "abc"}', "/x?page=1") == []


async def test_a_problem_points_into_body_and_schema() -> None:
    handler = checked(SKU, error_format="problem+json")
    reply = await handler(Request.of("POST", "/x", json={"sku": "x"}))

    assert json.loads(reply.body)["errors"] == [
        {
            "detail": '"x" is shorter than 3 characters',
            "pointer": "#/sku",
            "schema": "#/properties/sku/minLength",
        }
    ]


async def test_a_schema_may_be_true_or_false() -> None:
    assert await said(checked(schema=True), b"[1]") == []
    assert await said(checked(schema=True), b"nothing") != []
    assert len(await said(checked(schema=False), b"[1]")) == 1


async def test_a_schema_refers_to_its_own_parts() -> None:
    schema = {
        "$defs": {"line": SKU, "named": {"$anchor": "n", "type": "integer"}},
        "properties": {"line": {"$ref": "#/$defs/line"}, "n": {"$ref": "#n"}},
    }

    found = await said(checked(schema), b'{"line": {}, "n": "x"}')

    assert [each.partition(":")[0] for each in found] == ["body.line", "body.n"]
    assert "says #/$defs/line/required of the schema" in found[0]


async def test_another_draft_is_what_its_schema_says() -> None:
    older = {"$schema": "http://json-schema.org/draft-07/schema#", "items": [{"type": "integer"}]}
    newer = {"prefixItems": [{"type": "integer"}]}

    for schema in (older, newer):
        assert len(await said(checked(schema), b'["x"]')) == 1


@pytest.mark.parametrize("name", ["order.schema.json", "schemas/order.yaml"])
async def test_a_schema_may_stand_in_a_file(tmp_path: Path, name: str) -> None:
    (tmp_path / "schemas").mkdir()
    (tmp_path / name).write_text('{"required": ["sku"]}')

    assert len(await said(checked(name, tmp_path), b"{}")) == 1


def test_a_fault_in_a_file_is_told_with_its_place_there(tmp_path: Path) -> None:
    (tmp_path / "order.yaml").write_text("properties:\n  n:\n    type: number\n    minLength: -1\n")

    (field, message, hint) = faults("order.yaml", tmp_path)[0]
    assert field == "schema"
    assert message.startswith("order.yaml:4:16: is no JSON Schema: -1 is less than")
    assert hint


@pytest.mark.parametrize(
    ("text", "words"),
    [("[1]", "holds no JSON Schema"), ("{", "broken.json:1"), ("", "holds no JSON Schema")],
)
def test_a_file_that_holds_none_is_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "broken.json").write_text(text)

    assert [each[0] for each in faults("broken.json", tmp_path)] == ["schema"]
    assert words in faults("broken.json", tmp_path)[0][1]


@pytest.mark.parametrize("name", ["none.json", "../secret.json", "/etc/hostname"])
def test_a_file_that_is_not_there_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.json").write_text("{}")
    (tmp_path / "acme").mkdir()

    assert [each[0] for each in faults(name, tmp_path / "acme")] == ["schema"]


def test_all_faults_of_a_schema_are_told_with_their_places() -> None:
    schema = {"type": "objekt", "properties": {"a": {"minLength": -1, "pattern": "("}}}

    assert {field: hint for field, _, hint in faults(schema)} == {
        "schema.type": "write one of array, boolean, integer, null, number, object, string",
        "schema.properties.a.minLength": "write what draft 2020-12 takes",
        "schema.properties.a.pattern": "write what draft 2020-12 takes",
    }


@pytest.mark.parametrize(
    "reference",
    ["https://example.com/x.json", "other.json", "file:///etc/hostname", "#/$defs/none", "#none"],
)
def test_a_reference_that_leads_out_of_the_schema_is_refused(reference: str) -> None:
    schema = {"$defs": {"non": {}}, "anyOf": [{"$ref": "#/$defs/non"}, {"$ref": reference}]}

    [(field, message, hint)] = faults(schema)
    assert reference.removeprefix("#") in message
    assert hint
    assert field in {"schema.anyOf[1].$ref", "schema"}


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"properties": {1: {}}}, "the key 1 is no text"),
        ({"$schema": "https://example.com/mine"}, "example.com/mine"),
    ],
)
def test_what_is_no_schema_is_refused(schema: Any, words: str) -> None:
    assert words in faults(schema)[0][1]


def test_a_schema_that_contains_itself_is_refused() -> None:
    schema: dict[str, Any] = {}
    schema["items"] = schema

    assert "contains itself" in faults(schema)[0][1]


async def test_of_a_large_body_only_the_first_violation_is_looked_for() -> None:
    body = json.dumps([1] * 200_000).encode()
    begin = time.monotonic()

    found = await said(checked({"items": {"type": "string"}}), body)

    assert len(found) == 2
    assert found[0].startswith("body[0]: 1 is not of type")
    assert "only the first violation" in found[1]
    assert time.monotonic() - begin < 2


async def test_a_hundred_violations_are_listed_and_the_others_counted() -> None:
    found = await said(checked({"items": {"type": "string"}}), json.dumps([1] * 5000).encode())

    assert len(found) == 101
    assert found[-1] == "and 4900 more"


async def test_a_pattern_that_would_take_for_ever_is_given_up() -> None:
    begin = time.monotonic()

    found = await said(checked({"pattern": r"^(a+)+(?=b)\1$"}), json.dumps("a" * 5000).encode())

    assert len(found) == 1
    assert time.monotonic() - begin < 5


async def test_a_value_is_not_repeated_whole() -> None:
    found = await said(checked({"enum": ["y"]}), json.dumps("x" * 5000).encode())

    assert len(found[0]) < 500
    assert 'is not one of "y"' in found[0]


@pytest.mark.parametrize("body", [b"[" * 900 + b"]" * 900, b'"\\ud800"', b"1" + b"0" * 500])
async def test_strange_bodies_are_judged_or_refused(body: bytes) -> None:
    schema = {"$defs": {"x": {"items": {"$ref": "#/$defs/x"}}}, "$ref": "#/$defs/x", "maximum": 5}

    assert len(await said(checked(schema), body)) <= 1


def test_an_endpoint_without_schema_keeps_its_handler() -> None:
    config = msgspec.convert({"method": "POST", "path": "/x"}, EndpointConfig)

    assert schema_checked(config, _here, Files()) is _here  # type: ignore[arg-type]


# Against another implementation

TEXTS = st.sampled_from(["", "a", "ab", "abc", "ü"])
SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, 2.0]) | TEXTS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


def _keywords(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=1, max_size=2)
    kinds = st.sampled_from(["string", "integer", "number", "boolean", "array", "object", "null"])
    return st.fixed_dictionaries(
        {},
        optional={
            "type": kinds | st.lists(kinds, min_size=1, max_size=2, unique=True),
            "enum": st.lists(SCALARS, min_size=1, max_size=3),
            "const": SCALARS,
            "minimum": st.integers(-2, 2),
            "exclusiveMaximum": st.integers(-2, 2),
            "multipleOf": st.just(2),
            "minLength": st.integers(0, 2),
            "maxLength": st.integers(0, 2),
            "pattern": st.sampled_from(["^a", "b$", ""]),
            "properties": st.dictionaries(TEXTS, inner, max_size=2),
            "required": st.lists(TEXTS, max_size=2, unique=True),
            "additionalProperties": inner,
            "items": inner,
            "prefixItems": several,
            "contains": inner,
            "uniqueItems": st.booleans(),
            "anyOf": several,
            "oneOf": several,
            "not": inner,
            "if": inner,
            "then": inner,
        },
    )


SCHEMAS = st.recursive(st.booleans() | _keywords(st.booleans()), _keywords, max_leaves=6)


@settings(max_examples=200)
@given(schema=SCHEMAS, value=VALUES)
async def test_bodies_are_valid_by_both_implementations_or_by_none(schema: Any, value: Any) -> None:
    expected = Draft202012Validator(schema).is_valid(value)
    body = msgspec.json.encode(value)

    assert (await said(checked(schema), body) == []) is expected
