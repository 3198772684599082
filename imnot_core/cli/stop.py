"""`imnot stop`: ends the server that `imnot start` began in this project."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Final

import rich_click as click

from imnot_core.cli.failure import Failure
from imnot_core.cli.options import db_option
from imnot_core.cli.pidfile import Process, look_up, read, remove
from imnot_core.cli.workspace import settings_for
from imnot_core.settings import find_database, pid_file
from imnot_core.settings.places import find_file

DEFAULT: Final = "imnot.pid"
INTERVAL: Final = 0.05


@click.command("stop")
@click.option(
    "--pid-file",
    "name",
    metavar="FILE",
    help="The file with the server's process number, here or in a parent folder."
    "  [default: beside the database, imnot.pid]",
)
@db_option
def command(name: str | None, db: str | None) -> None:
    """Stop the server that was started here.

    Sends SIGTERM and waits as long as `stop_timeout_seconds` in imnot.toml says (5). A server that
    is gone already is no error. Exit code 1: there is no pid file, it holds no number, or the
    server is still there after the wait.
    """
    settings = settings_for(db=db)
    file = _find(name, find_database(settings.db, Path.cwd()))
    number = read(file)
    if number is None:
        raise Failure(f"{file} holds no process number; delete it if no server runs")
    known = look_up(number)
    if known is Process.STRANGER:
        raise Failure(f"process {number} of {file} is no imnot of yours; delete the file by hand")
    if known is Process.GONE:
        remove(file, number)
        click.echo(f"The server (process {number}) was gone already; removed {file}.")
        return
    os.kill(number, signal.SIGTERM)
    if not _ends_within(number, settings.stop_timeout):
        raise Failure(f"process {number} is still there after {settings.stop_timeout:g} seconds")
    remove(file, number)
    click.echo(f"Stopped the server (process {number}).")


def _find(name: str | None, db: str) -> Path:
    beside = pid_file(db)
    if name is None and beside.is_file():
        return beside
    found = find_file(name or DEFAULT, Path.cwd())
    if found is None:
        places = f"{name or DEFAULT} here or in any folder above ({Path.cwd()})"
        raise Failure(
            f"there is no pid file: neither {beside} nor {places}"
            if name is None
            else f"there is no pid file {places}"
        )
    return found


def _ends_within(number: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while look_up(number) is not Process.GONE:
        if time.monotonic() >= deadline:
            return False
        time.sleep(INTERVAL)
    return True
