"""A file that was written for the tool's later releases is loaded, and answers as it does there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from imnot_core.testing import Harness
from tests.unit.patterns.world import UUID4

FILE = """\
partner: ledgerly
description: Ledgerly, invoices by the page
datapoints:
  - name: invoices
    description: offset and limit
    pattern: paginated
    pagination:
      style: offset_limit
      items_field: data
      total_field: total
      has_more_field: hasMore
      next_offset_field: nextOffset
      offset_echo_field: offset
      limit_echo_field: limit
    endpoints:
      - method: GET
        path: /ledgerly/invoices
        response:
          status: 200
  - name: events
    pattern: paginated
    pagination:
      style: cursor
      items_field: events
      cursor_field: next_cursor
      cursor_ttl_seconds: 120
    endpoints:
      - method: GET
        path: /ledgerly/events
  - name: users
    pattern: paginated
    pagination:
      style: page_number
      items_field: users
      total_field: count
      page_param: pageNo
      size_param: pageSize
    endpoints:
      - method: GET
        path: /ledgerly/users
  - name: rates
    pattern: paginated
    pagination:
      style: page_number_url
      items_field: results
      next_url_field: next
      previous_url_field: previous
      total_field: count
    endpoints:
      - method: GET
        path: /ledgerly/{hotel}/rates
        rate_limit:
          requests_per_minute: 600
  - name: endless
    pattern: paginated
    pagination:
      style: page_number_url
      items_field: results
      next_url_field: next
      previous_url_field: previous
      total_pages: 3
    endpoints:
      - method: GET
        path: /ledgerly/endless/
"""

URL = "http://localhost:8000/ledgerly"


@pytest.fixture(scope="module")
def server() -> Iterator[Harness]:
    with Harness(FILE) as harness:
        for name in ("invoices", "events", "users", "rates", "endless"):
            harness.upload("ledgerly", name, list(range(60)))
        yield harness


def found(server: Harness, path: str) -> Any:
    answer = server.get(f"/ledgerly/{path}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    return answer.json()


def test_offset_and_limit(server: Harness) -> None:
    assert found(server, "invoices") == {
        "data": list(range(50)),
        "total": 60,
        "hasMore": True,
        "nextOffset": 50,
        "offset": 0,
        "limit": 50,
    }
    assert found(server, "invoices?offset=50&limit=10") == {
        "data": list(range(50, 60)),
        "total": 60,
        "hasMore": False,
        "nextOffset": None,
        "offset": 50,
        "limit": 10,
    }
    odd = found(server, "invoices?offset=-3&limit=none")
    assert (odd["offset"], odd["limit"]) == (0, 50)


def test_cursor(server: Harness) -> None:
    first = found(server, "events?cursor=&limit=40")
    assert list(first) == ["events", "next_cursor"]
    assert re.fullmatch(UUID4, first["next_cursor"])
    second = found(server, f"events?cursor={first['next_cursor']}")
    assert second == {"events": list(range(40, 60)), "next_cursor": None}
    unknown = server.get("/ledgerly/events?cursor=unknown")
    assert unknown.status_code == 400
    assert isinstance(unknown.json()["detail"], str)


def test_page_number(server: Harness) -> None:
    assert found(server, "users?pageNo=3&pageSize=25") == {"users": [*range(50, 60)], "count": 60}
    assert found(server, "users?pageNo=0&pageSize=2") == {"users": [0, 1], "count": 60}
    assert found(server, "users?pageNo=99") == {"users": [], "count": 60}


def test_page_number_url(server: Harness) -> None:
    first = found(server, "H1/rates?from=2026-01-01")
    assert first == {
        "results": list(range(50)),
        "count": 60,
        "next": f"{URL}/H1/rates?from=2026-01-01&page=2&size=50",
        "previous": None,
    }
    last = found(server, "H1/rates?page=3&size=20")
    assert (last["next"], last["previous"]) == (None, f"{URL}/H1/rates?page=2&size=20")


def test_total_pages(server: Harness) -> None:
    pages = [found(server, f"endless?page={page}&size=1") for page in (1, 2, 3)]
    assert [each["results"] for each in pages] == [list(range(60))] * 3
    assert [each["next"] for each in pages] == [
        f"{URL}/endless?page=2&size=1",
        f"{URL}/endless?page=3&size=1",
        None,
    ]


def test_a_payload_that_is_no_array(server: Harness) -> None:
    session = server.session()
    session.upload("ledgerly", "users", {"users": []})

    answer = server.get("/ledgerly/users", session=session)

    assert answer.status_code == 422
    assert isinstance(answer.json()["detail"], str)
