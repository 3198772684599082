"""Plugins that are named directly, as module:attribute."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from imnot_core import PluginContractError, PluginError, PluginLoadError
from imnot_core.errors import UnknownPlugin
from imnot_core.registry import DIRECT, Registry
from tests.unit.core.distributions import Site, api_source, pattern_source, site_in


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with site_in(tmp_path, monkeypatch) as made:
        yield made


def failure(text: str, *folders: Path) -> PluginError:
    registry = Registry([text], folders)
    registry.patterns()
    return registry.failures[DIRECT, text]


def test_it_serves_its_name_and_its_aliases(site: Site) -> None:
    site.module("mine", pattern_source("echo", aliases=("mirror",)))
    registry = Registry(["mine:Plugin"])

    loaded = registry.pattern("echo")

    assert (loaded.package, loaded.version, loaded.origin) == ("", "", "mine:Plugin")
    assert registry.pattern("mirror").plugin is loaded.plugin


def test_making_a_registry_imports_nothing(site: Site) -> None:
    site.module("mine", pattern_source("echo"))

    Registry(["mine:Plugin", "nowhere:Plugin", "broken"])

    assert "mine" not in sys.modules


def test_named_twice_is_named_once(site: Site) -> None:
    site.module("mine", pattern_source("echo"))

    assert Registry(["mine:Plugin", "mine:Plugin"]).pattern("echo").name == "echo"


def test_two_of_one_name_are_used_by_neither(site: Site) -> None:
    site.module("mine", pattern_source("echo"))
    site.module("yours", pattern_source("echo"))

    with pytest.raises(PluginError, match=r"mine:Plugin \(named directly\) and yours:Plugin"):
        Registry(["mine:Plugin", "yours:Plugin"]).pattern("echo")


def test_an_instance_and_a_nested_attribute_are_taken(site: Site) -> None:
    source = pattern_source("echo") + "class Shelf:\n    top = Plugin()\n"
    site.module("mine", source)

    loaded = Registry(["mine:Shelf.top"]).pattern("echo")

    assert loaded.plugin is sys.modules["mine"].Shelf.top


def test_modules_are_found_in_the_given_folders(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "project"
    Site(folder).module("kept_here", pattern_source("echo"))
    monkeypatch.setattr(sys, "path", list(sys.path))

    assert Registry(["kept_here:Plugin"], [folder]).pattern("echo").name == "echo"
    assert sys.path[-1] == str(folder)


def test_the_given_folders_are_left_alone_when_nothing_is_named(tmp_path: Path) -> None:
    before = list(sys.path)

    Registry((), [tmp_path]).patterns()

    assert sys.path == before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("mine", "write module:attribute"),
        ("mine:", "write module:attribute"),
        (":Plugin", "write module:attribute"),
        ("", "write module:attribute"),
        ("mine:a b", "write module:attribute"),
        ("mi-ne:Plugin", "write module:attribute"),
        ("mine:Plugin:More", "write module:attribute"),
        ("..mine:Plugin", "not as a file: mine:Plugin"),
        ("mocks/mine.py:Plugin", "not as a file: mocks.mine:Plugin"),
        ("./mine.py:Plugin", "not as a file: mine:Plugin"),
        ("nowhere:Plugin", "there is no module 'nowhere' among what is installed"),
        ("json.nowhere:Plugin", "there is no module 'json.nowhere'"),
        ("json:Plugin", "has no attribute 'Plugin'"),
        ("json.decoder:JSONDecoder", "a pattern has `compile`, a management API has `prefixes`"),
        ("json:dumps", "the function behind it is no plugin"),
    ],
)
def test_a_text_that_leads_to_no_plugin_says_why(text: str, words: str) -> None:
    error = failure(text)

    assert str(error).startswith(f"plugin {text!r}: ")
    assert words in str(error)


def test_a_missing_module_names_the_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))

    assert f"in {tmp_path} or among what is installed" in str(failure("nowhere:P", tmp_path))


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import no_such_thing", "ModuleNotFoundError: No module named 'no_such_thing'; install"),
        ("raise SystemExit(2)", "ended the program while being imported (SystemExit: 2)"),
        ("assert False", "could not be imported: AssertionError"),
        ("def __getattr__(name): raise OSError('gone')", "could not be imported: OSError: gone"),
        (
            "class Plugin:\n    def __init__(self): raise SystemExit",
            "ended the program while being constructed",
        ),
        ("class Plugin:\n    def __init__(self, one): ...", "could not be constructed: TypeError"),
    ],
)
def test_one_that_cannot_be_loaded_says_why(site: Site, source: str, words: str) -> None:
    site.module("mine", source)

    error = failure("mine:Plugin")

    assert type(error) is PluginLoadError
    assert words in str(error)


def test_one_that_breaks_the_contract_fails_under_its_name(site: Site) -> None:
    site.module("mine", pattern_source("echo", api_version=2))
    registry = Registry(["mine:Plugin"])

    with pytest.raises(PluginContractError, match="upgrade imnot"):
        registry.pattern("echo")


def test_one_without_a_name_fails_under_its_text(site: Site) -> None:
    site.module("mine", pattern_source("two words"))

    assert "mine:Plugin is no usable pattern: name is 'two words'" in str(failure("mine:Plugin"))


def test_an_alias_is_nothing_to_an_api(site: Site) -> None:
    site.module("mine", api_source("cloud", "/__cloud__") + "    aliases = ('sky',)\n")
    registry = Registry(["mine:Plugin"])

    assert registry.api("cloud").name == "cloud"
    with pytest.raises(UnknownPlugin):
        registry.api("sky")


def test_an_unknown_name_mentions_what_could_not_be_imported(site: Site) -> None:
    with pytest.raises(UnknownPlugin, match="there is no module 'nowhere'"):
        Registry(["nowhere:Plugin"]).pattern("echo")
