"""Whatever the schema: the value made from it is valid, and the same each time."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from imnot_patterns.openapi import SpecificationError, operations, read
from tests.unit.patterns.openapi.schemas import Schema, fault, schemas

REFERENCES = tuple(f"#/components/schemas/{name}" for name in "ABC")


def made(schema: Any, components: dict[str, Any], version: str) -> Any:
    document = {
        "openapi": version,
        "paths": {
            "/": {
                "get": {"responses": {"200": {"content": {"application/json": {"schema": schema}}}}}
            }
        },
        "components": {"schemas": components},
    }
    first, second = (operations(read(json.dumps(document)))[0] for _ in range(2))
    assert first.body == second.body
    assert first.body is not None
    assert json.loads(first.body) == first.value
    return first.value


def is_finite(components: dict[str, Any]) -> bool:
    """A component that must hold itself, or is nothing but itself, has no value."""
    return not any(_needs(components[name], name, components, set()) for name in components)


def _needs(schema: Any, name: str, components: dict[str, Any], seen: set[str]) -> bool:
    """Whether the component occurs in a schema at all, but in the items of arrays without minItems.

    More than what has no value is left out by this: it is simple.
    """
    if isinstance(schema, list):
        return any(_needs(item, name, components, seen) for item in schema)
    if not isinstance(schema, dict):
        return False
    if "$ref" in schema:
        target = schema["$ref"].rpartition("/")[2]
        if target == name or target in seen:
            return bool(target == name)
        return _needs(components[target], name, components, seen | {target})
    return any(_needs(part, name, components, seen) for part in _parts(schema))


def _parts(schema: dict[str, Any]) -> Iterator[Any]:
    """What a value of a schema has to satisfy, as far as it is a schema itself."""
    for key, value in schema.items():
        if key == "properties":
            yield [part for prop, part in value.items() if prop in schema.get("required", ())]
        elif key == "items" and not schema.get("minItems"):
            continue
        elif key not in ("enum", "const", "required"):
            yield value


@settings(max_examples=150, deadline=None)
@given(schemas(old=False))
def test_what_is_made_is_valid_for_a_schema_of_3_1(schema: Schema) -> None:
    assert fault(schema, made(schema, {}, "3.1.0"), {}) == ""


@settings(max_examples=150, deadline=None)
@given(schemas(old=True))
def test_what_is_made_is_valid_for_a_schema_of_3_0(schema: Schema) -> None:
    assert fault(schema, made(schema, {}, "3.0.3"), {}, old=True) == ""


@settings(max_examples=150, deadline=None)
@given(
    st.fixed_dictionaries({name: schemas(old=False, references=REFERENCES) for name in "ABC"}),
    st.sampled_from(REFERENCES),
)
def test_what_is_made_is_valid_where_schemas_refer_to_each_other(
    components: dict[str, Any], reference: str
) -> None:
    schema = {"$ref": reference}
    if is_finite(components):
        value = made(schema, components, "3.1.0")
        assert fault(schema, value, {"components": {"schemas": components}}) == ""
    else:
        with contextlib.suppress(SpecificationError):
            made(schema, components, "3.1.0")
