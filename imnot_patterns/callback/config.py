"""What a partner file says of a `push` datapoint."""

from collections.abc import Iterator
from math import isfinite
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from imnot_core import (
    Config,
    Datapoint,
    EndpointConfig,
    Endpoints,
    Fault,
    ResponseConfig,
    Status,
    header_faults,
)
from imnot_patterns.answers import FieldName
from imnot_patterns.callback.misdelivery import Misdelivery
from imnot_patterns.callback.retry import Retry
from imnot_patterns.callback.signature import Signature
from imnot_patterns.callback.wording import body_faults, text_faults, url_faults

METHODS = ("POST", "PUT", "PATCH", "DELETE", "GET", "HEAD", "OPTIONS")
FRAMING = ("content-length", "transfer-encoding")
SEQUENTIAL = "sequential"
Order = Literal["sequential", "parallel", "reversed", "shuffled"]

Url = Annotated[
    FieldName | None,
    Meta(
        description="Where the callback goes: a template such as"
        " `https://example.com/hooks/{{ request.json.id }}`."
    ),
]
UrlField = Annotated[
    FieldName | None,
    Meta(
        description="The field of the JSON request body that holds the callback URL; with dots for"
        " one within: `hooks.done`."
    ),
]
UrlHeader = Annotated[
    str | None, Meta(description="The request header that holds the callback URL.")
]
Method = Annotated[str, Meta(description="The HTTP method of the callback, in any case.")]
Delay = Annotated[
    float,
    Meta(ge=0, description="Seconds between the answer and the callback; fractions allowed."),
]
Headers = Annotated[
    dict[str, str | int | float],
    Meta(description="Headers of the callback beside its content type; values are templates."),
]
Seconds = Annotated[float, Meta(gt=0, le=3600)]
Timeout = Annotated[
    Seconds | None,
    Meta(
        description="How many seconds the receiver may take; if left out, `timeout_seconds` of"
        " `[callbacks]` in imnot.toml."
    ),
]
Body = Annotated[
    Any,
    Meta(
        description="What is sent instead of the payload: a text, or any YAML to be sent as JSON;"
        " texts are templates."
    ),
]
Tries = Annotated[Retry | None, Meta(description="Trying again when a delivery failed.")]
Signed = Annotated[Signature | None, Meta(description="Headers by which the receiver knows us.")]
Bad = Annotated[Misdelivery | None, Meta(description="Bad delivery on purpose.")]


class Callback(Config, frozen=True, kw_only=True, omit_defaults=True):
    """One of several callbacks."""

    name: Annotated[str, Meta(description="For people, and to trigger this one again.")] = ""
    url: Url = None
    url_field: UrlField = None
    url_header: UrlHeader = None
    method: Method = "POST"
    delay_seconds: Annotated[
        Delay, Meta(description="Seconds to wait before it, after the one before or the answer.")
    ] = 0.0
    headers: Headers = {}  # noqa: RUF012 - each struct gets a dict of its own
    body: Body = None
    timeout_seconds: Timeout = None
    retry: Tries = None
    signature: Signed = None
    misdelivery: Bad = None

    def __post_init__(self) -> None:
        """Write the method in capitals. Raises FieldError for keys that do not go together."""
        msgspec.structs.force_setattr(self, "method", self.method.upper())
        super().__post_init__()

    def faults(self) -> Iterator[Fault]:
        """Give what keeps the callback from being sent."""
        yield from super().faults()
        yield from callback_faults(self, "")


class CheckedCallback(Callback, frozen=True, kw_only=True, omit_defaults=True):
    """A callback whose keys are checked elsewhere."""

    def faults(self) -> Iterator[Fault]:
        """Give nothing."""
        yield from ()


class CallbackResponse(ResponseConfig, frozen=True, kw_only=True):
    """What the submit answers, and where the callback goes.

    The keys of one callback stand here; of several, in `callbacks`.
    """

    status: Status = 202
    callback_url_field: UrlField = None
    callback_url_header: UrlHeader = None
    callback_url: Url = None
    callback_method: Method = "POST"
    callback_delay_seconds: Delay = 0.0
    callback_headers: Headers = {}  # noqa: RUF012 - as above
    callback_body: Body = None
    callback_timeout_seconds: Timeout = None
    retry: Tries = None
    signature: Signed = None
    misdelivery: Bad = None
    callbacks: Annotated[
        tuple[Callback, ...],
        Meta(description="Several callbacks, in this order; instead of the keys of a single one."),
    ] = ()
    callback_order: Annotated[
        Order,
        Meta(
            description="How several are sent. `sequential`: each when the one before has arrived"
            " or was given up; `parallel`: each after its delay; `reversed` and `shuffled`: one"
            " after the other, in the wrong order."
        ),
    ] = "sequential"

    def __post_init__(self) -> None:
        """Write the method in capitals. Raises FieldError for keys that do not go together."""
        msgspec.structs.force_setattr(self, "callback_method", self.callback_method.upper())
        super().__post_init__()

    def faults(self) -> Iterator[Fault]:
        """Give the keys that do not go together, and a method or delay that cannot be."""
        yield from super().faults()
        if self.callbacks:
            yield from _both_forms(self)
            yield from _name_faults(self.callbacks)
        else:
            yield from callback_faults(self.single(), "callback_")
            if self.callback_order != SEQUENTIAL:
                message = "has no effect: there is one callback"
                yield "callback_order", message, "delete it, or write several callbacks"

    def single(self) -> Callback:
        """The callback of the keys that stand here."""
        keys = (key for key in Callback.__struct_fields__ if key != "name")
        return CheckedCallback(**{key: getattr(self, own_key(key)) for key in keys})

    def all(self) -> tuple[Callback, ...]:
        """The callbacks, in the order in which they are written."""
        return self.callbacks or (self.single(),)


class CallbackEndpoint(EndpointConfig, frozen=True, kw_only=True):
    """A submit endpoint."""

    response: Annotated[
        CallbackResponse, Meta(description="What the submit answers, and where the callback goes.")
    ]

    @property
    def reads_json(self) -> bool:
        """Whether a callback URL comes from a field of the body."""
        return any(each.url_field for each in self.response.all())


class CallbackDatapoint(Datapoint, frozen=True, kw_only=True):
    """A datapoint of the pattern `push` or `callback`."""

    endpoints: Endpoints[CallbackEndpoint]


def own_key(key: str) -> str:
    """What a key of a callback is called where it stands in `response`."""
    return key if key in {"retry", "signature", "misdelivery"} else f"callback_{key}"


def callback_faults(callback: Callback, prefix: str) -> Iterator[Fault]:
    """Give what keeps a callback from being sent; its keys begin with `prefix`."""
    yield from _source_faults(callback, prefix)
    if callback.method not in METHODS:
        message = f"{callback.method!r} is no method for a callback"
        yield f"{prefix}method", message, f"write one of {', '.join(METHODS)}"
    if not isfinite(callback.delay_seconds):
        yield f"{prefix}delay_seconds", "is no finite number", "write seconds, for instance 0.5"
    for name, value in callback.headers.items():
        yield from header_faults(f"{prefix}headers", name)
        if name.lower() in FRAMING:
            message = f"{name} is that of the body as it is sent"
            yield f"{prefix}headers", message, "delete it"
        yield from text_faults(f"{prefix}headers.{name}", str(value))
    yield from body_faults(f"{prefix}body", callback.body)
    bad = callback.misdelivery
    if bad is not None and bad.needs_signature and callback.signature is None:
        message = "has no effect: the callback has no signature"
        yield "misdelivery", message, "declare signature, or leave wrong_signature and stale out"


def _source_faults(callback: Callback, prefix: str) -> Iterator[Fault]:
    keys = [f"{prefix}{each}" for each in ("url_field", "url_header", "url")]
    values = (callback.url_field, callback.url_header, callback.url)
    given = [key for key, value in zip(keys, values, strict=True) if value is not None]
    if not given:
        message = "nothing says where the callback URL is"
        yield keys[0], message, f"add this or {keys[1]}, or {keys[2]}"
    elif len(given) > 1:
        message = f"the callback URL comes from one place, and {given[0]} is there too"
        yield given[1], message, "delete one of the two"
    elif callback.url_header is not None:
        yield from header_faults(keys[1], callback.url_header)
    elif callback.url is not None:
        yield from url_faults(keys[2], callback.url)


def _both_forms(response: CallbackResponse) -> Iterator[Fault]:
    nothing = CheckedCallback(url="-")
    for key in Callback.__struct_fields__:
        default = None if key == "url" else getattr(nothing, key)
        if key != "name" and getattr(response, own_key(key)) != default:
            message = "is a key of a single callback, and callbacks are there too"
            yield own_key(key), message, "write it into the entries of callbacks"


def _name_faults(callbacks: tuple[Callback, ...]) -> Iterator[Fault]:
    """Give the names by which more than one callback could be meant."""
    first: dict[str, int] = {}
    for index, each in enumerate(callbacks):
        field = f"callbacks[{index}].name"
        if each.name.isdecimal():
            yield field, f"{each.name!r}: the numbers are those of the order", "write a word"
        elif each.name and (other := first.setdefault(each.name, index)) != index:
            message = f"{each.name!r} is the name of callback {other + 1}, too"
            yield field, message, "give each a name of its own"
