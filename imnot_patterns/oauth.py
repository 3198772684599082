"""The pattern `oauth`: a token endpoint for OAuth 2.0 client credentials."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from imnot_core import (
    API_VERSION,
    Compiled,
    Context,
    Datapoint,
    Endpoint,
    EndpointConfig,
    Endpoints,
    Reply,
    ResponseConfig,
    encode_json,
)
from imnot_patterns.answers import constant


class TokenResponse(ResponseConfig, frozen=True, kw_only=True):
    """What the token endpoint answers, next to the token itself."""

    token_type: Annotated[str, Meta(description="The `token_type` in the answer.")] = "Bearer"  # noqa: S105 - a kind of token, no token
    expires_in: Annotated[
        int, Meta(ge=0, description="The `expires_in` in the answer: seconds. Nothing enforces it.")
    ] = 3600


class TokenEndpoint(EndpointConfig, frozen=True, kw_only=True):
    """A token endpoint."""

    response: Annotated[TokenResponse, Meta(description="The answer.")] = msgspec.field(
        default_factory=TokenResponse
    )


class OAuthDatapoint(Datapoint, frozen=True, kw_only=True):
    """A datapoint of the pattern `oauth`."""

    endpoints: Endpoints[TokenEndpoint]


def _token() -> str:
    parts = ({"alg": "HS256", "typ": "JWT"}, {"sub": "imnot", "iat": 0})
    signed = b".".join(_base64url(encode_json(part)) for part in parts)
    signature = hmac.new(b"imnot", signed, hashlib.sha256).digest()
    return (signed + b"." + _base64url(signature)).decode()


def _base64url(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


TOKEN: Final = _token()
"""The token that every endpoint gives: a JWT of subject `imnot`, signed with the key `imnot`."""


class OAuth:
    """A token endpoint that always gives the same JWT; credentials are not looked at."""

    name = "oauth"
    aliases: tuple[str, ...] = ()
    api_version = API_VERSION
    config = OAuthDatapoint
    example = """\
- name: token
  pattern: oauth
  endpoints:
    - method: POST
      path: /oauth/token
      response:
        token_type: Bearer
        expires_in: 3600
"""

    def compile(self, datapoint: OAuthDatapoint, context: Context) -> Compiled:  # noqa: ARG002 - the interface
        """Give every endpoint its constant answer."""
        return Compiled(tuple(_endpoint(each) for each in datapoint.endpoints))


def _endpoint(endpoint: TokenEndpoint) -> Endpoint:
    response = endpoint.response
    body = {
        "access_token": TOKEN,
        "token_type": response.token_type,
        "expires_in": response.expires_in,
    }
    reply = Reply.json(body, response.status, response.header_pairs())
    return Endpoint(endpoint.method, endpoint.path, constant(reply), "Get a token")
