"""Where an authorization server answers: its paths and URLs, and the documents that list them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from imnot_core import Context, Request
from imnot_patterns.oauth.config import OAuthDatapoint
from imnot_patterns.oauth.pkce import METHODS

METADATA = "/.well-known/oauth-authorization-server"
"""Where RFC 8414 has the document, before the issuer's path."""


@dataclass(frozen=True)
class Places:
    """The paths, as templates: `{name}` segments of the token path may be in all of them."""

    base: str
    token: str
    authorize: str
    jwks: str
    discovery: str
    metadata: str
    introspection: str
    revocation: str
    userinfo: str

    @classmethod
    def of(cls, datapoint: OAuthDatapoint) -> Places:
        """Those that the datapoint names, and the others below the issuer's path."""
        token = datapoint.endpoints[0].path
        issuer = datapoint.issuer
        is_path = issuer is not None and issuer.startswith("/")
        base = issuer.rstrip("/") if issuer and is_path else token.rpartition("/")[0]
        return cls(
            base=base,
            token=token,
            authorize=datapoint.authorize_path or f"{base}/authorize",
            jwks=datapoint.jwks_path or f"{base}/.well-known/jwks.json",
            discovery=datapoint.discovery_path or f"{base}/.well-known/openid-configuration",
            metadata=f"{METADATA}{base}",
            introspection=datapoint.introspection_path or f"{base}/introspect",
            revocation=datapoint.revocation_path or f"{base}/revoke",
            userinfo=datapoint.userinfo_path or f"{base}/userinfo",
        )


class Addresses:
    """The URLs of the places, as the client of a request reaches them."""

    def __init__(self, datapoint: OAuthDatapoint, context: Context) -> None:
        self.places = Places.of(datapoint)
        self._datapoint = datapoint
        self._context = context

    def issuer(self, request: Request) -> str:
        """The `iss` of tokens."""
        issuer = self._datapoint.issuer
        if issuer is not None and not issuer.startswith("/"):
            return issuer
        return self.url(self.places.base, request)

    def url(self, template: str, request: Request) -> str:
        """The URL of a path, with the parameters that the request came with."""
        for name, value in request.params.items():
            template = template.replace(f"{{{name}}}", quote(value, safe=""))
        return f"{self._context.base_url}{template}"

    def document(self, request: Request) -> dict[str, Any]:
        """The metadata of RFC 8414 and of OpenID Connect Discovery, in one."""
        datapoint, places = self._datapoint, self.places
        with_code = "authorization_code" in datapoint.grants
        found: dict[str, Any] = {"issuer": self.issuer(request)}
        if with_code:
            found["authorization_endpoint"] = self.url(places.authorize, request)
        found |= {
            "token_endpoint": self.url(places.token, request),
            "jwks_uri": self.url(places.jwks, request),
            "introspection_endpoint": self.url(places.introspection, request),
            "revocation_endpoint": self.url(places.revocation, request),
            "userinfo_endpoint": self.url(places.userinfo, request),
            "grant_types_supported": list(datapoint.grants),
            "response_types_supported": ["code"] if with_code else [],
            "response_modes_supported": ["query"] if with_code else [],
            "token_endpoint_auth_methods_supported": [
                "client_secret_basic",
                "client_secret_post",
                "none",
            ],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }
        if datapoint.scopes:
            found["scopes_supported"] = list(datapoint.scopes)
        if with_code:
            found["code_challenge_methods_supported"] = list(METHODS)
        return found
