"""`imnot sessions`: sessions are listed and deleted, with or without a running server."""

from __future__ import annotations

import rich_click as click

from imnot_core.cli.database import with_store
from imnot_core.cli.failure import Failure
from imnot_core.cli.options import db_option, json_option
from imnot_core.cli.status import sessions_of, show_sessions


@click.group("sessions")
def command() -> None:
    """List or delete sessions."""


@command.command("list")
@db_option
@json_option
def list_sessions(db: str | None, *, as_json: bool) -> None:
    """List the sessions, as `imnot status` does."""
    show_sessions(db, as_json=as_json)


@command.command("delete")
@click.argument("session_id", metavar="ID")
@db_option
def delete(session_id: str, db: str | None) -> None:
    """Delete a session with all that was written in it."""
    if not with_store(db, lambda store: sessions_of(store).delete(session_id)):
        raise Failure(f"there is no session {session_id!r}; `imnot sessions list` shows them")
    click.echo(f"Deleted session {session_id}.")


@command.command("clear")
@click.option("--yes", is_flag=True, help="Do not ask.")
@db_option
def clear(db: str | None, *, yes: bool) -> None:
    """Delete all sessions; global payloads stay."""
    entries = with_store(db, lambda store: sessions_of(store).list())
    count = len({each.session for each in entries})
    if not yes:
        click.confirm(f"Delete {_counted(count)}?", abort=True)
    click.echo(f"Cleared {_counted(with_store(db, lambda store: sessions_of(store).clear()))}.")


def _counted(count: int) -> str:
    return f"{count} session{'' if count == 1 else 's'}"
