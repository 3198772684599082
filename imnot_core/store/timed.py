"""Values that say themselves when they expire, for times that the store does not know."""

from __future__ import annotations

from typing import Final, NamedTuple

_MARK: Final = b"\x01"  # begins no JSON
_END: Final = b"\n"


class Timed(NamedTuple):
    """A value, and when it expires: seconds since 1970, None for one that does not."""

    value: bytes
    expires_at: float | None

    @staticmethod
    def of(raw: bytes) -> Timed:
        """Read a value as it is stored, whether or not `timed` has made it."""
        if not raw.startswith(_MARK):
            return Timed(raw, None)
        expires_at, _, value = raw[len(_MARK) :].partition(_END)
        return Timed(value, float(expires_at))


def timed(value: bytes, expires_at: float | None) -> bytes:
    """Have a value say when it expires, if it does."""
    return value if expires_at is None else _MARK + repr(expires_at).encode() + _END + value
