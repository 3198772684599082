"""Access tokens: what an endpoint asks for by `requires_token`, and the refusals of RFC 6750.

Which tokens are good is known by the datapoint that gives them out: a pattern returns its
`TokenCheck` with `Compiled`. The check is looked up when a request comes, so that the order of the
datapoints in a file makes no difference.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import parse_qsl

import msgspec
from msgspec import Meta

from imnot_core.config import Config, Fault
from imnot_core.errors import ImnotError
from imnot_core.messages import Handler, Reply, Request
from imnot_core.refusals import refusal

if TYPE_CHECKING:
    from imnot_core.context import Context
    from imnot_core.models import EndpointConfig

FORM_CONTENT_TYPE: Final = "application/x-www-form-urlencoded"
PARAMETER: Final = "access_token"
SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+\Z")
"""One scope (RFC 6749, 3.3)."""
_UNQUOTABLE = re.compile(r'[^\x20-\x7e]|["\\]')


class InvalidToken(ImnotError):
    """Raised by a `TokenCheck` for a token that is not good; the message says why, in one line."""


class TokenInfo(msgspec.Struct, frozen=True):
    """What a good token says: the scopes that it was given, and its claims."""

    scopes: frozenset[str] = frozenset()
    claims: Mapping[str, Any] = {}


TokenCheck = Callable[[str, Request], Awaitable[TokenInfo]]
"""What judges the tokens of a datapoint: takes the token and the request that carries it.

Raises `InvalidToken`. It runs in the session of that request.
"""


class RequiredToken(Config, frozen=True, kw_only=True):
    """Whose tokens an endpoint asks for, and which scopes they must have."""

    datapoint: Annotated[str, Meta(description="The datapoint whose tokens requests must carry.")]
    scope: Annotated[
        str | tuple[str, ...],
        Meta(
            description="The scopes that the token must have, all of them: a list, or a text with"
            " spaces between. 403 without."
        ),
    ] = ()

    def faults(self) -> Iterator[Fault]:
        """Give the scopes that no token could have."""
        yield from super().faults()
        for scope in self.scopes:
            if not SCOPE.match(scope):
                hint = "use ASCII letters, digits and signs but quotes and backslashes"
                yield "scope", f"{scope!r} is no scope", hint

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes one by one."""
        return tuple(self.scope.split()) if isinstance(self.scope, str) else self.scope


TokenRequirement = str | RequiredToken
"""What `requires_token` says: the name of a datapoint, or that and scopes."""


def datapoint_of(required: TokenRequirement) -> str:
    """The name of the datapoint whose tokens are required."""
    return required if isinstance(required, str) else required.datapoint


def guarded(config: EndpointConfig, handler: Handler, context: Context) -> Handler:
    """The handler, for requests that carry a token as `requires_token` demands.

    Others are refused as RFC 6750 says: 401 without a token or with one that is not good, 403 with
    one that lacks a scope, 400 with several at once.
    """
    required = config.requires_token
    if required is None:
        return handler
    gate = _Gate(config, required, context)

    async def answer(request: Request) -> Reply:
        return await gate.refused(request) or await handler(request)

    return answer


class _Gate:
    """What stands before a guarded endpoint."""

    def __init__(
        self, config: EndpointConfig, required: TokenRequirement, context: Context
    ) -> None:
        self._config = config
        self._context = context
        self._datapoint = datapoint_of(required)
        self._scopes = () if isinstance(required, str) else required.scopes
        self._owner = f"{context.partner}/{self._datapoint}"

    async def refused(self, request: Request) -> Reply | None:
        """The answer to a request that is not let through."""
        tokens = list(bearer_tokens(request))
        if not tokens:
            detail = f"Needs an access token of {self._owner}: send Authorization: Bearer <token>"
            return self._refusal(401, detail)
        if len(tokens) > 1:
            detail = "The request carries an access token in more than one place"
            return self._refusal(400, detail, error="invalid_request")
        if not tokens[0]:
            detail = "The request names the place of an access token, and carries none"
            return self._refusal(400, detail, error="invalid_request")
        check = self._context.token_check(self._datapoint)
        if check is None:
            raise RuntimeError(f"{self._owner} offers no check of tokens")
        try:
            info = await check(tokens[0], request)
        except InvalidToken as error:
            return self._refusal(401, str(error), error="invalid_token")
        return self._lacking(info)

    def _lacking(self, info: TokenInfo) -> Reply | None:
        missing = [scope for scope in self._scopes if scope not in info.scopes]
        if not missing:
            return None
        has = f"it has {' '.join(sorted(info.scopes))}" if info.scopes else "it has none"
        detail = f"The access token lacks the scope {' '.join(missing)}: {has}"
        more = {"error": "insufficient_scope", "scope": " ".join(self._scopes)}
        return self._refusal(403, detail, **more)

    def _refusal(self, status: int, detail: str, **attributes: str) -> Reply:
        if "error" in attributes:  # RFC 6750, 3.1: who brought no token is told nothing of errors
            first = {"error": attributes["error"], "error_description": detail}
            attributes = {**first, **attributes}
        challenge = bearer_challenge(self._context.partner, **attributes)
        headers = (("WWW-Authenticate", challenge),)
        return refusal(self._config, status, "", detail, headers=headers)


def bearer_tokens(request: Request) -> Iterator[str]:
    """Give the access tokens of a request, wherever RFC 6750 (2) allows them; "" for empty ones.

    In the header `Authorization: Bearer`, in the parameter `access_token` of a form or the query.
    """
    for value in request.headers.getall("Authorization", ()):
        scheme, _, rest = value.strip().partition(" ")
        if scheme.lower() == "bearer":
            yield rest.strip()
    yield from request.query.getall(PARAMETER, ())
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind == FORM_CONTENT_TYPE and request.method not in {"GET", "HEAD"}:
        fields = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
        yield from (value for name, value in fields if name == PARAMETER)


def bearer_challenge(realm: str, **attributes: str) -> str:
    """The value of a `WWW-Authenticate` header of the scheme Bearer (RFC 6750, 3)."""
    pairs = {"realm": realm, **attributes}
    quoted = (f'{name}="{_UNQUOTABLE.sub("_", value)}"' for name, value in pairs.items())
    return f"Bearer {', '.join(quoted)}"
