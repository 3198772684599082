"""What a partner file says of a `paginated` datapoint."""

from collections.abc import Iterator
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from imnot_core import (
    Config,
    Datapoint,
    EndpointConfig,
    Endpoints,
    Fault,
    ResponseConfig,
    header_faults,
)
from imnot_patterns.answers import FieldName

OFFSET: Final = "offset_limit"
CURSOR: Final = "cursor"
PAGE: Final = "page_number"
PAGE_URL: Final = "page_number_url"
LINK: Final = "link"

LARGEST: Final = 10**18
"""The largest number that a parameter stands for; what is larger is taken for it."""

BODY_FIELDS: Final = (
    "items_field", "total_field", "has_more_field", "next_offset_field", "offset_echo_field",
    "limit_echo_field", "cursor_field", "next_url_field", "previous_url_field",
)  # fmt: skip
"""The keys that name a field of the answer, in the order of the answer."""

NEEDED: Final = {
    CURSOR: ("cursor_field",),
    PAGE_URL: ("next_url_field", "previous_url_field"),
}
"""The fields without which a client could not get from one page to the next, by style."""

PARAMETERS: Final = {
    OFFSET: ("offset_param", "limit_param"),
    CURSOR: ("cursor_param", "limit_param"),
    PAGE: ("page_param", "size_param"),
    PAGE_URL: ("page_param", "size_param"),
    LINK: ("page_param", "size_param"),
}
"""Where each style finds in the query which page is meant, and how large it is."""

Count = Annotated[int, Meta(ge=1)]
Style = Literal["offset_limit", "cursor", "page_number", "page_number_url", "link"]


class Pagination(Config, frozen=True, kw_only=True):
    """How the items come in pages: what the query says, and what the answer tells."""

    style: Annotated[
        Style,
        Meta(
            description="What says which page is meant: `offset_limit`, `cursor`, `page_number`,"
            " `page_number_url` (the answer has the URLs of its neighbours), or `link` (page"
            " numbers and a `Link` header)."
        ),
    ]
    items_field: Annotated[
        FieldName | None,
        Meta(
            description="The field of the answer that has the items. Only where there is a `Link`"
            " header it may be left out: the answer is then the array itself."
        ),
    ] = None
    total_field: Annotated[
        FieldName | None, Meta(description="The field with the number of all items.")
    ] = None
    has_more_field: Annotated[
        FieldName | None,
        Meta(
            description="The field that says whether there is a next page. Not in the style"
            " `page_number_url`, where the URL says it."
        ),
    ] = None
    next_offset_field: Annotated[
        FieldName | None,
        Meta(description="The field with the offset of the next page, null on the last one."),
    ] = None
    offset_echo_field: Annotated[
        FieldName | None,
        Meta(description="The field with the offset in effect: how many items come before."),
    ] = None
    limit_echo_field: Annotated[
        FieldName | None, Meta(description="The field with the page size in effect.")
    ] = None
    cursor_field: Annotated[
        FieldName | None,
        Meta(
            description="Of the style `cursor`: the field with the cursor of the next page, null"
            " on the last one."
        ),
    ] = None
    cursor_ttl_seconds: Annotated[
        float,
        Meta(ge=0, description="Seconds for which a cursor is good; 0 means for ever."),
    ] = 3600.0
    next_url_field: Annotated[
        FieldName | None,
        Meta(
            description="The field with the URL of the next page, null on the last one. The style"
            " `page_number_url` needs it."
        ),
    ] = None
    previous_url_field: Annotated[
        FieldName | None,
        Meta(
            description="The field with the URL of the page before, null on the first one. The"
            " style `page_number_url` needs it."
        ),
    ] = None
    total_pages: Annotated[
        Count | None,
        Meta(
            description="Of the style `page_number_url`: every page has all items, and this is the"
            " number of the last one."
        ),
    ] = None
    default_limit: Annotated[
        Count | None,
        Meta(
            description="How many items a page has if the query does not say it. By default that"
            " of imnot.toml, or 50."
        ),
    ] = None
    max_limit: Annotated[
        Count | None,
        Meta(description="How many items a page has at most, whatever the query says."),
    ] = None
    offset_param: Annotated[FieldName, Meta(description="The query parameter of the offset.")] = (
        "offset"
    )
    limit_param: Annotated[
        FieldName,
        Meta(description="The query parameter of the page size, of `offset_limit` and `cursor`."),
    ] = "limit"
    cursor_param: Annotated[FieldName, Meta(description="The query parameter of the cursor.")] = (
        "cursor"
    )
    page_param: Annotated[
        FieldName,
        Meta(description="The query parameter of the page number, from 1 on."),
    ] = "page"
    size_param: Annotated[
        FieldName,
        Meta(description="The query parameter of the page size, of the other styles."),
    ] = "size"
    link_header: Annotated[
        bool,
        Meta(
            description="Whether the answer has a `Link` header (RFC 8288) with the URLs `first`,"
            " `prev`, `next` and `last`. Always in the style `link`."
        ),
    ] = False
    total_header: Annotated[
        str | None,
        Meta(description="The header with the number of all items, such as `X-Total-Count`."),
    ] = None
    strict: Annotated[
        bool,
        Meta(
            description="Whether a parameter that is out of range gets 400. Otherwise the nearest"
            " value or the default is taken for it."
        ),
    ] = False

    @property
    def has_links(self) -> bool:
        """Whether the answer has a `Link` header."""
        return self.link_header or self.style == LINK

    def parameter(self, key: str) -> str:
        """The name of a query parameter, by the key that says it."""
        return str(getattr(self, key))

    def faults(self) -> Iterator[Fault]:
        """Give what is missing, what has no effect, and what cannot be."""
        yield from super().faults()
        yield from _field_faults(self)
        default, largest = self.default_limit, self.max_limit
        if default is not None and largest is not None and default > largest:
            yield "default_limit", f"is {default}, more than max_limit ({largest})", "write less"
        yield from _parameter_faults(self)
        if self.total_header is not None:
            yield from header_faults("total_header", self.total_header)
            if self.total_header.lower() == "link" and self.has_links:
                yield "total_header", "Link is the header of the URLs", "write X-Total-Count"


class PaginatedEndpoint(EndpointConfig, frozen=True, kw_only=True):
    """An endpoint that answers with a page of the payload."""

    response: Annotated[
        ResponseConfig, Meta(description="The answer; its body is a page of the payload.")
    ] = msgspec.field(default_factory=ResponseConfig)


class PaginatedDatapoint(Datapoint, frozen=True, kw_only=True):
    """A datapoint of the pattern `paginated`."""

    pagination: Annotated[Pagination, Meta(description="How the items come in pages.")]
    endpoints: Endpoints[PaginatedEndpoint]

    def faults(self) -> Iterator[Fault]:
        """Give the headers that an endpoint and the pagination would both set."""
        yield from super().faults()
        ours = {"link": "link_header"} if self.pagination.has_links else {}
        if self.pagination.total_header is not None:
            ours[self.pagination.total_header.lower()] = "total_header"
        for index, each in enumerate(self.endpoints):
            for name in each.response.headers:
                if key := ours.get(name.lower()):
                    field = f"endpoints[{index}].response.headers"
                    yield field, f"{name} is the header of pagination.{key}", "delete it here"


def _field_faults(pagination: Pagination) -> Iterator[Fault]:
    named = {key: name for key in BODY_FIELDS if (name := getattr(pagination, key)) is not None}
    if "items_field" not in named:
        if not pagination.has_links:
            message = "items_field is missing, and there is no Link header"
            yield "items_field", message, "name the field of the items, or add link_header: true"
        for key in named:
            message = "has no effect without items_field: the answer is an array"
            yield key, message, "add items_field, or delete it"
        return
    for key in NEEDED.get(pagination.style, ()):
        if key not in named:
            message = f"{key} is missing: the style {pagination.style} needs it"
            yield key, message, "write the name of a field"
    first: dict[str, str] = {}
    for key, name in named.items():
        if first.setdefault(name, key) != key:
            message = f"the field {name!r} is {first[name]} already"
            yield key, message, "give each field a name of its own"


def _parameter_faults(pagination: Pagination) -> Iterator[Fault]:
    place, size = PARAMETERS[pagination.style]
    for key in ("offset_param", "limit_param", "cursor_param"):
        changed = pagination.parameter(key) != key.removesuffix("_param")
        if changed and key not in {place, size}:
            message = f"has no effect: the style {pagination.style} takes {place} and {size}"
            yield key, message, "delete it here"
    if pagination.parameter(place) == pagination.parameter(size):
        yield place, f"is the name of {size}, too", "give each parameter a name of its own"
