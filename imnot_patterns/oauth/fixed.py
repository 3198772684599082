"""The token that is always the same, and what it is good for."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from typing import Final

from imnot_core import (
    Endpoint,
    InvalidToken,
    Reply,
    Request,
    TokenCheck,
    TokenInfo,
    encode_json,
)
from imnot_patterns.answers import constant
from imnot_patterns.oauth.config import SUBJECT, TokenEndpoint

CLAIMS: Final = {"sub": SUBJECT, "iat": 0}


def _token() -> str:
    parts = ({"alg": "HS256", "typ": "JWT"}, CLAIMS)
    signed = b".".join(_base64url(encode_json(part)) for part in parts)
    signature = hmac.new(b"imnot", signed, hashlib.sha256).digest()
    return (signed + b"." + _base64url(signature)).decode()


def _base64url(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


TOKEN: Final = _token()
"""The token that every endpoint gives: a JWT of subject `imnot`, signed with the key `imnot`."""


def fixed_endpoint(endpoint: TokenEndpoint) -> Endpoint:
    """Answer with the token, whoever asks and for what."""
    response = endpoint.response
    body = {
        "access_token": TOKEN,
        "token_type": response.token_type,
        "expires_in": response.expires_in,
    }
    reply = Reply.json(body, response.status, response.header_pairs())
    return Endpoint(endpoint.method, endpoint.path, constant(reply), "Get a token")


def fixed_check(scopes: Iterable[str]) -> TokenCheck:
    """Accept that token and no other one, in every session, as one that has these scopes."""
    info = TokenInfo(frozenset(scopes), CLAIMS)

    async def check(token: str, _request: Request) -> TokenInfo:
        if not hmac.compare_digest(token.encode("utf-8", "replace"), TOKEN.encode()):
            raise InvalidToken("The access token is not the one that the token endpoint gives")
        return info

    return check
