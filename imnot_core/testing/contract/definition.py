"""What a pattern says of itself: its names, its documentation, what it accepts and refuses."""

from __future__ import annotations

import inspect
from importlib import metadata, util
from typing import Any

import msgspec
import pytest

from imnot_core.errors import FieldError, PartnerError
from imnot_core.models import METHODS, Partner, Source
from imnot_core.partners import parse
from imnot_core.plugin import AdminRoute, Compiled, Endpoint
from imnot_core.routes import template_fault
from imnot_core.testing.contract.base import CAPABILITIES, Contract, Datapoint
from imnot_core.testing.contract.detached import detached_context
from imnot_core.testing.contract.examples import (
    PARTNER,
    partner_file,
    read,
    struct_places,
    with_key,
)
from imnot_core.testing.registry import GivenPlugins

GROUP = "imnot.patterns"
UNKNOWN_KEY = "no_such_key"


class DefinitionChecks(Contract):
    """Needs no server."""

    def test_the_registry_accepts_it(self) -> None:
        """Its attributes are those of `PatternPlugin`, and it is constructed without arguments."""
        registry = GivenPlugins([self.plugin])
        for name in self._names():
            assert registry.pattern(name).name == name

    def test_its_distribution_declares_every_name(self) -> None:
        """An installed package has one entry point for the name and one for each alias."""
        names = set(self._names())
        home = f"{self.plugin.__module__}:{self.plugin.__qualname__}"
        points = [point for point in metadata.entry_points(group=GROUP) if point.name in names]
        own = {point.name for point in points if point.load() is self.plugin}
        package = self.plugin.__module__.partition(".")[0]
        if not own and package not in metadata.packages_distributions():
            return  # a plugin that is named directly, or that only exists in a test
        assert own == names, f'declare {names} as "{home}" in the entry points {GROUP!r}'

    def test_the_capabilities_are_known(self) -> None:
        """`supports` has no word that this version of the contract does not know."""
        assert self.supports <= CAPABILITIES

    def test_it_is_documented(self) -> None:
        """The class has a docstring, and every field of its config a description."""
        assert (self.plugin.__doc__ or "").strip(), "its first line is the pattern's summary"
        _, components = msgspec.json.schema_components([self.plugin.config])
        bare = [
            f"{name}.{field}"
            for name, component in components.items()
            for field, schema in component.get("properties", {}).items()
            if not _description(schema, components)
        ]
        assert not bare, f"fields without description (Meta(description=...)): {', '.join(bare)}"

    def test_its_example_can_be_pasted(self) -> None:
        """The plugin's own example is a list, as it stands below `datapoints:`, of this pattern."""
        lines = self.plugin.example.splitlines()
        text = "\n".join([f"partner: {PARTNER}", "datapoints:", *(f"  {line}" for line in lines)])
        partner = _load(text, self.plugin)
        assert {each.pattern for each in partner.datapoints} <= set(self._names())

    def test_every_example_is_accepted(self, example: Datapoint) -> None:
        """It converts, says the same when written out again, and has well-formed endpoints."""
        (datapoint,) = _load(partner_file([example]), self.plugin).datapoints
        assert msgspec.convert(msgspec.to_builtins(datapoint), self.plugin.config) == datapoint
        _check_form(self._compiled(example))

    def test_every_alias_means_the_same(self, example: Datapoint) -> None:
        """The name in the file changes nothing in the routes."""
        routes = {
            name: _routes(self._compiled({**example, "pattern": name}).endpoints)
            for name in self._names()
        }
        assert all(each == routes[self.plugin.name] for each in routes.values()), routes

    def test_unknown_keys_are_refused_with_their_place(self, example: Datapoint) -> None:
        """In every mapping whose keys are known."""
        for place in struct_places(self.plugin.config, example):
            text = partner_file([with_key(example, place, UNKNOWN_KEY)])
            with pytest.raises(PartnerError) as refused:
                _load(text, self.plugin)
            (problem,) = refused.value.problems
            line = 1 + next(i for i, each in enumerate(text.splitlines()) if UNKNOWN_KEY in each)
            assert UNKNOWN_KEY in str(problem)
            assert problem.line == line, f"{problem} is in line {line}"

    def test_invalid_datapoints_are_refused_with_the_reason(self) -> None:
        """Every one in `invalid`, with its word in the message."""
        for written, word in self.invalid:
            for datapoint in read(written):
                message = self._refusal(datapoint)
                assert message, f"accepted: {datapoint}"
                assert word in message

    def test_the_schema_accepts_the_example(self, example: Datapoint) -> None:
        """A JSON Schema can be made; if jsonschema is installed, the example is held against it."""
        schema = msgspec.json.schema(self.plugin.config)
        assert schema
        if util.find_spec("jsonschema"):
            import jsonschema  # noqa: PLC0415 - it may not be there

            jsonschema.Draft202012Validator(schema).validate(example)

    def test_compiling_is_pure(self, example: Datapoint) -> None:
        """Compiling twice gives the same routes, and needs no store, client, clock or chance."""
        plugin = self.plugin()
        datapoint = msgspec.convert(example, self.plugin.config)
        contexts = [detached_context(PARTNER, example["name"]) for _ in range(2)]
        first, second = (plugin.compile(datapoint, context) for context in contexts)
        assert _routes(first.endpoints) == _routes(second.endpoints)
        assert _routes(first.admin) == _routes(second.admin)
        assert first.takes_payload == second.takes_payload

    def _names(self) -> tuple[str, ...]:
        return (self.plugin.name, *self.plugin.aliases)

    def _refusal(self, datapoint: Datapoint) -> str:
        """What a datapoint is refused with; "" if it is accepted."""
        try:
            _load(partner_file([datapoint]), self.plugin)
            self._compiled(datapoint)
        except (PartnerError, FieldError, msgspec.ValidationError) as error:
            return str(error)
        return ""


def _load(text: str, plugin: type) -> Partner:
    return parse(Source(f"partners/{PARTNER}/partner.yaml", text), GivenPlugins([plugin]))


def _description(schema: Any, components: dict[str, Any]) -> str:
    """The description of a field: its own, or that of the struct which it holds."""
    name = schema.get("$ref", "").rpartition("/")[2]
    own = schema.get("description") or components.get(name, {}).get("description", "")
    return str(own)


def _routes(endpoints: tuple[Endpoint, ...]) -> list[tuple[Any, ...]]:
    """All of the endpoints but their handlers, which are new each time."""
    return [(each.method, each.path, each.summary, each.step, each.sample) for each in endpoints]


def _check_form(compiled: Compiled) -> None:
    assert isinstance(compiled, Compiled)
    assert compiled.endpoints, "a datapoint without endpoints cannot be called"
    for endpoint in (*compiled.endpoints, *compiled.admin):
        assert endpoint.method in METHODS, endpoint
        assert template_fault(endpoint.path) is None, endpoint
        assert inspect.iscoroutinefunction(endpoint.handler) or inspect.iscoroutinefunction(
            type(endpoint.handler).__call__
        ), f"the handler of {endpoint.method} {endpoint.path} must be async"
    assert all(isinstance(each, AdminRoute) for each in compiled.admin)
