"""One serving process: the application on uvicorn, on a socket that is open already."""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Callable
from socket import socket
from typing import Any, Final

import uvicorn
from uvicorn.lifespan.on import LifespanOn

from imnot_core.cli.listener import BACKLOG, url_of
from imnot_core.cli.logs import log_to_the_terminal
from imnot_core.registry import DIRECT
from imnot_core.server import create_app
from imnot_core.server.runtime import registry_for
from imnot_core.settings import Settings

GRACE: Final = 3
"""For how many seconds running requests may go on when the server is told to end."""


class QuietLifespan(LifespanOn):
    """Keeps what went wrong at startup or shutdown, where uvicorn would log a traceback of it."""

    config: ServerConfig

    async def main(self) -> None:
        """Run the application's lifespan."""
        scope = {
            "type": "lifespan",
            "asgi": {"version": self.config.asgi_version, "spec_version": "2.0"},
            "state": self.state,
        }
        try:
            await self.config.loaded_app(scope, self.receive, self._send_without_traceback)
        except BaseException as error:  # noqa: BLE001 - reported, and the server ends
            self.error_occurred = True
            self.config.failure = _cause(error)
        finally:
            self.startup_event.set()
            self.shutdown_event.set()

    async def _send_without_traceback(self, message: Any) -> None:
        if "message" in message:
            message = {**message, "message": ""}
        await self.send(message)


class ServerConfig(uvicorn.Config):
    """How imnot runs on uvicorn. `make` is called in the process that serves.

    The answers of a mock have only the headers that its file gives them: uvicorn adds neither
    `server` nor `date`.
    """

    failure: BaseException | None = None

    def __init__(self, settings: Settings, make: Callable[[], Any]) -> None:
        super().__init__(
            make,
            factory=True,
            host=settings.host,
            port=settings.port,
            workers=settings.workers,
            loop="uvloop" if sys.platform != "win32" else "asyncio",
            http="httptools",
            ws="none",
            lifespan="on",
            backlog=BACKLOG,
            log_config=None,
            access_log=bool(settings.log_requests),
            server_header=False,
            date_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=GRACE,
        )

    def load(self) -> None:
        """Import what is needed and make the application."""
        super().load()
        self.lifespan_class = QuietLifespan


class OneServer(uvicorn.Server):
    """Tells where it can be reached as soon as it answers."""

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Open the application and begin to answer."""
        await super().startup(sockets)
        # What is there now stays: nobody need look at it again. `start` switched this off.
        gc.freeze()
        gc.enable()
        address = url_of(self.config.host, self.config.port)
        logging.getLogger("uvicorn.error").info("Serving on %s (press Ctrl-C to stop)", address)


def _cause(error: BaseException) -> BaseException:
    # What is raised inside task groups comes out in as many groups.
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def app_for(settings: Settings, run: str) -> Any:
    """Make the application; plugins that were named directly and do not work are warnings."""
    registry = registry_for(settings)
    app = create_app(settings, registry=registry, run=run)
    for (group, _), error in registry.failures.items():
        if group == DIRECT:
            logging.getLogger("imnot").warning("%s", error)
    return app


def serve(settings: Settings, listener: socket) -> None:
    """Serve in this process until a signal ends it.

    Raises what kept the application from starting, and on SIGINT KeyboardInterrupt.
    """
    log_to_the_terminal(requests=bool(settings.log_requests))
    config = ServerConfig(settings, lambda: app_for(settings, run=""))
    try:
        OneServer(config).run([listener])
    except SystemExit:
        if config.failure is not None:
            raise config.failure from None
        raise
