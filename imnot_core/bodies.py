"""Bodies that a partner file writes: a value sent as JSON, a text as it is, or a file's bytes."""

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta

from imnot_core import content_types
from imnot_core.config import Fault
from imnot_core.heads import BODILESS
from imnot_core.messages import (
    JSON_CONTENT_TYPE,
    TEXT_CONTENT_TYPE,
    Reply,
    encode_json,
    parse_json,
)
from imnot_core.models import ResponseConfig

if TYPE_CHECKING:
    from imnot_core.context import Context

FIELDS = ("body", "body_text", "body_file")


class WrittenResponse(ResponseConfig, frozen=True, kw_only=True):
    """A `response:` with its body; `written` makes the answer of it."""

    body: Annotated[
        Any,
        Meta(
            description="The body: any YAML value, sent as JSON. Text that holds a JSON object or"
            " array is sent as that."
        ),
    ] = None
    body_text: Annotated[
        str | None,
        Meta(description="In place of `body`: a text, sent as it is (XML, CSV, plain text)."),
    ] = None
    body_file: Annotated[
        str | None,
        Meta(
            description="In place of `body`: a file below the partner's folder, sent byte for"
            " byte. Its suffix gives the content type."
        ),
    ] = None
    content_type: Annotated[
        str | None,
        Meta(
            description="The content type of the body. By default that of JSON, of plain text in"
            " UTF-8, or of the file."
        ),
    ] = None

    @property
    def has_body(self) -> bool:
        """Whether a body is written, in any of the three ways."""
        return any(getattr(self, field) is not None for field in FIELDS)

    def faults(self) -> Iterator[Fault]:
        """Give a body that is written twice or cannot be sent, and a type that cannot be."""
        yield from super().faults()
        first, *more = [each for each in FIELDS if getattr(self, each) is not None] or [""]
        for each in more:
            yield each, f"there is `{first}` as well", "keep one of the two"
        yield from body_faults(self.body)
        yield from _type_faults(self)
        yield from _text_faults(self)


def written(
    response: WrittenResponse, context: "Context", field: str, *, default: Any = None
) -> Reply:
    """Make the answer that a response writes; without body, one of `default` as JSON, or empty.

    `field` is where the response stands in its datapoint, for instance `endpoints[0].response`.
    Raises FieldError for a `body_file` that cannot be read. To be called by `compile`.
    """
    status, headers = response.status, response.header_pairs()
    if response.body_file is not None:
        body = context.file(response.body_file, f"{field}.body_file")
        kind = content_types.of_file(response.body_file, body)
    elif response.body_text is not None:
        kind = response.content_type or TEXT_CONTENT_TYPE
        body = response.body_text.encode(content_types.charset(kind))
    else:
        value = default if response.body is None else json_value(response.body)
        if value is None:
            return Reply.empty(status, headers)
        body, kind = encode_json(value), JSON_CONTENT_TYPE
    if status in BODILESS:
        body = b""
    return Reply.of(body, status, headers, content_type=response.content_type or kind)


def json_value(written: Any) -> Any:
    """The JSON value that a written body stands for.

    Text that holds a JSON object or array stands for that; all else, other text too, for itself.
    """
    if not isinstance(written, str) or not written.lstrip().startswith(("{", "[")):
        return written
    try:
        return parse_json(written.encode())
    except ValueError:
        return written


def body_faults(written: Any, field: str = "body") -> list[Fault]:
    """Say what keeps a written value from being sent as JSON: nothing, or one fault of `field`."""
    try:
        fault = _unfit(written, field)
        if fault is None:
            encode_json(written)
    except RecursionError:
        fault = ("contains itself or is nested too deeply", "remove the alias that leads back")
    except (TypeError, ValueError, OverflowError) as error:
        fault = (f"cannot be written as JSON: {error}", "write it as a text in quotes")
    return [(field, *fault)] if fault else []


def _unfit(value: Any, where: str) -> tuple[str, str] | None:
    # The encoder would write an infinite number as null and the key 1 as "1": not what was meant.
    if isinstance(value, float) and not isfinite(value):
        return f"{where} is {value}, a number that JSON does not have", "write it in quotes"
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                return f"the key {key} in {where} is no text", f'write it in quotes: "{key}"'
        inner = [(item, f"{where}.{key}") for key, item in value.items()]
    elif isinstance(value, (list, tuple)):
        inner = [(item, f"{where}[{index}]") for index, item in enumerate(value)]
    else:
        return None
    return next((fault for item, at in inner if (fault := _unfit(item, at))), None)


def _type_faults(response: WrittenResponse) -> Iterator[Fault]:
    said = response.content_type
    if said is None:
        return
    if fault := content_types.fault(said):
        yield "content_type", fault, "write one such as application/xml"
    if any(name.lower() == "content-type" for name in response.headers):
        yield "content_type", "`headers` has a Content-Type as well", "delete one of the two"


def _text_faults(response: WrittenResponse) -> Iterator[Fault]:
    kind = response.content_type or TEXT_CONTENT_TYPE
    if response.body_text is None or content_types.fault(kind):
        return
    try:
        response.body_text.encode(content_types.charset(kind))
    except UnicodeEncodeError as error:
        yield "body_text", f"cannot be written in {kind}: {error}", "write another charset"
