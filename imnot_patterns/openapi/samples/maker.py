"""Values made from schemas.

A value is made for a conjunction, the schemas that it must satisfy together, in one of the ways
that their branches allow. Where making keyword by keyword is not enough, a judge chooses among
candidates. On the way down, the references that were followed are kept: one that comes again is a
circle, and there the value ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from imnot_patterns.openapi.references import References
from imnot_patterns.openapi.samples.arrays import arrays
from imnot_patterns.openapi.samples.branches import distinguished
from imnot_patterns.openapi.samples.conjunctions import Conjunction, Flat, alternatives
from imnot_patterns.openapi.samples.effort import Effort, NoValue, TooMuch
from imnot_patterns.openapi.samples.numbers import numbers
from imnot_patterns.openapi.samples.objects import objects
from imnot_patterns.openapi.samples.patterns import Patterns
from imnot_patterns.openapi.samples.schemas import TYPES, Schema, Schemas
from imnot_patterns.openapi.samples.texts import texts
from imnot_patterns.openapi.samples.validity import Judge

MAX_DEPTH: Final = 40  # values inside one another
MAX_REJECTED: Final = 40  # candidates that one combination of branches brings
_CHARACTERS: Final = 64  # of text cost as much as a value

# A schema without a type means the one whose keywords it has.
_TELLING: Final = {
    "object": [
        "properties",
        "required",
        "additionalProperties",
        "patternProperties",
        "minProperties",
        "maxProperties",
        "propertyNames",
        "dependentRequired",
        "dependentSchemas",
    ],
    "array": ["items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems"],
    "string": ["minLength", "maxLength", "pattern", "format"],
    "number": ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
}


class Samples:
    """Makes values for the schemas of one document; `old` says that it is OpenAPI 3.0."""

    def __init__(self, references: References, *, use_examples: bool, old: bool) -> None:
        self._maker = Maker(Schemas(references, old=old), use_examples=use_examples)
        self._made: dict[int, Any] = {}

    def made(self, schema: Any) -> Any:
        """Return a value that is valid for a schema, or comes near where none is found.

        Raises Unusable for a reference that leads nowhere.
        """
        known = self._maker.schemas.of(schema)
        if id(known) not in self._made:
            self._made[id(known)] = self._maker.body(known)
        return self._made[id(known)]


class Maker:
    """What the makers of numbers, texts, arrays and objects share.

    `lenient` is for schemas that nothing satisfies: what comes near is good enough then. `absent`
    are the names of properties that were left out because they are only written.
    """

    def __init__(self, schemas: Schemas, *, use_examples: bool) -> None:
        self.schemas = schemas
        self.use_examples = use_examples
        self.patterns = Patterns()
        self.effort = Effort()
        self.absent: set[str] = set()
        self.lenient = False
        self._judge = Judge(schemas, self.patterns, self.effort, self.absent)
        self._depth = 0
        self._flats: dict[tuple[int, ...], Flat] = {}

    def body(self, schema: Schema) -> Any:
        """Return the value of a whole body."""
        spared = False
        for self.lenient in (False, True):
            self.effort.begin(spared=spared)
            self._depth = 0
            try:
                return self.value((schema,), frozenset())
            except NoValue:
                continue
            except (TooMuch, RecursionError):
                spared = True
        return {}

    def value(self, conjunction: Conjunction, path: frozenset[int]) -> Any:
        """Return the first value. Raises NoValue."""
        self.effort.step(1)
        if self._depth >= MAX_DEPTH:
            raise NoValue
        self._depth += 1
        try:
            for value in self.values(conjunction, path):
                return value
        finally:
            self._depth -= 1
        raise NoValue

    def values(self, conjunction: Conjunction, path: frozenset[int]) -> Iterator[Any]:
        """Give values that satisfy all schemas; `path` are the references that led there."""
        if self.use_examples and len(conjunction) == 1:
            yield from self._own_example(conjunction[0])
        rejected: list[Any] = []
        found = False
        for flat in alternatives(self.flat(conjunction), self.effort):
            if not flat.entries.isdisjoint(path):
                continue
            enough = len(rejected) + MAX_REJECTED
            for candidate in self._candidates(conjunction, flat, path):
                if self._fits(conjunction, flat, candidate):
                    found = True
                    yield self.given(candidate)
                    continue
                self.effort.step(1)
                rejected.append(candidate)
                if len(rejected) >= enough:
                    break
        if not found:
            yield from distinguished(self, conjunction, rejected)
            yield from rejected[:1] if self.lenient else ()

    def accepts(self, conjunction: Conjunction, value: Any) -> bool:
        """Tell whether a value satisfies all schemas."""
        return self._judge.accepts(conjunction, value)

    def _fits(self, conjunction: Conjunction, flat: Flat, value: Any) -> bool:
        """Tell whether what was made for `flat` satisfies all schemas, with no more than needed."""
        if flat.checked:
            return self.accepts(conjunction, value)
        return not any(self.accepts(other, value) for other in flat.excluded)

    def given(self, value: Any) -> Any:
        """Return a value after counting what was not made by this maker."""
        self.effort.spend(1 if not isinstance(value, str) else 1 + len(value) // _CHARACTERS)
        return value

    def is_written_only(self, conjunction: Conjunction) -> bool:
        """Tell whether a property with these schemas is no part of an answer."""
        return any("writeOnly" in member.schema for member in self.flat(conjunction).members)

    def flat(self, conjunction: Conjunction) -> Flat:
        """Return what schemas bring in, before any choice; nobody may add to it."""
        key = tuple(map(id, conjunction))
        if key not in self._flats:
            self._flats[key] = Flat(self.schemas)
            self._flats[key].add(conjunction)
        return self._flats[key]

    def _own_example(self, schema: Schema) -> Iterator[Any]:
        """Give the example of a schema, or of the one that it refers to, whatever it is."""
        known: Schema | None = schema
        for _ in range(100):
            if known is None:
                return
            if "example" in known:
                if known["example"] is not None or self.accepts((schema,), None):
                    yield self.given(known["example"])
                return
            known = self.schemas.target(known)

    def _candidates(
        self, conjunction: Conjunction, flat: Flat, path: frozenset[int]
    ) -> Iterator[Any]:
        for candidate in self._written(flat):
            if self.accepts(conjunction, candidate):
                yield candidate
        schemas = [member.schema for member in flat.members]
        for schema in schemas:
            listed = [schema["const"]] if "const" in schema else schema.get("enum")
            if listed:
                yield from sorted(listed, key=lambda value: value is None)
                return
        for name in _types(schemas, lenient=self.lenient):
            if name == "object":
                yield from objects(self, flat, path)
            elif name == "array":
                yield from arrays(self, flat, path)
            else:
                yield from self._scalars(name, schemas)

    def _scalars(self, name: str, schemas: list[Schema]) -> Iterator[Any]:
        if name == "null":
            yield None
        elif name == "boolean":
            yield from (True, False)
        elif name == "string":
            yield from texts(schemas, self.patterns)
            yield from ("string",) if self.lenient else ()
        else:
            yield from numbers(schemas, whole=name == "integer")
            yield from (0,) if self.lenient else ()

    def _written(self, flat: Flat) -> Iterator[Any]:
        """Give the examples and defaults that are somewhere in the schemas."""
        members = [member.schema for member in flat.members]
        for keyword in ("example", "default"):
            if keyword == "default" or self.use_examples:
                yield from (schema[keyword] for schema in members if _is_telling(schema, keyword))


def _is_telling(schema: Schema, keyword: str) -> bool:
    """Tell whether an example or default is more than nothing, which a made value would be."""
    value = schema.get(keyword)
    return not (value is None or value in ([], {})) and (
        keyword == "example" or not isinstance(value, dict)
    )


def _types(schemas: list[Schema], *, lenient: bool) -> list[str]:
    """Return the types that schemas allow together, the most telling first."""
    allowed: list[str] | None = None
    for schema in schemas:
        if "type" in schema:
            own = schema["type"]
            both = own if allowed is None else _common(allowed, own)
            allowed = both or (allowed if lenient else [])
    if allowed is None:
        inferred = [
            name for name, keys in _TELLING.items() if any(k in s for k in keys for s in schemas)
        ]
        allowed = list(dict.fromkeys((*inferred, *TYPES)))
    return sorted(allowed, key=lambda name: name == "null")


def _common(some: list[str], others: list[str]) -> list[str]:
    both = [name for name in some if name in others or (name == "integer" and "number" in others)]
    if "number" in some and "integer" in others and "number" not in others:
        both.append("integer")
    return both
