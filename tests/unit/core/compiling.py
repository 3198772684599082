"""A compiler without a server, and the partner files that its tests compile."""

from __future__ import annotations

from collections.abc import Iterable

from imnot_core.compiled import CompiledPartner
from imnot_core.compiler import Compiler
from imnot_core.models import Source
from imnot_core.offline import offline_compiler
from imnot_core.reload import Deployment, deploy
from imnot_core.settings import Settings
from imnot_core.testing.registry import GivenPlugins, Plugin


def compiler_with(*plugins: Plugin) -> Compiler:
    """A compiler that knows what is installed, and these."""
    return offline_compiler(Settings(), GivenPlugins(plugins))


def file(name: str, partner: str, *paths: str, method: str = "GET") -> Source:
    """A partner file, `<name>/partner.yaml`, with one static endpoint for each path."""
    endpoints = ", ".join(f'{{method: {method}, path: "{path}"}}' for path in paths)
    text = f"""\
partner: {partner}
datapoints:
  - name: d
    pattern: static
    endpoints: [{endpoints}]
"""
    return Source(f"{name}/partner.yaml", text)


def broken(name: str) -> Source:
    """A file that is refused."""
    return Source(f"{name}/partner.yaml", "partner: [")


def deployed(compiler: Compiler, *sources: Source, after: Deployment | None = None) -> Deployment:
    """The deployment of these files, after another one."""
    return deploy(sources, compiler, after or Deployment())


def compiled(source: Source, plugins: Iterable[Plugin] = ()) -> CompiledPartner:
    """One compiled partner."""
    return compiler_with(*plugins).compile(source)
