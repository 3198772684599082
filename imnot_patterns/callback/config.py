"""What a partner file says of a `push` datapoint."""

from collections.abc import Iterator
from math import isfinite
from typing import Annotated

import msgspec
from msgspec import Meta

from imnot_core import (
    Datapoint,
    EndpointConfig,
    Endpoints,
    Fault,
    ResponseConfig,
    Status,
    header_faults,
)
from imnot_patterns.answers import FieldName

METHODS = ("POST", "PUT", "PATCH", "DELETE", "GET", "HEAD", "OPTIONS")


class CallbackResponse(ResponseConfig, frozen=True, kw_only=True):
    """What the submit answers, and where the callback goes."""

    status: Status = 202
    callback_url_field: Annotated[
        FieldName | None,
        Meta(
            description="The top-level field of the JSON request body that holds the callback URL."
            " Either this or `callback_url_header`.",
        ),
    ] = None
    callback_url_header: Annotated[
        str | None,
        Meta(
            description="The request header that holds the callback URL. Either this or"
            " `callback_url_field`."
        ),
    ] = None
    callback_method: Annotated[
        str, Meta(description="The HTTP method of the callback, in any case.")
    ] = "POST"
    callback_delay_seconds: Annotated[
        float,
        Meta(ge=0, description="Seconds between the answer and the callback; fractions allowed."),
    ] = 0.0

    def __post_init__(self) -> None:
        """Write the method in capitals. Raises FieldError for keys that do not go together."""
        msgspec.structs.force_setattr(self, "callback_method", self.callback_method.upper())
        super().__post_init__()

    def faults(self) -> Iterator[Fault]:
        """Give the keys that do not go together, and a method or delay that cannot be."""
        yield from super().faults()
        yield from _source_faults(self)
        yield from _sending_faults(self)


class CallbackEndpoint(EndpointConfig, frozen=True, kw_only=True):
    """A submit endpoint."""

    response: Annotated[
        CallbackResponse, Meta(description="What the submit answers, and where the callback goes.")
    ]


class CallbackDatapoint(Datapoint, frozen=True, kw_only=True):
    """A datapoint of the pattern `push` or `callback`."""

    endpoints: Endpoints[CallbackEndpoint]


def _source_faults(response: CallbackResponse) -> Iterator[Fault]:
    field, header = response.callback_url_field, response.callback_url_header
    if field is None and header is None:
        message = "nothing says where the callback URL is"
        yield "callback_url_field", message, "add this or callback_url_header"
    elif field is not None and header is not None:
        message = "the callback URL comes from one place, and callback_url_field is there too"
        yield "callback_url_header", message, "delete one of the two"
    elif header is not None:
        yield from header_faults("callback_url_header", header)


def _sending_faults(response: CallbackResponse) -> Iterator[Fault]:
    if response.callback_method not in METHODS:
        message = f"{response.callback_method!r} is no method for a callback"
        yield "callback_method", message, f"write one of {', '.join(METHODS)}"
    if not isfinite(response.callback_delay_seconds):
        yield "callback_delay_seconds", "is no finite number", "write seconds, for instance 0.5"
