"""`imnot init`: a project to begin with."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import rich_click as click

from imnot_core.cli.examples import example_partners, template, walk
from imnot_core.cli.failure import Failure
from imnot_core.cli.schema_file import FILE as SCHEMA
from imnot_core.cli.schema_file import schema_text, with_modeline

FOLDER: Final = "partners"
SETTINGS: Final = "imnot.toml"


@click.command("init")
@click.option(
    "--dir",
    "folder",
    metavar="DIR",
    default=".",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to write; made if it is not there.",
)
def command(folder: Path) -> None:
    """Write two example partners and a settings file to begin with.

    Beside the partners lies the JSON Schema of their files, for editors: see `imnot schema`. An
    imnot.toml that is there is kept. Exit code 1: there is a partners folder already, and nothing
    was written.
    """
    target = folder / FOLDER
    if target.exists() or target.is_symlink():
        raise Failure(f"{target} already exists; nothing was written")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written = [f"{FOLDER}/{name}" for name in _write_partners(target)]
        if _write_settings(folder / SETTINGS):
            written.append(SETTINGS)
    except OSError as error:
        place = error.filename or folder
        raise Failure(f"{place} cannot be written: {error.strerror or error}") from error
    click.echo(f"Written to {folder.resolve()}:")
    for name in written:
        click.echo(f"  {name}")
    click.echo()
    click.echo("Next: `imnot start` serves them, `imnot routes` lists what they answer.")


def _write_partners(target: Path) -> Iterator[str]:
    from imnot_core.registry import Registry

    # Made beside its place and renamed, so that a failure leaves no half of it.
    with tempfile.TemporaryDirectory(prefix=".imnot-init-", dir=target.parent) as made:
        whole = Path(made, FOLDER)
        names = []
        for name, content in walk(example_partners()):
            file = whole / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(_placed(name, content))
            names.append(name)
        (whole / SCHEMA).write_text(schema_text(Registry())[0], encoding="utf-8")
        shutil.move(whole, target)
    yield from (*names, SCHEMA)


def _placed(name: str, content: bytes) -> bytes:
    from imnot_core.partners import PARTNER_FILE

    is_partner = name.endswith(f"/{PARTNER_FILE}")
    return with_modeline(content.decode()).encode() if is_partner else content


def _write_settings(file: Path) -> bool:
    try:
        with file.open("xb") as stream:
            stream.write(template(SETTINGS).read_bytes())
    except FileExistsError:
        return False
    return True
