"""Schemas as the rest of this package reads them: one dialect, and nothing that is ill-formed.

What OpenAPI 3.0 says its own way (`nullable`, `exclusiveMinimum: true`, a `$ref` whose neighbours
do not count) becomes what JSON Schema 2020-12 says. A keyword whose value is of the wrong type says
nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from imnot_patterns.openapi.references import References
from imnot_patterns.openapi.specification import Unusable

Schema = dict[str, Any]
"""A schema as made by `Schemas.of`; its subschemas are as they were written."""

TYPES: Final = ("object", "array", "string", "number", "integer", "boolean", "null")

MAX_NUMBER: Final = 1e300  # bounds beyond are none


def _is_schema(value: Any) -> bool:
    return isinstance(value, dict | bool)


def _is_number(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and -MAX_NUMBER <= value <= MAX_NUMBER


def _is_count(value: Any) -> bool:
    return _is_number(value) and value >= 0 and value == int(value)


def _is_divisor(value: Any) -> bool:
    return _is_number(value) and value > 0


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and bool(value)


def _is_mapping(value: Any) -> bool:
    return isinstance(value, dict)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_true(value: Any) -> bool:
    return value is True


_KEYWORDS: Final[dict[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems", "enum", "required"), _is_list),
    **dict.fromkeys(("items", "contains", "not", "if", "then", "else"), _is_schema),
    **dict.fromkeys(("additionalProperties", "propertyNames"), _is_schema),
    **dict.fromkeys(("unevaluatedProperties", "unevaluatedItems"), _is_schema),
    **dict.fromkeys(("properties", "patternProperties", "discriminator"), _is_mapping),
    **dict.fromkeys(("dependentSchemas", "dependentRequired"), _is_mapping),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), _is_count),
    **dict.fromkeys(("minProperties", "maxProperties", "minContains", "maxContains"), _is_count),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _is_number),
    "multipleOf": _is_divisor,
    **dict.fromkeys(("format", "pattern", "$ref"), _is_text),
    **dict.fromkeys(("uniqueItems", "writeOnly"), _is_true),
}
_EVER: Final = ("const", "default", "example")


class Schemas:
    """The schemas of one document; `old` says that it is OpenAPI 3.0."""

    def __init__(self, references: References, *, old: bool) -> None:
        self._references = references
        self._old = old
        self._done: dict[int, tuple[Any, Schema]] = {}
        self._anything: Schema = {}
        self._nothing: Schema = {"not": self._anything}

    def of(self, written: Any) -> Schema:
        """Return a schema of the document; the same object for the same one."""
        if not isinstance(written, dict):
            return self._nothing if written is False else self._anything
        done = self._done.get(id(written))
        if done is None:
            done = self._done[id(written)] = written, self._read(written)
        return done[1]

    def target(self, schema: Schema) -> Schema | None:
        """Return what the `$ref` of a schema means, None without one. Raises Unusable."""
        return self.of(schema["$ref"]) if "$ref" in schema else None

    def _read(self, written: dict[str, Any]) -> Schema:
        if "$ref" in written or "$dynamicRef" in written:
            return self._referring(written)
        made = {key: value for key, value in written.items() if _says(key, value)}
        self._read_type(written, made)
        for plain, exclusive in (
            ("minimum", "exclusiveMinimum"),
            ("maximum", "exclusiveMaximum"),
        ):
            if written.get(exclusive) is True and plain in made:
                made[exclusive] = made.pop(plain)
        if "required" in made:
            made["required"] = [name for name in made["required"] if isinstance(name, str)]
        if isinstance(written.get("items"), list):
            made.setdefault("prefixItems", written["items"])
        examples = written.get("examples")
        if "example" not in made and isinstance(examples, list) and examples:
            made["example"] = examples[0]
        return made

    def _read_type(self, written: dict[str, Any], made: Schema) -> None:
        given = written.get("type")
        types = given if isinstance(given, list) else [given]
        known = [name for name in types if name in TYPES]
        if known and self._old and written.get("nullable") is True:
            known.append("null")
        if known:
            made["type"] = known

    def _referring(self, written: dict[str, Any]) -> Schema:
        """Read a schema with `$ref`: that becomes what it leads to, `ref` is how it is written."""
        if "$ref" not in written:
            written = {**written, "$ref": written["$dynamicRef"]}
        self._references.resolved(written)  # refuses what goes in a circle
        others = {} if self._old else {k: v for k, v in written.items() if k != "$ref"}
        made = self._read({k: v for k, v in others.items() if k != "$dynamicRef"})
        made["ref"] = written["$ref"]
        made["$ref"] = self._references.target(written)
        if not _is_schema(made["$ref"]):
            raise Unusable("what is no schema is used as one", written, key="$ref")
        return made


def _says(key: str, value: Any) -> bool:
    """Tell whether a keyword has a meaning here."""
    return key in _EVER or (key in _KEYWORDS and _KEYWORDS[key](value))
