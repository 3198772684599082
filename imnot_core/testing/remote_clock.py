"""The time of a session on a server, wherever that runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

Moment = datetime | str | float
"""A time: a datetime, a text in ISO 8601, or seconds since 1970."""
Span = timedelta | str | float
"""A span of time: a timedelta, a text such as `1h30m`, or seconds."""


class RemoteClock:
    """The time of one session: set, moved on, held still; the server's own goes on.

    What waits in the session for its time (delays, callbacks, expiry) follows at once, so that no
    test has to sleep::

        with server.session() as session:
            job = server.post("/jobs", session=session).json()["id"]
            session.clock.advance("2h")
            assert server.get(f"/jobs/{job}", session=session).json() == {"status": "done"}
    """

    def __init__(self, ask: Callable[..., dict[str, Any]]) -> None:
        self._ask = ask

    @property
    def now(self) -> datetime:
        """The time in the session, with its time zone: UTC."""
        return datetime.fromisoformat(self._ask("GET")["now"])

    @property
    def is_frozen(self) -> bool:
        """Whether it stands still."""
        return bool(self._ask("GET")["frozen"])

    def set(self, moment: Moment) -> None:
        """Go to a time, forwards or backwards; from there it goes on, unless it is frozen."""
        self._change(set=_moment(moment))

    def advance(self, span: Span) -> None:
        """Let so much time pass at once, also where it is frozen."""
        self._change(advance=seconds_or_text(span))

    def freeze(self, moment: Moment | None = None) -> None:
        """Hold it still, where it is or at a time."""
        self._change(freeze=True if moment is None else _moment(moment))

    def resume(self) -> None:
        """Let it go on from where it stands."""
        self._change(resume=True)

    def reset(self) -> None:
        """Give the session the server's time again."""
        self._change(reset=True)

    def _change(self, **change: Any) -> None:
        __tracebackhide__ = True
        self._ask("POST", json=change)


def _moment(moment: Moment) -> str | float:
    return moment.isoformat() if isinstance(moment, datetime) else moment


def seconds_or_text(span: Span) -> str | float:
    """A span of time as it is sent."""
    return span.total_seconds() if isinstance(span, timedelta) else span
