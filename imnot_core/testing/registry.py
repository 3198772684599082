"""The plugins of a server under test: those that the test hands over, before those installed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from imnot_core.errors import PluginContractError
from imnot_core.plugin import ApiPlugin, PatternPlugin
from imnot_core.registry import Loaded, Offer, Registry
from imnot_core.registry.kinds import API, PATTERN, contract_error, kind_of

Plugin = type | PatternPlugin[Any] | ApiPlugin


class GivenPlugins(Registry):
    """A registry in which a plugin needs no entry point, and may stand in for an installed one.

    `plugins` are classes or instances of pattern and API plugins; a class is constructed, as an
    installed one is. Raises PluginContractError for those that could not be used. Everything else
    is what is installed.
    """

    def __init__(self, plugins: Iterable[Plugin]) -> None:
        super().__init__()
        self._given: dict[str, dict[str, Loaded[Any]]] = {PATTERN.group: {}, API.group: {}}
        for each in plugins:
            self._add(each() if isinstance(each, type) else each)

    def pattern(self, name: str) -> Loaded[PatternPlugin[Any]]:
        """The pattern of that name or alias. Raises PluginError."""
        return self._given[PATTERN.group].get(name) or super().pattern(name)

    def patterns(self) -> list[Offer]:
        """Every name of a pattern."""
        return self._offers(PATTERN.group, super().patterns())

    def api(self, name: str) -> Loaded[ApiPlugin]:
        """The API plugin of that name. Raises PluginError."""
        return self._given[API.group].get(name) or super().api(name)

    def apis(self) -> list[Offer]:
        """Every name of an API plugin."""
        return self._offers(API.group, super().apis())

    def _add(self, plugin: Any) -> None:
        kind = kind_of(plugin)
        origin = f"{type(plugin).__module__}:{type(plugin).__qualname__}"
        if kind is None:
            raise PluginContractError(origin, "it is neither a pattern nor an API plugin")
        names = [plugin.name, *(plugin.aliases if kind is PATTERN else ())]
        for name in names:
            if findings := kind.findings(plugin, name):
                raise contract_error(Offer(name, "", "", origin), kind, findings)
            self._given[kind.group][name] = Loaded(name, plugin, "", "", origin)

    def _offers(self, group: str, installed: list[Offer]) -> list[Offer]:
        given = self._given[group]
        others = [offer for offer in installed if offer.name not in given]
        own = [Offer(each.name, "", "", each.origin) for each in given.values()]
        return sorted([*others, *own], key=lambda offer: offer.name)
