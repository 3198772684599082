"""Waiting for a database that another process has locked, without ever blocking the event loop.

SQLite's own busy handler sleeps in the calling thread, which here is the event loop's; so it is
off, and whoever meets a lock tries again from the loop.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

PATIENCE = 5.0
"""How long a call waits for a lock before it fails, in seconds."""

_FIRST_PAUSE = 0.001
_LONGEST_PAUSE = 0.01

T = TypeVar("T")


def is_locked(error: BaseException) -> bool:
    """Whether the same statement may succeed a moment later."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte: SQLITE_BUSY_RECOVERY too
    return code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL)


def pauses() -> Iterator[float]:
    """Seconds to wait before each further try: short at first, as most locks last microseconds."""
    pause = _FIRST_PAUSE
    while True:
        yield pause
        pause = min(2 * pause, _LONGEST_PAUSE)


async def when_unlocked(action: Callable[[], T]) -> T:
    """Do it, again and again while the database is locked, for `PATIENCE` seconds at most.

    Raises the `sqlite3.Error` of the last try.
    """
    deadline = time.monotonic() + PATIENCE
    for pause in pauses():
        try:
            return action()
        except sqlite3.OperationalError as error:
            if not is_locked(error) or time.monotonic() > deadline:
                raise
        await asyncio.sleep(pause)
    raise AssertionError("pauses never end")
