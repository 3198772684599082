"""The pattern `paginated`: the payload, an array, in pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from imnot_core import (
    API_VERSION,
    Compiled,
    Context,
    Endpoint,
    FieldError,
    Handler,
    Reply,
    Request,
    ResponseConfig,
)
from imnot_patterns.paginated.answers import Addresses, body
from imnot_patterns.paginated.config import LARGEST, PaginatedDatapoint, Pagination
from imnot_patterns.paginated.items import Shelf
from imnot_patterns.paginated.pages import Pager, pager
from imnot_patterns.paginated.parameters import Parameters

DEFAULT_LIMIT: Final = 50


class Paginated:
    """The uploaded array in pages: by offset, cursor, page number or Link header."""

    name = "paginated"
    aliases: tuple[str, ...] = ()
    api_version = API_VERSION
    config = PaginatedDatapoint
    example = """\
- name: invoices
  pattern: paginated
  pagination:
    style: offset_limit
    items_field: items
    total_field: total
    has_more_field: has_more
  endpoints:
    - method: GET
      path: /v1/invoices
"""

    def compile(self, datapoint: PaginatedDatapoint, context: Context) -> Compiled:
        """Answer every endpoint with the page that its query asks for."""
        pagination = datapoint.pagination
        pages = _Pages(pagination, context, _default_limit(pagination, context.options))
        endpoints = tuple(
            Endpoint(each.method, each.path, handler, "Page of the payload")
            for each in datapoint.endpoints
            for handler in (pages.handler(each.path, each.response),)
        )
        return Compiled(endpoints, takes_payload=True)


class _Pages:
    """All endpoints of a datapoint give pages of one payload."""

    def __init__(self, pagination: Pagination, context: Context, default_limit: int) -> None:
        self._pagination = pagination
        self._context = context
        self._shelf = Shelf()
        self._pager: Pager = pager(pagination, context, default_limit)

    def handler(self, path: str, response: ResponseConfig) -> Handler:
        """What answers the requests of an endpoint."""
        status = response.status
        addresses = Addresses(self._pagination, self._context, path)
        written = body(self._pagination, addresses)
        constant = Reply.of(b"", status, response.header_pairs()).headers

        async def answer(request: Request) -> Reply:
            payload = await self._context.payload(request.session)
            items = self._shelf.items(payload, request.session)
            query = Parameters(request, strict=self._pagination.strict)
            page = await self._pager(query, items)
            headers = constant
            if self._pagination.has_links:
                headers = (*headers, ("Link", addresses.link(page, request)))
            if self._pagination.total_header is not None:
                headers = (*headers, (self._pagination.total_header, str(len(items))))
            return Reply(status, headers, written(request, items, page))

        return answer


def _default_limit(pagination: Pagination, options: Mapping[str, Any]) -> int:
    """How many items a page has by default. Raises FieldError for an option that is none."""
    limit = pagination.default_limit
    if limit is None:
        limit = _option(options)
    return limit if pagination.max_limit is None else min(limit, pagination.max_limit)


def _option(options: Mapping[str, Any]) -> int:
    if unknown := options.keys() - {"default_limit"}:
        message = f"the options of paginated have no {', '.join(sorted(unknown))}"
        raise FieldError(("pattern", message, "there is default_limit; see imnot.toml"))
    given = options.get("default_limit", DEFAULT_LIMIT)
    # Options that do not come from the file are texts.
    if isinstance(given, str) and re.fullmatch(r"[0-9]{1,18}", given, re.ASCII):
        given = int(given)
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= LARGEST:
        message = f"default_limit of [pagination] is {given!r}, but must be at least 1"
        raise FieldError(("pattern", message, "write a whole number there; see imnot.toml"))
    return given
