"""The pattern `paginated` keeps the contract, in all its styles."""

from __future__ import annotations

from typing import Any

from imnot_core.testing import PatternContract
from imnot_patterns.paginated import Paginated

STYLE = "{name: d, pattern: paginated, pagination: {%s}, endpoints: [{method: GET, path: /x}]}"


class TestPaginated(PatternContract):
    """Every style, lenient and strict."""

    plugin = Paginated
    examples = (
        Paginated.example,
        """\
name: by-cursor
pattern: paginated
pagination: {style: cursor, items_field: items, cursor_field: next, default_limit: 2}
endpoints:
  - {method: GET, path: /events}
  - {method: GET, path: '/events/{kind}', response: {status: 203, headers: {X-Kind: 1}}}
""",
        """\
name: by-number
pattern: paginated
pagination: {style: page_number, items_field: items, max_limit: 1, strict: true}
endpoints: [{method: POST, path: /search}]
""",
        """\
name: by-url
pattern: paginated
pagination:
  style: page_number_url
  items_field: items
  next_url_field: next
  previous_url_field: previous
  total_pages: 2
endpoints: [{method: GET, path: /rates}]
""",
        """\
name: by-link
pattern: paginated
pagination: {style: link, total_header: X-Total-Count}
endpoints: [{method: GET, path: /links}, {method: HEAD, path: /links}]
""",
    )
    invalid = (
        ("{name: d, pattern: paginated, endpoints: [{method: GET, path: /x}]}", "pagination"),
        (STYLE % "style: offset_limit", "items_field"),
        (STYLE % "style: cursor, items_field: i", "cursor_field"),
        (STYLE % "style: page_number_url, items_field: i", "next_url_field"),
        (STYLE % "style: page_number, items_field: i, total_pages: yes", "total_pages"),
    )
    supports = frozenset({"payload", "sessions", "state"})

    def payload(self, mark: str) -> Any:
        """An array of several pages."""
        return [{"mark": mark, "number": number} for number in range(5)]
