"""`imnot start`: takes the address, then serves in this process or in several."""

from __future__ import annotations

import gc
import ipaddress
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import msgspec
import rich_click as click

from imnot_core.cli.failure import tell_warning
from imnot_core.cli.listener import listen, url_of
from imnot_core.cli.options import db_option, partners_option, plugin_option
from imnot_core.cli.pidfile import held
from imnot_core.cli.workspace import settings_for
from imnot_core.settings import Settings, find_database, pid_file

LOCAL = "localhost"


class Terminated(BaseException):
    """SIGTERM arrived; it ends the process once everything is closed."""


@click.command("start")
@partners_option
@db_option
@click.option("--host", help="The address to listen on.  [default: 127.0.0.1]")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="The port to listen on; 0 takes a free one.  [default: 8000]",
)
@click.option(
    "--reload", is_flag=True, default=None, help="Serve partner files anew when they change."
)
@click.option(
    "--admin-key",
    metavar="KEY",
    help="What admin requests must carry. Better given as IMNOT_ADMIN_KEY: others can see the"
    " arguments of a process.",
)
@click.option("--workers", type=click.IntRange(1), help="How many processes answer.  [default: 1]")
@click.option(
    "--log-requests/--no-log-requests",
    default=None,
    help="Log a line for each request.  [default: if stdout is a terminal]",
)
@click.option(
    "--base-url",
    metavar="URL",
    help="Where clients reach the server.  [default: http://localhost:<port>]",
)
@click.option("--body-limit", metavar="SIZE", help="The largest request body.  [default: 10 MB]")
@click.option(
    "--callback-allow",
    metavar="HOST",
    multiple=True,
    help="A host or network that callbacks may go to; may be repeated.  [default: everywhere]",
)
@click.option(
    "--journal-size",
    metavar="N",
    type=click.IntRange(0),
    help="How many requests are kept, for tests to ask about; 0: none.  [default: 10000]",
)
@plugin_option
@click.option(
    "--option",
    "options",
    metavar="NAME.KEY=VALUE",
    multiple=True,
    help="An option of the plugin NAME; may be repeated.",
)
@click.option(
    "--stubs",
    metavar="FILE",
    multiple=True,
    help="A file of stubs to begin with; may be repeated.",
)
@click.option(
    "--without-api",
    "without_apis",
    metavar="NAME",
    multiple=True,
    help="Leave out this management API; may be repeated.",
)
def command(**flags: Any) -> int:
    """Serve the partners until it is stopped.

    The first line on stdout names the address. Partner files that are refused are named on stderr,
    and the others served. Exit code 0 after Ctrl-C; 3: the address is taken or cannot be had; after
    SIGTERM everything is closed, then the process ends by the signal.
    """
    # Nothing that is made until it serves is garbage: to look for some is a tenth of the start.
    gc.disable()
    settings = settings_for(**flags)
    _end_in_order()
    try:
        _serve(settings)
    except KeyboardInterrupt:
        return 0
    except Terminated:
        return _die_of_sigterm()
    return 0


def _serve(settings: Settings) -> None:
    db = find_database(settings.db, Path.cwd())
    socket = listen(settings.host, settings.port)
    port = socket.getsockname()[1]
    settings = msgspec.structs.replace(
        settings,
        db=db,
        port=port,
        log_requests=_logs_requests(settings),
    )
    click.echo(f"Starting imnot on {url_of(settings.host, port)}")
    sys.stdout.flush()
    _warn_of_openness(settings)
    with socket, held(pid_file(db)):
        if settings.workers > 1:
            from imnot_core.cli.workers import serve_in_workers

            if serve_in_workers(settings, socket) == signal.SIGTERM:
                raise Terminated
        else:
            from imnot_core.cli.serving import serve

            serve(settings, socket)


def _logs_requests(settings: Settings) -> bool:
    return sys.stdout.isatty() if settings.log_requests is None else settings.log_requests


def _warn_of_openness(settings: Settings) -> None:
    if not settings.admin_key and not _is_local(settings.host):
        tell_warning(
            f"{settings.host} can be reached from other machines, and there is no admin key:"
            " everybody can change the mocks; set IMNOT_ADMIN_KEY"
        )


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == LOCAL


def _end_in_order() -> None:
    """Make SIGTERM raise, so that what is open is closed.

    uvicorn puts it off until the running requests are answered, and then raises it again.
    """

    def terminate(_signal: int, _frame: FrameType | None) -> None:
        raise Terminated

    signal.signal(signal.SIGTERM, terminate)


def _die_of_sigterm() -> int:
    # What waits for this process sees that it was told to end, as with any other server.
    sys.stdout.flush()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGTERM)
    return 128 + signal.SIGTERM  # process 1 of a container cannot die of it
