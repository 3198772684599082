"""Entry points in, validated plugins out; what fails is kept and harms nobody else."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from imnot_core import PluginContractError, PluginError, PluginLoadError
from imnot_core.errors import UnknownPlugin
from imnot_core.registry import Offer, Registry
from tests.unit.core.distributions import Site, api_source, pattern_source, site_in


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with site_in(tmp_path, monkeypatch) as made:
        yield made


def names(offers: list[Offer]) -> list[str]:
    return [offer.name for offer in offers]


def test_a_pattern_is_loaded_with_the_package_that_brought_it(site: Site) -> None:
    site.pattern("imnot-echo", "echo")

    loaded = Registry().pattern("echo")

    assert type(loaded.plugin).__name__ == "Plugin"
    assert (loaded.name, loaded.package, loaded.version) == ("echo", "imnot-echo", "1.0")
    assert loaded.origin == "imnot_echo:Plugin"


def test_the_summary_is_the_first_line_of_the_docstring(site: Site) -> None:
    site.pattern("imnot-echo", "echo")
    site.module("quiet", pattern_source("quiet").replace('"""', "'''", 2) + "    __doc__ = None\n")
    registry = Registry(["quiet:Plugin"])

    assert registry.summary(registry.pattern("echo")) == "Answers every time the same."
    assert registry.summary(registry.pattern("quiet")) == ""


def test_a_listing_imports_nothing(site: Site) -> None:
    site.pattern("imnot-echo", "echo")

    offers = Registry().patterns()

    assert Offer("echo", "imnot-echo", "1.0", "imnot_echo:Plugin") in offers
    assert names(offers) == sorted(names(offers))
    assert "imnot_echo" not in sys.modules


def test_only_what_is_asked_for_is_imported(site: Site) -> None:
    site.pattern("imnot-echo", "echo")
    site.pattern("imnot-other", "other")

    Registry().pattern("echo")

    assert "imnot_other" not in sys.modules


def test_asked_again_it_is_the_same_object(site: Site) -> None:
    site.pattern("imnot-echo", "echo")
    registry = Registry()

    assert registry.pattern("echo") is registry.pattern("echo")


def test_two_registries_share_nothing(site: Site) -> None:
    site.pattern("imnot-echo", "echo")

    assert Registry().pattern("echo").plugin is not Registry().pattern("echo").plugin


def test_an_alias_gives_the_same_object_under_its_own_name(site: Site) -> None:
    site.pattern("imnot-echo", "echo", aliases=("mirror",))
    registry = Registry()

    assert registry.pattern("mirror").plugin is registry.pattern("echo").plugin
    assert registry.pattern("mirror").name == "mirror"


def test_an_entry_point_that_names_an_instance_is_taken_as_it_is(site: Site) -> None:
    site.module("imnot_echo", pattern_source("echo") + "ready = Plugin()\n")
    site.install("imnot-echo", "1.0", {"imnot.patterns": {"echo": "imnot_echo:ready"}})

    assert Registry().pattern("echo").plugin is sys.modules["imnot_echo"].ready


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import no_such_package", ["ModuleNotFoundError", "install what provides 'no_such_packa"]),
        ("raise RuntimeError('not today')", ["could not be imported", "RuntimeError: not today"]),
        ("raise SystemExit(3)", ["ended the program while being imported", "3"]),
        ("assert False, 'never'", ["could not be imported", "AssertionError: never"]),
        ("def Plugin(: pass", ["could not be imported", "SyntaxError"]),
        ("", ["could not be imported", "no attribute 'Plugin'"]),
        (
            "class Plugin:\n    def __init__(self): raise SystemExit('bye')",
            ["ended the program while being constructed", "'bye'"],
        ),
        (
            "class Plugin:\n    def __init__(self): assert not self",
            ["could not be constructed", "AssertionError"],
        ),
        (
            "class Plugin:\n    def __init__(self, needed): pass",
            ["could not be constructed", "TypeError", "needed"],
        ),
    ],
)
def test_a_plugin_that_cannot_be_loaded_says_why_and_whose_it_is(
    site: Site, source: str, words: list[str]
) -> None:
    site.module("imnot_bad", source)
    site.install("imnot-bad", "0.3", {"imnot.patterns": {"bad": "imnot_bad:Plugin"}})
    site.pattern("imnot-echo", "echo")
    registry = Registry()

    with pytest.raises(PluginLoadError) as raised:
        registry.pattern("bad")

    message = str(raised.value)
    assert message.startswith("plugin 'bad' (from imnot-bad 0.3): imnot_bad:Plugin ")
    assert [word for word in words if word not in message] == []
    assert registry.failures == {("imnot.patterns", "bad"): raised.value}
    assert registry.pattern("echo").name == "echo"


def test_a_failure_is_remembered(site: Site) -> None:
    site.module("imnot_bad", "raise RuntimeError")
    site.install("imnot-bad", "1.0", {"imnot.patterns": {"bad": "imnot_bad:Plugin"}})
    registry = Registry()
    with pytest.raises(PluginLoadError) as first:
        registry.pattern("bad")
    site.module("imnot_bad", pattern_source("bad"))

    with pytest.raises(PluginLoadError) as second:
        registry.pattern("bad")

    assert second.value is first.value


def test_a_plugin_that_breaks_the_contract_is_refused_with_every_finding(site: Site) -> None:
    site.module("imnot_bad", pattern_source("worse", api_version=2).replace("config", "configured"))
    site.install("imnot-bad", "1.0", {"imnot.patterns": {"bad": "imnot_bad:Plugin"}})

    with pytest.raises(PluginContractError) as raised:
        Registry().pattern("bad")

    message = str(raised.value)
    assert "imnot-bad 1.0" in message
    assert "declared as 'bad', but its name is 'worse'" in message
    assert "written for plugin API 2, this imnot speaks 1: upgrade imnot" in message
    assert "no config" in message


def test_an_unknown_name_suggests_the_nearest(site: Site) -> None:
    site.pattern("imnot-echo", "echo")
    registry = Registry()

    with pytest.raises(UnknownPlugin, match="no such pattern is installed; did you mean 'echo'"):
        registry.pattern("ecco")

    assert registry.failures == {}


def test_an_unknown_name_that_resembles_none_lists_what_there_is(site: Site) -> None:
    site.pattern("imnot-echo", "echo")

    with pytest.raises(UnknownPlugin) as raised:
        Registry().pattern("zzz")

    assert "echo, fetch, oauth" in str(raised.value)
    assert "install the package" in str(raised.value)
    assert "--plugin module:attribute" in str(raised.value)


def test_a_name_of_two_packages_is_used_by_neither(site: Site) -> None:
    site.pattern("imnot-one", "same")
    site.pattern("imnot-between", "other")
    site.pattern("imnot-two", "same")
    registry = Registry()

    with pytest.raises(PluginError) as raised:
        registry.pattern("same")

    assert "imnot-one 1.0 (imnot_one:Plugin)" in str(raised.value)
    assert "imnot-two 1.0 (imnot_two:Plugin)" in str(raised.value)
    assert names(registry.patterns()).count("same") == 2
    assert registry.pattern("other").package == "imnot-between"
    assert "imnot_one" not in sys.modules


def test_a_directly_named_plugin_and_a_package_of_one_name_clash(site: Site) -> None:
    site.pattern("imnot-echo", "echo")
    site.module("mine", pattern_source("echo", aliases=("mirror",)))
    registry = Registry(["mine:Plugin"])

    with pytest.raises(PluginError) as raised:
        registry.pattern("echo")

    assert "imnot-echo 1.0" in str(raised.value)
    assert "mine:Plugin (named directly)" in str(raised.value)
    assert registry.pattern("mirror").origin == "mine:Plugin"


def test_a_distribution_that_is_found_twice_is_the_first_one(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.pattern("imnot-echo", "echo")
    other = Site(tmp_path / "other")
    other.install("Imnot_Echo", "0.9", {"imnot.patterns": {"echo": "gone:Plugin"}})
    monkeypatch.setattr(sys, "path", [*sys.path, str(other.folder), str(site.folder)])

    assert Registry().pattern("echo").version == "1.0"


@pytest.mark.parametrize("text", ["[imnot.patterns]\nno equals sign", b"[imnot.patterns]\n\xff = "])
def test_broken_entry_points_of_a_package_harm_no_other(site: Site, text: str | bytes) -> None:
    folder = site.install("imnot-bad", "0.1", "")
    content = text if isinstance(text, bytes) else text.encode()
    (folder / "entry_points.txt").write_bytes(content)
    site.pattern("imnot-echo", "echo")
    registry = Registry()

    assert registry.pattern("echo").package == "imnot-echo"
    assert "imnot-bad 0.1" in str(registry.failures["", "imnot-bad"])
    assert "reinstall" in str(registry.failures["", "imnot-bad"])


def test_broken_entry_points_for_another_program_are_none_of_ours(site: Site) -> None:
    site.install("stranger", "1.0", "[console_scripts]\nno equals sign")
    registry = Registry()
    registry.patterns()

    assert registry.failures == {}


def test_an_entry_point_that_is_no_reference_is_a_failure_of_its_own(site: Site) -> None:
    site.install("imnot-bad", "1.0", {"imnot.patterns": {"bad": "not a reference"}})

    with pytest.raises(PluginLoadError) as raised:
        Registry().pattern("bad")

    assert "(from imnot-bad 1.0)" in str(raised.value)
    assert "not of the form module:attribute" in str(raised.value)


def test_broken_metadata_does_not_hide_a_plugin(site: Site) -> None:
    site.pattern("imnot-echo", "echo")
    metadata = site.folder / "imnot_echo-1.0.dist-info" / "METADATA"
    metadata.write_bytes(b"Name: \xff\n")

    assert Registry().pattern("echo").package == "unnamed"


def test_what_is_installed_later_is_seen_after_a_refresh(site: Site) -> None:
    registry = Registry()
    registry.patterns()
    site.pattern("imnot-echo", "echo")

    assert "echo" not in names(registry.patterns())
    registry.refresh()
    assert registry.pattern("echo").version == "1.0"


def test_a_refresh_tries_again_what_failed_and_keeps_what_is_loaded(site: Site) -> None:
    site.pattern("imnot-echo", "echo")
    site.module("imnot_bad", "raise RuntimeError('a module of another length')")
    site.install("imnot-bad", "1.0", {"imnot.patterns": {"bad": "imnot_bad:Plugin"}})
    registry = Registry()
    loaded = registry.pattern("echo")
    with pytest.raises(PluginLoadError):
        registry.pattern("bad")
    site.module("imnot_bad", pattern_source("bad"))

    registry.refresh()

    assert registry.pattern("bad").name == "bad"
    assert registry.pattern("echo") is loaded
    assert registry.failures == {}


def test_an_api_is_loaded_and_listed(site: Site) -> None:
    site.api("imnot-cloud", "cloud", "/v1/mocks")
    registry = Registry()

    assert "cloud" in names(registry.apis())
    assert registry.api("cloud").plugin.prefixes == ("/v1/mocks",)


@pytest.mark.parametrize("prefix", ["/v1", "/v1/mocks", "/v1/mocks/deep"])
def test_overlapping_prefixes_name_both_apis(site: Site, prefix: str) -> None:
    site.api("imnot-cloud", "cloud", "/__cloud__", "/v1/mocks")
    site.api("imnot-late", "late", prefix)
    registry = Registry()
    registry.api("cloud")

    with pytest.raises(PluginContractError) as raised:
        registry.api("late")

    assert str(raised.value).startswith("plugin 'late' (from imnot-late 1.0)")
    assert f"{prefix!r} overlaps with '/v1/mocks' of 'cloud' (imnot-cloud 1.0)" in str(raised.value)


def test_prefixes_that_only_begin_alike_do_not_overlap(site: Site) -> None:
    site.api("imnot-cloud", "cloud", "/v1")
    site.api("imnot-late", "late", "/v10")
    registry = Registry()

    assert registry.api("cloud").name == "cloud"
    assert registry.api("late").name == "late"


def test_a_store_is_what_was_declared_and_not_constructed(site: Site) -> None:
    site.module("imnot_pg", "class Pg:\n    def __init__(self, url, clock): self.url = url\n")
    site.install("imnot-pg", "1.0", {"imnot.stores": {"postgresql": "imnot_pg:Pg"}})

    make: Any = Registry().store("postgresql")

    assert make("postgresql://x", None).url == "postgresql://x"


def test_a_store_that_cannot_be_called_as_one_is_refused(site: Site) -> None:
    site.module("imnot_pg", "def make(url): ...")
    site.install("imnot-pg", "1.0", {"imnot.stores": {"postgresql": "imnot_pg:make"}})

    with pytest.raises(PluginContractError, match=r"cannot be called as \(url, clock\)"):
        Registry().store("postgresql")


def test_an_unknown_store_cannot_be_named_directly(site: Site) -> None:
    with pytest.raises(
        UnknownPlugin, match="no such store is installed; there are sqlite"
    ) as raised:
        Registry().store("redis")

    assert "--plugin" not in str(raised.value)


COMMANDS = """
import click
class Plugin:
    def commands(self):
        return {returned}
"""


def test_commands_are_asked_for_once_and_only_when_named(site: Site) -> None:
    site.module("imnot_tools", COMMANDS.format(returned="[click.Command('record')]"))
    site.install("imnot-tools", "1.0", {"imnot.commands": {"tools": "imnot_tools:Plugin"}})
    registry = Registry()

    assert names(registry.command_offers()) == ["tools"]
    assert "imnot_tools" not in sys.modules
    assert [command.name for command in registry.commands("tools")] == ["record"]
    assert registry.commands("tools") is registry.commands("tools")


@pytest.mark.parametrize(
    ("returned", "word"),
    [
        ("None", "returned None, not a sequence"),
        ("['record']", "'record', which is no click command"),
        ("1 / 0", "could not be asked for its commands: ZeroDivisionError"),
    ],
)
def test_commands_that_are_none_are_a_failure(site: Site, returned: str, word: str) -> None:
    site.module("imnot_tools", COMMANDS.format(returned=returned))
    site.install("imnot-tools", "1.0", {"imnot.commands": {"tools": "imnot_tools:Plugin"}})
    registry = Registry()

    with pytest.raises(PluginError, match=word) as raised:
        registry.commands("tools")

    assert registry.failures == {("imnot.commands", "tools"): raised.value}
    with pytest.raises(PluginError):
        registry.commands("tools")


def test_checking_all_finds_every_failure(site: Site) -> None:
    site.module("imnot_bad", "raise SystemExit")
    bad = {"bad": "imnot_bad:Plugin"}
    groups = ("imnot.patterns", "imnot.apis", "imnot.stores", "imnot.commands")
    site.install("imnot-bad", "1.0", dict.fromkeys(groups, bad))
    site.pattern("imnot-echo", "echo")
    registry = Registry(["nowhere:Plugin"])

    registry.check_all()

    assert {key for key in registry.failures if key[1] in {"bad", "echo", "nowhere:Plugin"}} == {
        *((group, "bad") for group in groups),
        ("named directly", "nowhere:Plugin"),
    }


def test_an_api_that_is_left_out_takes_no_prefix_from_another(site: Site) -> None:
    site.api("imnot-cloud", "cloud", "/v1")
    site.api("imnot-late", "late", "/v1")
    registry = Registry()

    registry.check_all(without_apis=("cloud",))

    assert ("imnot.apis", "late") not in registry.failures


def test_the_built_in_patterns_come_in_by_the_same_door() -> None:
    declared = importlib.metadata.entry_points(group="imnot.patterns")

    assert {(point.name, point.value) for point in declared} == {
        (offer.name, offer.origin) for offer in Registry().patterns() if offer.package == "imnot"
    }


def test_importing_the_registry_imports_neither_stevedore_nor_the_metadata() -> None:
    code = "import sys, imnot_core.registry, imnot_core.settings; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert {"stevedore", "importlib.metadata", "litestar", "click"} & set(
        ran.stdout.split()
    ) == set()


def test_an_api_named_directly_is_offered_and_loaded(site: Site) -> None:
    site.module("mine", api_source("mine", "/__mine__"))
    registry = Registry(["mine:Plugin"])

    assert Offer("mine", "", "", "mine:Plugin") in registry.apis()
    assert registry.api("mine").package == ""
