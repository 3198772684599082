"""Which items a request gets, and where the pages around them begin: a function for each style."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from imnot_core import Context
from imnot_patterns.paginated.config import CURSOR, OFFSET, PAGE_URL, PARAMETERS, Pagination
from imnot_patterns.paginated.cursors import Cursors
from imnot_patterns.paginated.items import Items
from imnot_patterns.paginated.parameters import Parameters

FIRST: Final = "first"
PREVIOUS: Final = "prev"
NEXT: Final = "next"
LAST: Final = "last"


@dataclass(frozen=True, slots=True)
class Page:
    """The items from `start` to before `stop`, of a page of the size `size`.

    `around` says of other pages, by their relation to this one, what the query parameter has to be
    that says which page is meant: a text, or None if it is to be left out.
    """

    start: int
    stop: int
    size: int
    around: Mapping[str, str | None]


Pager = Callable[[Parameters, Items], Awaitable[Page]]
"""Finds the page that a request means."""


def pager(pagination: Pagination, context: Context, default_limit: int) -> Pager:
    """What finds the pages in the style of a datapoint."""
    place, size = map(pagination.parameter, PARAMETERS[pagination.style])
    sizes = _Sizes(size, default_limit, pagination.max_limit)
    if pagination.style == OFFSET:
        return _offsets(place, sizes)
    if pagination.style == CURSOR:
        cursors = Cursors(context, pagination.cursor_ttl_seconds)
        return _cursors(place, sizes, cursors, needed=_needed(pagination))
    if pagination.style == PAGE_URL and pagination.total_pages is not None:
        return _repeated(place, sizes, pagination.total_pages)
    return _numbers(place, sizes)


@dataclass(frozen=True, slots=True)
class _Sizes:
    """How many items a page has."""

    parameter: str
    default: int
    most: int | None

    def of(self, query: Parameters) -> int:
        size = query.number(self.parameter, self.default, least=1, most=self.most)
        return size if self.most is None else min(size, self.most)


def _offsets(parameter: str, sizes: _Sizes) -> Pager:
    async def page(query: Parameters, items: Items) -> Page:
        size, total = sizes.of(query), len(items)
        start = query.number(parameter, 0, least=0, most=max(total - 1, 0))
        query.judge()
        starts = _starts(start, size, total)
        return Page(start, start + size, size, {name: str(at) for name, at in starts.items()})

    return page


def _numbers(parameter: str, sizes: _Sizes) -> Pager:
    async def page(query: Parameters, items: Items) -> Page:
        size, total = sizes.of(query), len(items)
        last = max(-(-total // size), 1)
        number = query.number(parameter, 1, least=1, most=last)
        query.judge()
        start = (number - 1) * size
        return Page(start, start + size, size, _around(number, last))

    return page


def _repeated(parameter: str, sizes: _Sizes, last: int) -> Pager:
    """Every page has all items."""

    async def page(query: Parameters, items: Items) -> Page:
        size = sizes.of(query)
        number = query.number(parameter, 1, least=1, most=last)
        query.judge()
        return Page(0, len(items), size, _around(number, last))

    return page


def _cursors(parameter: str, sizes: _Sizes, cursors: Cursors, *, needed: frozenset[str]) -> Pager:
    async def page(query: Parameters, items: Items) -> Page:
        size, cursor = sizes.of(query), query.text(parameter)
        query.judge()
        start = await cursors.find(cursor, items) if cursor else 0
        around: dict[str, str | None] = {}
        for name, at in _starts(start, size, len(items)).items():
            if name in needed:
                issued = await cursors.issue(items, at, query.request.session) if at else None
                around[name] = issued
        return Page(start, start + size, size, around)

    return page


def _needed(pagination: Pagination) -> frozenset[str]:
    """The pages whose cursors go into the answer: each of them is written to the store."""
    if pagination.has_links:
        return frozenset({FIRST, PREVIOUS, NEXT, LAST})
    previous = {PREVIOUS} if pagination.previous_url_field is not None else set()
    return frozenset({NEXT, *previous})


def _starts(start: int, size: int, total: int) -> dict[str, int]:
    """Where the pages around begin; those of an offset that lies behind the end are the last."""
    last = max((total - 1) // size, 0) * size
    starts = {FIRST: 0, LAST: last}
    if start > 0:
        starts[PREVIOUS] = max(min(start - size, last), 0)
    if start + size < total:
        starts[NEXT] = start + size
    return starts


def _around(number: int, last: int) -> dict[str, str | None]:
    around = {FIRST: 1, LAST: last}
    if number > 1:
        around[PREVIOUS] = min(number - 1, last)
    if number < last:
        around[NEXT] = number + 1
    return {name: str(each) for name, each in around.items()}
