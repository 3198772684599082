"""The plugins that there are: entry points and directly named objects in, validated plugins out.

Nothing is imported before it is asked for by name, so that a stranger's broken package cannot stop
a start that does not use it. What fails is remembered with the package that brought it. stevedore
is used here and nowhere else, and imported when the first entry point is loaded.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from imnot_core.errors import PluginError, UnknownPlugin
from imnot_core.plugin import ApiPlugin, Importer, PatternPlugin
from imnot_core.registry.catalogue import DIRECT, Catalogue
from imnot_core.registry.kinds import (
    API,
    COMMANDS,
    IMPORTER,
    PATTERN,
    STORE,
    Kind,
    contract_error,
    load_error,
)
from imnot_core.registry.offers import Candidate, Offer
from imnot_core.registry_checks import command_list_findings, overlapping, owned_prefixes

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    import click

    from imnot_core.clock import Clock
    from imnot_core.store import Store

__all__ = ["DIRECT", "Loaded", "Offer", "Registry"]

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Loaded(Generic[P]):
    """A validated plugin, the name it was asked for (maybe an alias), and where it came from.

    `package` and `version` are "" for a plugin that was named directly as `origin`.
    """

    name: str
    plugin: P
    package: str
    version: str
    origin: str


class Registry:
    """The plugins of one server or command, loaded on first use.

    `in_house` are texts `module:attribute` that name plugins directly; `path` the folders where
    their modules may lie. They are imported at the first question of any kind, because only they
    know their names. The constructor imports nothing and never raises.
    """

    def __init__(self, in_house: Sequence[str] = (), path: Sequence[Path] = ()) -> None:
        self._catalogue = Catalogue(in_house, path, self._instance)
        self._known: dict[tuple[str, str], Loaded[Any] | PluginError] = {}
        self._instances: dict[type, object] = {}
        self._commands: dict[str, tuple[click.Command, ...]] = {}

    def pattern(self, name: str) -> Loaded[PatternPlugin[Any]]:
        """The pattern of that name or alias; both give the same object.

        Raises PluginError when there is none or it cannot be used; asked again, the same one.
        """
        return self._get(PATTERN, name)

    def patterns(self) -> list[Offer]:
        """Every name of a pattern, sorted; twice where two provide it."""
        return self._catalogue.offers(PATTERN.group)

    def api(self, name: str) -> Loaded[ApiPlugin]:
        """The API plugin of that name. Raises PluginError.

        One whose URL prefixes overlap with those of an API plugin loaded before is refused.
        """
        return self._get(API, name)

    def apis(self) -> list[Offer]:
        """Every name of an API plugin, sorted."""
        return self._catalogue.offers(API.group)

    def importer(self, name: str) -> Loaded[Importer]:
        """The importer of that name. Raises PluginError."""
        return self._get(IMPORTER, name)

    def importers(self) -> list[Offer]:
        """Every name of an importer, sorted."""
        return self._catalogue.offers(IMPORTER.group)

    def store(self, scheme: str) -> Callable[[str, Clock], Store]:
        """What makes the stores of that URL scheme. Raises PluginError."""
        make: Callable[[str, Clock], Store] = self._get(STORE, scheme).plugin
        return make

    def command_offers(self) -> list[Offer]:
        """Every name under which a plugin brings commands, sorted."""
        return self._catalogue.offers(COMMANDS.group)

    def commands(self, name: str) -> Sequence[click.Command]:
        """The commands that were declared under that name. Raises PluginError."""
        loaded = self._get(COMMANDS, name)
        if name not in self._commands:
            try:
                self._commands[name] = _commands_of(loaded)
            except PluginError as error:
                self._known[COMMANDS.group, name] = error
                raise
        return self._commands[name]

    @property
    def failures(self) -> Mapping[tuple[str, str], PluginError]:
        """Every failure so far, by entry-point group and name.

        A directly named text that leads to no plugin is under (`DIRECT`, the text), a package whose
        declarations cannot be read under ("", package).
        """
        loading = {key: one for key, one in self._known.items() if isinstance(one, PluginError)}
        return {**self._catalogue.failures, **loading}

    def check_all(self, without_apis: Sequence[str] = ()) -> None:
        """Load all that there is, so that `failures` is complete. Raises no PluginError.

        API plugins that are left out take no prefix from another.
        """
        loaders: tuple[tuple[Kind, Callable[[str], object]], ...] = (
            (PATTERN, self.pattern),
            (API, self.api),
            (IMPORTER, self.importer),
            (STORE, self.store),
            (COMMANDS, self.commands),
        )
        for kind, load in loaders:
            for offer in self._catalogue.offers(kind.group):
                if kind is API and offer.name in without_apis:
                    continue
                try:
                    load(offer.name)
                except PluginError:
                    continue  # it is among the failures now

    def refresh(self) -> None:
        """See what was installed since, and try again what failed. What is loaded stays loaded."""
        importlib.invalidate_caches()
        self._catalogue.refresh()
        self._known = {key: one for key, one in self._known.items() if isinstance(one, Loaded)}

    @staticmethod
    def summary(loaded: Loaded[Any]) -> str:
        """The first line of the docstring of the plugin's class, or ""."""
        lines = (type(loaded.plugin).__doc__ or "").strip().splitlines()
        return lines[0].strip() if lines else ""

    def _get(self, kind: Kind, name: str) -> Loaded[Any]:
        key = (kind.group, name)
        if key not in self._known:
            try:
                self._known[key] = self._load(kind, name)
            except UnknownPlugin:
                raise  # not the failure of any plugin
            except PluginError as error:
                self._known[key] = error
        known = self._known[key]
        if isinstance(known, PluginError):
            raise known.with_traceback(None)  # it would grow each time
        return known

    def _load(self, kind: Kind, name: str) -> Loaded[Any]:
        candidates = self._catalogue.candidates(kind.group, name)
        if not candidates:
            raise self._unknown(kind, name)
        if len(candidates) > 1:
            both = " and ".join(str(one.offer) for one in candidates)
            raise PluginError(
                name, f"{both} provide this {kind.word}; none is used until only one is left"
            )
        offer = candidates[0].offer
        plugin = self._object(kind, candidates[0])
        findings = kind.findings(plugin, name)
        if kind is API and not findings:
            findings = self._prefix_clashes(plugin)
        if findings:
            raise contract_error(offer, kind, findings)
        return Loaded(name, plugin, offer.package, offer.version, offer.origin)

    def _object(self, kind: Kind, candidate: Candidate) -> object:
        if candidate.entry_point is None:
            return candidate.plugin
        step = "imported"
        try:
            found = _load_entry_point(candidate.entry_point)
            step = "constructed"
            return found if kind.as_it_is else self._instance(found)
        except (Exception, SystemExit) as error:
            # SystemExit and AssertionError do not go through stevedore's callback for failures.
            raise load_error(candidate.offer, step, error) from error

    def _instance(self, found: object) -> object:
        # One object for all names of a class: a lifespan is entered once, not once per alias.
        if not isinstance(found, type):
            return found
        if found not in self._instances:
            self._instances[found] = found()
        return self._instances[found]

    def _prefix_clashes(self, plugin: Any) -> list[str]:
        others = [
            one
            for (group, _), one in self._known.items()
            if group == API.group and isinstance(one, Loaded)
        ]
        return [
            f"its prefix {prefix!r} overlaps with {taken!r} of {other.name!r}"
            f" ({_provider(other)}); leave one of the two out"
            for prefix in owned_prefixes(plugin)
            for other in others
            for taken in owned_prefixes(other.plugin)
            if overlapping(prefix, taken)
        ]

    def _unknown(self, kind: Kind, name: str) -> UnknownPlugin:
        names = sorted({offer.name for offer in self._catalogue.offers(kind.group)})
        near = get_close_matches(name, names, 1)
        known = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names) or 'none'}."
        is_direct = kind in {PATTERN, API, IMPORTER}
        direct = ", or name it with --plugin module:attribute" if is_direct else ""
        failed = "".join(f"; {error}" for error in self._catalogue.direct_failures.values())
        return UnknownPlugin(
            name,
            f"no such {kind.word} is installed; {known} Otherwise install the package that provides"
            f" it{direct}{failed}",
        )


def _load_entry_point(entry_point: EntryPoint) -> Any:
    from stevedore.named import NamedExtensionManager  # noqa: PLC0415 - not before it is needed

    class OnlyThis(NamedExtensionManager[Any]):
        def list_entry_points(self) -> list[EntryPoint]:
            # stevedore's own listing is cached on disk, sees no edit made within two minutes of
            # the last scan, and loses the distribution of each entry point.
            return [entry_point]

    if not entry_point.pattern.match(entry_point.value):
        raise ValueError("that is not of the form module:attribute")
    manager = OnlyThis(
        entry_point.group,
        [entry_point.name],
        on_load_failure_callback=_reraise,
        on_missing_entrypoints_callback=None,
    )
    return manager.extensions[0].plugin


def _reraise(_manager: object, _entry_point: object, error: BaseException) -> NoReturn:
    raise error


def _commands_of(loaded: Loaded[Any]) -> tuple[click.Command, ...]:
    offer = Offer(loaded.name, loaded.package, loaded.version, loaded.origin)
    try:
        given = loaded.plugin.commands()
        findings = command_list_findings(given)
    except (Exception, SystemExit) as error:
        raise load_error(offer, "asked for its commands", error) from error
    if findings:
        raise contract_error(offer, COMMANDS, findings)
    return tuple(given)


def _provider(loaded: Loaded[Any]) -> str:
    return f"{loaded.package} {loaded.version}".strip() or loaded.origin
