"""The authorization endpoint: sends the browser back with a code at once; nobody logs in."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from imnot_core import Context, Reply, Request
from imnot_patterns.oauth.accounts import Clients, Users
from imnot_patterns.oauth.config import OAuthDatapoint
from imnot_patterns.oauth.grants import Grants
from imnot_patterns.oauth.parameters import (
    OAuthError,
    Parameters,
    body_parameters,
    required,
    single,
)
from imnot_patterns.oauth.parties import redirect_fault
from imnot_patterns.oauth.pkce import METHODS, VERIFIER
from imnot_patterns.oauth.records import Given, Records


class Authorization:
    """Answers the requests for codes."""

    def __init__(
        self,
        datapoint: OAuthDatapoint,
        context: Context,
        clients: Clients,
        users: Users,
        records: Records,
        grants: Grants,
    ) -> None:
        self._datapoint = datapoint
        self._context = context
        self._clients = clients
        self._users = users
        self._records = records
        self._grants = grants

    async def __call__(self, request: Request) -> Reply:
        """Send the browser back: with a code, or with the error that the client is to see.

        Who cannot be trusted with either is told here (RFC 6749, 4.1.2.1).
        """
        try:
            parameters = _parameters(request)
            client_id = required(parameters, "client_id")
            redirect_uri = self._redirect_uri(client_id, parameters.get("redirect_uri"))
        except OAuthError as error:
            return error.reply()
        try:
            answer = {"code": await self._code(client_id, parameters)}
        except OAuthError as error:
            answer = error.fields
        if "state" in parameters:
            answer["state"] = parameters["state"]
        return _redirect(redirect_uri, answer)

    def _redirect_uri(self, client_id: str, sent: str | None) -> str:
        client = self._clients.named(client_id)
        registered = client.redirect_uris if client else ()
        if sent is None:
            if len(registered) != 1:
                raise OAuthError("invalid_request", "The parameter redirect_uri is missing")
            return registered[0]
        if registered and sent not in registered:
            message = f"The redirect_uri is none of the client {client_id}"
            raise OAuthError("invalid_request", message)
        if fault := redirect_fault(sent):
            raise OAuthError("invalid_request", f"The redirect_uri {fault}")
        return sent

    async def _code(self, client_id: str, parameters: Parameters) -> str:
        kind = required(parameters, "response_type")
        if kind != "code":
            message = f"The response_type {kind} is not code"
            raise OAuthError("unsupported_response_type", message)
        mode = parameters.get("response_mode", "query")
        if mode != "query":
            raise OAuthError("invalid_request", f"The response_mode {mode} is not query")
        challenge, method = self._challenge(client_id, parameters)
        scopes = self._grants.scopes(client_id, parameters.get("scope"))
        username = self._users.at_the_browser(parameters.get("login_hint"))
        now, code = self._context.clock.time(), self._context.new_id()
        given = Given(
            expires_at=now + self._datapoint.code_expires_in,
            client_id=client_id,
            username=username,
            scopes=scopes,
            nonce=parameters.get("nonce"),
            auth_time=now,
            challenge=challenge,
            challenge_method=method,
            redirect_uri=parameters.get("redirect_uri"),
        )
        await self._records.keep("code", code, given)
        return code

    def _challenge(self, client_id: str, parameters: Parameters) -> tuple[str | None, str]:
        challenge = parameters.get("code_challenge")
        method = parameters.get("code_challenge_method", "plain")
        if challenge is None:
            if self._datapoint.require_pkce:
                message = f"The code_challenge of {client_id} is missing"
                raise OAuthError("invalid_request", message)
            if "code_challenge_method" in parameters:
                raise OAuthError("invalid_request", "The code_challenge is missing")
            return None, ""
        if method not in METHODS:
            message = f"The code_challenge_method {method} is none of {', '.join(METHODS)}"
            raise OAuthError("invalid_request", message)
        if not VERIFIER.match(challenge):
            message = "The code_challenge is not 43 to 128 letters, digits, '-', '.', '_' and '~'"
            raise OAuthError("invalid_request", message)
        return challenge, method


def _parameters(request: Request) -> Parameters:
    """What the browser brings: in the query or, where the application has it post, in a form."""
    if request.method == "POST":
        return body_parameters(request)
    return single(parse_qsl(request.raw_query.decode("latin-1"), keep_blank_values=True))


def _redirect(uri: str, answer: Parameters) -> Reply:
    joint = "&" if "?" in uri else "?"
    location = f"{uri}{joint}{urlencode(answer)}"
    headers = (("Location", location), ("Cache-Control", "no-store"))
    return Reply.empty(302, headers)
