"""The JSON Schema of partner files: it takes what imnot takes, and what it refuses, imnot does."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imnot_core import API_VERSION, Compiled, Context, Datapoint, PartnerError
from imnot_core.models import Source
from imnot_core.partners import parse
from imnot_core.registry import Registry
from imnot_core.schema import partner_schema
from imnot_core.testing.registry import GivenPlugins
from imnot_core.yamlfile import read
from tests.docs.transcripts import examples
from tests.support import CHECKOUT

DOCUMENTS = [CHECKOUT / "partners" / "README.md", *sorted((CHECKOUT / "docs").glob("*.md"))]
PARTNER = re.compile(r"^```yaml partners/\S+\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
VALUES: tuple[Any, ...] = (None, True, 0, -1, 1.5, 10**6, "", "x", "a b", [], ["x"], {}, {"x": 1})


@cache
def registry() -> Registry:
    return Registry()


@cache
def validator() -> Any:
    return jsonschema.Draft202012Validator(partner_schema(registry()).document)


@cache
def older() -> Any:
    return jsonschema.Draft7Validator(partner_schema(registry()).document)


def whole(datapoints: str) -> str:
    indented = re.sub(r"^(?=.)", "  ", datapoints, flags=re.MULTILINE)
    return f"partner: acme\ndatapoints:\n{indented}"


def texts() -> Iterator[tuple[str, str]]:
    """All partner files that the project shows, and where."""
    for file in sorted((CHECKOUT / "partners").glob("*/partner.yaml")):
        yield file.parent.name, file.read_text(encoding="utf-8")
    for document in DOCUMENTS:
        for each in examples(document):
            if not each.refused:
                yield f"{document.name}:{each.line}", each.partner
        for number, found in enumerate(PARTNER.finditer(document.read_text(encoding="utf-8"))):
            yield f"{document.name}, file {number}", found["text"]
    for offer in registry().patterns():
        yield f"example of {offer.name}", whole(registry().pattern(offer.name).plugin.example)


@cache
def files() -> dict[str, Any]:
    """The same as data; only those that can be loaded with what is installed."""
    found = {}
    for name, text in texts():
        try:
            parse(Source(name, text), registry())
        except PartnerError:
            continue
        found[name] = read(text, name).data
    return found


def wrong(data: Any) -> list[str]:
    return [each.message for each in validator().iter_errors(data)]


def refused(data: Any) -> bool:
    try:
        parse(Source("partner.yaml", json.dumps(data)), registry())
    except PartnerError:
        return True
    return False


def places(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(data, dict):
        for key, value in data.items():
            yield from places(value, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from places(value, (*path, index))


def at(data: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        data = data[step]
    return data


def test_it_is_a_schema_of_the_dialect_that_it_names() -> None:
    document = partner_schema(registry()).document

    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(document)


def test_it_is_the_same_every_time() -> None:
    first, second = (json.dumps(partner_schema(Registry()).document) for _ in range(2))

    assert first == second


def test_every_file_that_the_project_shows_fits() -> None:
    assert len(files()) > 20
    assert {name: wrong(data) for name, data in files().items() if wrong(data)} == {}


def test_every_name_of_a_pattern_can_be_chosen() -> None:
    document = partner_schema(registry()).document
    pattern = document["properties"]["datapoints"]["items"]["properties"]["pattern"]

    assert pattern["enum"] == sorted({offer.name for offer in registry().patterns()})
    assert len(pattern["enum"]) == len(pattern["enumDescriptions"])
    assert all(pattern["enumDescriptions"])


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_what_the_schema_refuses_imnot_refuses_too(draw: st.DataObject) -> None:
    data = copy.deepcopy(draw.draw(st.sampled_from(list(files().values()))))
    path = draw.draw(st.sampled_from(list(places(data))[1:]))
    parent, key = at(data, path[:-1]), path[-1]
    match draw.draw(st.sampled_from(["replace", "delete", "add"])):
        case "delete":
            del parent[key]
        case "add" if isinstance(parent, dict):
            parent[draw.draw(st.sampled_from(["x", "name", "status", "response"]))] = "x"
        case _:
            parent[key] = draw.draw(st.sampled_from(VALUES))

    if wrong(data):
        assert refused(data), data
    # Some editors read it by an older draft.
    assert older().is_valid(data) is not bool(wrong(data))


CHARGES = {
    "name": "charges",
    "pattern": "fetch",
    "endpoints": [{"method": "GET", "path": "/charges", "response": {"status": 200}}],
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("x",), 1),
        (("partner",), "a b"),
        (("partner",), "a\nb"),
        (("datapoints",), []),
        (("datapoints", 0, "x"), 1),
        (("datapoints", 0, "name"), 7),
        (("datapoints", 0, "pattern"), "fetsch"),
        (("datapoints", 0, "endpoints"), []),
        (("datapoints", 0, "endpoints", 0, "x"), 1),
        (("datapoints", 0, "endpoints", 0, "path"), 7),
        (("datapoints", 0, "endpoints", 0, "response", "body"), {}),
        (("datapoints", 0, "endpoints", 0, "response", "status"), 600),
        (("datapoints", 0, "endpoints", 0, "response", "status"), "200"),
    ],
)
def test_wrong_keys_types_and_limits_are_seen(path: tuple[Any, ...], value: object) -> None:
    data = {"partner": "acme", "datapoints": [copy.deepcopy(CHARGES)]}
    assert wrong(data) == []
    at(data, path[:-1])[path[-1]] = value

    assert wrong(data)
    assert refused(data)


@pytest.mark.parametrize("key", ["partner", "datapoints"])
def test_a_missing_key_is_seen(key: str) -> None:
    data: dict[str, Any] = {"partner": "acme", "datapoints": [CHARGES]}
    del data[key]

    assert wrong(data) == [f"'{key}' is a required property"]


def test_the_keys_are_those_of_the_pattern_that_is_chosen() -> None:
    data = {"partner": "acme", "datapoints": [{**CHARGES, "pattern": "paginated"}]}

    assert wrong(data) == ["'pagination' is a required property"]


class EchoDatapoint(Datapoint, frozen=True, kw_only=True):
    """A datapoint of a plugin."""

    code: str


class Echo:
    """Says it again."""

    name = "echo"
    aliases = ("parrot",)
    api_version = API_VERSION
    config = EchoDatapoint
    example = "- {name: a, pattern: echo, code: b}"

    def compile(self, datapoint: EchoDatapoint, context: Context) -> Compiled:
        return Compiled(())


def test_patterns_of_plugins_are_in_it() -> None:
    document = partner_schema(GivenPlugins((Echo,))).document
    check = jsonschema.Draft202012Validator(document)

    def fits(**datapoint: Any) -> bool:
        data = {"partner": "acme", "datapoints": [{"name": "a", **datapoint}]}
        return bool(check.is_valid(data))

    assert fits(pattern="echo", code="x")
    assert not fits(pattern="echo", code=1)
    assert not fits(pattern="echo")
    assert not fits(code="x")


def test_the_example_plugin_is_in_it_when_it_is_named() -> None:
    registry = Registry(["imnot_sequence:Sequence"], [CHECKOUT / "plugins-example" / "src"])
    document = partner_schema(registry).document
    example = registry.pattern("sequence").plugin.example

    found = jsonschema.Draft202012Validator(document).iter_errors(read(whole(example), "x").data)

    assert list(found) == []


def test_a_pattern_that_cannot_be_loaded_is_told_and_left_out() -> None:
    made = partner_schema(Registry(["nowhere_at_all:Echo"]))

    assert any("nowhere_at_all" in str(each) for each in made.failures)
    assert "fetch" in json.dumps(made.document)


def test_regular_expressions_are_those_of_json_schema() -> None:
    document = json.dumps(partner_schema(registry()).document)

    assert r"\\Z" not in document
    assert r"(?!\\n)" not in document
