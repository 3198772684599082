"""Who asks for tokens: the clients and users that a partner file declares."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from msgspec import Meta

from imnot_core import Config, Fault, body_faults

SCOPE: Final = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+\Z")
"""One scope (RFC 6749, 3.3)."""
RESERVED_CLAIMS: Final = {
    "exp": "it follows from `expires_in`",
    "iat": "it is the time of the session",
    "jti": "every token gets its own",
    "scope": "it is what was granted; see `scopes`",
    "client_id": "it is the client that asked",
    "nonce": "it is what the client sent",
    "auth_time": "it is the time of the login",
}
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]+\Z")

Claims = dict[str, Any]
ClientId = Annotated[
    str, Meta(min_length=1, description="The name by which the client asks for tokens.")
]
Secret = Annotated[str, Meta(min_length=1)]
Username = Annotated[str, Meta(min_length=1, description="The name that the user logs in with.")]


class Client(Config, frozen=True, kw_only=True):
    """A client that may ask for tokens; without a secret it is a public one."""

    client_id: ClientId
    secret: Annotated[
        Secret | None,
        Meta(
            description="What it must send, by HTTP Basic or as `client_secret`. A client without"
            " one is public: it is asked for none, and may not use `client_credentials`.",
        ),
    ] = None
    secret_env: Annotated[
        str | None, Meta(description="The environment variable that holds the secret.")
    ] = None
    redirect_uris: Annotated[
        tuple[str, ...],
        Meta(description="Where codes may be sent, compared as they are; by default anywhere."),
    ] = ()
    scopes: Annotated[
        tuple[str, ...],
        Meta(description="The scopes that it may ask for; by default those of the datapoint."),
    ] = ()

    def faults(self) -> Iterator[Fault]:
        """Give two secrets, and what is no scope or no URI."""
        yield from super().faults()
        yield from _one_of("secret", "secret_env", self.secret, self.secret_env)
        yield from scope_faults("scopes", self.scopes)
        for uri in self.redirect_uris:
            if fault := redirect_fault(uri):
                yield "redirect_uris", f"{uri!r} {fault}", "write https://app.example/callback"


class User(Config, frozen=True, kw_only=True):
    """Somebody who can log in."""

    username: Username
    password: Annotated[str | None, Meta(description="The password; by default any.")] = None
    password_env: Annotated[
        str | None, Meta(description="The environment variable that holds the password.")
    ] = None
    claims: Annotated[
        Claims, Meta(description="Claims of this user's tokens; they go before the datapoint's.")
    ] = {}  # noqa: RUF012 - each struct gets a dict of its own

    def faults(self) -> Iterator[Fault]:
        """Give two passwords, and claims that cannot be set."""
        yield from super().faults()
        yield from _one_of("password", "password_env", self.password, self.password_env)
        yield from claims_faults("claims", self.claims)


def claims_faults(field: str, claims: Mapping[str, Any]) -> Iterator[Fault]:
    """Give the claims that the server sets itself, and values that JSON does not have."""
    for name in claims:
        if name in RESERVED_CLAIMS:
            yield field, f"{name} cannot be declared: {RESERVED_CLAIMS[name]}", f"delete {name}"
    if "sub" in claims and not isinstance(claims["sub"], str):
        yield field, "sub must be a text", "write it in quotes"
    yield from body_faults(claims, field)


def scope_faults(field: str, scopes: Iterable[str]) -> Iterator[Fault]:
    """Give what is no scope."""
    for scope in scopes:
        if not SCOPE.match(scope):
            hint = "use ASCII letters, digits and signs, without spaces, quotes and backslashes"
            yield field, f"{scope!r} is no scope", hint


def name_faults(field: str, key: str, names: list[str]) -> Iterator[Fault]:
    """Give the names that are there twice."""
    for index, name in enumerate(names):
        if name in names[:index]:
            message = f"{name!r} is that of {field}[{names.index(name)}], too"
            yield f"{field}[{index}].{key}", message, "give each a name of its own"


def redirect_fault(uri: str) -> str:
    """Say why a code cannot be sent there; "" if it can."""
    if not _URI.match(uri):
        return "is no absolute URI"
    try:
        parts = urlsplit(uri)
    except ValueError:
        return "is no absolute URI"
    return "has a fragment (#)" if "#" in uri or parts.fragment else ""


def _one_of(first: str, second: str, *values: str | None) -> Iterator[Fault]:
    if None not in values:
        yield second, f"there is {first} as well", "keep one of them"
