"""The admin key: what admin requests must carry when one is set."""

from __future__ import annotations

import hmac
from urllib.parse import unquote_to_bytes

from imnot_core.compiler import ADMIN_PREFIX
from imnot_core.messages import Reply, WireHeaders

UNAUTHORISED = Reply.json(
    {"detail": "This needs the admin key: send the header Authorization: Bearer <key>"},
    401,
    {"WWW-Authenticate": "Bearer"},
)

_ADMIN = ADMIN_PREFIX.encode()


class AdminKey:
    """Compares secrets in constant time; an empty key admits everybody."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()
        self._header = b"Bearer " + self._key

    def admits(self, secret: str) -> bool:
        """Whether the secret is the key, or none is set."""
        return not self._key or hmac.compare_digest(secret.encode("utf-8", "replace"), self._key)

    def admits_headers(self, headers: WireHeaders) -> bool:
        """Whether the request carries the key as a Bearer token (scheme compared exactly)."""
        if not self._key:
            return True
        given = next((value for name, value in headers if name == b"authorization"), b"")
        return hmac.compare_digest(given, self._header)


def is_admin_path(raw_path: bytes) -> bool:
    """Whether a path, however it is percent-encoded, lies under `/imnot/admin`."""
    path = unquote_to_bytes(raw_path) if b"%" in raw_path else raw_path
    return path == _ADMIN or path.startswith(_ADMIN + b"/")
