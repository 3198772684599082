"""What a partner file says of an `async` datapoint."""

from collections.abc import Iterator
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from imnot_core import (
    BODILESS,
    Datapoint,
    EndpointConfig,
    Endpoints,
    Fault,
    ResponseConfig,
    header_faults,
)
from imnot_patterns.answers import FieldName, body_faults, json_value

ID: Final = "{id}"


class StepResponse(ResponseConfig, frozen=True, kw_only=True):
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

    def __post_init__(self) -> None:
        """Fill in the status. Raises FieldError for keys that have no effect together."""
        if not self.status:
            msgspec.structs.force_setattr(self, "status", 202 if self.generates_id else 200)
        super().__post_init__()

    def faults(self) -> Iterator[Fault]:
        """Give the keys that have no effect together, and a body that JSON cannot express."""
        yield from super().faults()
        yield from _kind_faults(self)
        yield from _delivery_faults(self)
        yield from body_faults(self.body)


class Step(EndpointConfig, frozen=True, kw_only=True):
    """One step of the flow."""

    step: Annotated[
        int | None,
        Meta(description="The number of the step, for listings; each at most once."),
    ] = None
    response: Annotated[StepResponse, Meta(description="What the step answers.")] = msgspec.field(
        default_factory=StepResponse
    )

    def faults(self) -> Iterator[Fault]:
        """Give the path of a result without an id to look for."""
        yield from super().faults()
        if self.response.returns_payload and ID not in self.path.split("/"):
            message = f"{self.path} has no segment {ID}, which returns_payload takes the id from"
            yield "path", message, f"write a path such as /jobs/{ID}/results"


class PollingDatapoint(Datapoint, frozen=True, kw_only=True):
    """A datapoint of the pattern `async` or `polling`."""

    endpoints: Endpoints[Step]

    def faults(self) -> Iterator[Fault]:
        """Give the step numbers that two endpoints have."""
        yield from super().faults()
        first: dict[int, Step] = {}
        for index, each in enumerate(self.endpoints):
            if each.step is None:
                continue
            other = first.setdefault(each.step, each)
            if other is not each:
                message = f"step {each.step} is already {other.method} {other.path}"
                hint = "give every step a number of its own, or leave the numbers out"
                yield f"endpoints[{index}].step", message, hint


def _kind_faults(response: StepResponse) -> Iterator[Fault]:
    if response.generates_id and response.returns_payload:
        message = "a step cannot generate an id and return the payload of one"
        yield "returns_payload", message, "make two steps of it"
    if response.returns_payload and response.body is not None:
        message = "a step with returns_payload answers with the payload"
        yield "body", message, "delete body or returns_payload"
    if not response.generates_id:
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
    if response.body is not None and not isinstance(json_value(response.body), dict):
        message = "the id is added to the body, which therefore must be an object"
        yield "body", message, "write keys and values, or leave it out"
    if response.status in BODILESS:
        message = f"an answer {response.status} has no body, which the id would be in"
        yield "status", message, "write another status, or use id_header"
