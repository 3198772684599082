"""Proof Key for Code Exchange (RFC 7636)."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from typing import Final

METHODS: Final = ("S256", "plain")
VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}\Z")
"""What a verifier and a plain challenge are made of (4.1, 4.2)."""


def challenge_of(verifier: str, method: str) -> str:
    """The challenge that belongs to a verifier."""
    if method == "plain":
        return verifier
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def proves(verifier: str, challenge: str, method: str) -> bool:
    """Whether a verifier is the one that a challenge was made of."""
    if not VERIFIER.match(verifier):
        return False
    return hmac.compare_digest(challenge_of(verifier, method).encode(), challenge.encode())
