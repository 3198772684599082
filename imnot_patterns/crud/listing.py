"""Lists of items: what a query asks for, filtered, sorted and cut into pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final
from urllib.parse import urlencode

from imnot_core import ReplyError, encode_json
from imnot_patterns.crud.config import CrudDatapoint
from imnot_patterns.crud.items import Item

Pairs = Sequence[tuple[str, str]]
MISSING: Final = object()
LARGEST: Final = 10**9
PAGE: Final = 50
"""How many items a page has if nobody says it."""


@dataclass(frozen=True, slots=True)
class Window:
    """Which of the items are on the page: `limit` is None where all that follow are."""

    offset: int
    limit: int | None
    is_paged: bool
    """Whether the request counts in pages, not in items."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The items of a page, how many there are on all pages, and where the other pages are."""

    items: list[Item]
    total: int
    window: Window

    def links(self, address: str, query: Pairs, datapoint: CrudDatapoint) -> str:
        """The value of a `Link` header (RFC 8288); "" where all items are on one page."""
        limit, offset = self.window.limit, self.window.offset
        if limit is None:
            return ""
        last = max(self.total - 1, 0) // limit * limit
        places = {"first": 0}
        if offset > 0:
            places["prev"] = max(min(offset, last + limit) - limit, 0)
        if offset + limit < self.total:
            places["next"] = offset + limit
        places["last"] = last
        return ", ".join(
            f'<{address}?{self._query(query, place, limit, datapoint)}>; rel="{name}"'
            for name, place in places.items()
        )

    def _query(self, query: Pairs, offset: int, limit: int, datapoint: CrudDatapoint) -> str:
        if self.window.is_paged:
            new = {datapoint.page_param: offset // limit + 1, datapoint.size_param: limit}
        else:
            new = {datapoint.offset_param: offset, datapoint.limit_param: limit}
        return urlencode([*(pair for pair in query if pair[0] not in new), *new.items()])


def listing(items: list[Item], query: Pairs, datapoint: CrudDatapoint) -> Listing:
    """Answer a query. Raises ReplyError (400) for what `strict` does not ignore."""
    asked = _Asked(query, datapoint, items)
    found = asked.sorted(asked.filtered(items))
    window = asked.window()
    end = None if window.limit is None else window.offset + window.limit
    if asked.faults:
        raise ReplyError(400, "; ".join(asked.faults))
    return Listing(found[window.offset : end], len(found), window)


class _Asked:
    """The parameters of one query; what cannot be taken is added to `faults` if that is wanted."""

    def __init__(self, query: Pairs, datapoint: CrudDatapoint, among: list[Item]) -> None:
        self._datapoint = datapoint
        self._among = among
        self._values: defaultdict[str, list[str]] = defaultdict(list)
        for name, value in query:
            self._values[name].append(value)
        self.faults: list[str] = []

    def filtered(self, items: list[Item]) -> list[Item]:
        """The items that all filters let through."""
        for name, wanted in self._values.items():
            if name in self._datapoint.query_params:
                continue
            test = self._test(name, wanted)
            if test is None:
                self._fault(f"there is no field to filter by {name!r}")
            else:
                items = [each for each in items if test(each)]
        return items

    def sorted(self, items: list[Item]) -> list[Item]:
        """The items in the order that is asked for; those without the field are the last."""
        text = self._last(self._datapoint.sort_param) or ""
        for part in reversed([each for each in text.split(",") if each]):
            name, descending = part.removeprefix("-").removeprefix("+").strip(), part[0] == "-"
            if not self._occurs(name):
                self._fault(f"there is no field to sort by {name!r}")
                continue
            having = [each for each in items if value_at(each, name) is not MISSING]
            lacking = [each for each in items if value_at(each, name) is MISSING]
            having.sort(key=lambda each: _order(value_at(each, name)), reverse=descending)
            items = having + lacking
        return items

    def window(self) -> Window:
        """The page that is asked for."""
        wants, most = self._datapoint, self._datapoint.max_limit
        is_paged = wants.page_param in self._values or wants.size_param in self._values
        name = wants.size_param if is_paged else wants.limit_param
        default = wants.default_limit or most or (PAGE if is_paged else None)
        limit = self._number(name, 1, default)
        if limit is not None and most is not None and limit > most:
            self._fault(f"{name} is {limit}, but at most {most}")
            limit = most
        if not is_paged:
            return Window(self._number(wants.offset_param, 0, 0) or 0, limit, is_paged)
        page = self._number(wants.page_param, 1, 1) or 1
        return Window(0 if limit is None else (page - 1) * limit, limit, is_paged)

    def _test(self, name: str, wanted: list[str]) -> Callable[[Item], bool] | None:
        fields = self._datapoint.filter_fields
        for suffix, compare in (("", None), *_COMPARISONS.items()):
            field = name.removesuffix(suffix) if suffix else name
            if (suffix and not name.endswith(suffix)) or not field:
                continue
            if (field in fields) if fields is not None else self._occurs(field):
                return _tester(field, wanted, compare)
        return None

    def _occurs(self, name: str) -> bool:
        # Of no items at all, nobody can say which fields they have.
        found = (value_at(each, name) is not MISSING for each in self._among)
        return any(found) or not self._among

    def _number(self, name: str, least: int, default: int | None) -> int | None:
        text = self._last(name)
        if text is None:
            return default
        try:
            number = int(text) if len(text) < 20 else LARGEST
        except ValueError:
            number = least - 1
        if number < least:
            self._fault(f"{name} is {text!r}, not a whole number from {least}")
            return default
        return min(number, LARGEST)

    def _last(self, name: str) -> str | None:
        return self._values[name][-1] if name in self._values else None

    def _fault(self, text: str) -> None:
        if self._datapoint.strict:
            self.faults.append(text)


def value_at(item: Mapping[str, Any], name: str) -> Any:
    """The value of a field, or of one within objects: `address.city`; else MISSING."""
    if name in item:
        return item[name]
    value: Any = item
    for part in name.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return MISSING
        value = value[part]
    return value


def _tester(
    field: str, wanted: list[str], compare: Callable[[Any, str], bool] | None
) -> Callable[[Item], bool]:
    if compare is None:
        return lambda item: any(_equal(value_at(item, field), text) for text in wanted)
    return lambda item: all(compare(value_at(item, field), text) for text in wanted)


def _equal(value: Any, text: str) -> bool:
    if isinstance(value, str):
        return value == text
    if isinstance(value, bool) or value is None:
        return text == ("null" if value is None else str(value).lower())
    if isinstance(value, list):
        return any(_equal(each, text) for each in value)
    return isinstance(value, int | float) and _parsed(text) == value


def _differs(value: Any, text: str) -> bool:
    return not _equal(value, text)


def _contains(value: Any, text: str) -> bool:
    if isinstance(value, list):
        return any(_contains(each, text) for each in value)
    if value is MISSING or isinstance(value, dict):
        return False
    shown = value if isinstance(value, str) else encode_json(value).decode()
    return text.casefold() in shown.casefold()


def _sign(value: Any, text: str) -> int | None:
    """How a value compares with a text: below (-1), equal (0) or above (1); None if it cannot."""
    other: Any = text
    if isinstance(value, int | float) and not isinstance(value, bool):
        other = _parsed(text)
    elif not isinstance(value, str):
        return None
    return None if other is None else (value > other) - (value < other)


def _parsed(text: str) -> int | float | None:
    try:
        if text.lstrip("-").isdigit() and len(text) < 400:
            return int(text)
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None


def _at_least(value: Any, text: str) -> bool:
    return _sign(value, text) in (0, 1)


def _at_most(value: Any, text: str) -> bool:
    return _sign(value, text) in (-1, 0)


def _above(value: Any, text: str) -> bool:
    return _sign(value, text) == 1


def _below(value: Any, text: str) -> bool:
    return _sign(value, text) == -1


_COMPARISONS: Final[Mapping[str, Callable[[Any, str], bool]]] = {
    "_ne": _differs,
    "_gte": _at_least,
    "_lte": _at_most,
    "_gt": _above,
    "_lt": _below,
    "_like": _contains,
}


def _order(value: Any) -> tuple[int, Any]:
    # Numbers before truth values, texts and the rest: values of several kinds have an order, too.
    if isinstance(value, bool):
        return 1, value
    if isinstance(value, int | float):
        return 0, value
    return (2, value) if isinstance(value, str) else (3, encode_json(value))
