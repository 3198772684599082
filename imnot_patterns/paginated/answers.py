"""What the answer has beside the items: fields, headers, and the addresses of other pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from imnot_core import Context, Request, encode_json
from imnot_patterns.answers import path_of
from imnot_patterns.paginated.config import BODY_FIELDS, PAGE_URL, PARAMETERS, Pagination
from imnot_patterns.paginated.items import Items
from imnot_patterns.paginated.pages import FIRST, LAST, NEXT, PREVIOUS, Page
from imnot_patterns.paginated.parameters import changed

RELATIONS: Final = (FIRST, PREVIOUS, NEXT, LAST)
"""The order of the `Link` header."""


class Addresses:
    """The URLs of the pages around one, of an endpoint with this path."""

    def __init__(self, pagination: Pagination, context: Context, path: str) -> None:
        self._context = context
        self._path = path
        self._place, self._size = map(pagination.parameter, PARAMETERS[pagination.style])

    def of(self, relation: str, page: Page, request: Request) -> str | None:
        """The URL of a page, with the other parameters of the request; None if there is none."""
        if relation not in page.around:
            return None
        size = (self._size, str(page.size))
        query = changed(request.raw_query, self._place, page.around[relation], size)
        # Of a session that was chosen by path or host, that is part of the address.
        return f"{self._context.base_url}{path_of(request, self._path)}?{query}"

    def link(self, page: Page, request: Request) -> str:
        """The value of the `Link` header (RFC 8288)."""
        pairs = [(each, self.of(each, page, request)) for each in RELATIONS]
        return ", ".join(f'<{url}>; rel="{each}"' for each, url in pairs if url is not None)


Value = Callable[[Request, Items, Page], Any]
Body = Callable[[Request, Items, Page], bytes]


def body(pagination: Pagination, addresses: Addresses) -> Body:
    """What writes the body: the items within an object, or the array itself."""
    if pagination.items_field is None:
        return lambda _request, items, page: items.array(page.start, page.stop)
    values = _values(addresses)
    silent = {"has_more_field"} if pagination.style == PAGE_URL else set()
    head = b"{%b:" % encode_json(pagination.items_field)
    fields = [
        (b",%b:" % encode_json(name), values[key])
        for key in BODY_FIELDS
        if key in values and key not in silent and (name := getattr(pagination, key)) is not None
    ]

    def written(request: Request, items: Items, page: Page) -> bytes:
        parts = [head, items.array(page.start, page.stop)]
        for name, value in fields:
            parts += (name, encode_json(value(request, items, page)))
        return b"".join((*parts, b"}"))

    return written


def _values(addresses: Addresses) -> dict[str, Value]:
    """What the fields of the answer say, by the key that names them."""
    return {
        "total_field": lambda _, items, __: len(items),
        "has_more_field": lambda _, __, page: NEXT in page.around,
        "next_offset_field": lambda _, __, page: page.stop if NEXT in page.around else None,
        "offset_echo_field": lambda _, __, page: page.start,
        "limit_echo_field": lambda _, __, page: page.size,
        "cursor_field": lambda _, __, page: page.around.get(NEXT),
        "next_url_field": lambda request, _, page: addresses.of(NEXT, page, request),
        "previous_url_field": lambda request, _, page: addresses.of(PREVIOUS, page, request),
    }
