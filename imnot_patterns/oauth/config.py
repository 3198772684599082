"""What a partner file says of an `oauth` datapoint."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from imnot_core import Datapoint, EndpointConfig, Endpoints, Fault, ResponseConfig, template_fault
from imnot_patterns.oauth.parties import Client, User, claims_faults, name_faults, scope_faults

SUBJECT: Final = "imnot"
"""The subject of tokens that nobody in particular asked for."""

Grant = Literal["client_credentials", "password", "refresh_token", "authorization_code"]
GRANTS: Final[tuple[Grant, ...]] = (
    "client_credentials", "password", "refresh_token", "authorization_code",
)  # fmt: skip
PATHS: Final = (
    "authorize_path", "jwks_path", "discovery_path", "introspection_path", "revocation_path",
    "userinfo_path",
)  # fmt: skip
JWT_ONLY: Final = (
    "issuer", "claims", "grants", "clients", "users", "require_pkce", "code_expires_in",
    "refresh_expires_in", *PATHS,
)  # fmt: skip


class TokenResponse(ResponseConfig, frozen=True, kw_only=True):
    """What the token endpoint answers, next to the token itself."""

    token_type: Annotated[str, Meta(description="The `token_type` in the answer.")] = "Bearer"  # noqa: S105 - a kind of token, no token
    expires_in: Annotated[
        int,
        Meta(
            ge=0,
            description="The `expires_in` in the answer: seconds. With `issue: jwt` the token is"
            " good for that long; the fixed one is good for ever.",
        ),
    ] = 3600


class TokenEndpoint(EndpointConfig, frozen=True, kw_only=True):
    """A token endpoint."""

    response: Annotated[TokenResponse, Meta(description="The answer.")] = msgspec.field(
        default_factory=TokenResponse
    )


def _path(what: str, default: str) -> Any:
    return Meta(description=f"Where {what}. By default `{default}` below the issuer's path.")


class OAuthDatapoint(Datapoint, frozen=True, kw_only=True):
    """A datapoint of the pattern `oauth`."""

    endpoints: Endpoints[TokenEndpoint]
    issue: Annotated[
        Literal["fixed", "jwt"],
        Meta(
            description="What the token endpoints give: always the same token, whoever asks; or"
            " JWTs signed by RS256, by the rules of OAuth 2.0. The keys below but `scopes` need"
            " `jwt`."
        ),
    ] = "fixed"
    scopes: Annotated[
        tuple[str, ...],
        Meta(
            description="The scopes that may be asked for; by default any. Who asks for none gets"
            " all of these. The fixed token has all of them."
        ),
    ] = ()
    issuer: Annotated[
        str | None,
        Meta(
            description="The `iss` of the tokens: a URL, or a path below the server's address. By"
            " default the folder of the first token endpoint: `/oauth` of `/oauth/token`."
        ),
    ] = None
    claims: Annotated[
        dict[str, Any],
        Meta(
            description="Claims of the tokens, beside those that the server sets; `sub` and `iss`"
            " may be others, `aud` is there only if it is declared. `{client_id}` and `{username}`"
            " in a text stand for who asked; a text with `{username}` is left out where there is"
            " no user."
        ),
    ] = {}  # noqa: RUF012 - each struct gets a dict of its own
    grants: Annotated[
        tuple[Grant, ...], Meta(min_length=1, description="The ways to get a token.")
    ] = GRANTS
    clients: Annotated[
        tuple[Client, ...],
        Meta(description="The clients that get tokens, and no others. By default anybody does."),
    ] = ()
    users: Annotated[
        tuple[User, ...],
        Meta(description="The users that can log in, and no others. By default anybody can."),
    ] = ()
    require_pkce: Annotated[
        bool, Meta(description="Whether `authorization_code` needs a `code_challenge`.")
    ] = False
    code_expires_in: Annotated[
        int, Meta(ge=0, description="How many seconds an authorization code is good for.")
    ] = 60
    refresh_expires_in: Annotated[
        int, Meta(ge=0, description="How many seconds a refresh token is good for.")
    ] = 1209600
    authorize_path: Annotated[str | None, _path("the browser is sent for a code", "/authorize")] = (
        None
    )
    jwks_path: Annotated[str | None, _path("the public keys are", "/.well-known/jwks.json")] = None
    discovery_path: Annotated[
        str | None,
        _path("the discovery document of OpenID Connect is", "/.well-known/openid-configuration"),
    ] = None
    introspection_path: Annotated[
        str | None, _path("a token is looked up (RFC 7662)", "/introspect")
    ] = None
    revocation_path: Annotated[str | None, _path("a token is given back (RFC 7009)", "/revoke")] = (
        None
    )
    userinfo_path: Annotated[
        str | None, _path("the claims of the token's user are", "/userinfo")
    ] = None

    def faults(self) -> Iterator[Fault]:
        """Give keys without effect, and what does not go together."""
        yield from super().faults()
        yield from scope_faults("scopes", self.scopes)
        if self.issue != "jwt":
            yield from self._idle()
            return
        yield from claims_faults("claims", self.claims)
        yield from _issuer_faults(self.issuer)
        yield from _path_faults(self)
        yield from name_faults("clients", "client_id", [each.client_id for each in self.clients])
        yield from name_faults("users", "username", [each.username for each in self.users])
        for index, client in enumerate(self.clients):
            yield from _unknown_scopes(index, client, self.scopes)

    def _idle(self) -> Iterator[Fault]:
        """The keys that mean nothing to a fixed token."""
        for field, default in zip(self.__struct_fields__, _defaults(), strict=True):
            if field in JWT_ONLY and getattr(self, field) != default:
                yield field, "has no effect on the fixed token", "add issue: jwt, or delete it"


def _defaults() -> list[Any]:
    fields = msgspec.structs.fields(OAuthDatapoint)
    return [
        each.default_factory() if each.default_factory is not msgspec.NODEFAULT else each.default
        for each in fields
    ]


def _issuer_faults(issuer: str | None) -> Iterator[Fault]:
    if issuer is None or issuer.startswith(("https://", "http://")):
        return
    hint = "write a URL such as https://login.example/, or a path such as /acme"
    if fault := template_fault(issuer):
        yield "issuer", fault, hint


def _path_faults(datapoint: OAuthDatapoint) -> Iterator[Fault]:
    for field in PATHS:
        path = getattr(datapoint, field)
        if path is not None and (fault := template_fault(path)):
            yield field, fault, "write a path such as /acme/oauth/keys"
    if datapoint.authorize_path is not None and "authorization_code" not in datapoint.grants:
        message = "has no effect without the grant authorization_code"
        yield "authorize_path", message, "add it to grants, or delete this"


def _unknown_scopes(index: int, client: Client, known: Sequence[str]) -> Iterator[Fault]:
    for scope in client.scopes:
        if known and scope not in known:
            hint = f"write one of {', '.join(known)}, or add it there"
            yield f"clients[{index}].scopes", f"{scope!r} is not among `scopes`", hint
