"""Signatures: headers by which a receiver can see who sent a callback, and that nobody changed it.

`standard-webhooks` is the specification of that name: HMAC-SHA256 over id, time and body. `github`
and `stripe` are the headers of these services, `hmac` is whatever else a partner does.
"""

import hashlib
import hmac
import os
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Final, Literal

from msgspec import Meta

from imnot_core import Config, Fault, header_faults

STANDARD: Final = "standard-webhooks"
PREFIX: Final = "whsec_"
PLACEHOLDERS: Final = ("{id}", "{timestamp}", "{body}")

Headers = list[tuple[str, str]]
Variable = Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class SecretMissing(Exception):
    """A secret cannot be used; the message names the environment variable and never its value."""


class Signature(Config, frozen=True, kw_only=True, omit_defaults=True):
    """How a callback is signed."""

    scheme: Annotated[
        Literal["standard-webhooks", "github", "stripe", "hmac"],
        Meta(description="Whose headers these are; `hmac` for one of your own making."),
    ]
    secret_env: Annotated[
        Variable | Annotated[tuple[Variable, ...], Meta(min_length=1)],
        Meta(
            description="The environment variable that holds the secret. Of `standard-webhooks` and"
            " `stripe` it may be several, as while a secret is being replaced."
        ),
    ]
    header: Annotated[
        str | None, Meta(description="`hmac`: the header that holds the signature.")
    ] = None
    algorithm: Annotated[
        Literal["sha256", "sha1", "sha512"], Meta(description="`hmac`: the hash function.")
    ] = "sha256"
    encoding: Annotated[
        Literal["hex", "base64"], Meta(description="`hmac`: how the signature is written.")
    ] = "hex"
    prefix: Annotated[
        str, Meta(description="`hmac`: what stands before the signature, such as `sha256=`.")
    ] = ""
    timestamp_header: Annotated[
        str | None, Meta(description="`hmac`: the header for the time, in seconds since 1970.")
    ] = None
    signed: Annotated[
        str,
        Meta(
            description="`hmac`: what is signed, of `{id}`, `{timestamp}` and `{body}`; for"
            " instance `v0:{timestamp}:{body}`."
        ),
    ] = "{body}"

    @property
    def variables(self) -> tuple[str, ...]:
        """The environment variables of the secrets."""
        return (self.secret_env,) if isinstance(self.secret_env, str) else self.secret_env

    def faults(self) -> Iterator[Fault]:
        """Give keys that the scheme does not have, and headers that could not be sent."""
        yield from super().faults()
        if self.scheme == "hmac":
            yield from self._hmac_faults()
        else:
            for key, default in _DEFAULTS.items():
                if getattr(self, key) != default:
                    message = f"{self.scheme} does not leave it open"
                    yield key, message, "delete it, or write scheme: hmac"
        if self.scheme in {"hmac", "github"} and len(self.variables) > 1:
            yield "secret_env", f"{self.scheme} signs with one secret", "name one variable"

    def _hmac_faults(self) -> Iterator[Fault]:
        if self.header is None:
            yield "header", "nothing says where the signature goes", "add a header, X-Signature"
        else:
            yield from header_faults("header", self.header, self.prefix)
        if self.timestamp_header is not None:
            yield from header_faults("timestamp_header", self.timestamp_header)
        if "{body}" not in self.signed:
            yield "signed", "the body is not in it", "write for instance {timestamp}.{body}"


_DEFAULTS: Final[Mapping[str, object]] = {
    "header": None,
    "algorithm": "sha256",
    "encoding": "hex",
    "prefix": "",
    "timestamp_header": None,
    "signed": "{body}",
}


def secrets(signature: Signature, environment: Mapping[str, str] = os.environ) -> tuple[bytes, ...]:
    """The keys to sign with. Raises SecretMissing."""
    return tuple(_secret(signature.scheme, name, environment) for name in signature.variables)


def sign(
    signature: Signature, keys: tuple[bytes, ...], webhook_id: str, timestamp: int, body: bytes
) -> Headers:
    """The headers that sign a body."""
    return _SCHEMES[signature.scheme](signature, keys, webhook_id, timestamp, body)


def wrong(keys: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """Keys of which the receiver knows nothing."""
    return tuple(hashlib.sha256(key + b" and not").digest() for key in keys)


def _secret(scheme: str, name: str, environment: Mapping[str, str]) -> bytes:
    text = environment.get(name, "")
    if not text:
        raise SecretMissing(f"the environment variable {name} is not set")
    if scheme != STANDARD:
        return text.encode(errors="surrogateescape")
    try:
        key = b64decode(text.removeprefix(PREFIX), validate=True)
    except (Base64Error, ValueError):
        key = b""
    if not key:
        message = f"the environment variable {name} holds no secret of the form {PREFIX}<base64>"
        raise SecretMissing(message)
    return key


def _standard(
    _signature: Signature, keys: tuple[bytes, ...], webhook_id: str, timestamp: int, body: bytes
) -> Headers:
    content = f"{webhook_id}.{timestamp}.".encode() + body
    signatures = [b64encode(_digest(key, content, "sha256")).decode() for key in keys]
    return [
        ("webhook-id", webhook_id),
        ("webhook-timestamp", str(timestamp)),
        ("webhook-signature", " ".join(f"v1,{each}" for each in signatures)),
    ]


def _github(
    _signature: Signature, keys: tuple[bytes, ...], _webhook_id: str, _timestamp: int, body: bytes
) -> Headers:
    return [("X-Hub-Signature-256", f"sha256={_digest(keys[0], body, 'sha256').hex()}")]


def _stripe(
    _signature: Signature, keys: tuple[bytes, ...], _webhook_id: str, timestamp: int, body: bytes
) -> Headers:
    content = f"{timestamp}.".encode() + body
    parts = [f"v1={_digest(key, content, 'sha256').hex()}" for key in keys]
    return [("Stripe-Signature", ",".join([f"t={timestamp}", *parts]))]


def _hmac(
    signature: Signature, keys: tuple[bytes, ...], webhook_id: str, timestamp: int, body: bytes
) -> Headers:
    before, _, after = signature.signed.partition("{body}")
    content = _filled(before, webhook_id, timestamp) + body + _filled(after, webhook_id, timestamp)
    digest = _digest(keys[0], content, signature.algorithm)
    text = digest.hex() if signature.encoding == "hex" else b64encode(digest).decode()
    headers = [(signature.header or "", signature.prefix + text)]
    if signature.timestamp_header is not None:
        headers.append((signature.timestamp_header, str(timestamp)))
    return headers


def _filled(text: str, webhook_id: str, timestamp: int) -> bytes:
    return text.replace("{id}", webhook_id).replace("{timestamp}", str(timestamp)).encode()


def _digest(key: bytes, content: bytes, algorithm: str) -> bytes:
    return hmac.new(key, content, algorithm).digest()


_SCHEMES: Final[Mapping[str, Callable[..., Headers]]] = {
    STANDARD: _standard,
    "github": _github,
    "stripe": _stripe,
    "hmac": _hmac,
}
