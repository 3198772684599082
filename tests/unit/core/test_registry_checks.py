"""What a plugin must be: each finding says what the plugin says, and what would be right."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from imnot_core import API_VERSION, Compiled, Datapoint
from imnot_core.registry_checks import (
    api_findings,
    commands_findings,
    overlapping,
    own_names,
    pattern_findings,
    store_findings,
)


class Echo(Datapoint, frozen=True, kw_only=True):
    """A good config."""

    times: int = 1


class Thawed(Datapoint, frozen=False, kw_only=True):  # type: ignore[misc]
    pass


class Lenient(Datapoint, frozen=True, kw_only=True, forbid_unknown_fields=False):
    pass


class Odd(Datapoint, frozen=True, kw_only=True):
    when: complex = 0j


class Stranger(msgspec.Struct):
    pass


def compile_it(datapoint: Any, context: Any) -> Compiled:
    return Compiled(())


async def compile_later(datapoint: Any, context: Any) -> Compiled:
    return Compiled(())


async def respond(request: Any) -> None:
    return None


class Thing:
    """An object with the given attributes."""

    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)


PATTERN = {
    "name": "echo",
    "aliases": ("mirror",),
    "api_version": API_VERSION,
    "config": Echo,
    "example": "name: orders",
    "compile": compile_it,
}
API = {
    "name": "cloud",
    "api_version": API_VERSION,
    "prefixes": ("/__cloud__", "/v1/mocks"),
    "controllers": lambda services: (),
    "respond": respond,
}


def without(attributes: dict[str, Any], name: str) -> Thing:
    return Thing(**{key: value for key, value in attributes.items() if key != name})


@pytest.mark.parametrize("asked", ["echo", "mirror"])
def test_a_good_pattern_has_no_findings(asked: str) -> None:
    assert pattern_findings(Thing(**PATTERN), asked) == []


def test_a_good_api_has_no_findings() -> None:
    assert api_findings(Thing(**API), "cloud") == []


@pytest.mark.parametrize("name", PATTERN)
def test_each_part_of_a_pattern_is_missed(name: str) -> None:
    [finding] = pattern_findings(without(PATTERN, name), "echo")

    assert finding.startswith(("it has no ", "it has no method "))
    assert name in finding


@pytest.mark.parametrize("name", API)
def test_each_part_of_an_api_is_missed(name: str) -> None:
    [finding] = api_findings(without(API, name), "cloud")

    assert finding.startswith("it has no ")
    assert name in finding


@pytest.mark.parametrize(
    ("changed", "value", "words"),
    [
        ("name", "", "name is ''"),
        ("name", "a b", "name is 'a b'"),
        ("name", 5, "name is 5"),
        ("name", "echo\n", "name is 'echo\\n'"),
        ("name", "reply", "declared as 'echo', but its name is 'reply' and its aliases are 'mirr"),
        ("aliases", "mirror", "aliases is 'mirror', not a tuple"),
        ("aliases", ["mirror"], "aliases is ['mirror'], not a tuple"),
        ("aliases", (1,), "aliases is (1,), not a tuple"),
        ("api_version", "1", "api_version is '1', not a whole number"),
        ("api_version", True, "api_version is True"),
        ("api_version", 0, "api_version is 0"),
        (
            "api_version",
            API_VERSION + 1,
            f"written for plugin API {API_VERSION + 1}, this imnot speaks {API_VERSION}: upgrade i",
        ),
        ("config", Echo(name="a", pattern="echo"), "not a subclass of imnot_core.Datapoint"),
        ("config", dict, "not a subclass of imnot_core.Datapoint"),
        ("config", Stranger, "not a subclass of imnot_core.Datapoint"),
        ("config", Thawed, "Thawed is not frozen"),
        ("config", Lenient, "Lenient lets unknown fields pass"),
        ("config", Odd, "no schema can be made of config Odd: "),
        ("example", "  \n", "example is '  \\n'"),
        ("example", {"name": "orders"}, "example is {'name': 'orders'}"),
        ("compile", "compiled", "compile is 'compiled', not a method"),
        ("compile", lambda datapoint: None, "compile(datapoint) cannot be called as (datapoint, c"),
        ("compile", compile_later, "compile must not be an `async def`"),
    ],
)
def test_each_part_of_a_pattern_is_checked(changed: str, value: object, words: str) -> None:
    [finding] = pattern_findings(Thing(**{**PATTERN, changed: value}), "echo")

    assert words in finding


def test_an_older_plugin_is_the_one_to_upgrade(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imnot_core.registry_checks.API_VERSION", 3)

    [finding] = pattern_findings(Thing(**{**PATTERN, "api_version": 2}), "echo")

    assert finding == "written for plugin API 2, this imnot speaks 3: upgrade the plugin"


@pytest.mark.parametrize(
    ("changed", "value", "words"),
    [
        ("prefixes", "/v1", "prefixes is '/v1', not a tuple"),
        ("prefixes", ("/",), "would take every path"),
        ("prefixes", ("v1",), "prefix 'v1' is not of the form '/one'"),
        ("prefixes", ("/v1/",), "prefix '/v1/' is not of the form '/one'"),
        ("prefixes", ("/{id}",), "is not of the form"),
        ("prefixes", ("/a//b",), "is not of the form"),
        ("prefixes", (b"/v1",), "is not a text"),
        ("prefixes", ("/imnot",), "belongs to imnot itself (/imnot)"),
        ("prefixes", ("/imnot/admin/sessions",), "belongs to imnot itself (/imnot)"),
        ("prefixes", ("/imnot/admin/mine/two",), "belongs to imnot itself (/imnot)"),
        ("prefixes", ("/imnot/mine",), "belongs to imnot itself (/imnot)"),
        ("prefixes", ("/healthz",), "belongs to imnot itself (/healthz)"),
        ("controllers", lambda: (), "controllers() cannot be called as (services)"),
        ("respond", lambda request: None, "respond must be an `async def`"),
    ],
)
def test_each_part_of_an_api_is_checked(changed: str, value: object, words: str) -> None:
    [finding] = api_findings(Thing(**{**API, changed: value}), "cloud")

    assert words in finding


def test_all_findings_are_told() -> None:
    assert len(pattern_findings(Thing(), "echo")) == 6


class Explosive:
    """Cannot be looked at."""

    name = "echo"

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"no {name} today")

    def __repr__(self) -> str:
        raise RuntimeError


def test_a_plugin_that_cannot_be_read_is_a_finding() -> None:
    findings = pattern_findings(Explosive(), "echo")

    assert (
        "aliases is unreadable (RuntimeError: no aliases today), not a tuple of names" in findings
    )


def test_a_value_without_a_repr_is_a_finding() -> None:
    [finding] = pattern_findings(Thing(**{**PATTERN, "example": Explosive()}), "echo")

    assert "Explosive" in finding


def test_a_method_written_in_c_is_not_compared() -> None:
    assert pattern_findings(Thing(**{**PATTERN, "compile": min}), "echo") == []


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("/v1", "/v1", True),
        ("/v1", "/v1/mocks", True),
        ("/v1/mocks", "/v1", True),
        ("/v1", "/v10", False),
        ("/v1/a", "/v1/b", False),
    ],
)
def test_prefixes_overlap_by_segments(one: str, other: str, expected: bool) -> None:
    assert overlapping(one, other) is expected


def test_own_names_are_those_that_are_valid() -> None:
    plugin = Thing(name="echo", aliases=("mirror", "a b", "echo", 1))

    assert own_names(plugin, aliased=True) == ("echo", "mirror")
    assert own_names(plugin, aliased=False) == ("echo",)
    assert own_names(Thing(), aliased=True) == ()


def test_a_store_is_something_to_call_with_url_and_clock() -> None:
    assert store_findings(lambda url, clock: None, "pg") == []
    assert "cannot be called" in store_findings("pg", "pg")[0]


def test_a_command_itself_is_told_apart() -> None:
    class Command:
        def make_context(self) -> None: ...
        def invoke(self) -> None: ...

    assert "seems to be a command itself" in commands_findings(Command(), "tools")[-1]


def test_an_api_may_own_a_resource_of_the_admin_api() -> None:
    assert api_findings(Thing(**{**API, "prefixes": ("/imnot/admin/mine",)}), "cloud") == []
