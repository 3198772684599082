"""The examples and summaries that the commands and the documentation show."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from ruamel.yaml import YAML

from imnot_core import API_VERSION, PatternPlugin
from imnot_patterns.callback import Callback
from imnot_patterns.fetch import Fetch
from imnot_patterns.oauth import OAuth
from imnot_patterns.polling import Polling
from imnot_patterns.static import Static
from imnot_patterns.stubs.pattern import StubPattern
from tests.unit.patterns.world import World

pytestmark = pytest.mark.anyio

# Assigned with their type, so that mypy holds every one to the interface.
PLUGINS: list[type[PatternPlugin[Any]]] = [OAuth, Static, Fetch, Polling, Callback, StubPattern]

anyone = pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.name)


@anyone
async def test_the_example_compiles(world: World, plugin: type[PatternPlugin[Any]]) -> None:
    (example,) = YAML(typ="safe").load(plugin.example)

    compiled = world.mount(plugin, *example.pop("endpoints"), **example).compiled

    assert example["pattern"] == plugin.name
    assert compiled.endpoints


@anyone
async def test_compiling_twice_gives_the_same_endpoints(
    world: World, plugin: type[PatternPlugin[Any]]
) -> None:
    (example,) = YAML(typ="safe").load(plugin.example)
    endpoints = example.pop("endpoints")

    first, second = (world.mount(plugin, *endpoints, **example).compiled for _ in "ab")

    def shape(compiled: Any) -> list[tuple[str, str, str]]:
        every = [*compiled.endpoints, *compiled.admin]
        return [(each.method, each.path, each.summary) for each in every]

    assert shape(first) == shape(second)


@anyone
def test_the_class_has_a_summary_and_the_api_version(plugin: type[PatternPlugin[Any]]) -> None:
    assert plugin.api_version == API_VERSION
    assert (plugin.__doc__ or "").splitlines()[0].endswith(".")


@anyone
def test_every_field_of_the_schema_is_described(plugin: type[PatternPlugin[Any]]) -> None:
    schema = msgspec.json.schema(plugin.config)

    missing = [
        f"{name}.{field}"
        for name, struct in schema["$defs"].items()
        for field, said in struct["properties"].items()
        if "description" not in said
    ]
    assert missing == []
