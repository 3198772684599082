"""What a client sends to the token endpoint and its like, and the errors of RFC 6749 (5.2)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from urllib.parse import parse_qsl

from imnot_core import Reply, Request, parse_json

NO_STORE = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))
_UNFIT = re.compile(r'[^\x20-\x7e]|["\\]')
"""What an error description has no room for."""

Parameters = dict[str, str]
Pairs = tuple[tuple[str, str], ...]


class OAuthError(Exception):
    """Raised to refuse a request: an error code of OAuth 2.0, and what is wrong in words."""

    def __init__(
        self,
        error: str,
        description: str,
        status: int = 400,
        headers: Pairs = (),
    ) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status
        self.headers = headers

    @property
    def fields(self) -> Parameters:
        """What the client is told."""
        return {"error": self.error, "error_description": _UNFIT.sub("?", self.description)}

    def reply(self, headers: Pairs = ()) -> Reply:
        """Answer as a token endpoint does, with the headers that it declares."""
        return Reply.json(self.fields, self.status, (*no_store(headers), *self.headers))


def no_store(headers: Pairs = ()) -> Pairs:
    """Headers, and those that keep tokens out of caches where nothing else is said."""
    named = {name.lower() for name, _ in headers}
    return (*headers, *(pair for pair in NO_STORE if pair[0].lower() not in named))


def body_parameters(request: Request) -> Parameters:
    """The parameters of a form, or of a JSON object; those without a value are left out.

    Raises OAuthError.
    """
    body = request.body
    if "json" in request.headers.get("Content-Type", "").lower() or body.lstrip()[:1] == b"{":
        return _of_json(body)
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise OAuthError("invalid_request", "The body is not UTF-8") from None
    return single(parse_qsl(text, keep_blank_values=True))


def single(pairs: Iterable[tuple[str, str]]) -> Parameters:
    """The parameters by name. Raises OAuthError for one that is there twice (RFC 6749, 3.2)."""
    given = [(name, value) for name, value in pairs if value]
    for name, count in Counter(name for name, _ in given).items():
        if count > 1:
            raise OAuthError("invalid_request", f"The parameter {name} is there {count} times")
    return dict(given)


def required(parameters: Parameters, name: str) -> str:
    """The value of a parameter. Raises OAuthError where there is none."""
    value = parameters.get(name)
    if value is None:
        raise OAuthError("invalid_request", f"The parameter {name} is missing")
    return value


def _of_json(body: bytes) -> Parameters:
    try:
        value = parse_json(body)
    except ValueError as error:
        raise OAuthError("invalid_request", f"The body is not valid JSON: {error}") from None
    if not isinstance(value, dict):
        raise OAuthError("invalid_request", "The body is JSON, but no object")
    for name, each in value.items():
        if not isinstance(each, str):
            raise OAuthError("invalid_request", f"The parameter {name} is no text")
    return {name: each for name, each in value.items() if each}
