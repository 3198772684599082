"""An authorization server: the endpoints of a datapoint that says `issue: jwt`.

This module leads to the cryptography: it is imported when such a datapoint is compiled.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from imnot_core import (
    Compiled,
    Context,
    Endpoint,
    EndpointConfig,
    Handler,
    Reply,
    Request,
    Sample,
)
from imnot_patterns.oauth.accounts import Clients, Users
from imnot_patterns.oauth.authorization import Authorization
from imnot_patterns.oauth.config import OAuthDatapoint
from imnot_patterns.oauth.grants import Grants
from imnot_patterns.oauth.inspection import Inspection
from imnot_patterns.oauth.keys import SigningKeys
from imnot_patterns.oauth.places import Addresses
from imnot_patterns.oauth.records import Records
from imnot_patterns.oauth.tokens import Tokens

_EITHER: Final = ("GET", "POST")
"""OpenID Connect (Core, 3.1.2.1 and 5.3.1) has clients choose."""


def authorization_server(datapoint: OAuthDatapoint, context: Context) -> Compiled:
    """Compile it. Raises FieldError for secrets that the environment does not have."""
    clients, users = Clients(datapoint.clients, context.partner), Users(datapoint.users)
    addresses, keys, records = (
        Addresses(datapoint, context),
        SigningKeys(context),
        Records(context),
    )
    tokens = Tokens(datapoint, context, addresses, users, keys)
    grants = Grants(datapoint, clients, users, records, tokens)
    sample = Sample(body=_sample(datapoint))
    endpoints = [
        Endpoint(
            each.method, each.path, grants.handler(each.response), "Get a token", sample=sample
        )
        for each in datapoint.endpoints
    ]
    if "authorization_code" in datapoint.grants:
        authorization = Authorization(datapoint, context, clients, users, records, grants)
        path = addresses.places.authorize
        endpoints += [Endpoint(method, path, authorization, "Get a code") for method in _EITHER]
    endpoints += _documents(addresses, keys)
    endpoints += _inspection(context, addresses, Inspection(clients, records, tokens))
    return Compiled(tuple(endpoints), token_check=tokens.check)


def _documents(addresses: Addresses, keys: SigningKeys) -> Iterator[Endpoint]:
    async def metadata(request: Request) -> Reply:
        return Reply.json(addresses.document(request))

    async def jwks(_request: Request) -> Reply:
        return Reply.json({"keys": [(await keys.get()).public]})

    places = addresses.places
    yield Endpoint("GET", places.jwks, jwks, "Public keys")
    yield Endpoint("GET", places.discovery, metadata, "Discovery")
    yield Endpoint("GET", places.metadata, metadata, "Discovery")


def _inspection(
    context: Context, addresses: Addresses, inspection: Inspection
) -> Iterator[Endpoint]:
    places = addresses.places
    yield Endpoint(
        "POST",
        places.introspection,
        inspection.introspect,
        "Look up a token",
        sample=Sample(body={"token": ""}),
    )
    yield Endpoint(
        "POST",
        places.revocation,
        inspection.revoke,
        "Give back a token",
        sample=Sample(body={"token": ""}),
    )
    for method in _EITHER:
        guarded = _guarded(context, method, places.userinfo, inspection.userinfo)
        yield Endpoint(method, places.userinfo, guarded, "Who the user is")


def _guarded(context: Context, method: str, path: str, handler: Handler) -> Handler:
    """The handler, for requests with a token of the datapoint itself."""
    config = EndpointConfig(method=method, path=path, requires_token=context.datapoint)
    return context.wrap(config, handler)


def _sample(datapoint: OAuthDatapoint) -> dict[str, str]:
    """The parameters of a request for a token, as its sender would fill them in."""
    grant = datapoint.grants[0]
    more = {
        "client_credentials": (),
        "password": ("username", "password"),
        "refresh_token": ("refresh_token",),
        "authorization_code": ("code", "redirect_uri", "code_verifier"),
    }[grant]
    sample = {"grant_type": grant, **dict.fromkeys(more, "")}
    if datapoint.clients:
        sample["client_id"] = datapoint.clients[0].client_id
        sample["client_secret"] = ""
    if datapoint.users and grant == "password":
        sample["username"] = datapoint.users[0].username
    return sample
