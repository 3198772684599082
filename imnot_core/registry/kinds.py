"""The five kinds of plugins: the entry-point group of each, and what is asked of an object."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from imnot_core.errors import PluginContractError, PluginLoadError
from imnot_core.registry.offers import Offer
from imnot_core.registry_checks import (
    api_findings,
    commands_findings,
    has,
    importer_findings,
    pattern_findings,
    store_findings,
)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of plugin. `word` is for messages; a class is constructed unless `as_it_is`."""

    group: str
    word: str
    findings: Callable[[object, str], list[str]]
    as_it_is: bool = False


PATTERN: Final = Kind("imnot.patterns", "pattern", pattern_findings)
API: Final = Kind("imnot.apis", "API plugin", api_findings)
IMPORTER: Final = Kind("imnot.importers", "importer", importer_findings)
STORE: Final = Kind("imnot.stores", "store", store_findings, as_it_is=True)
COMMANDS: Final = Kind("imnot.commands", "set of commands", commands_findings)


def kind_of(plugin: object) -> Kind | None:
    """The kind that a directly named object seems to be, by its shape."""
    if has(plugin, "compile"):
        return PATTERN
    if has(plugin, "prefixes") and has(plugin, "controllers"):
        return API
    if has(plugin, "partner"):
        return IMPORTER
    return None


def contract_error(offer: Offer, kind: Kind, findings: list[str]) -> PluginContractError:
    """Put all findings about one plugin into one error."""
    return PluginContractError(
        offer.name,
        f"{offer.origin} is no usable {kind.word}: {'; '.join(findings)}",
        package=offer.package,
        version=offer.version,
    )


def load_error(offer: Offer, step: str, error: BaseException) -> PluginLoadError:
    """Say what stopped a plugin from being imported, constructed or asked; `step` names which."""
    return PluginLoadError(
        offer.name,
        f"{offer.origin} {_cause(step, error)}",
        package=offer.package,
        version=offer.version,
    )


def _cause(step: str, error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return f"ended the program while being {step} (SystemExit: {error.code!r})"
    text = str(error)
    hint = ""
    if isinstance(error, ModuleNotFoundError) and error.name:
        hint = f"; install what provides {error.name.partition('.')[0]!r}"
    return f"could not be {step}: {type(error).__name__}{f': {text}' if text else ''}{hint}"
