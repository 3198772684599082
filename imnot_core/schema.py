"""The JSON Schema of partner files, with what the installed patterns take: for editors.

It says what the structs say: keys, types, limits, descriptions. What is wrong by it is refused by
imnot as well; but imnot refuses more, because much shows only when fields are seen together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final

import msgspec

from imnot_core.errors import PluginError
from imnot_core.models import Datapoint
from imnot_core.partners import PartnerFile
from imnot_core.plugin import PatternPlugin
from imnot_core.registry import DIRECT, Loaded, Registry
from imnot_core.registry.kinds import PATTERN

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_PLACE: Final = "#/$defs/{name}"

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PartnerSchema:
    """The schema, and why patterns that somebody may have meant are not in it."""

    document: Schema
    failures: tuple[PluginError, ...]


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A pattern and all names that it can be used by, its own one first."""

    loaded: Loaded[PatternPlugin[Any]]
    names: tuple[str, ...]

    def summaries(self) -> Iterator[tuple[str, str]]:
        yield self.names[0], Registry.summary(self.loaded)
        yield from ((name, f"Another name of `{self.names[0]}`.") for name in self.names[1:])


def partner_schema(registry: Registry) -> PartnerSchema:
    """The schema of partner files that use the patterns of a registry.

    A pattern that cannot be loaded is left out.
    """
    patterns, failures = _patterns(registry)
    structs = [PartnerFile, Datapoint, *(each.loaded.plugin.config for each in patterns)]
    references, components = msgspec.json.schema_components(structs, ref_template=_PLACE)
    definitions = {name: _cleaned(components[name]) for name in sorted(components)}
    top, datapoint = (definitions.pop(_name(each)) for each in references[:2])
    # Which further keys there are, the pattern says.
    del datapoint["additionalProperties"]
    datapoint["description"] = "One capability of the API; its pattern says how it behaves."
    datapoint["properties"]["pattern"] |= _choice(patterns)
    datapoint["allOf"] = [
        {"if": _chosen(each.names), "then": reference}
        for each, reference in zip(patterns, references[2:], strict=True)
    ]
    top["description"] = "One external API, which imnot answers for."
    top["properties"]["datapoints"]["items"] = datapoint
    return PartnerSchema(_document(top, definitions, patterns), tuple(failures))


def _patterns(registry: Registry) -> tuple[list[_Pattern], list[PluginError]]:
    """All patterns, in the order of their names, and what cannot be loaded."""
    found: dict[int, list[Loaded[PatternPlugin[Any]]]] = {}
    for name in sorted({offer.name for offer in registry.patterns()}):
        try:
            loaded = registry.pattern(name)
        except PluginError:
            continue  # it is among the failures
        found.setdefault(id(loaded.plugin), []).append(loaded)
    patterns = [_pattern(each) for each in found.values()]
    groups = (PATTERN.group, DIRECT)
    failures = {str(one): one for (group, _), one in registry.failures.items() if group in groups}
    in_order = sorted(patterns, key=lambda each: each.names[0])
    return in_order, [failures[key] for key in sorted(failures)]


def _pattern(loaded: Sequence[Loaded[PatternPlugin[Any]]]) -> _Pattern:
    own = loaded[0].plugin.name
    names = sorted((each.name for each in loaded), key=lambda name: (name != own, name))
    return _Pattern(loaded[0], tuple(names))


def _choice(patterns: Iterable[_Pattern]) -> Schema:
    """The names that `pattern` may be, and what each is for."""
    summaries = dict(sorted(pair for each in patterns for pair in each.summaries()))
    # Many editors show the descriptions; elsewhere the keyword has no meaning.
    return {"enum": list(summaries), "enumDescriptions": list(summaries.values())}


def _chosen(names: Sequence[str]) -> Schema:
    return {"properties": {"pattern": {"enum": list(names)}}, "required": ["pattern"]}


def _document(top: Schema, definitions: Schema, patterns: Sequence[_Pattern]) -> Schema:
    listed = ", ".join(each.names[0] for each in patterns)
    return {
        "$schema": DIALECT,
        "$comment": f"Made by imnot {version('imnot')} with the patterns {listed}.",
        **top,
        "$defs": definitions,
    }


def _name(reference: Schema) -> str:
    return str(reference["$ref"]).rpartition("/")[2]


def _cleaned(schema: Schema) -> Schema:
    """A schema as editors show it best, which says the same."""
    cleaned: Schema = {}
    for key, value in schema.items():
        match key, value:
            # Names of classes, a keyword of OpenAPI, and what says nothing.
            case (("title" | "discriminator"), _) | ("default", None) | ("required", []):
                continue
            case ("pattern", str()):
                # JSON Schema has the regular expressions of JavaScript: `$` is the very end there.
                cleaned[key] = value.replace(r"\Z", "$").replace(r"$(?!\n)", "$")
            case (("properties" | "$defs" | "patternProperties"), dict()):
                cleaned[key] = {name: _cleaned(each) for name, each in value.items()}
            case (("anyOf" | "oneOf" | "allOf" | "prefixItems"), list()):
                cleaned[key] = [_cleaned(each) for each in value]
            case (("items" | "additionalProperties" | "propertyNames"), dict()):
                cleaned[key] = _cleaned(value)
            case _:
                cleaned[key] = value
    return cleaned
