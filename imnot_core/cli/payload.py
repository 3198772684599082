"""`imnot payload`: payloads are shown and uploaded, with or without a running server."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

import rich_click as click

from imnot_core.cli.columns import ascii_json, row
from imnot_core.cli.database import with_store
from imnot_core.cli.failure import Failure
from imnot_core.cli.options import db_option, json_option

LABEL_WIDTH: Final = 12
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"

session_option = click.option(
    "--session", metavar="ID", help="The payload of this session, not the global one."
)


@click.group("payload")
def command() -> None:
    """Show or upload a payload."""


@command.command("get")
@click.argument("partner")
@click.argument("datapoint")
@session_option
@db_option
@json_option
def get(partner: str, datapoint: str, session: str | None, db: str | None, *, as_json: bool) -> int:
    """Show the payload of a datapoint.

    Exit code 1 if it has none.
    """
    import msgspec

    from imnot_core.clock import instant
    from imnot_core.store.payloads import Payloads

    stored = with_store(db, lambda store: Payloads(store).inspect(partner, datapoint, session))
    if stored is None:
        where = f"in session {session!r}" if session else "uploaded for everybody"
        click.echo(f"No payload {where} for {partner}/{datapoint}.")
        return 1
    # Formatted, not parsed and written again: numbers keep their digits.
    body = ascii_json(msgspec.json.format(stored.payload.body, indent=2).decode())
    heading = {"partner": partner, "datapoint": datapoint, "updated_at": instant(stored.updated)}
    if as_json:
        head = "".join(f"  {json.dumps(key)}: {json.dumps(heading[key])},\n" for key in heading)
        indented = body.replace("\n", "\n  ")
        click.echo(f'{{\n{head}  "payload": {indented}\n}}')
        return 0
    for key, value in heading.items():
        click.echo(row((f"{key.replace('_', ' ').capitalize()}:", value), (LABEL_WIDTH,)))
    click.echo()
    click.echo(body)
    return 0


@command.command("set")
@click.argument("partner")
@click.argument("datapoint")
@click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
)
@session_option
@db_option
def upload(partner: str, datapoint: str, file: Path, session: str | None, db: str | None) -> None:
    """Upload a payload from a JSON file; `-` reads stdin.

    A running server serves it at once. The names are not compared with the partner files.
    """
    from imnot_core.messages import parse_json
    from imnot_core.models import NAME
    from imnot_core.store.payloads import Payloads

    for name in (partner, datapoint):
        if not NAME.match(name):
            raise Failure(f"{name!r} is no name: 1 to 64 letters, digits, `_` and `-`")
    body, shown = _read(file), "stdin" if str(file) == "-" else str(file)
    try:
        parse_json(body)
    except ValueError as error:
        raise Failure(f"{shown} is not valid JSON: {error}") from error
    kept = body.removeprefix(BYTE_ORDER_MARK)
    with_store(
        db, lambda store: Payloads(store).put(partner, datapoint, session, kept), create=True
    )
    where = f" in session {session}" if session else ""
    click.echo(f"Payload of {partner}/{datapoint}{where} set from {shown}.")


def _read(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise Failure(f"{file} cannot be read: {error.strerror or error}") from error
