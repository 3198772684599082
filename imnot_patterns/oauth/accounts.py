"""Who is known: checks what clients and users send against what the partner file declares."""

from __future__ import annotations

import binascii
import hmac
import os
from base64 import b64decode
from collections.abc import Iterator, Sequence
from urllib.parse import unquote_plus

from imnot_core import FieldError, Request
from imnot_patterns.oauth.parameters import OAuthError, Parameters
from imnot_patterns.oauth.parties import Client, User

Credentials = tuple[str, str | None]
"""A client's name, and its secret if it sent one."""


class Clients:
    """The clients that get tokens; anybody, where none are declared."""

    def __init__(self, declared: Sequence[Client], realm: str) -> None:
        """Raises FieldError for a secret that the environment does not have."""
        self._declared = {each.client_id: each for each in declared}
        self._secrets = {
            each.client_id: _secret(f"clients[{index}].secret_env", each.secret, each.secret_env)
            for index, each in enumerate(declared)
        }
        self._realm = realm

    def __bool__(self) -> bool:
        return bool(self._declared)

    def named(self, client_id: str) -> Client | None:
        """The client of that name. Raises OAuthError for one that is not known."""
        if not self._declared:
            return None
        client = self._declared.get(client_id)
        if client is None:
            raise OAuthError("invalid_request", f"There is no client {client_id}")
        return client

    def is_public(self, client_id: str) -> bool:
        """Whether a client is declared, and without a secret."""
        return client_id in self._declared and self._secrets[client_id] is None

    def authenticated(self, request: Request, parameters: Parameters) -> str:
        """The name of the client that sent a request, "" where it says none and need not.

        Raises OAuthError for one that is not what it claims to be.
        """
        basic = request.headers.get("Authorization", "")
        by_header = basic.partition(" ")[0].lower() == "basic"
        if by_header and "client_secret" in parameters:
            message = "The client authenticates itself in two ways at once"
            raise OAuthError("invalid_request", message)
        name, secret = parameters.get("client_id", ""), parameters.get("client_secret")
        sent: list[Credentials] = list(self._basic(basic)) if by_header else [(name, secret)]
        if by_header and name and name not in [each for each, _ in sent]:
            message = "client_id is not the name in the Authorization header"
            raise OAuthError("invalid_request", message)
        if not self._declared:
            return sent[-1][0]
        admitted = [each for each, given in sent if self._admits(each, given)]
        if not admitted:
            raise self._refusal(sent[-1])
        return admitted[0]

    def _admits(self, name: str, given: str | None) -> bool:
        secret = self._secrets.get(name)
        if secret is None:
            return name in self._declared
        return _same(secret, given or "")

    def _refusal(self, sent: Credentials) -> OAuthError:
        name, given = sent
        if not name:
            return self._invalid("The request does not say which client sends it")
        if name not in self._declared:
            return self._invalid(f"There is no client {name}")
        what = "The secret is missing" if given is None else "The secret is not that"
        return self._invalid(f"{what} of the client {name}")

    def _basic(self, header: str) -> Iterator[Credentials]:
        """What an Authorization header says, as it is and decoded as RFC 6749 (2.3.1) asks for."""
        try:
            text = b64decode(header.partition(" ")[2].strip(), validate=True).decode()
        except (binascii.Error, ValueError):
            raise self._invalid("The Authorization header cannot be decoded") from None
        name, colon, secret = text.partition(":")
        if not colon:
            raise self._invalid("The Authorization header has no colon between name and secret")
        if "%" in text or "+" in text:
            yield name, secret  # many clients forget to encode
        yield unquote_plus(name), unquote_plus(secret)

    def _invalid(self, description: str) -> OAuthError:
        challenge = ("WWW-Authenticate", f'Basic realm="{self._realm}"')
        return OAuthError("invalid_client", description, 401, (challenge,))


class Users:
    """The users that can log in; anybody, where none are declared."""

    def __init__(self, declared: Sequence[User]) -> None:
        """Raises FieldError for a password that the environment does not have."""
        self._declared = {each.username: each for each in declared}
        self._passwords = {
            each.username: _secret(f"users[{index}].password_env", each.password, each.password_env)
            for index, each in enumerate(declared)
        }

    def claims(self, username: str | None) -> dict[str, object]:
        """The claims that a user has."""
        user = self._declared.get(username or "")
        return {} if user is None else user.claims

    def log_in(self, username: str, password: str) -> None:
        """Raise OAuthError unless that is the user's password."""
        if not self._declared:
            return
        if username not in self._declared:
            raise OAuthError("invalid_grant", f"There is no user {username}")
        expected = self._passwords[username]
        if expected is not None and not _same(expected, password):
            raise OAuthError("invalid_grant", f"The password is not that of {username}")

    def at_the_browser(self, hint: str | None) -> str:
        """Who logs in without being asked: whom the request names, else the first one.

        Raises OAuthError for somebody who is not known.
        """
        if not self._declared:
            return hint or "imnot"
        if hint is not None and hint not in self._declared:
            raise OAuthError("access_denied", f"There is no user {hint}")
        return hint or next(iter(self._declared))


def _secret(field: str, written: str | None, variable: str | None) -> str | None:
    if variable is None:
        return written
    value = os.environ.get(variable)
    if not value:
        message = f"the environment variable {variable} is not set"
        raise FieldError((field, message, f"set {variable} where imnot is started"))
    return value


def _same(one: str, other: str) -> bool:
    """Compare in a time that tells nothing of the texts."""
    return hmac.compare_digest(one.encode(), other.encode("utf-8", "surrogatepass"))
