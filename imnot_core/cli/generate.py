"""`imnot generate`: a partner file is checked, and put where `imnot start` finds it.

With `--from FORMAT` an importer makes it of another document first.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import rich_click as click
from click.exceptions import Exit

from imnot_core.cli.columns import cell, print_json, row
from imnot_core.cli.failure import Failure, tell_problems
from imnot_core.cli.importing import FormatsCommand, imported
from imnot_core.cli.options import json_option, partners_option, plugin_option
from imnot_core.cli.schema_file import FILE as SCHEMA
from imnot_core.cli.schema_file import add_schema, with_modeline
from imnot_core.cli.workspace import Workspace

if TYPE_CHECKING:
    from imnot_core.registration import Registration

INVALID: Final = 1
EXISTS: Final = 2
NO_FOLDER: Final = 3

LABEL_WIDTH: Final = 13
ENDPOINT_WIDTHS: Final = (7, 45)


@click.command("generate", cls=FormatsCommand)
@click.option("--file", "file", metavar="FILE", required=True, help="The file; `-` reads stdin.")
@click.option(
    "--from",
    "form",
    metavar="FORMAT",
    help="The file is in another format: that of an installed importer (`imnot patterns` lists"
    " them). `--from-FORMAT FILE` is short for this and `--file FILE`.",
)
@click.option(
    "--name",
    metavar="NAME",
    help="With `--from`: what the partner is called, if not as the document says.",
)
@click.option("--dry-run", is_flag=True, help="Check only; write nothing.")
@click.option("--force", is_flag=True, help="Overwrite the partner if there is one of that name.")
@json_option
@partners_option
@plugin_option
def command(
    file: str,
    form: str | None,
    name: str | None,
    partners_dir: str | None,
    plugins: tuple[str, ...],
    *,
    dry_run: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Check a partner file and put it into the partners folder.

    With --from FORMAT, or --from-FORMAT FILE, the partner file is made of a document in another
    format, such as the description of an API. Its first line leads editors to the schema in the
    partners folder, which is written there if there is none.

    Nothing is written unless all of it is right and none of its routes is taken. Exit code 1: it
    cannot be read or is wrong; 2: there is a partner of that name, and no --force; 3: there is no
    partners folder.
    """
    if name is not None and form is None:
        raise click.UsageError("--name goes with --from: a partner file says its name itself.")
    with _told(as_json=as_json):
        workspace = Workspace(partners_dir=partners_dir, plugins=plugins)
        checked = _checked(workspace, _Document(file, form, name), force=force)
        folder_exists = checked.file.parent.exists()
        schema_added = not dry_run and _write(checked, None if form is None else workspace)
    if as_json:
        print_json(checked.result(created=checked.created and not dry_run))
        return
    notes = ("dry run", "dry run") if dry_run else _notes(checked, folder_exists=folder_exists)
    for line in _lines(checked, *notes, schema_added=schema_added):
        click.echo(line)
    click.echo()
    click.echo(_next_step(checked, dry_run=dry_run))


class _Document(NamedTuple):
    """What is to become a partner: a file, its format if it is no partner file, a name."""

    file: str
    form: str | None
    name: str | None

    @property
    def shown(self) -> str:
        """What problems call it."""
        return "<stdin>" if self.file == "-" else self.file

    @property
    def own_file(self) -> Path | None:
        """The partner file that it is."""
        return Path(self.file) if self.form is None and self.file != "-" else None

    def text(self, workspace: Workspace) -> tuple[str, str]:
        """The text of the partner file, and what problems in it call it. Raises ImnotError."""
        from imnot_core.partners import decoded

        text = decoded(_read(self.file), self.shown)
        if self.form is None:
            return text, self.shown
        made = imported(workspace.registry, self.form, text, name=self.name, source=self.shown)
        return made, f"{self.shown} (as a partner file)"


def _checked(workspace: Workspace, document: _Document, *, force: bool) -> Registration:
    from imnot_core.errors import PartnerError
    from imnot_core.registration import PartnerExists, check

    try:
        text, shown = document.text(workspace)
        folder = workspace.folder(NO_FOLDER)
        current = workspace.deployment(folder, untold=document.own_file)
        return check(
            text, shown, folder=folder, compiler=workspace.compiler, current=current, force=force
        )
    except PartnerExists as error:
        place = str(error).replace("use force to overwrite", "--force overwrites")
        raise Failure(place, EXISTS) from error
    except PartnerError as error:
        raise _Refused(error) from error


class _Refused(Failure):
    """A file with problems; each has its own line."""

    def __init__(self, error: Any) -> None:
        super().__init__(str(error), INVALID)
        self.problems = error.problems


@contextmanager
def _told(*, as_json: bool) -> Iterator[None]:
    """Tell what goes wrong inside: as JSON on stdout, or in lines on stderr."""
    from imnot_core.errors import ImnotError, PartnerError

    try:
        yield
    except ImnotError as error:
        code = error.exit_code if isinstance(error, Failure) else INVALID
        if as_json:
            import json

            click.echo(json.dumps({"status": "error", "error": str(error)}))
        elif isinstance(error, _Refused | PartnerError):
            tell_problems(error.problems)
            click.echo("Error: the file is refused; nothing was written", err=True)
        else:
            raise
        raise Exit(code) from error


def _read(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise Failure(f"{file} cannot be read: {error.strerror or error}", INVALID) from error


def _write(checked: Registration, making: Workspace | None) -> bool:
    """Write the file, byte for byte, and tell whether a schema was written as well.

    That is for a file that was made in a workspace: it begins with the line that leads there.
    """
    from imnot_core.registration import write, write_atomically

    try:
        if making is None:
            write(checked)
            return False
        added = add_schema(checked.file.parents[1], making.registry)
        write_atomically(checked.file, with_modeline(checked.source.text).encode())
    except OSError as error:
        reason = error.strerror or error
        raise Failure(f"{checked.file} cannot be written: {reason}", INVALID) from error
    return added


def _notes(checked: Registration, *, folder_exists: bool) -> tuple[str, str]:
    folder = "exists" if folder_exists else "created"
    return folder, "written" if checked.created else "overwritten"


def _lines(
    checked: Registration, folder_note: str, file_note: str, *, schema_added: bool
) -> Iterator[str]:
    from imnot_core.registration import SHOWN_FOLDER

    result = checked.result(created=checked.created)
    yield row(("Partner:", result["partner"]), (LABEL_WIDTH,))
    yield row(("Description:", result["description"]), (LABEL_WIDTH,))
    yield row(("Directory:", f"{result['directory']}  ({folder_note})"), (LABEL_WIDTH,))
    yield row(("File:", f"{result['file']}  ({file_note})"), (LABEL_WIDTH,))
    if schema_added:
        yield row(("Schema:", f"{SHOWN_FOLDER}/{SCHEMA}  (written, for editors)"), (LABEL_WIDTH,))
    yield ""
    yield "Consumer endpoints:"
    for datapoint in checked.partner.datapoints:
        for endpoint in datapoint.compiled.endpoints:
            step = "" if endpoint.step is None else f" step {endpoint.step}"
            pattern = f"[{datapoint.config.pattern}{step}]"
            yield "  " + row((endpoint.method.upper(), endpoint.path, pattern), ENDPOINT_WIDTHS)
    if admin := [one for each in checked.partner.datapoints for one in each.listed_admin()]:
        yield ""
        yield "Admin endpoints:"
        yield from (f"  {cell(method, ENDPOINT_WIDTHS[0])}{path}" for method, path, _ in admin)


def _next_step(checked: Registration, *, dry_run: bool) -> str:
    if dry_run:
        return f"Dry run: nothing was written. Without --dry-run it goes to {checked.file}."
    return (
        "Activate it: a server started with --reload serves it already; otherwise send"
        " POST /imnot/admin/reload or run `imnot start`."
    )
