"""Made-up installed distributions, for the tests of the registry."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

PATTERN = '''
from imnot_core import Compiled, Datapoint

class Config(Datapoint, frozen=True, kw_only=True):
    """What one may write."""

class {cls}:
    """Answers every time the same.

    At length.
    """

    name = {name!r}
    aliases = {aliases!r}
    api_version = {api_version!r}
    config = Config
    example = "name: orders"

    def compile(self, datapoint, context):
        return Compiled(())
'''

API = '''
class {cls}:
    """Manages mocks."""

    name = {name!r}
    api_version = 1
    prefixes = {prefixes!r}

    def controllers(self, services):
        return ()

    async def respond(self, request):
        return None
'''


def pattern_source(
    name: str, aliases: tuple[str, ...] = (), api_version: object = 1, cls: str = "Plugin"
) -> str:
    """Write a module with one pattern."""
    return PATTERN.format(name=name, aliases=aliases, api_version=api_version, cls=cls)


def api_source(name: str, *prefixes: str, cls: str = "Plugin") -> str:
    """Write a module with one management API."""
    return API.format(name=name, prefixes=prefixes, cls=cls)


class Site:
    """A folder on `sys.path`, into which distributions and modules are put."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(
        self, package: str, version: str, points: Mapping[str, Mapping[str, str]] | str
    ) -> Path:
        """Put a distribution there, with its entry points by group and name; returns its folder."""
        folder = self.folder / f"{package.replace('-', '_')}-{version}.dist-info"
        folder.mkdir(parents=True)
        metadata = f"Metadata-Version: 2.4\nName: {package}\nVersion: {version}\n"
        (folder / "METADATA").write_text(metadata, encoding="utf-8")
        if not isinstance(points, str):
            points = "\n".join(
                line
                for group, named in points.items()
                for line in (f"[{group}]", *(f"{name} = {value}" for name, value in named.items()))
            )
        (folder / "entry_points.txt").write_text(points, encoding="utf-8")
        return folder

    def module(self, name: str, source: str) -> Path:
        """Put a module there."""
        path = self.folder / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
        return path

    def pattern(self, package: str, name: str, aliases: tuple[str, ...] = ()) -> None:
        """Install a distribution of version 1.0 with one good pattern, in a module of its name."""
        module = package.replace("-", "_")
        self.module(module, pattern_source(name, aliases))
        names = dict.fromkeys((name, *aliases), f"{module}:Plugin")
        self.install(package, "1.0", {"imnot.patterns": names})

    def api(self, package: str, name: str, *prefixes: str) -> None:
        """Install a distribution of version 1.0 with one management API."""
        module = package.replace("-", "_")
        self.module(module, api_source(name, *prefixes))
        self.install(package, "1.0", {"imnot.apis": {name: f"{module}:Plugin"}})


@contextmanager
def site_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Make a site, and forget afterwards what was imported from it."""
    site = Site(folder / "site")
    site.folder.mkdir()
    modules = set(sys.modules)
    monkeypatch.setattr(sys, "path", [str(site.folder), *sys.path])
    yield site
    for name in set(sys.modules) - modules:
        if str(folder) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]
