"""What a partner file says: the base structs that patterns build theirs on, with their constraints.

A pattern declares a `Datapoint` struct whose `endpoints` are `EndpointConfig` structs whose
`response` is a `ResponseConfig` struct, each with the fields that it adds. Unknown keys are
refused, and everything here is frozen: what the user wrote never carries run-time state.
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta

from imnot_core.chaos import Chaos
from imnot_core.config import Config, Fault
from imnot_core.heads import HEADER_NAME, HEADER_VALUE
from imnot_core.rate_limit import RateLimit
from imnot_core.routes import normalise, template_fault
from imnot_core.schema_check import SchemaConfig
from imnot_core.tokens import TokenRequirement
from imnot_core.validation import Validation

# The look-ahead is for `$`, which would let a line break at the end pass.
NAME_PATTERN = r"^[A-Za-z0-9_-]{1,64}$(?!\n)"
NAME = re.compile(NAME_PATTERN)
METHODS = (
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY", "PURGE",
    "PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "REPORT", "SEARCH",
    "LINK", "UNLINK",
)  # fmt: skip
"""The HTTP methods that an endpoint may have."""

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

ErrorFormat = Literal["detail", "problem+json"]

E = TypeVar("E")
Endpoints = Annotated[tuple[E, ...], Meta(min_length=1, description="The endpoints, one or more.")]


class ResponseConfig(Config, frozen=True, kw_only=True):
    """What every `response:` may say; a pattern adds its own fields."""

    status: Status = 200
    headers: HeaderMap = {}  # noqa: RUF012 - each struct gets a dict of its own

    def faults(self) -> Iterator[Fault]:
        """Give the headers that could not be sent."""
        for name, value in self.headers.items():
            yield from header_faults("headers", name, str(value))

    def header_pairs(self) -> tuple[tuple[str, str], ...]:
        """Return the headers as a `Reply` takes them."""
        return tuple((name, str(value)) for name, value in self.headers.items())


class EndpointConfig(Config, frozen=True, kw_only=True):
    """What every entry of `endpoints:` says; a pattern adds `response` with its own struct.

    `method` may be written in any case; a trailing slash of `path` is cut off.
    """

    method: Annotated[
        str, Meta(description="The HTTP method, for instance `POST`.", examples=list(METHODS))
    ]
    path: Annotated[
        str,
        Meta(description="The path, beginning with `/`; `{name}` stands for one segment."),
    ]
    validate: Annotated[
        Validation | None,
        Meta(description="Rules for fields of the body, the query and the headers; else 422."),
    ] = None
    schema: Annotated[
        SchemaConfig | None,
        Meta(
            description="A JSON Schema (draft 2020-12) for the request's body, or a file below the"
            " partner's folder that holds one; else 422."
        ),
    ] = None
    requires_token: Annotated[
        TokenRequirement | None,
        Meta(
            description="The datapoint whose tokens requests must carry, or that and the scopes;"
            " else 401 or 403."
        ),
    ] = None
    rate_limit: Annotated[
        RateLimit | None, Meta(description="How many requests are answered in a time; else 429.")
    ] = None
    error_format: Annotated[
        ErrorFormat | None,
        Meta(
            description="How the endpoint's refusals look: `detail` (the default), or"
            " `problem+json` (RFC 9457)."
        ),
    ] = None
    chaos: Annotated[
        Chaos | None,
        Meta(description="Latency and broken connections; only what is declared happens."),
    ] = None

    @property
    def reads_json(self) -> bool:
        """Whether the pattern refuses a body that is no JSON (400), and has to before all else.

        Then `validate` and `schema` judge no such body. False unless a pattern says otherwise.
        """
        return False

    def __post_init__(self) -> None:
        """Bring method and path into their normal form. Raises FieldError for impossible ones."""
        msgspec.structs.force_setattr(self, "method", self.method.upper())
        super().__post_init__()
        msgspec.structs.force_setattr(self, "path", normalise(self.path))

    def faults(self) -> Iterator[Fault]:
        """Give a method or path that no request could have."""
        if self.method not in METHODS:
            near = get_close_matches(self.method, METHODS, 1)
            hint = f"did you mean {near[0]}?" if near else f"write one of {', '.join(METHODS[:7])}"
            yield "method", f"{self.method!r} is no HTTP method", hint
        if fault := template_fault(self.path):
            yield "path", fault, "write a path such as /orders/{id}"


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


def header_faults(field: str, name: str, value: str = "") -> Iterator[Fault]:
    """Give what keeps a header from being sent, as faults of `field`."""
    if not HEADER_NAME.match(name):
        yield field, f"{name!r} is no header name", "use letters, digits and hyphens"
    if not HEADER_VALUE.match(value):
        yield field, f"the value of {name} cannot be sent", "use one line of Latin-1 text"
