"""What is told of tokens: introspection (RFC 7662), revocation (RFC 7009), and of their user."""

from __future__ import annotations

from typing import Any

from imnot_core import InvalidToken, Reply, Request, bearer_tokens
from imnot_patterns.oauth.accounts import Clients
from imnot_patterns.oauth.parameters import NO_STORE, OAuthError, body_parameters, required
from imnot_patterns.oauth.records import Given, Kind, Records
from imnot_patterns.oauth.tokens import Tokens

INACTIVE: dict[str, Any] = {"active": False}


class Inspection:
    """Answers the requests of clients about tokens that they hold."""

    def __init__(self, clients: Clients, records: Records, tokens: Tokens) -> None:
        self._clients = clients
        self._records = records
        self._tokens = tokens

    async def introspect(self, request: Request) -> Reply:
        """Say whether a token is good, and what for."""
        try:
            parameters = body_parameters(request)
            self._clients.authenticated(request, parameters)
            found = await self._described(required(parameters, "token"))
        except OAuthError as error:
            return error.reply()
        return Reply.json(found, headers=NO_STORE)

    async def revoke(self, request: Request) -> Reply:
        """Make a token worthless; the answer is the same for one that was so before."""
        try:
            parameters = body_parameters(request)
            client_id = self._clients.authenticated(request, parameters)
            await self._revoke(required(parameters, "token"), client_id)
        except OAuthError as error:
            return error.reply()
        return Reply.empty(200, NO_STORE)

    async def _described(self, token: str) -> dict[str, Any]:
        kind, name, claims = await self._identified(token)
        given = await self._records.find(kind, name)
        if given is None or given.used or self._records.is_over(given):
            return INACTIVE
        if kind == "access":
            username = {"username": given.username} if given.username is not None else {}
            return {"active": True, "token_type": "Bearer", **username, **claims}
        described = {
            "active": True,
            "scope": " ".join(given.scopes),
            "client_id": given.client_id,
            "username": given.username or "",
            "exp": int(given.expires_at),
        }
        return {key: value for key, value in described.items() if value != ""}

    async def _revoke(self, token: str, client_id: str) -> None:
        kind, name, _ = await self._identified(token)
        given = await self._records.find(kind, name)
        if given is None or given.used:
            return
        self._check_holder(given, client_id)
        await self._records.forget(kind, name)
        if given.access:  # RFC 7009, 2.1: the access token of the same grant goes, too
            await self._records.forget("access", given.access)

    def _check_holder(self, given: Given, client_id: str) -> None:
        if self._clients and given.client_id != client_id:
            message = "The token was given to another client"
            raise OAuthError("unauthorized_client", message)

    async def _identified(self, token: str) -> tuple[Kind, str, dict[str, Any]]:
        """Which record a token has: a signed one names it, any other one is its name."""
        try:
            claims = await self._tokens.claims_of(token)
        except InvalidToken:
            return "refresh", token, {}
        return "access", str(claims["jti"]), claims

    async def userinfo(self, request: Request) -> Reply:
        """Say who the user of a request's token is; the token was found to be good before."""
        (token,) = bearer_tokens(request)
        _, name, claims = await self._identified(token)
        given = await self._records.find("access", name)
        about = self._tokens.about(given) if given else {}
        return Reply.json({"sub": claims["sub"], **about}, headers=NO_STORE)
