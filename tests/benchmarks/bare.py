"""The yardstick: `python bare.py PORT` serves a constant answer and does nothing else.

It is as little as an application on uvicorn can do, with the options that `imnot start` uses.
"""

import sys
from typing import Any

import uvicorn

from imnot_core.cli.serving import ServerConfig
from imnot_core.settings import Settings

START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", b"14")],
}
FINISH = {"type": "http.response.body", "body": b'{"state":"up"}'}


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer everything alike."""
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send(START)
    await send(FINISH)


def main() -> None:
    """Serve until SIGTERM."""
    settings = Settings(port=int(sys.argv[1]), log_requests=False)
    uvicorn.Server(ServerConfig(settings, lambda: app)).run()


if __name__ == "__main__":
    main()
