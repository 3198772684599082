"""Schemas that hold together: what `$ref` and `allOf` bring in, and one branch of each choice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from imnot_patterns.openapi.samples.effort import Effort
from imnot_patterns.openapi.samples.schemas import Schema, Schemas

Conjunction = tuple[Schema, ...]
"""Schemas that a value must satisfy all."""

MAX_CHOICES: Final = 40  # `anyOf` and `oneOf` inside one another
# With these, a value that is made keyword by keyword need not be valid.
_TREACHEROUS: Final = frozenset(
    [
        "not",
        "if",
        "const",
        "enum",
        "contains",
        "uniqueItems",
        "propertyNames",
        "patternProperties",
        "dependentSchemas",
        "dependentRequired",
        "unevaluatedProperties",
        "unevaluatedItems",
    ]
)


class Member(NamedTuple):
    """A schema, and the references that lead to it."""

    schema: Schema
    via: frozenset[int]


class Choice(NamedTuple):
    """One of these must hold, together with all else; and, if it is exclusive, no other."""

    branches: tuple[Conjunction, ...]
    exclusive: bool
    via: frozenset[int]
    discriminator: dict[str, Any]


class Flat:
    """Schemas without `$ref`, `allOf`, `anyOf` and `oneOf` that are yet to be followed.

    `entries` are the references that lead in from outside; the ids of schemas stand for them.
    `excluded` are branches that a value must not satisfy. With `checked`, it must be judged by all.
    """

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas
        self.members: list[Member] = []
        self.choices: list[Choice] = []
        self.entries: set[int] = set()
        self.names: dict[str, str] = {}
        self.excluded: list[Conjunction] = []
        self.checked = False
        self._seen: set[int] = set()

    def copy(self) -> Flat:
        """Return one that can be added to."""
        made = Flat(self._schemas)
        made.members = self.members.copy()
        made.choices = self.choices.copy()
        made.entries = self.entries.copy()
        made.names = self.names.copy()
        made.excluded = self.excluded.copy()
        made.checked = self.checked
        made._seen = self._seen.copy()
        return made

    def add(self, schemas: Conjunction, via: frozenset[int] = frozenset()) -> None:
        """Add schemas and all that they bring in. Raises Unusable for a bad `$ref`."""
        waiting = [Member(schema, via) for schema in reversed(schemas)]
        while waiting:
            member = waiting.pop()
            schema = member.schema
            if id(schema) in self._seen:
                continue
            self._seen.add(id(schema))
            self.members.append(member)
            self.checked = self.checked or not _TREACHEROUS.isdisjoint(schema)
            inner = [Member(self._schemas.of(part), member.via) for part in schema.get("allOf", ())]
            target = self._schemas.target(schema)
            if target is not None:
                if not member.via:
                    self.entries.add(id(target))
                inner.insert(0, Member(target, member.via | {id(target)}))
            waiting.extend(reversed(inner))
            self.choices.extend(self._choices_of(member))

    def _choices_of(self, member: Member) -> Iterator[Choice]:
        schema, via = member
        of = self._schemas.of
        for keyword in ("oneOf", "anyOf"):
            if keyword in schema:
                branches = tuple((of(branch),) for branch in schema[keyword])
                yield Choice(branches, keyword == "oneOf", via, schema.get("discriminator", {}))
        if "if" in schema:
            then = of(schema["if"]), of(schema.get("then", True))
            otherwise = (of(schema.get("else", True)),)
            yield Choice((then, otherwise), exclusive=False, via=via, discriminator={})


def alternatives(flat: Flat, effort: Effort, made: int = 0) -> Iterator[Flat]:
    """Give the ways to satisfy schemas, one for each combination of branches, `null` last.

    The first `made` choices are made. Raises TooMuch, and Unusable for a bad `$ref`.
    """
    effort.step(1 + (len(flat.members) + len(flat.excluded)) // 4)
    if made == len(flat.choices):
        yield flat
        return
    if made > MAX_CHOICES:
        return
    choice = flat.choices[made]
    for branch in sorted(choice.branches, key=_is_null):
        chosen = flat.copy()
        chosen.add(branch, choice.via)
        # A branch that leads back to where it stands brings nothing, and says nothing.
        brought = chosen.members[len(flat.members) :]
        chosen.checked = chosen.checked or all(_only_refers(member.schema) for member in brought)
        if choice.exclusive:
            chosen.excluded += [other for other in choice.branches if other is not branch]
        name = _discriminated(choice.discriminator, branch)
        if name:
            chosen.names[choice.discriminator["propertyName"]] = name
        yield from alternatives(chosen, effort, made + 1)


def _only_refers(schema: Schema) -> bool:
    return "$ref" in schema and len(schema) == 2


def _is_null(branch: Conjunction) -> bool:
    return any(schema.get("type") == ["null"] or _only_null(schema) for schema in branch)


def _only_null(schema: Schema) -> bool:
    return ("const" in schema and schema["const"] is None) or schema.get("enum") == [None]


def _discriminated(discriminator: dict[str, Any], branch: Conjunction) -> str:
    """Return the value by which a discriminator tells the branch from others, "" without one."""
    ref = branch[0].get("ref")
    if not isinstance(discriminator.get("propertyName"), str) or not isinstance(ref, str):
        return ""
    mapping = discriminator.get("mapping")
    short = ref.rpartition("/")[2]
    for name, target in mapping.items() if isinstance(mapping, dict) else ():
        if target in (ref, short):
            return str(name)
    return short
