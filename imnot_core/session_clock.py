"""The time of one session: set, moved on or held still by a test, while the server's goes on."""

from __future__ import annotations

from typing import Final

import msgspec

EARLIEST: Final = 0.0
LATEST: Final = 221_845_392_000.0
"""The times that a session may be set to: 1970 to 9000, so that there is room to go on."""


class SessionTime(msgspec.Struct, frozen=True, kw_only=True):
    """How the time of a session relates to the server's: `moment` was when that was `since`.

    It has gone on since then, or stands still if it is `frozen`. A pair of times, and not their
    difference: so it is exactly `moment` when it has just been set.
    """

    moment: float
    since: float
    frozen: bool = False

    def at(self, now: float) -> float:
        """The session's time when the server's is `now`; both in seconds since 1970."""
        return self.moment if self.frozen else self.moment + (now - self.since)


class ClockChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to become of a session's time; what is None stays as it is.

    `set` is a time in seconds since 1970, `advance` a number of seconds (after `set`), `frozen`
    holds it still or lets it go on. `reset` gives the session the server's time again, before
    anything else.
    """

    set: float | None = None
    advance: float | None = None
    frozen: bool | None = None
    reset: bool = False

    def of(self, own: SessionTime | None, now: float) -> SessionTime | None:
        """The time that a session has with this change, made when the server's time is `now`.

        Raises ValueError for a time that is too early or too late.
        """
        own = None if self.reset else own
        if self.set is None and self.advance is None and self.frozen is None:
            return own
        present = now if own is None else own.at(now)
        moment = (present if self.set is None else self.set) + (self.advance or 0.0)
        if not EARLIEST <= moment <= LATEST:
            raise ValueError("the time of a session lies between the years 1970 and 9000")
        was = own is not None and own.frozen
        return SessionTime(
            moment=moment, since=now, frozen=was if self.frozen is None else self.frozen
        )
