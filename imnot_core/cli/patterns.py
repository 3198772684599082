"""`imnot patterns`: what is installed, what each pattern takes, and which plugins do not work."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import rich_click as click

from imnot_core.cli.columns import print_json, table
from imnot_core.cli.options import json_option, partners_option, plugin_option
from imnot_core.cli.program import clashes
from imnot_core.cli.workspace import Workspace
from imnot_core.errors import PluginError
from imnot_core.fields import FieldRow, field_rows

if TYPE_CHECKING:
    from imnot_core.plugin import ApiPlugin, Importer, PatternPlugin
    from imnot_core.registry import Loaded, Offer, Registry

    Pattern = Loaded[PatternPlugin[Any]]
    Api = Loaded[ApiPlugin]
    Importing = Loaded[Importer]

T = TypeVar("T")


@click.command("patterns")
@click.argument("name", required=False)
@partners_option
@plugin_option
@json_option
def command(
    name: str | None, partners_dir: str | None, plugins: tuple[str, ...], *, as_json: bool
) -> None:
    """List the installed patterns, or explain one of them.

    The management APIs come after them, then the formats that `imnot generate --from` reads, and
    the plugins that cannot be used, and why. With NAME: what the pattern does, every key that it
    takes, and an example to paste into a partner file.
    """
    workspace = Workspace(partners_dir=partners_dir, plugins=plugins)
    if name is not None:
        pattern = workspace.registry.pattern(name)
        if as_json:
            print_json(_explained(pattern))
        else:
            _print_lines(_explanation(pattern))
        return
    left_out = workspace.settings.without_apis
    workspace.registry.check_all(left_out)
    patterns, failures = _usable(workspace.registry), _failures(workspace.registry)
    apis = _apis(workspace.registry, left_out)
    importers = _importers(workspace.registry)
    if as_json:
        listed = {
            "patterns": [_described(each) for each in patterns],
            "apis": [_described_api(each) for each in apis],
            "importers": [_described_importer(each) for each in importers],
            "failures": [str(each) for each in failures],
        }
        print_json(listed)
    else:
        _print_lines(_list(patterns, apis, importers, failures))


def _usable(registry: Registry) -> list[Pattern]:
    """Each pattern once, under the first of its own names."""
    found: dict[int, Pattern] = {}
    for offer in registry.patterns():
        try:
            loaded = registry.pattern(offer.name)
        except PluginError:
            continue  # it is among the failures
        if id(loaded.plugin) not in found or offer.name == loaded.plugin.name:
            found[id(loaded.plugin)] = loaded
    return sorted(found.values(), key=lambda each: each.plugin.name)


def _failures(registry: Registry) -> list[PluginError]:
    known: Mapping[Any, PluginError] = registry.failures
    # An alias fails like its name does, in other words.
    return list({str(each): each for each in (*known.values(), *clashes(registry))}.values())


def _apis(registry: Registry, left_out: Collection[str]) -> list[Api]:
    """The management APIs that a server would serve, by name."""
    offered = [offer for offer in registry.apis() if offer.name not in left_out]
    return _working(offered, registry.api)


def _importers(registry: Registry) -> list[Importing]:
    """The formats that `imnot generate --from` reads, by name."""
    return _working(registry.importers(), registry.importer)


def _working(offers: list[Offer], load: Callable[[str], T]) -> list[T]:
    found = []
    for name in sorted({offer.name for offer in offers}):
        try:
            found.append(load(name))
        except PluginError:
            continue  # it is among the failures
    return found


def _list(
    patterns: list[Pattern],
    apis: list[Api],
    importers: list[Importing],
    failures: list[PluginError],
) -> Iterator[str]:
    rows = [
        (each.plugin.name, ", ".join(each.plugin.aliases) or "-", _origin(each), _summary(each))
        for each in patterns
    ]
    yield from table(("PATTERN", "ALIASES", "FROM", "SUMMARY"), rows)
    if apis:
        yield ""
        served = [
            (each.name, ", ".join(each.plugin.prefixes), _origin(each), _summary(each))
            for each in apis
        ]
        yield from table(("API", "SERVES", "FROM", "SUMMARY"), served)
    if importers:
        yield ""
        read = [(each.name, _origin(each), _summary(each)) for each in importers]
        yield from table(("IMPORTER", "FROM", "SUMMARY"), read)
    if failures:
        yield ""
        yield "Plugins that cannot be used:"
        yield from (f"  {each}" for each in failures)


def _explanation(pattern: Pattern) -> Iterator[str]:
    plugin = pattern.plugin
    yield f"{plugin.name}: {_summary(pattern)}"
    yield ""
    yield f"Aliases:  {', '.join(plugin.aliases) or 'none'}"
    yield f"From:     {_origin(pattern)}"
    yield ""
    yield "Keys of a datapoint:"
    for each in field_rows(plugin.config):
        yield from _key(each)
    yield ""
    yield "Example, to paste below `datapoints:`:"
    yield ""
    yield from plugin.example.rstrip().splitlines()


def _key(field: FieldRow) -> Iterator[str]:
    facts = [" ".join(filter(None, (field.type, field.constraints)))]
    if field.required:
        facts.append("required")
    elif field.default:
        facts.append(f"default {field.default}")
    yield f"  {field.path}  ({', '.join(facts)})"
    if field.description:
        yield f"      {field.description}"


def _origin(plugin: Pattern | Api | Importing) -> str:
    return f"{plugin.package} {plugin.version}".strip() or plugin.origin


def _summary(plugin: Pattern | Api | Importing) -> str:
    lines = (type(plugin.plugin).__doc__ or "").strip().splitlines()
    return lines[0].strip() if lines else ""


def _described(pattern: Pattern) -> dict[str, Any]:
    return {
        "name": pattern.plugin.name,
        "aliases": list(pattern.plugin.aliases),
        "package": pattern.package,
        "version": pattern.version,
        "origin": pattern.origin,
        "summary": _summary(pattern),
    }


def _described_api(api: Api) -> dict[str, Any]:
    return {
        "name": api.name,
        "prefixes": list(api.plugin.prefixes),
        "package": api.package,
        "version": api.version,
        "origin": api.origin,
        "summary": _summary(api),
    }


def _described_importer(importer: Importing) -> dict[str, Any]:
    return {
        "name": importer.name,
        "package": importer.package,
        "version": importer.version,
        "origin": importer.origin,
        "summary": _summary(importer),
    }


def _explained(pattern: Pattern) -> dict[str, Any]:
    fields = [msgspec.to_builtins(each) for each in field_rows(pattern.plugin.config)]
    return {**_described(pattern), "fields": fields, "example": pattern.plugin.example}


def _print_lines(lines: Iterator[str]) -> None:
    for line in lines:
        click.echo(line)
