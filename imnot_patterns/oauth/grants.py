"""The token endpoint: what a client must show for each grant, and what it gets (RFC 6749)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import get_args

import msgspec

from imnot_core import Handler, Reply, Request
from imnot_patterns.oauth.accounts import Clients, Users
from imnot_patterns.oauth.config import Grant, OAuthDatapoint, TokenResponse
from imnot_patterns.oauth.parameters import (
    OAuthError,
    Parameters,
    body_parameters,
    no_store,
    required,
)
from imnot_patterns.oauth.pkce import VERIFIER, proves
from imnot_patterns.oauth.records import Given, Records
from imnot_patterns.oauth.tokens import Tokens

Redeem = Callable[[str, Parameters], Awaitable[Given]]


class Grants:
    """Answers the requests for tokens."""

    def __init__(
        self,
        datapoint: OAuthDatapoint,
        clients: Clients,
        users: Users,
        records: Records,
        tokens: Tokens,
    ) -> None:
        self._datapoint = datapoint
        self._clients = clients
        self._users = users
        self._records = records
        self._tokens = tokens
        self._redeem: dict[Grant, Redeem] = {
            "client_credentials": self._client_credentials,
            "password": self._password,
            "refresh_token": self._refresh_token,
            "authorization_code": self._authorization_code,
        }

    def handler(self, response: TokenResponse) -> Handler:
        """What answers at a token endpoint."""
        headers = response.header_pairs()
        success = no_store(headers)

        async def answer(request: Request) -> Reply:
            try:
                body = await self._tokens_for(request, response)
            except OAuthError as error:
                return error.reply(headers)
            return Reply.json(body, response.status, success)

        return answer

    async def _tokens_for(self, request: Request, response: TokenResponse) -> dict[str, object]:
        parameters = body_parameters(request)
        grant = self._grant(required(parameters, "grant_type"))
        client_id = self._clients.authenticated(request, parameters)
        granted = await self._redeem[grant](client_id, parameters)
        refreshable = grant != "client_credentials" and "refresh_token" in self._datapoint.grants
        return await self._tokens.answer(granted, request, response, refreshable=refreshable)

    def _grant(self, name: str) -> Grant:
        for grant in get_args(Grant):
            if name == grant and grant in self._datapoint.grants:
                return self._datapoint.grants[self._datapoint.grants.index(grant)]
        known = ", ".join(self._datapoint.grants)
        message = f"The grant_type {name} is none of {known}"
        raise OAuthError("unsupported_grant_type", message)

    async def _client_credentials(self, client_id: str, parameters: Parameters) -> Given:
        if self._clients.is_public(client_id):
            message = f"The client {client_id} has no secret, which client_credentials needs"
            raise OAuthError("unauthorized_client", message)
        return self._given(client_id, None, parameters)

    async def _password(self, client_id: str, parameters: Parameters) -> Given:
        username = required(parameters, "username")
        self._users.log_in(username, required(parameters, "password"))
        return self._given(client_id, username, parameters)

    def _given(self, client_id: str, username: str | None, parameters: Parameters) -> Given:
        scopes = self.scopes(client_id, parameters.get("scope"))
        return Given(expires_at=0, client_id=client_id, username=username, scopes=scopes)

    async def _refresh_token(self, client_id: str, parameters: Parameters) -> Given:
        token = required(parameters, "refresh_token")
        found = self._usable(await self._records.find("refresh", token), "refresh token", client_id)
        scopes = narrowed(found.scopes, parameters.get("scope"))
        used = await self._records.use_up("refresh", token)
        self._usable(used, "refresh token", client_id)
        return msgspec.structs.replace(found, scopes=scopes, nonce=None)

    async def _authorization_code(self, client_id: str, parameters: Parameters) -> Given:
        code = required(parameters, "code")
        given = self._usable(await self._records.use_up("code", code), "code", client_id)
        _check_redirect(given, parameters.get("redirect_uri"))
        _check_verifier(given, parameters.get("code_verifier"))
        return msgspec.structs.replace(
            given, challenge=None, challenge_method="", redirect_uri=None
        )

    def _usable(self, given: Given | None, what: str, client_id: str) -> Given:
        if given is None:
            raise OAuthError("invalid_grant", f"The {what} is not known")
        if given.used:
            raise OAuthError("invalid_grant", f"The {what} was used already")
        if self._records.is_over(given):
            raise OAuthError("invalid_grant", f"The {what} has expired")
        if given.client_id != client_id:
            raise OAuthError("invalid_grant", f"The {what} was given to another client")
        return given

    def scopes(self, client_id: str, asked: str | None) -> tuple[str, ...]:
        """The scopes that a client gets. Raises OAuthError for one that it may not have."""
        client = self._clients.named(client_id) if self._clients else None
        allowed = (client.scopes if client else ()) or self._datapoint.scopes
        if asked is None:
            return allowed
        scopes = tuple(dict.fromkeys(asked.split()))
        return narrowed(allowed, asked) if allowed else scopes


def narrowed(allowed: tuple[str, ...], asked: str | None) -> tuple[str, ...]:
    """The scopes asked for, else all. Raises OAuthError for one that is not allowed."""
    if asked is None:
        return allowed
    scopes = tuple(dict.fromkeys(asked.split()))
    for scope in scopes:
        if scope not in allowed:
            known = f"none of {' '.join(allowed)}" if allowed else "not granted"
            raise OAuthError("invalid_scope", f"The scope {scope} is {known}")
    return scopes


def _check_redirect(given: Given, redirect_uri: str | None) -> None:
    # RFC 6749, 4.1.3: needed here if it was there.
    if given.redirect_uri is not None and redirect_uri != given.redirect_uri:
        what = "is missing" if redirect_uri is None else "is not that of the authorization request"
        raise OAuthError("invalid_grant", f"The redirect_uri {what}")


def _check_verifier(given: Given, verifier: str | None) -> None:
    if given.challenge is None:
        if verifier is not None:  # RFC 9700, 2.1.1: else PKCE could be taken away unnoticed
            message = "There is a code_verifier, and the code was asked for without code_challenge"
            raise OAuthError("invalid_grant", message)
        return
    if verifier is None:
        raise OAuthError("invalid_grant", "The code_verifier is missing")
    if not VERIFIER.match(verifier):
        message = "The code_verifier is not 43 to 128 letters, digits, '-', '.', '_' and '~'"
        raise OAuthError("invalid_grant", message)
    if not proves(verifier, given.challenge, given.challenge_method):
        raise OAuthError("invalid_grant", "The code_verifier does not fit the code_challenge")
