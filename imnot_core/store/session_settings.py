"""What a test settled for a session, as it is stored."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from imnot_core.session_clock import ClockChange, SessionTime

NAMESPACE: Final = "session-settings"


class SessionSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a test settled for a session. `ttl` is in seconds, `expires_at` of the server's clock.

    `clock` is None where the session has the server's time, `seed` where it has its chance.
    """

    name: str = ""
    ttl: float | None = None
    expires_at: float | None = None
    seed: int | None = None
    clock: SessionTime | None = None


def settings_of(raw: bytes) -> SessionSettings:
    """Read them as they were stored."""
    return msgspec.json.decode(raw, type=SessionSettings)


def time_in(settings: SessionSettings | None, now: float) -> float:
    """The time in a session with these settings, or with none, when the server's is `now`."""
    return now if settings is None or settings.clock is None else settings.clock.at(now)


class SettingsChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to become of the settings of a session; what is UNSET stays, None is taken away.

    `ttl` counts from the moment of the change.
    """

    name: str | UnsetType | None = UNSET
    ttl: float | UnsetType | None = UNSET
    seed: int | UnsetType | None = UNSET
    clock: ClockChange | UnsetType = UNSET

    def of(self, settings: SessionSettings, now: float) -> SessionSettings:
        """The settings with this change, made when the server's time is `now`.

        Raises ValueError for a time that the session cannot have.
        """
        changed = settings
        if self.name is not UNSET:
            changed = replace(changed, name=self.name or "")
        if self.ttl is not UNSET:
            changed = _ending(replace(changed, ttl=self.ttl), now)
        if self.seed is not UNSET:
            changed = replace(changed, seed=self.seed)
        if self.clock is not UNSET:
            changed = replace(changed, clock=self.clock.of(changed.clock, now))
        return changed


def for_copy(settings: SessionSettings, now: float) -> SessionSettings:
    """The settings of a copy that is made `now`: a name is one session's, and its time begins."""
    return _ending(replace(settings, name=""), now)


def _ending(settings: SessionSettings, now: float) -> SessionSettings:
    return replace(settings, expires_at=None if settings.ttl is None else now + settings.ttl)
