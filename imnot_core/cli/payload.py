"""`imnot payload`: payloads are shown and uploaded, with or without a running server."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import rich_click as click

from imnot_core.cli.columns import ascii_json, row
from imnot_core.cli.database import with_store
from imnot_core.cli.failure import Failure
from imnot_core.cli.options import db_option, json_option

if TYPE_CHECKING:
    from imnot_core.store.payloads import Payload, StoredPayload

LABEL_WIDTH: Final = 12
REMEDY: Final = "say what else it is: --content-type application/xml"
UNSHOWN: Final = re.compile(r"[\x00-\x08\x0e-\x1f]")

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
@click.option(
    "--out",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    metavar="FILE",
    help="Write the payload to this file, byte for byte, and show nothing.",
)
@db_option
@json_option
def get(
    partner: str,
    datapoint: str,
    session: str | None,
    out: Path | None,
    db: str | None,
    *,
    as_json: bool,
) -> int:
    """Show the payload of a datapoint.

    Exit code 1 if it has none.
    """
    from imnot_core.store.payloads import Payloads

    stored = with_store(db, lambda store: Payloads(store).inspect(partner, datapoint, session))
    if stored is None:
        where = f"in session {session!r}" if session else "uploaded for everybody"
        click.echo(f"No payload {where} for {partner}/{datapoint}.")
        return 1
    if out is not None:
        _write(out, stored.payload.body)
    elif as_json:
        click.echo(_as_json(stored))
    else:
        click.echo(_as_text(stored))
    return 0


@command.command("set")
@click.argument("partner")
@click.argument("datapoint")
@click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
)
@session_option
@click.option(
    "--content-type",
    metavar="TYPE",
    help="What FILE is, if no JSON: application/xml, text/csv, … By default what its suffix says.",
)
@db_option
def upload(
    partner: str,
    datapoint: str,
    file: Path,
    session: str | None,
    content_type: str | None,
    db: str | None,
) -> None:
    """Upload a payload from a file; `-` reads stdin.

    It is JSON unless its suffix or `--content-type` say what else. A running server serves it at
    once. The names are not compared with the partner files.
    """
    from imnot_core.models import NAME
    from imnot_core.store.payloads import Payloads

    for name in (partner, datapoint):
        if not NAME.match(name):
            raise Failure(f"{name!r} is no name: 1 to 64 letters, digits, `_` and `-`")
    shown = "stdin" if str(file) == "-" else str(file)
    given = _given(file, shown, content_type)
    with_store(
        db,
        lambda store: Payloads(store).put(
            partner, datapoint, session, given.body, given.content_type
        ),
        create=True,
    )
    where = f" in session {session}" if session else ""
    click.echo(f"Payload of {partner}/{datapoint}{where} set from {shown}.")


def _given(file: Path, shown: str, content_type: str | None) -> Payload:
    from imnot_core.content_types import of_file, of_suffix
    from imnot_core.store.payloads import uploaded

    body = _read(file)
    declared = of_file(file.name, body) if of_suffix(file.name) else ""
    try:
        return uploaded(body, declared, content_type)
    except ValueError as error:
        raise Failure(f"{shown}: {error}; {REMEDY}") from error


def _heading(stored: StoredPayload) -> dict[str, str]:
    from imnot_core.clock import instant

    return {
        "partner": stored.partner,
        "datapoint": stored.datapoint,
        "updated_at": instant(stored.updated),
    }


def _as_json(stored: StoredPayload) -> str:
    from imnot_core.content_types import JSON

    text, encoding = stored.payload.readable()
    values = {key: json.dumps(value) for key, value in _heading(stored).items()}
    is_json = encoding == "json"
    values["payload"] = _indented(text).replace("\n", "\n  ") if is_json else json.dumps(text)
    if stored.payload.content_type != JSON:
        values["content_type"] = json.dumps(stored.payload.content_type)
        values["encoding"] = json.dumps(encoding)
    inner = ",\n".join(f"  {json.dumps(key)}: {value}" for key, value in values.items())
    return f"{{\n{inner}\n}}"


def _as_text(stored: StoredPayload) -> str:
    from imnot_core.content_types import JSON

    heading, payload = _heading(stored), stored.payload
    text, encoding = payload.readable()
    if payload.content_type != JSON:
        heading["content_type"] = payload.content_type
    if encoding == "json":
        text = _indented(text)
    if encoding == "base64" or (encoding == "text" and UNSHOWN.search(text)):
        text = f"{len(payload.body)} bytes that are no text: write them to a file with --out FILE"
    lines = [
        row((f"{key.replace('_', ' ').capitalize()}:", value), (LABEL_WIDTH,))
        for key, value in heading.items()
    ]
    return "\n".join([*lines, "", text])


def _indented(text: str) -> str:
    import msgspec

    # Formatted, not parsed and written again: numbers keep their digits.
    return ascii_json(msgspec.json.format(text, indent=2))


def _write(file: Path, body: bytes) -> None:
    try:
        if str(file) == "-":
            sys.stdout.buffer.write(body)
            sys.stdout.buffer.flush()
        else:
            file.write_bytes(body)
    except OSError as error:
        raise Failure(f"{file} cannot be written: {error.strerror or error}") from error


def _read(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise Failure(f"{file} cannot be read: {error.strerror or error}") from error
