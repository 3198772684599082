"""What a partner file says: the base structs that patterns build theirs on, with their constraints.

A pattern declares a `Datapoint` struct whose `endpoints` are `EndpointConfig` structs whose
`response` is a `ResponseConfig` struct, each with the fields that it adds. Unknown keys are
refused, and everything here is frozen: what the user wrote never carries run-time state.
"""

import re
from difflib import get_close_matches
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from imnot_core.errors import FieldError
from imnot_core.routes import normalise, template_fault

# The look-ahead is for `$`, which would let a line break at the end pass.
NAME_PATTERN = r"^[A-Za-z0-9_-]{1,64}$(?!\n)"
NAME = re.compile(NAME_PATTERN)
METHODS = (
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY", "PURGE",
    "PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "REPORT", "SEARCH",
    "LINK", "UNLINK",
)  # fmt: skip

Name = Annotated[
    str,
    Meta(
        pattern=NAME_PATTERN,
        description="1 to 64 ASCII letters, digits, `_` and `-`; part of the admin URLs.",
    ),
]
Status = Annotated[int, Meta(ge=200, le=599, description="The HTTP status of the answer.")]
HeaderMap = Annotated[
    dict[str, str | int | float], Meta(description="Headers of the answer, name to value.")
]

E = TypeVar("E")
Endpoints = Annotated[tuple[E, ...], Meta(min_length=1, description="The endpoints, one or more.")]


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every struct that a partner file is read into: unknown keys are refused."""


class ResponseConfig(Config, frozen=True, kw_only=True):
    """What every `response:` may say; a pattern adds its own fields."""

    status: Status = 200
    headers: HeaderMap = {}

    def __post_init__(self) -> None:
        """Refuse headers that could not be sent."""
        faults = [fault for name, value in self.headers.items() if (fault := _fault(name, value))]
        if faults:
            raise FieldError(*faults)

    def header_pairs(self) -> tuple[tuple[str, str], ...]:
        """The headers as a `Reply` takes them."""
        return tuple((name, str(value)) for name, value in self.headers.items())


class EndpointConfig(Config, frozen=True, kw_only=True):
    """What every entry of `endpoints:` says; a pattern adds `response` with its own struct.

    `method` may be written in any case; a trailing slash of `path` is cut off.
    """

    method: Annotated[str, Meta(description="The HTTP method, for instance `POST`.")]
    path: Annotated[
        str,
        Meta(description="The path, beginning with `/`; `{name}` stands for one segment."),
    ]

    def __post_init__(self) -> None:
        """Bring method and path into their normal form. Raises FieldError for impossible ones."""
        method = self.method.upper()
        faults = []
        if method not in METHODS:
            near = get_close_matches(method, METHODS, 1)
            hint = f"did you mean {near[0]}?" if near else f"write one of {', '.join(METHODS[:7])}"
            faults.append(("method", f"{self.method!r} is no HTTP method", hint))
        if fault := template_fault(self.path):
            faults.append(("path", fault, "write a path such as /orders/{id}"))
        if faults:
            raise FieldError(*faults)
        msgspec.structs.force_setattr(self, "method", method)
        msgspec.structs.force_setattr(self, "path", normalise(self.path))


class Datapoint(Config, frozen=True, kw_only=True):
    """What every entry of `datapoints:` says; a pattern adds `endpoints` with its own struct."""

    name: Name
    pattern: Annotated[str, Meta(description="How the datapoint behaves: an installed pattern.")]
    description: Annotated[str, Meta(description="For people; shown in listings.")] = ""


class Source(msgspec.Struct, frozen=True):
    """Where a partner's text came from: the file's name as shown to people, and the text itself."""

    name: str
    text: str


class Partner(msgspec.Struct, frozen=True):
    """One external API as its file describes it."""

    name: str
    description: str
    datapoints: tuple[Datapoint, ...]
    source: Source


def _fault(name: str, value: object) -> tuple[str, str, str] | None:
    # RFC 9110, 5.1 and 5.5: a name is a token; a value has no line break and no NUL.
    token = name and name.isascii() and all(c.isalnum() or c in "!#$%&'*+-.^_`|~" for c in name)
    if not token:
        return ("headers", f"{name!r} is no header name", "use letters, digits and hyphens")
    text = str(value)
    if any(c in text for c in "\r\n\0") or (not text.isascii() and _not_latin(text)):
        return ("headers", f"the value of {name} cannot be sent", "use one line of Latin-1 text")
    return None


def _not_latin(text: str) -> bool:
    return any(ord(c) > 0xFF for c in text)
