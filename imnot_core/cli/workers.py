"""Several serving processes: uvicorn's supervisor replaces those that die."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import signal
import socket
import threading
from functools import partial
from multiprocessing.connection import Connection
from typing import Any, Final
from uuid import uuid4

from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from imnot_core.cli.database import opened_store
from imnot_core.cli.logs import log_to_the_terminal
from imnot_core.cli.serving import QuietLifespan, ServerConfig, app_for
from imnot_core.errors import ImnotError
from imnot_core.registry import Registry
from imnot_core.server.deployer import NAMESPACE
from imnot_core.settings import Settings

MAX_MESSAGE: Final = 2000  # so that the messages of several workers do not mix


class WorkerFailed(ImnotError):
    """A worker could not start; the message is what it had to say."""


class WorkerConfig(ServerConfig):
    """The configuration of a worker, which is handed to it. `failures` leads to the parent."""

    def __init__(self, settings: Settings, run: str, failures: Connection) -> None:
        super().__init__(settings, partial(_worker_app, settings, run, failures))
        self.failures = failures

    def load(self) -> None:
        """Import what is needed and make the application."""
        super().load()
        self.lifespan_class = _WorkerLifespan


class _WorkerLifespan(QuietLifespan):
    """Tells the parent what went wrong."""

    config: WorkerConfig

    async def main(self) -> None:
        await super().main()
        if self.config.failure is not None:
            _tell_parent(self.config.failures, self.config.failure)


class Supervisor(Multiprocess):
    """Remembers the signal that ended it."""

    ended_by: signal.Signals | None = None

    def handle_int(self) -> None:
        """End by Ctrl-C."""
        super().handle_int()
        self.ended_by = signal.SIGINT

    def handle_term(self) -> None:
        """End by `imnot stop`, a container's end and the like."""
        super().handle_term()
        self.ended_by = signal.SIGTERM


def serve_in_workers(settings: Settings, listener: socket.socket) -> signal.Signals | None:
    """Serve in `settings.workers` processes until a signal ends it; returns the signal.

    Raises ImnotError when the workers cannot start.
    """
    gc.enable()  # `start` switched it off until there is a server, which is elsewhere now
    log_to_the_terminal(requests=bool(settings.log_requests))
    server = f"{socket.gethostname()}/{settings.port}/"
    run = f"{server}{uuid4()}"
    asyncio.run(_forget_runs(settings, server))  # those of a server that was killed here
    told, failures = multiprocessing.Pipe(duplex=False)
    supervisor = Supervisor(WorkerConfig(settings, run, failures), [listener])
    try:
        supervisor.run()
    finally:
        asyncio.run(_forget_runs(settings, run))
    if told.poll():
        raise WorkerFailed(told.recv())
    return supervisor.ended_by


async def _forget_runs(settings: Settings, prefix: str) -> None:
    async with opened_store(settings.db, Registry()) as store:
        await store.clear(NAMESPACE, prefix)


def _worker_app(settings: Settings, run: str, failures: Connection) -> Any:
    """Make the application, in the worker."""
    log_to_the_terminal(requests=bool(settings.log_requests))
    _end_with_parent()
    try:
        return app_for(settings, run)
    except Exception as error:  # noqa: BLE001 - told to the parent, which ends the server
        _tell_parent(failures, error)
        # Any other exit code would have the supervisor try again, for ever.
        raise SystemExit(STARTUP_FAILURE) from None


def _tell_parent(failures: Connection, error: BaseException) -> None:
    text = str(error) if isinstance(error, ImnotError) else f"{type(error).__name__}: {error}"
    failures.send(text[:MAX_MESSAGE])


def _end_with_parent() -> None:
    """End when the parent does not live any more: a worker alone would hold the address."""
    parent = multiprocessing.parent_process()

    def wait() -> None:
        if parent is not None:
            parent.join()
            os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="imnot parent", daemon=True).start()
