"""`imnot new-pattern`: a package with a working pattern, to be changed into one's own."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Final

import rich_click as click

from imnot_core.cli.examples import template, walk
from imnot_core.cli.failure import Failure
from imnot_core.cli.workspace import Workspace

NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
TEMPLATE: Final = "new-pattern"
SUFFIX: Final = ".template"
"""So that neither Python nor git takes the templates for files of imnot's own."""


@click.command("new-pattern")
@click.argument("name")
@click.option(
    "--dir",
    "parent",
    metavar="DIR",
    default=".",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to make the folder imnot-NAME.",
)
def command(name: str, parent: Path) -> None:
    """Write a package with a pattern of your own to fill in.

    It works as it is, and has tests. NAME is what partner files will say after `pattern:`: lower
    case letters, digits and hyphens.
    """
    if not NAME.fullmatch(name):
        raise click.BadParameter(
            f"{name!r} is no name for a pattern: write lower case letters, digits and hyphens,"
            " beginning with a letter, for instance long-poll",
            param_hint="NAME",
        )
    target = parent / f"imnot-{name}"
    if target.exists() or target.is_symlink():
        raise Failure(f"{target} already exists; nothing was written")
    _refuse_installed(name)
    try:
        parent.mkdir(parents=True, exist_ok=True)
        written = _write(target, _placeholders(name))
    except OSError as error:
        place = error.filename or target
        raise Failure(f"{place} cannot be written: {error.strerror or error}") from error
    click.echo(f"Written to {target}:")
    for file in written:
        click.echo(f"  {file}")
    click.echo()
    click.echo(f"Next: cd {target} && pip install -e '.[test]' && pytest")


def _refuse_installed(name: str) -> None:
    for offer in Workspace().registry.patterns():
        if offer.name == name:
            raise Failure(f"there is a pattern {name!r} already, from {offer}; choose another name")


def _placeholders(name: str) -> dict[str, str]:
    return {
        "@NAME@": name,
        "@MODULE@": f"imnot_{name.replace('-', '_')}",
        "@TITLE@": "".join(part.capitalize() for part in name.split("-")),
        "@VERSION@": version("imnot"),
    }


def _write(target: Path, placeholders: Mapping[str, str]) -> list[str]:
    # Made beside its place and renamed, so that a failure leaves no half of it.
    with tempfile.TemporaryDirectory(prefix=".imnot-new-", dir=target.parent) as made:
        whole = Path(made, target.name)
        written = []
        for source, content in walk(template(TEMPLATE)):
            name = _placed(source, placeholders["@MODULE@"])
            file = whole / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(_filled(content.decode(), placeholders), encoding="utf-8")
            written.append(name)
        shutil.move(whole, target)
    return written


def _placed(source: str, module: str) -> str:
    name = source.removesuffix(SUFFIX).replace("src/package/", f"src/{module}/")
    name = name.replace("tests/test_behaviour", f"tests/test_{module.removeprefix('imnot_')}")
    return ".gitignore" if name == "gitignore" else name


def _filled(text: str, placeholders: Mapping[str, str]) -> str:
    for placeholder, value in placeholders.items():
        text = text.replace(placeholder, value)
    return text
