"""The tokens that are signed, and the judgement of those that come back."""

from __future__ import annotations

from typing import Any, Final

import jwt
import msgspec

from imnot_core import Context, InvalidToken, Request, TokenInfo, instant, parse_json
from imnot_patterns.oauth.accounts import Users
from imnot_patterns.oauth.config import SUBJECT, OAuthDatapoint, TokenResponse
from imnot_patterns.oauth.keys import SigningKeys
from imnot_patterns.oauth.places import Addresses
from imnot_patterns.oauth.records import Given, Records

OPENID: Final = "openid"


class Tokens:
    """Makes tokens for what was granted, and knows them again."""

    def __init__(
        self,
        datapoint: OAuthDatapoint,
        context: Context,
        addresses: Addresses,
        users: Users,
        keys: SigningKeys,
    ) -> None:
        self._datapoint = datapoint
        self._context = context
        self._addresses = addresses
        self._users = users
        self._keys = keys
        self._records = Records(context)

    async def answer(
        self, granted: Given, request: Request, response: TokenResponse, *, refreshable: bool
    ) -> dict[str, Any]:
        """What the client gets for a grant: the answer of RFC 6749 (5.1).

        With `refreshable` a refresh token is in it.
        """
        lifetime, now = response.expires_in, self._context.clock.time()
        key, token_id = await self._keys.get(), self._context.new_id()
        claims = self._claims(granted, request, lifetime)
        access = {
            **claims,
            "client_id": granted.client_id,
            "scope": " ".join(granted.scopes),
            "jti": token_id,
        }
        given = msgspec.structs.replace(granted, expires_at=now + lifetime)
        await self._records.keep("access", token_id, given)
        answer = {
            "access_token": key.sign({name: each for name, each in access.items() if each != ""}),
            "token_type": response.token_type,
            "expires_in": lifetime,
        }
        if refreshable:
            answer["refresh_token"] = await self._refresh_token(granted, token_id)
        if granted.scopes:
            answer["scope"] = " ".join(granted.scopes)
        if OPENID in granted.scopes and granted.username is not None:
            answer["id_token"] = key.sign(_identity(claims, granted))
        return answer

    async def check(self, token: str, _request: Request) -> TokenInfo:
        """Judge an access token. Raises InvalidToken."""
        claims = await self.claims_of(token)
        record = await self._records.find("access", str(claims["jti"]))
        if record is None:
            raise InvalidToken("The access token was revoked, or given out in another session")
        return TokenInfo(frozenset(str(claims.get("scope", "")).split()), claims)

    async def claims_of(self, token: str) -> dict[str, Any]:
        """The claims of an access token that is signed here and has not expired.

        Raises InvalidToken.
        """
        key = await self._keys.get()
        try:
            claims = parse_json(key.verified(token))
        except jwt.InvalidSignatureError:
            raise InvalidToken("The access token has a wrong signature") from None
        except (jwt.InvalidTokenError, ValueError):
            raise InvalidToken("The access token is no JWT that is signed by RS256") from None
        if not isinstance(claims, dict) or "jti" not in claims:
            raise InvalidToken("The token is no access token")
        if self._context.clock.time() >= claims["exp"]:
            raise InvalidToken(f"The access token expired at {instant(claims['exp'])}")
        return claims

    def about(self, given: Given) -> dict[str, Any]:
        """What is told of the user of a token, beside the `sub`."""
        declared = self._declared(given)
        return {name: value for name, value in declared.items() if name not in {"aud", "iss"}}

    async def _refresh_token(self, granted: Given, access: str) -> str:
        token = self._context.new_id()
        until = self._context.clock.time() + self._datapoint.refresh_expires_in
        given = msgspec.structs.replace(granted, expires_at=until, access=access)
        await self._records.keep("refresh", token, given)
        return token

    def _claims(self, granted: Given, request: Request, lifetime: int) -> dict[str, Any]:
        now = int(self._context.clock.time())
        return {
            "iss": self._addresses.issuer(request),
            "sub": granted.username or granted.client_id or SUBJECT,
            "iat": now,
            "exp": now + lifetime,
            **self._declared(granted),
        }

    def _declared(self, granted: Given) -> dict[str, Any]:
        declared = {**self._datapoint.claims, **self._users.claims(granted.username)}
        names = {"client_id": granted.client_id or SUBJECT, "username": granted.username}
        filled = {name: _filled(value, names) for name, value in declared.items()}
        return {name: value for name, value in filled.items() if value is not msgspec.UNSET}


def _identity(claims: dict[str, Any], granted: Given) -> dict[str, Any]:
    """The claims of an ID token: for the client, of the user. It has no `jti` to be taken by."""
    found = {**claims, "aud": granted.client_id}
    if granted.auth_time is not None:
        found["auth_time"] = int(granted.auth_time)
    if granted.nonce is not None:
        found["nonce"] = granted.nonce
    return found


def _filled(value: Any, names: dict[str, str | None]) -> Any:
    """A declared value with the names in it; UNSET where one of them is not there."""
    if isinstance(value, str):
        for name, text in names.items():
            if f"{{{name}}}" in value:
                if text is None:
                    return msgspec.UNSET
                value = value.replace(f"{{{name}}}", text)
        return value
    if isinstance(value, dict):
        inner = {key: _filled(each, names) for key, each in value.items()}
        return {key: each for key, each in inner.items() if each is not msgspec.UNSET}
    if isinstance(value, list):
        return [each for item in value if (each := _filled(item, names)) is not msgspec.UNSET]
    return value
