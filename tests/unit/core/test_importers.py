"""Importers among the plugins: how they are found, and what they must be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from imnot_core import PluginContractError, PluginError
from imnot_core.errors import UnknownPlugin
from imnot_core.registry import Offer, Registry
from imnot_core.registry_checks import importer_findings
from tests.unit.core.distributions import Site, site_in

SOURCE = '''
class Plugin:
    """Reads lines."""

    name = "lines"
    api_version = 1

    def partner(self, text, name, source):
        return "partner: lines"
'''


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with site_in(tmp_path, monkeypatch) as made:
        yield made


def install(site: Site, package: str, source: str = SOURCE) -> None:
    module = package.replace("-", "_")
    site.module(module, source)
    site.install(package, "1.0", {"imnot.importers": {"lines": f"{module}:Plugin"}})


def test_an_importer_is_loaded_with_the_package_that_brought_it(site: Site) -> None:
    install(site, "imnot-lines")
    registry = Registry()

    assert Offer("lines", "imnot-lines", "1.0", "imnot_lines:Plugin") in registry.importers()
    loaded = registry.importer("lines")
    assert loaded.plugin.partner("", None, "") == "partner: lines"
    assert (loaded.package, registry.summary(loaded)) == ("imnot-lines", "Reads lines.")


def test_an_importer_can_be_named_directly(site: Site) -> None:
    site.module("mine", SOURCE)

    assert Registry(["mine:Plugin"]).importer("lines").origin == "mine:Plugin"


def test_two_that_provide_one_format_are_both_named(site: Site) -> None:
    install(site, "imnot-lines")
    install(site, "imnot-more")

    with pytest.raises(PluginError, match="provide this importer") as raised:
        Registry().importer("lines")
    assert all(f"{package} 1.0" in str(raised.value) for package in ("imnot-lines", "imnot-more"))


def test_a_format_that_nobody_reads_is_answered_with_the_nearest(site: Site) -> None:
    install(site, "imnot-lines")

    with pytest.raises(UnknownPlugin, match=r"no such importer .* did you mean 'lines'\?"):
        Registry().importer("line")


def test_all_that_is_wrong_with_one_is_told_at_once(site: Site) -> None:
    wrong = SOURCE.replace("api_version = 1", "api_version = 2").replace(", name, source", "")
    install(site, "imnot-lines", wrong)
    registry = Registry()
    registry.check_all()

    with pytest.raises(PluginContractError, match=r"upgrade imnot; partner\(text\) cannot be"):
        registry.importer("lines")
    assert ("imnot.importers", "lines") in registry.failures


def test_what_an_importer_must_have_is_named() -> None:
    assert importer_findings(object(), "lines") == [
        "it has no name (write name = 'lines')",
        "it has no api_version (this imnot speaks 1)",
        "it has no method partner(text, name, source)",
    ]
