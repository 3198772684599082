"""Secrets as clients send them: as a Bearer token, as the password of Basic, or in X-API-Key."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping


def secrets_in(headers: Mapping[str, str]) -> Iterator[str]:
    """Give every secret that the headers of a request carry; raises nothing, whatever they say."""
    for name, value in headers.items():
        lowered = name.lower()
        if lowered == "x-api-key":
            yield _text(value)
        elif lowered == "authorization":
            scheme, _, rest = value.partition(" ")
            if scheme.lower() == "bearer":
                yield _text(rest.strip())
            elif scheme.lower() == "basic":
                yield from _password(rest.strip())


def _password(credentials: str) -> Iterator[str]:
    try:
        decoded = base64.b64decode(credentials, validate=True)
    except ValueError:  # also: not ASCII
        return
    _, colon, password = decoded.partition(b":")
    if colon:
        yield password.decode("utf-8", "replace")


def _text(value: str) -> str:
    """A header as its sender meant it: headers come as Latin-1, and most send UTF-8."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value
