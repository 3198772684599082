"""Sessions as they are shown."""

from __future__ import annotations

from typing import Any

from imnot_core.clock import instant
from imnot_core.store.session_settings import SessionSettings, time_in
from imnot_core.store.sessions import SessionDetails, SessionEntry


def listed(entry: SessionEntry) -> dict[str, str | None]:
    """One line of the list; `name` and `expires_at` only where there are any."""
    line: dict[str, str | None] = {
        "session_id": entry.session,
        "partner": entry.partner,
        "datapoint": entry.datapoint,
        "created_at": instant(entry.created),
    }
    if entry.settings.name:
        line["name"] = entry.settings.name
    if entry.settings.expires_at is not None:
        line["expires_at"] = instant(entry.settings.expires_at)
    return line


def described(details: SessionDetails, now: float) -> dict[str, Any]:
    """One session, when the server's time is `now`."""
    settings = details.settings
    ends = settings.expires_at
    return {
        "session_id": details.session,
        "name": settings.name or None,
        "created_at": instant(details.created),
        "ttl_seconds": settings.ttl,
        "expires_at": None if ends is None else instant(ends),
        "seed": settings.seed,
        "clock": clock_of(settings, now),
        "payloads": [
            {"partner": partner, "datapoint": datapoint} for partner, datapoint in details.payloads
        ],
        "documents": details.documents,
        "requests": details.requests,
    }


def clock_of(settings: SessionSettings | None, now: float) -> dict[str, Any]:
    """The time of a session with these settings, when the server's is `now`."""
    time = time_in(settings, now)
    own = None if settings is None else settings.clock
    return {
        "now": instant(time),
        "frozen": own is not None and own.frozen,
        "offset_seconds": round(time - now, 6),
    }
