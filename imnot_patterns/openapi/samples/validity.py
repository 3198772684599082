"""Whether a value is valid for schemas: the judge of what was made.

It need not be complete: `format` is not looked at, and where judging takes too long, a value is
taken for valid.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

from imnot_patterns.openapi.samples.conjunctions import Conjunction
from imnot_patterns.openapi.samples.effort import Effort
from imnot_patterns.openapi.samples.patterns import Patterns
from imnot_patterns.openapi.samples.schemas import Schema, Schemas

MAX_DEPTH: Final = 80
_CLASSES: Final[dict[str, type]] = {"string": str, "array": list, "object": dict}


class Judge:
    """Judges values by the schemas of one document.

    `absent` are the names of write-only properties: an answer need not have them.
    """

    def __init__(
        self, schemas: Schemas, patterns: Patterns, effort: Effort, absent: set[str]
    ) -> None:
        self._schemas = schemas
        self._patterns = patterns
        self._effort = effort
        self._absent = absent
        self._open: set[tuple[int, int]] = set()

    def accepts(self, conjunction: Conjunction, value: Any) -> bool:
        """Tell whether a value satisfies all schemas."""
        self._open = set()
        return all(self._holds(schema, value) for schema in conjunction)

    def _valid(self, written: Any, value: Any) -> bool:
        return self._holds(self._schemas.of(written), value)

    def _holds(self, schema: Schema, value: Any) -> bool:
        if not schema or not self._effort.may_judge() or len(self._open) > MAX_DEPTH:
            return True
        judged = id(schema), id(value)
        if judged in self._open:  # a schema that says no more than itself
            return False
        self._open.add(judged)
        try:
            return (
                _typed(schema, value)
                and self._combined(schema, value)
                and self._bounded(schema, value)
            )
        finally:
            self._open.discard(judged)

    def _combined(self, schema: Schema, value: Any) -> bool:
        return (
            ("$ref" not in schema or self._valid(schema["$ref"], value))
            and all(self._valid(part, value) for part in schema.get("allOf", ()))
            and any(self._valid(part, value) for part in schema.get("anyOf", (True,)))
            and sum(self._valid(part, value) for part in schema.get("oneOf", (True,))) == 1
            and ("not" not in schema or not self._valid(schema["not"], value))
            and ("if" not in schema or self._decided(schema, value))
        )

    def _decided(self, schema: Schema, value: Any) -> bool:
        branch = "then" if self._valid(schema["if"], value) else "else"
        return self._valid(schema.get(branch, True), value)

    def _bounded(self, schema: Schema, value: Any) -> bool:
        if isinstance(value, str):
            return self._text(schema, value)
        if isinstance(value, list):
            return self._array(schema, value)
        if isinstance(value, dict):
            return self._object(schema, value)
        return value is None or isinstance(value, bool) or _number(schema, value)

    def _text(self, schema: Schema, value: str) -> bool:
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
            return False
        return "pattern" not in schema or self._patterns.match(schema["pattern"], value)

    def _array(self, schema: Schema, value: list[Any]) -> bool:
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            return False
        if "uniqueItems" in schema and not distinct(value):
            return False
        prefix = schema.get("prefixItems", [])
        if not all(map(self._valid, prefix, value)):
            return False
        if "items" in schema and _is_schema(schema["items"]):
            items = schema["items"]
            if not all(self._valid(items, item) for item in value[len(prefix) :]):
                return False
        if "contains" in schema:
            found = sum(self._valid(schema["contains"], item) for item in value)
            return bool(schema.get("minContains", 1) <= found <= schema.get("maxContains", found))
        return True

    def _object(self, schema: Schema, value: dict[str, Any]) -> bool:
        if not schema.get("minProperties", 0) <= len(value):
            return False
        if len(value) > schema.get("maxProperties", len(value)):
            return False
        required = set(schema.get("required", ()))
        for name, names in schema.get("dependentRequired", {}).items():
            if name in value and isinstance(names, list):
                required.update(names)
        if not required <= value.keys() | self._absent:
            return False
        for name, dependent in schema.get("dependentSchemas", {}).items():
            if name in value and not self._valid(dependent, value):
                return False
        if not all(self._valid(schema.get("propertyNames", True), name) for name in value):
            return False
        return all(
            self._valid(part, item)
            for name, item in value.items()
            for part in parts_of(schema, name, self._patterns)
        )


def parts_of(schema: Schema, name: str, regexes: Patterns) -> list[Any]:
    """Return what a schema itself says of the property with that name."""
    properties = schema.get("properties", {})
    parts = [properties[name]] if name in properties else []
    patterns = schema.get("patternProperties", {})
    parts += [part for pattern, part in patterns.items() if regexes.match(pattern, name)]
    if not parts and "additionalProperties" in schema:
        return [schema["additionalProperties"]]
    return parts


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are equal as JSON: `1` and `1.0` are, `1` and `true` are not."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(one == other)


def distinct(values: list[Any]) -> bool:
    """Tell whether no two values are equal."""
    return len(set(map(identity, values))) == len(values)


def identity(value: Any) -> object:
    """Return what is equal, and hashed alike, for values that are equal as JSON."""
    if isinstance(value, bool):
        return bool, value
    if isinstance(value, list):
        return list, tuple(map(identity, value))
    if isinstance(value, dict):
        return dict, frozenset((key, identity(item)) for key, item in value.items())
    return value


def _typed(schema: Schema, value: Any) -> bool:
    if "type" in schema and not any(_is_type(value, name) for name in schema["type"]):
        return False
    if "const" in schema and not same(schema["const"], value):
        return False
    return "enum" not in schema or any(same(item, value) for item in schema["enum"])


def _is_type(value: Any, name: str) -> bool:
    if isinstance(value, bool) or value is None:
        return name == ("null" if value is None else "boolean")
    if isinstance(value, int | float):
        return name == "number" or (name == "integer" and value == int(value))
    return name in _CLASSES and isinstance(value, _CLASSES[name])


def _number(schema: Schema, value: float) -> bool:
    return (
        schema.get("minimum", value) <= value <= schema.get("maximum", value)
        and ("exclusiveMinimum" not in schema or value > schema["exclusiveMinimum"])
        and ("exclusiveMaximum" not in schema or value < schema["exclusiveMaximum"])
        and ("multipleOf" not in schema or is_multiple(value, schema["multipleOf"]))
    )


def is_multiple(value: float, divisor: float) -> bool:
    """Tell whether a number is a multiple, in decimals and by the arithmetic of processors."""
    if (Fraction(str(value)) / Fraction(str(divisor))).denominator != 1:
        return False
    if isinstance(value, int) and isinstance(divisor, int):
        return True
    try:
        return float(value / divisor).is_integer()
    except OverflowError:
        return True


def _is_schema(value: Any) -> bool:
    return isinstance(value, dict | bool)
