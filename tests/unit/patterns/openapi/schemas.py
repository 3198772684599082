"""Schemas as hypothesis draws them, each of which some value satisfies; and a judge of values."""

from __future__ import annotations

from typing import Any

import jsonschema
from hypothesis import strategies as st

FORMATS = (
    "date",
    "date-time",
    "time",
    "duration",
    "uuid",
    "email",
    "hostname",
    "uri",
    "ipv4",
    "ipv6",
)
NAMES = ("id", "name", "a", "b", "null", "x-y", "é")
Schema = dict[str, Any]


def modern(schema: Any) -> Any:
    """Translate a schema of OpenAPI 3.0 to JSON Schema 2020-12."""
    if isinstance(schema, list):
        return [modern(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"$ref": schema["$ref"]}
    made = {
        key: modern(value) if key not in ("enum", "default", "example", "required") else value
        for key, value in schema.items()
        if key != "nullable"
    }
    if schema.get("nullable") and "type" in schema:
        made["type"] = [schema["type"], "null"]
    for plain, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(made.get(exclusive), bool) and made.pop(exclusive) and plain in made:
            made[exclusive] = made.pop(plain)
    return made


def fault(schema: Any, value: Any, document: dict[str, Any], *, old: bool = False) -> str:
    """Return why a value is not valid for a schema of the document, "" if it is."""
    root = {**document, "$ref": "#/schema", "schema": schema}
    if old:
        root = {**modern({k: v for k, v in root.items() if k != "$ref"}), "$ref": "#/schema"}
    root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    judge = jsonschema.Draft202012Validator
    validator = judge(root, format_checker=judge.FORMAT_CHECKER)
    return "; ".join(error.message for error in validator.iter_errors(value))


@st.composite
def _numbers(draw: st.DrawFn, *, old: bool) -> Schema:
    schema: Schema = {"type": draw(st.sampled_from(["integer", "number"]))}
    low = draw(st.integers(-1000, 1000) | st.sampled_from([0.1, -0.25, 3.75, 2**40]))
    wide = draw(st.sampled_from([12, 50, 1000]))
    if draw(st.booleans()):
        schema["multipleOf"] = draw(st.sampled_from([1, 2, 3, 5, 0.5, 0.25, 0.1, 0.01]))
    ends = draw(st.sampled_from(["", "low", "high", "both"]))
    for end, plain, exclusive, bound in (
        ("low", "minimum", "exclusiveMinimum", low),
        ("high", "maximum", "exclusiveMaximum", low + wide),
    ):
        if ends in (end, "both"):
            strict = draw(st.booleans())
            if old:
                schema[plain] = bound
                if strict or draw(st.booleans()):
                    schema[exclusive] = strict
            else:
                schema[exclusive if strict else plain] = bound
    return schema


@st.composite
def _texts(draw: st.DrawFn) -> Schema:
    schema: Schema = {"type": "string"}
    if draw(st.booleans()):
        schema["format"] = draw(st.sampled_from(FORMATS))
        return schema
    low = draw(st.integers(0, 70))
    if draw(st.booleans()):
        schema["minLength"] = low
    if draw(st.booleans()):
        schema["maxLength"] = low + draw(st.integers(0, 10))
    return schema


@st.composite
def _listed(draw: st.DrawFn) -> Schema:
    values = draw(st.lists(st.sampled_from(["a", 1, 1.5, True, False, {"a": 1}, [2]]), min_size=1))
    return {"enum": values}


@st.composite
def _arrays(draw: st.DrawFn, items: st.SearchStrategy[Schema]) -> Schema:
    schema: Schema = {"type": "array", "items": draw(items)}
    low = draw(st.integers(0, 4))
    if draw(st.booleans()):
        schema["minItems"] = low
    if draw(st.booleans()):
        schema["maxItems"] = low + draw(st.integers(0, 3))
    return schema


@st.composite
def _objects(draw: st.DrawFn, parts: st.SearchStrategy[Schema]) -> Schema:
    schema: Schema = {"type": "object"}
    schema["properties"] = draw(st.dictionaries(st.sampled_from(NAMES), parts, max_size=3))
    if draw(st.booleans()):
        schema["required"] = draw(st.lists(st.sampled_from(NAMES), max_size=3, unique=True))
    others = draw(st.sampled_from(["", "none", "any", "typed"]))
    if others:
        typed = draw(parts) if others == "typed" else others == "any"
        schema["additionalProperties"] = typed
    if others == "none" and "required" in schema:
        schema["required"] = [name for name in schema["required"] if name in schema["properties"]]
    return schema


@st.composite
def _combined(draw: st.DrawFn, parts: st.SearchStrategy[Schema]) -> Schema:
    kind = draw(st.sampled_from(["allOf", "anyOf", "oneOf", "tagged", "numbers"]))
    if kind == "allOf":
        made = [
            {"type": "object", "required": [f"r{at}"], "properties": {f"r{at}": draw(parts)}}
            for at in range(draw(st.integers(1, 3)))
        ]
        return {"allOf": made}
    if kind == "anyOf":
        return {"anyOf": draw(st.lists(parts, min_size=1, max_size=3))}
    if kind == "tagged":
        tags = draw(st.lists(st.sampled_from("abc"), min_size=1, unique=True))
        branches = [
            {"properties": {"tag": {"enum": [tag]}, "x": draw(parts)}, "required": ["tag"]}
            for tag in tags
        ]
        return {"type": "object", "properties": {"y": draw(parts)}, "oneOf": branches}
    if kind == "numbers":
        return {"oneOf": draw(st.permutations([{"type": "integer"}, {"type": "number"}]))}
    types = draw(st.lists(st.sampled_from(["string", "boolean", "array"]), min_size=1, unique=True))
    return {"oneOf": [{"type": name} for name in types] + [{"type": "integer", "minimum": 5}]}


def schemas(*, old: bool, references: tuple[str, ...] = ()) -> st.SearchStrategy[Schema]:
    """Draw schemas of the keywords that are honoured, by 3.0's rules or by 3.1's."""
    simple = [_numbers(old=old), _texts(), _listed(), st.just({"type": "boolean"}), st.just({})]
    if references:
        simple.append(st.sampled_from(references).map(lambda ref: {"$ref": ref}))
    if not old:
        lists = st.lists(st.sampled_from(["string", "null", "integer"]), min_size=1, unique=True)
        simple.append(lists.map(lambda names: {"type": names}))
        simple.append(st.sampled_from(["a", 1, None, {"a": [1]}]).map(lambda x: {"const": x}))
    return st.recursive(
        st.one_of(simple),
        lambda parts: _arrays(parts) | _objects(parts) | _combined(parts),
        max_leaves=8,
    )
