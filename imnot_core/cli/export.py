"""`imnot export`: what is served, in the format of another tool."""

from __future__ import annotations

import json
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Final

import rich_click as click

from imnot_core.cli.failure import Failure
from imnot_core.cli.options import partners_option, plugin_option
from imnot_core.cli.workspace import Workspace

if TYPE_CHECKING:
    from imnot_core.compiled import CompiledPartner

DEFAULT_OUT: Final = "imnot-collection.json"


@click.group("export")
def command() -> None:
    """Write what is served in the format of another tool."""


@command.command("postman")
@click.option(
    "--out", metavar="FILE", default=DEFAULT_OUT, show_default=True, help="The file to write."
)
@click.option(
    "--partner", "names", metavar="NAME", multiple=True, help="Only this one; may be repeated."
)
@partners_option
@plugin_option
def postman(
    out: str, names: tuple[str, ...], partners_dir: str | None, plugins: tuple[str, ...]
) -> None:
    """Write a Postman collection (format v2.1) of all endpoints, ready to send."""
    from imnot_core.postman import collection, counts

    workspace = Workspace(partners_dir=partners_dir, plugins=plugins)
    folder = workspace.folder()
    partners = workspace.deployment(folder).partners
    if not partners:
        raise Failure(f"there are no partners in {folder}; nothing was written")
    chosen = _chosen(partners, names)
    content = json.dumps(collection(chosen, workspace.settings.public_url), indent=2) + "\n"
    try:
        Path(out).write_text(content, encoding="utf-8")
    except OSError as error:
        raise Failure(f"{out} cannot be written: {error.strerror or error}") from error
    consumer, admin = counts(chosen)
    listed = ", ".join(each.name for each in chosen)
    click.echo(f"Collection written to {out}")
    click.echo(f"Partners : {len(chosen)} ({listed})")
    click.echo(f"Requests : {consumer + admin} ({consumer} consumer, {admin} admin)")


def _chosen(partners: Sequence[CompiledPartner], names: Sequence[str]) -> Sequence[CompiledPartner]:
    known = [each.name for each in partners]
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            listed = ", ".join(known)
            raise Failure(f"there is no partner {name!r}; {hint}There are {listed}")
    return [each for each in partners if not names or each.name in names]
