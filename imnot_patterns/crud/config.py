"""What a partner file says of a `crud` datapoint."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from imnot_core import (
    Datapoint,
    EndpointConfig,
    Fault,
    ResponseConfig,
    body_faults,
    template_fault,
)
from imnot_patterns.answers import FieldName
from imnot_patterns.crud.operations import OPERATIONS, SUCCESS, Operation, operation_at, parameters

Count = Annotated[int, Meta(ge=1)]


class CrudResponse(ResponseConfig, frozen=True, kw_only=True):
    """What an operation answers with, when it succeeds."""

    status: Annotated[
        int,
        Meta(
            ge=200,
            le=599,
            description="The HTTP status of success. By default 201 to create, 204 to delete, and"
            " 200 for the others.",
        ),
    ] = msgspec.field(default_factory=int)  # 0 stands for "not written" until the endpoint is known


class CrudEndpoint(EndpointConfig, frozen=True, kw_only=True):
    """What one operation declares; its method and path say which one it is."""

    response: Annotated[CrudResponse, Meta(description="Status and headers of success.")] = (
        msgspec.field(default_factory=CrudResponse)
    )

    def __post_init__(self) -> None:
        """Fill in the status. Raises FieldError as every endpoint does."""
        super().__post_init__()
        if not self.response.status:
            status = SUCCESS.get(self.method, 200)
            response = msgspec.structs.replace(self.response, status=status)
            msgspec.structs.force_setattr(self, "response", response)


class CrudDatapoint(Datapoint, frozen=True, kw_only=True):
    """A datapoint of the pattern `crud`."""

    path: Annotated[
        str,
        Meta(
            description="The path of the collection, such as `/v1/customers`; its items are at"
            " `/v1/customers/{id}`. Each `{name}` in it is a field that the items below must have."
        ),
    ]
    id_field: Annotated[FieldName, Meta(description="The field of an item that holds its id.")] = (
        "id"
    )
    ids: Annotated[
        Literal["uuid", "integer", "client"],
        Meta(
            description="Who gives a new item its id: the server, a `uuid` or the next `integer`,"
            " or the `client`, in the body."
        ),
    ] = "uuid"
    seed: Annotated[
        tuple[dict[str, Any], ...] | None,
        Meta(description="The items that are there at the beginning, in every session."),
    ] = None
    seed_file: Annotated[
        str | None,
        Meta(
            description="In place of `seed`: a file below the partner's folder that holds them, a"
            " JSON array of objects."
        ),
    ] = None
    operations: Annotated[
        tuple[Operation, ...],
        Meta(min_length=1, description="What is served; the rest is 405. By default all six."),
    ] = OPERATIONS
    endpoints: Annotated[
        tuple[CrudEndpoint, ...],
        Meta(
            description="What single operations declare beside: `validate`, `rate_limit`, `chaos`,"
            " … An operation that is not here is served all the same."
        ),
    ] = ()
    items_field: Annotated[
        FieldName | None,
        Meta(description="A list is an object with the items in this field, not an array."),
    ] = None
    total_field: Annotated[
        FieldName | None,
        Meta(description="The field beside `items_field` with the number of items on all pages."),
    ] = None
    default_limit: Annotated[
        Count | None,
        Meta(description="How many items a page has that asks for no number; by default all."),
    ] = None
    max_limit: Annotated[
        Count | None, Meta(description="How many items a page has at most, whatever it asks for.")
    ] = None
    filter_fields: Annotated[
        tuple[FieldName, ...] | None,
        Meta(description="The fields to filter by; by default all that some item has."),
    ] = None
    sort_param: Annotated[FieldName, Meta(description="The query parameter to sort by.")] = "sort"
    limit_param: Annotated[
        FieldName, Meta(description="The query parameter with the number of items.")
    ] = "limit"
    offset_param: Annotated[
        FieldName, Meta(description="The query parameter with the number of items to skip.")
    ] = "offset"
    page_param: Annotated[
        FieldName, Meta(description="The query parameter with the page, from 1.")
    ] = "page"
    size_param: Annotated[
        FieldName, Meta(description="The query parameter with the size of a page.")
    ] = "size"
    strict: Annotated[
        bool,
        Meta(
            description="Whether query parameters that mean nothing, or are out of range, are 400;"
            " otherwise they are ignored."
        ),
    ] = False
    upsert: Annotated[
        bool, Meta(description="Whether PUT makes an item that is not there; otherwise 404.")
    ] = False
    etags: Annotated[
        bool,
        Meta(
            description="Whether items are sent with an ETag, and `If-Match` and `If-None-Match`"
            " are honoured."
        ),
    ] = False

    def __post_init__(self) -> None:
        """Cut slashes off the end of the path. Raises FieldError for what cannot be served."""
        msgspec.structs.force_setattr(self, "path", self.path.rstrip("/") or "/")
        super().__post_init__()

    @property
    def query_params(self) -> tuple[str, ...]:
        """The query parameters that are no filters."""
        return (
            self.sort_param,
            self.limit_param,
            self.offset_param,
            self.page_param,
            self.size_param,
        )

    @property
    def parents(self) -> tuple[str, ...]:
        """The parameters of the path, which are fields of the items."""
        return parameters(self.path)

    def faults(self) -> Iterator[Fault]:
        """Give paths that cannot be served, and keys that do not go together."""
        yield from super().faults()
        if fault := template_fault(self.path):
            yield "path", fault, "write a path such as /v1/customers"
        elif self.id_field in self.parents:
            message = f"`{{{self.id_field}}}` would be the id of the item and of what it belongs to"
            yield "path", message, "write a name such as {customer_id}"
        else:
            yield from self._endpoint_faults()
        if self.seed is not None and self.seed_file is not None:
            yield "seed_file", "there is a `seed` as well", "keep one of the two"
        yield from body_faults(list(self.seed or ()), "seed")
        if self.total_field and not self.items_field:
            message = "has no effect without `items_field`: a list is an array"
            yield "total_field", message, "add items_field, or use the header X-Total-Count"
        if self.items_field and self.items_field == self.total_field:
            yield "total_field", "is the same as `items_field`", "choose another name"
        if (self.default_limit or 0) > (self.max_limit or self.default_limit or 0):
            message = f"is more than max_limit, {self.max_limit}"
            yield "default_limit", message, "make it smaller"
        yield from self._parameter_faults()

    def _endpoint_faults(self) -> Iterator[Fault]:
        first: dict[Operation, int] = {}
        for index, each in enumerate(self.endpoints):
            found = operation_at(each.method, each.path, self.path)
            if found is None:
                message = f"{each.method} {each.path} is no operation of {self.path}"
                hint = f"write {self.path} with GET or POST, or {self.path.rstrip('/')}/{{id}}"
                yield f"endpoints[{index}].path", message, f"{hint} with GET, PUT, PATCH or DELETE"
            elif found not in self.operations:
                message = f"`operations` leaves out {found!r}, which this is"
                yield f"endpoints[{index}].method", message, f"add {found} there"
            elif first.setdefault(found, index) != index:
                message = f"endpoints[{first[found]}] is the operation {found!r} already"
                yield f"endpoints[{index}].method", message, "make one of the two"

    def _parameter_faults(self) -> Iterator[Fault]:
        fields = ("sort_param", "limit_param", "offset_param", "page_param", "size_param")
        first: dict[str, str] = {}
        for field in fields:
            other = first.setdefault(getattr(self, field), field)
            if other != field:
                yield field, f"is the same as {other}", "give each parameter a name of its own"
