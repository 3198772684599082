"""Plugins that are no package yet, named as `module:attribute` by imnot.toml or --plugin."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from operator import attrgetter
from pathlib import Path
from types import ModuleType
from typing import Any

from imnot_core.errors import PluginContractError, PluginError, PluginLoadError
from imnot_core.registry.kinds import PATTERN, contract_error, kind_of, load_error
from imnot_core.registry.offers import Candidate, Offer
from imnot_core.registry_checks import own_names

FORM = "write module:attribute, for instance acme_mocks:Idempotent"


class InHouse:
    """The directly named plugins: imported at once, offered under their names and aliases.

    `candidates` are by (entry-point group, name), and not validated yet; `failures` has the texts
    of which nothing can be offered. `construct` makes the object of a class.
    """

    def __init__(
        self, texts: Sequence[str], folders: Sequence[Path], construct: Callable[[object], object]
    ) -> None:
        self.candidates: dict[tuple[str, str], list[Candidate]] = {}
        self.failures: dict[str, PluginError] = {}
        for text in texts:
            try:
                self._add(text, import_object(text, folders), construct)
            except PluginError as error:
                self.failures[text] = error

    def _add(self, text: str, found: object, construct: Callable[[object], object]) -> None:
        unnamed = Offer(text, "", "", text)
        try:
            plugin = construct(found)
        except (Exception, SystemExit) as error:
            raise load_error(unnamed, "constructed", error) from error
        kind = kind_of(plugin)
        if kind is None:
            raise PluginContractError(
                text,
                f"the {type(plugin).__name__} behind it is no plugin: a pattern has `compile`,"
                " a management API has `prefixes` and `controllers`, an importer has `partner`",
            )
        names = own_names(plugin, aliased=kind is PATTERN)
        if not names:
            raise contract_error(unnamed, kind, kind.findings(plugin, text))
        for name in names:
            candidate = Candidate(Offer(name, "", "", text), plugin=plugin)
            self.candidates.setdefault((kind.group, name), []).append(candidate)


def import_object(text: str, folders: Sequence[Path] = ()) -> Any:
    """Import what `module:attribute` names. Raises PluginLoadError for whatever goes wrong.

    The folders are appended to `sys.path`: what is installed wins over a module of the same name.
    """
    module_name, attribute = _parts(text)
    _extend_path(folders)
    module = _import(text, module_name, folders)
    try:
        return attrgetter(attribute)(module)
    except AttributeError:
        raise PluginLoadError(text, _absent(module, attribute)) from None
    except (Exception, SystemExit) as error:  # a module's own __getattr__ may do anything
        raise load_error(Offer(text, "", "", text), "imported", error) from error


def _parts(text: str) -> tuple[str, str]:
    module, colon, attribute = text.partition(":")
    if not colon or not attribute or not module:
        raise PluginLoadError(text, f"that is not complete: {FORM}")
    dotted = module.removesuffix(".py").replace("\\", "/").strip("./").replace("/", ".")
    if dotted != module and _is_dotted(dotted):
        raise PluginLoadError(
            text, f"name the module as `import` does, not as a file: {dotted}:{attribute}"
        )
    if not _is_dotted(module) or not _is_dotted(attribute):
        raise PluginLoadError(text, f"that is not a module and an attribute: {FORM}")
    return module, attribute


def _is_dotted(text: str) -> bool:
    return all(part.isidentifier() for part in text.split("."))


def _extend_path(folders: Sequence[Path]) -> None:
    for folder in map(str, folders):
        if folder not in sys.path:
            sys.path.append(folder)


def _import(text: str, name: str, folders: Sequence[Path]) -> ModuleType:
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        if missing and f"{name}.".startswith(f"{missing}."):
            beside = f" in {', '.join(map(str, folders))} or" if folders else ""
            reason = f"there is no module {missing!r}{beside} among what is installed"
            raise PluginLoadError(text, reason) from error
        raise load_error(Offer(text, "", "", text), "imported", error) from error


def _absent(module: ModuleType, attribute: str) -> str:
    file = getattr(module, "__file__", None) or "a package or built in"
    return f"module {module.__name__!r} ({file}) has no attribute {attribute!r}"
