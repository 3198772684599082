"""The commands there are, by name: those of imnot, and those of plugins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

import rich_click as click

from imnot_core.cli.failure import Failure, tell_warning
from imnot_core.errors import PluginError

if TYPE_CHECKING:
    from imnot_core.registry import Offer, Registry


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A command of imnot's own; `summary` is the first line of its help."""

    module: str
    summary: str


COMMANDS: Final[Mapping[str, BuiltIn]] = {
    "start": BuiltIn("start", "Serve the partners until it is stopped."),
    "stop": BuiltIn("stop", "Stop the server that was started here."),
    "init": BuiltIn("init", "Write two example partners and a settings file to begin with."),
    "routes": BuiltIn("routes", "List every endpoint that would be served."),
    "generate": BuiltIn("generate", "Check a partner file and put it into the partners folder."),
    "export": BuiltIn("export", "Write what is served in the format of another tool."),
    "schema": BuiltIn("schema", "Print the JSON Schema of partner files, for editors."),
    "status": BuiltIn("status", "List the sessions in the database."),
    "payload": BuiltIn("payload", "Show or upload a payload."),
    "sessions": BuiltIn("sessions", "List or delete sessions."),
    "patterns": BuiltIn("patterns", "List the installed patterns, or explain one of them."),
    "new-pattern": BuiltIn("new_pattern", "Write a package with a pattern of your own to fill in."),
}


class Program(click.RichGroup):
    """The `imnot` command: imports a command's module only when the command is used.

    Help is drawn from the table above and from what packages declare; only `resolve_command` loads.
    """

    def list_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - as click calls it
    ) -> list[str]:
        """The names of all commands, imnot's own first."""
        return [*COMMANDS, *(name for name in self._offers if name not in COMMANDS)]

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - as click calls it
        cmd_name: str,
    ) -> click.Command | None:
        """A stand-in for listings, with the name and the summary of the command."""
        if cmd_name in COMMANDS:
            return click.RichCommand(name=cmd_name, help=COMMANDS[cmd_name].summary)
        if cmd_name in self._offers:
            package = " and ".join(offer.package for offer in self._offers[cmd_name])
            return click.RichCommand(name=cmd_name, help=f"Commands of {package}.")
        return None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command to run, loaded. Raises UsageError for an unknown one."""
        name = args[0]
        if name in COMMANDS:
            for clash in clashes(self._registry):
                if clash.plugin == name:
                    tell_warning(str(clash))
            return name, built_in(name), args[1:]
        if name in self._offers:
            return name, from_plugin(self._registry, name), args[1:]
        near = get_close_matches(name, self.list_commands(ctx), 1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise click.UsageError(f"No such command {name!r}.{hint}", ctx)

    @cached_property
    def _registry(self) -> Registry:
        from imnot_core.registry import Registry

        return Registry()

    @cached_property
    def _offers(self) -> dict[str, list[Offer]]:
        found: dict[str, list[Offer]] = {}
        for offer in self._registry.command_offers():
            found.setdefault(offer.name, []).append(offer)
        return found


def built_in(name: str) -> click.Command:
    """Import a command of imnot's own."""
    module = import_module(f"imnot_core.cli.{COMMANDS[name].module}")
    command: click.Command = module.command
    return command


def from_plugin(registry: Registry, name: str) -> click.Command:
    """The command of a plugin: the one of that name if it is alone, else a group of them all.

    Raises Failure if the plugin cannot be used.
    """
    try:
        given: Sequence[click.Command] = registry.commands(name)
    except PluginError as error:
        raise Failure(str(error)) from error
    if len(given) == 1 and given[0].name == name:
        return given[0]
    group = click.RichGroup(name=name, help=f"Commands of the plugin {name}.")
    for each in given:
        group.add_command(each)
    return group


def clashes(registry: Registry) -> list[PluginError]:
    """What is wrong with plugins that call their command like one of imnot's own."""
    return [
        PluginError(
            offer.name,
            f"the command `imnot {offer.name}` of {offer} is not used, because imnot itself"
            f" (imnot_core.cli.{COMMANDS[offer.name].module}) has a command of that name",
            package=offer.package,
            version=offer.version,
        )
        for offer in registry.command_offers()
        if offer.name in COMMANDS
    ]


def _show_version(ctx: click.Context, _: click.Parameter, value: Any) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(f"imnot {version('imnot')}")
        ctx.exit()


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_show_version,
    help="Show the version and exit.",
)
def program() -> None:
    """A stateful API mock server: describe an API in YAML, get a running server."""
