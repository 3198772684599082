"""The key that a datapoint signs with: made at first use, the same for all sessions and workers.

This module imports the cryptography. It is imported by servers that sign, and by no others.
"""

from __future__ import annotations

import asyncio
import hashlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from imnot_core import Context, encode_json

ALGORITHM: Final = "RS256"
BITS: Final = 2048
DOCUMENT: Final = "signing-key"


@dataclass(frozen=True)
class SigningKey:
    """A private key, its public half as a JSON Web Key, and the name of both."""

    private: rsa.RSAPrivateKey
    id: str
    public: dict[str, Any]

    def sign(self, claims: dict[str, Any]) -> str:
        """Make a JWT of claims."""
        return jwt.encode(claims, self.private, ALGORITHM, headers={"kid": self.id})

    def verified(self, token: str) -> bytes:
        """What a JWT of this key says, whatever that is. Raises jwt.InvalidTokenError."""
        payload: bytes = jwt.PyJWS().decode(token, self.private.public_key(), [ALGORITHM])
        return payload


class SigningKeys:
    """Finds the key of a datapoint, and makes it where there is none yet."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._making = asyncio.Lock()

    async def get(self) -> SigningKey:
        """The key: in the store, so that every worker has it, also after a restart."""
        text = await self._context.shared.get(DOCUMENT)
        if text is None:
            async with self._making:  # a key takes a while, and one is enough
                text = await self._made()
        return _read(text)

    async def _made(self) -> str:
        found = await self._context.shared.get(DOCUMENT)
        if found is None:
            await self._context.shared.compare_and_set(
                DOCUMENT, None, await asyncio.to_thread(_new_key)
            )
            # Another worker may have been faster: what the store has is the key.
            found = await self._context.shared.get(DOCUMENT)
        return str(found)


def _new_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


@lru_cache(maxsize=64)
def _read(pem: str) -> SigningKey:
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"the stored key is {type(key).__name__}, no RSA key")
    numbers = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    members = {name: numbers[name] for name in ("e", "kty", "n")}
    # RFC 7638: the SHA-256 of the members that make the key, in order of their names.
    digest = hashlib.sha256(encode_json(members)).digest()
    name = urlsafe_b64encode(digest).rstrip(b"=").decode()
    public = {"kty": "RSA", "use": "sig", "alg": ALGORITHM, "kid": name, **members}
    return SigningKey(key, name, public)
