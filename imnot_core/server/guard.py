"""The admin key: what admin requests must carry when one is set."""

from __future__ import annotations

import hmac
import re

from imnot_core.heads import WireHeaders
from imnot_core.messages import Reply
from imnot_core.registry_checks import ADMIN_PREFIX

UNAUTHORISED = Reply.json(
    {"detail": "This needs the admin key: send the header Authorization: Bearer <key>"},
    401,
    {"WWW-Authenticate": "Bearer"},
)

_SLASHES = re.compile("//+")


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


def routed(path: str) -> str:
    """The decoded path as Litestar's router reads it: repeated slashes are one.

    Who guards a path and who routes it must see the same one.
    """
    return _SLASHES.sub("/", path) if "//" in path else path


def is_admin_path(path: str) -> bool:
    """Whether a path, as `routed` gives it, lies under `/imnot/admin`."""
    return f"{path}/".startswith(f"{ADMIN_PREFIX}/")
