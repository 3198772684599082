"""`imnot status` and `imnot sessions list`: the sessions in the database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import rich_click as click

from imnot_core.cli.columns import print_json, row
from imnot_core.cli.database import with_store
from imnot_core.cli.options import db_option, json_option

if TYPE_CHECKING:
    from imnot_core.store import Store
    from imnot_core.store.sessions import SessionEntry, Sessions

HEAD: Final = ("SESSION ID", "PARTNER", "DATAPOINT", "CREATED AT")
MORE: Final = ("NAME", "EXPIRES AT")  # where any session has one
WIDTHS: Final = (38, 12, 16, 34, 20)
RULE: Final = "-" * 90


@click.command("status")
@db_option
@json_option
def command(db: str | None, *, as_json: bool) -> None:
    """List the sessions in the database.

    A line for each session and datapoint that it has a payload for, newest first. The database is
    read directly: the server may be running or not.
    """
    show_sessions(db, as_json=as_json)


def show_sessions(db: str | None, *, as_json: bool) -> None:
    """Print the sessions of a database."""
    entries = with_store(db, lambda store: sessions_of(store).list())
    if as_json:
        print_json([_described(each) for each in entries])
    elif not entries:
        click.echo("No sessions.")
    else:
        for line in _lines(entries):
            click.echo(line)


def sessions_of(store: Store) -> Sessions:
    """The sessions that a store holds."""
    from imnot_core.store.sessions import Sessions

    return Sessions(store, lambda: str(uuid4()))


def _lines(entries: Sequence[SessionEntry]) -> Iterator[str]:
    from imnot_core.clock import instant

    settled = any(each.settings.name or each.settings.expires_at for each in entries)
    yield row((*HEAD, *MORE) if settled else HEAD, WIDTHS)
    yield RULE
    for each in entries:
        texts = [each.session, each.partner or "-", each.datapoint or "-", instant(each.created)]
        if settled:
            ends = each.settings.expires_at
            texts += [each.settings.name or "-", "-" if ends is None else instant(ends)]
        yield row(texts, WIDTHS)


def _described(entry: SessionEntry) -> dict[str, str | None]:
    from imnot_core.clock import instant

    described: dict[str, str | None] = {
        "session_id": entry.session,
        "partner": entry.partner,
        "datapoint": entry.datapoint,
        "created_at": instant(entry.created),
    }
    if entry.settings.name:
        described["name"] = entry.settings.name
    if entry.settings.expires_at is not None:
        described["expires_at"] = instant(entry.settings.expires_at)
    return described
