"""What a partner file says of the answer of a step: a new id, the payload, or what is written."""

from collections.abc import Iterator
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from imnot_core import (
    BODILESS,
    Fault,
    WrittenResponse,
    header_faults,
    json_value,
)
from imnot_patterns.answers import FieldName
from imnot_patterns.polling.terms import FailureResponse, PendingResponse

ID: Final = "{id}"
OutcomeName = Annotated[str, Meta(min_length=1, max_length=64)]


class StepResponse(WrittenResponse, frozen=True, kw_only=True):
    """What a step answers: a new id, the payload, or what is written here."""

    status: Annotated[
        int,
        Meta(
            ge=200,
            le=599,
            description="The HTTP status of the answer. 202 by default where the step generates an"
            " id, 200 elsewhere.",
        ),
    ] = msgspec.field(default_factory=int)  # 0 stands for "not written" until __post_init__
    body: Annotated[
        Any,
        Meta(
            description="The body: any YAML value, sent as JSON; empty when it is missing. Beside"
            " `id_body_field` an object, which the id is added to."
        ),
    ] = None
    generates_id: Annotated[
        bool, Meta(description="Whether the step hands out a new id, a UUID.")
    ] = False
    id_header: Annotated[
        str | None,
        Meta(description="The header that carries the new id; needs `id_header_value`."),
    ] = None
    id_header_value: Annotated[
        str | None,
        Meta(description="The value of `id_header`; `{id}` in it stands for the new id."),
    ] = None
    id_body_field: Annotated[
        FieldName | None,
        Meta(description="The field of the JSON body that carries the new id."),
    ] = None
    returns_payload: Annotated[
        bool,
        Meta(
            description="Whether the step answers with the payload. The id is taken from `{id}` in"
            " the path; 404 for one that was not handed out."
        ),
    ] = False
    pending: Annotated[
        PendingResponse | None,
        Meta(
            description="What the step answers until the work is done, which the datapoint's"
            " `ready` says. Each such request is a poll."
        ),
    ] = None
    fails_with: Annotated[
        dict[OutcomeName, FailureResponse],
        Meta(
            description="What the step answers when the work has failed: name to answer. Tests"
            " choose an outcome by its name, over the admin API."
        ),
    ] = {}  # noqa: RUF012 - each struct gets a dict of its own

    def __post_init__(self) -> None:
        """Fill in the statuses. Raises FieldError for keys that have no effect together."""
        _fill_in(self, 202 if self.generates_id else 200)
        pending = (self.pending, *self.pending.then) if self.pending is not None else ()
        for each in pending:
            _fill_in(each, 202 if self.returns_payload else 200)
        for each in self.fails_with.values():
            _fill_in(each, 409 if self.returns_payload else 200)
        super().__post_init__()

    def faults(self) -> Iterator[Fault]:
        """Give the keys that have no effect together, and a body that JSON cannot express."""
        yield from super().faults()
        yield from _kind_faults(self)
        yield from _delivery_faults(self)

    @property
    def declares_states(self) -> bool:
        """Whether the answer depends on what has become of the work."""
        return self.pending is not None or bool(self.fails_with)


def _fill_in(response: WrittenResponse, status: int) -> None:
    if not response.status:
        msgspec.structs.force_setattr(response, "status", status)


def _kind_faults(response: StepResponse) -> Iterator[Fault]:
    if response.generates_id and response.returns_payload:
        message = "a step cannot generate an id and return the payload of one"
        yield "returns_payload", message, "make two steps of it"
    if response.returns_payload:
        for field in ("body", "body_text", "body_file", "content_type"):
            if getattr(response, field) is not None:
                message = "a step with returns_payload answers with the payload"
                yield field, message, f"delete {field} or returns_payload"
    if response.generates_id:
        for field in ("pending", "fails_with"):
            if getattr(response, field):
                message = "has no effect on a step that generates an id"
                yield field, message, "declare it on a step that asks for the id"
    else:
        for field in ("id_header", "id_header_value", "id_body_field"):
            if getattr(response, field) is not None:
                yield field, "has no effect without generates_id", "add generates_id: true"


def _delivery_faults(response: StepResponse) -> Iterator[Fault]:
    if not response.generates_id:
        return
    in_header = response.id_header is not None or response.id_header_value is not None
    in_body = response.id_body_field is not None
    if in_header and in_body:
        message = "the id goes into one place, and id_header is there too"
        yield "id_body_field", message, "keep id_body_field, or id_header with id_header_value"
    elif in_header:
        yield from _header_delivery_faults(response)
    elif in_body:
        yield from _body_delivery_faults(response)
    else:
        message = "nothing says where the id goes"
        yield "generates_id", message, "add id_body_field, or id_header and id_header_value"


def _header_delivery_faults(response: StepResponse) -> Iterator[Fault]:
    name, value = response.id_header, response.id_header_value
    if name is None:
        yield "id_header_value", "has no effect without id_header", "add id_header: Location"
    elif value is None:
        yield "id_header", "id_header_value is missing", f"add id_header_value: /jobs/{ID}"
    else:
        yield from header_faults("id_header", name, value)
        if any(name.lower() == each.lower() for each in response.headers):
            yield "headers", f"{name} is the header that carries the id", "delete it here"
    if value is not None and ID not in value:
        yield "id_header_value", f"{value!r} has no {ID}", f"write a value such as /jobs/{ID}"


def _body_delivery_faults(response: StepResponse) -> Iterator[Fault]:
    for field in ("body_text", "body_file"):
        if getattr(response, field) is not None:
            yield field, "the id is added to a JSON body", "use body, or id_header"
    if response.body is not None and not isinstance(json_value(response.body), dict):
        message = "the id is added to the body, which therefore must be an object"
        yield "body", message, "write keys and values, or leave it out"
    if response.status in BODILESS:
        message = f"an answer {response.status} has no body, which the id would be in"
        yield "status", message, "write another status, or use id_header"
