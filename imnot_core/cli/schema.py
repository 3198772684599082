"""`imnot schema`: the JSON Schema of partner files, for editors."""

from __future__ import annotations

from pathlib import Path

import rich_click as click
from click.exceptions import Exit

from imnot_core.cli.failure import tell_warning
from imnot_core.cli.options import partners_option, plugin_option
from imnot_core.cli.schema_file import schema_text, write_schema
from imnot_core.cli.workspace import Workspace


@click.command("schema")
@click.option("--out", metavar="FILE", help="The file to write.  [default: stdout]")
@click.option(
    "--indent",
    metavar="N",
    default=2,
    show_default=True,
    type=click.IntRange(0, 8),
    help="Blanks of each level; with 0, all is in one line.",
)
@click.option("--strict", is_flag=True, help="End with exit code 1 if a pattern is left out.")
@partners_option
@plugin_option
def command(
    out: str | None,
    indent: int,
    partners_dir: str | None,
    plugins: tuple[str, ...],
    *,
    strict: bool,
) -> None:
    """Print the JSON Schema of partner files, for editors.

    With it they complete and check what is written, and show what each key is for. It has what all
    installed patterns take, those of plugins too. A pattern that cannot be loaded is named on
    stderr and left out.
    """
    workspace = Workspace(partners_dir=partners_dir, plugins=plugins)
    text, failures = schema_text(workspace.registry, indent)
    for failure in failures:
        tell_warning(f"left out of the schema: {failure}")
    if out is None:
        click.echo(text, nl=False)
    else:
        write_schema(Path(out), text)
        click.echo(f"Schema written to {out}")
    if strict and failures:
        raise Exit(1)
