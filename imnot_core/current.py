"""What belongs to the request at hand: its session, and what comes with that.

Set by the surface; a job that is started by a request inherits it. That makes `context.state` the
state of the request's session, `context.clock` its time and `context.random` its chance, without an
argument that a plugin could forget.
"""

from __future__ import annotations

from contextvars import ContextVar
from random import Random

current_session: ContextVar[str | None] = ContextVar("imnot_session", default=None)
"""The session that the request chose."""
current_address: ContextVar[str | None] = ContextVar("imnot_address", default=None)
"""The address that the request came to, where that is what chose the session."""
current_random: ContextVar[Random | None] = ContextVar("imnot_random", default=None)
"""The chance of a session that has a seed of its own."""


def no_session() -> None:
    """Stands for `current_session.get` where what all sessions share is meant."""
    return
