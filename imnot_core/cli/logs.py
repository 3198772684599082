"""The log of `imnot start`: a line each, warnings and the server's life on stderr."""

from __future__ import annotations

import logging
import sys
from typing import Final

LABEL_WIDTH: Final = 10
ACCESS: Final = "uvicorn.access"
LOGGERS: Final = {"imnot": sys.stderr, "uvicorn.error": sys.stderr, ACCESS: sys.stdout}


class Line(logging.Formatter):
    """`INFO:     Started server process [7]`."""

    def format(self, record: logging.LogRecord) -> str:
        """Put the level in front, in a column of its own."""
        return f"{record.levelname}:".ljust(LABEL_WIDTH) + super().format(record)


def log_to_the_terminal(*, requests: bool) -> None:
    """Send the log of imnot and uvicorn to stderr, the lines for requests, if any, to stdout.

    uvicorn does not even make the lines where nothing would take them.
    """
    for name, stream in LOGGERS.items():
        logger = logging.getLogger(name)
        handler = logging.StreamHandler(stream)
        handler.setFormatter(Line())
        logger.handlers[:] = [handler] if requests or name != ACCESS else []
        logger.setLevel(logging.INFO)
        logger.propagate = False
