"""What commands compile with that only read files: services without a server behind them."""

from __future__ import annotations

import logging
from pathlib import Path
from random import Random
from typing import Any, NoReturn, cast

from imnot_core.clock import SystemClock
from imnot_core.compiler import Compiler
from imnot_core.errors import PluginError, StoreError
from imnot_core.jobs import Jobs
from imnot_core.partners import read_folder
from imnot_core.registry import Registry
from imnot_core.registry_checks import owned_prefixes
from imnot_core.reload import Deployment, deploy
from imnot_core.services import Services
from imnot_core.settings import Settings, find_partners_dir
from imnot_core.store import Store


def offline_compiler(settings: Settings, registry: Registry) -> Compiler:
    """A compiler for commands that need no server. Handlers it compiles cannot be called."""
    log = logging.getLogger("imnot")
    clock = SystemClock()
    services = Services(
        store=cast(Store, _NoStore()),
        clock=clock,
        jobs=Jobs(clock, log),
        client=_no_client,
        base_url=settings.public_url,
        random=Random(),
        log=log,
        admits=lambda _: False,
    )
    start = Path.cwd()
    folder = find_partners_dir(settings.partners_dir, start) or start / settings.partners_dir
    return Compiler(registry, services, _api_prefixes(settings, registry), folder=folder)


def read_deployment(folder: Path, compiler: Compiler) -> Deployment:
    """What a server would serve from a partners folder, and what it would refuse.

    Raises OSError when the folder cannot be read.
    """
    list(folder.iterdir())
    sources, unreadable = read_folder(folder)
    return deploy(sources, compiler, Deployment(), unreadable)


def _api_prefixes(settings: Settings, registry: Registry) -> list[str]:
    prefixes: list[str] = []
    for offer in registry.apis():
        if offer.name not in settings.without_apis:
            try:
                prefixes += owned_prefixes(registry.api(offer.name).plugin)
            except PluginError:
                continue  # `imnot patterns` tells why; here it only owns no prefix
    return prefixes


def _no_client() -> NoReturn:
    raise StoreError("there is no HTTP client without a server")


class _NoStore:
    def __getattr__(self, name: str) -> Any:
        raise StoreError(f"there is no store without a server ({name} was asked for)")
