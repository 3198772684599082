"""The API plugins of a server: loaded, tried, and left out where they cannot be served."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imnot_core.errors import PluginError
from imnot_core.plugin import ApiPlugin
from imnot_core.registry import Loaded, Registry
from imnot_core.registry_checks import owned_prefixes
from imnot_core.server.lean import LeanLitestar
from imnot_core.server.templates import templates_of
from imnot_core.services import Services


@dataclass(frozen=True, slots=True)
class ServedApi:
    """An API plugin and what it gave to be served."""

    plugin: ApiPlugin
    controllers: tuple[Any, ...]
    templates: Path | None


class Apis:
    """All of them, in order of name; `failures` are those that cannot be served."""

    def __init__(
        self, registry: Registry, services: Services, without: Collection[str], log: logging.Logger
    ) -> None:
        self.failures: dict[str, PluginError] = {}
        self.served: list[ServedApi] = []
        names = sorted({offer.name for offer in registry.apis()})
        if unknown := set(without) - set(names):
            log.warning(
                "there is no API plugin %s to leave out; there are: %s",
                ", ".join(map(repr, sorted(unknown))),
                ", ".join(names) or "none",
            )
        for name in names:
            if name in without:
                continue
            try:
                loaded = registry.api(name)
                self.served.append(_served(loaded, services))
            except PluginError as error:
                log.error("%s", error)  # noqa: TRY400 - the message says it all
                self.failures[name] = error

    @property
    def plugins(self) -> list[ApiPlugin]:
        """The plugins that are served."""
        return [each.plugin for each in self.served]

    @property
    def prefixes(self) -> list[str]:
        """The URL prefixes that belong to them."""
        return [prefix for each in self.plugins for prefix in each.prefixes]

    @property
    def owned(self) -> list[str]:
        """These, and the prefixes of consumer requests that are theirs."""
        return [prefix for each in self.plugins for prefix in owned_prefixes(each)]

    @property
    def controllers(self) -> list[Any]:
        """What the Litestar application serves for them."""
        return [one for each in self.served for one in each.controllers]

    @property
    def templates(self) -> dict[str, Path]:
        """The folders of templates, by the name of the plugin, of those that have one."""
        return {each.plugin.name: each.templates for each in self.served if each.templates}


def _served(loaded: Loaded[ApiPlugin], services: Services) -> ServedApi:
    try:
        templates = templates_of(loaded.plugin, loaded.name)
    except (Exception, SystemExit) as error:
        raise _error(loaded, f"its templates cannot be used: {error}") from error
    return ServedApi(loaded.plugin, _controllers(loaded, services), templates)


def _controllers(loaded: Loaded[ApiPlugin], services: Services) -> tuple[Any, ...]:
    """Try them in an application of their own: one that refuses them all would not start."""
    try:
        given = tuple(loaded.plugin.controllers(services))
        trial = LeanLitestar(route_handlers=given, openapi_config=None, logging_config=None)
        paths = [route.path for route in trial.routes]
    except (Exception, SystemExit) as error:
        cause = f"its controllers cannot be served: {type(error).__name__}: {error}"
        raise _error(loaded, cause) from error
    if astray := _astray(paths, loaded.plugin.prefixes):
        owned = ", ".join(loaded.plugin.prefixes) or "no prefix"
        raise _error(loaded, f"it serves {', '.join(astray)}, but owns {owned}")
    return given


def _astray(paths: Sequence[str], prefixes: Sequence[str]) -> list[str]:
    below = tuple(f"{prefix}/" for prefix in prefixes)
    return [path for path in paths if not f"{path}/".startswith(below)]


def _error(loaded: Loaded[ApiPlugin], message: str) -> PluginError:
    return PluginError(loaded.name, message, package=loaded.package, version=loaded.version)
