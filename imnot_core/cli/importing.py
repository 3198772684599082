"""`--from FORMAT`: a document in another format becomes the text of a partner file."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import rich_click as click

from imnot_core.cli.failure import DEBUG, Failure
from imnot_core.errors import ImnotError
from imnot_core.models import NAME

if TYPE_CHECKING:
    from imnot_core.plugin import Importer
    from imnot_core.registry import Loaded, Registry

SHORT: Final = re.compile(r"--from-(?P<format>[A-Za-z0-9_-]{1,64})(?:=(?P<file>.*))?", re.DOTALL)


class FormatsCommand(click.RichCommand):
    """A command that takes `--from-FORMAT FILE` for `--from FORMAT --file FILE`.

    The formats are those of installed importers, so that none is declared as an option.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Write the short form out before click reads it. Raises UsageError."""
        return super().parse_args(ctx, _written_out(args, ctx))


def imported(registry: Registry, form: str, text: str, *, name: str | None, source: str) -> str:
    """Return the partner file that the importer of a format makes of a text.

    Raises PluginError when there is no such importer, PartnerError for what is wrong in the text,
    Failure for an importer that does not do its work.
    """
    if name is not None and not NAME.match(name):
        raise Failure(
            f"--name {name!r}: a partner's name has 1 to 64 ASCII letters, digits, `_` and `-`"
        )
    loaded = registry.importer(form)
    try:
        made: object = loaded.plugin.partner(text, name, source)
    except ImnotError:
        raise
    except Exception as error:
        if os.environ.get(DEBUG):
            raise
        raise _broken(loaded, f"{type(error).__name__}: {error}") from error
    if not isinstance(made, str):
        raise _broken(loaded, f"it returned {type(made).__name__}, not the text of a partner file")
    return made


def _broken(loaded: Loaded[Importer], reason: str) -> Failure:
    origin = f"{loaded.package} {loaded.version}".strip() or loaded.origin
    return Failure(f"the importer {loaded.name!r} ({origin}) failed: {reason}")


def _written_out(arguments: Sequence[str], ctx: click.Context) -> list[str]:
    written: list[str] = []
    short = ""
    rest = iter(arguments)
    for argument in rest:
        found = SHORT.fullmatch(argument)
        if argument == "--":
            return [*written, argument, *rest]
        if found is None:
            written.append(argument)
            continue
        if short:
            raise click.UsageError(f"{short} and {argument}: give one document at a time.", ctx)
        short = f"--from-{found['format']}"
        file = found["file"] if found["file"] is not None else next(rest, None)
        if file is None:
            raise click.UsageError(f"Option {short!r} requires an argument.", ctx)
        written += ["--from", found["format"], "--file", file]
    for long in ("--from", "--file"):
        given = sum(each == long or each.startswith(f"{long}=") for each in written)
        if short and given > 1:
            raise click.UsageError(f"{short} says what {long} would say: leave {long} out.", ctx)
    return written
