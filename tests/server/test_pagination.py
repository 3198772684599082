"""Walks through pages: in every style, every item comes once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imnot_core.testing import Harness

PARTNER = """\
partner: acme
datapoints:
  - name: offsets
    pattern: paginated
    pagination:
      style: offset_limit
      items_field: items
      has_more_field: more
      next_offset_field: next
      strict: true
    endpoints: [{method: GET, path: /offsets}, {method: HEAD, path: /offsets}]
  - name: cursors
    pattern: paginated
    pagination: {style: cursor, items_field: items, cursor_field: next, cursor_ttl_seconds: 60}
    endpoints: [{method: GET, path: /cursors}]
  - name: numbers
    pattern: paginated
    pagination: {style: page_number, items_field: items, has_more_field: more, strict: true}
    endpoints: [{method: GET, path: /numbers}]
  - name: urls
    pattern: paginated
    pagination:
      style: page_number_url
      items_field: items
      next_url_field: next
      previous_url_field: previous
      strict: true
    endpoints: [{method: GET, path: '/urls/{name}'}]
  - name: links
    pattern: paginated
    pagination: {style: link, total_header: X-Total-Count, size_param: per_page, max_limit: 20}
    endpoints: [{method: GET, path: /links}]
  - name: cursor_links
    pattern: paginated
    pagination: {style: cursor, link_header: true}
    endpoints: [{method: GET, path: /cursor_links}]
"""

PATHS = {"urls": "/urls/a%20b"}


def by_offset(server: Harness, size: int) -> Iterator[list[Any]]:
    offset: int | None = 0
    while offset is not None:
        answer = server.get(f"/offsets?offset={offset}&limit={size}").json()
        yield answer["items"]
        assert answer["more"] is (answer["next"] is not None)
        offset = answer["next"]


def by_cursor(server: Harness, size: int) -> Iterator[list[Any]]:
    cursor: str | None = ""
    while cursor is not None:
        answer = server.get("/cursors", params={"limit": size, "cursor": cursor}).json()
        yield answer["items"]
        cursor = answer["next"]


def by_number(server: Harness, size: int) -> Iterator[list[Any]]:
    page, more = 1, True
    while more:
        answer = server.get(f"/numbers?page={page}&size={size}").json()
        yield answer["items"]
        page, more = page + 1, answer["more"]


def by_url(server: Harness, size: int) -> Iterator[list[Any]]:
    url: str | None = f"/urls/a%20b%2Fc?q=%26&size={size}"
    before: str | None = None
    while url is not None:
        answer = server.get(url).json()
        yield answer["items"]
        assert (answer["previous"] is None) is (before is None)
        before, url = url, answer["next"]


def by_link(path: str) -> Callable[[Harness, int], Iterator[list[Any]]]:
    def walk(server: Harness, size: int) -> Iterator[list[Any]]:
        url: str | None = f"/{path}?q=%26&limit={size}&per_page={size}"
        while url is not None:
            answer = server.get(url)
            yield answer.json()
            url = link(answer, "next")

    return walk


def link(answer: httpx.Response, relation: str) -> str | None:
    found = {rel: url for url, rel in re.findall(r'<([^>]*)>; rel="(\w+)"', answer.headers["Link"])}
    return found.get(relation)


WALKS: dict[str, Callable[[Harness, int], Iterator[list[Any]]]] = {
    "offsets": by_offset,
    "cursors": by_cursor,
    "numbers": by_number,
    "urls": by_url,
    "links": by_link("links"),
    "cursor_links": by_link("cursor_links"),
}


@pytest.fixture(scope="module")
def server() -> Iterator[Harness]:
    with Harness(PARTNER) as harness:
        yield harness


@pytest.mark.parametrize("name", WALKS)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(total=st.integers(0, 40), size=st.integers(1, 20))
def test_a_walk_meets_every_item_once(server: Harness, name: str, total: int, size: int) -> None:
    server.upload("acme", name, [{"id": number} for number in range(total)])

    pages = list(WALKS[name](server, size))

    assert [item["id"] for page in pages for item in page] == list(range(total))
    assert all(len(page) == size for page in pages[:-1])
    assert pages[-1] or total == 0


@settings(max_examples=40, deadline=None)
@given(query=st.text(alphabet="offsetlimitcursorpage=&%-+09aü\"'<>[]", max_size=40))
def test_no_query_is_too_odd(server: Harness, query: str) -> None:
    for name in WALKS:
        server.upload("acme", name, [1, 2, 3])
        answer = server.get(f"{PATHS.get(name, f'/{name}')}?{query}")
        assert answer.status_code in {200, 400}


def test_head_has_the_headers_of_get(server: Harness) -> None:
    server.upload("acme", "offsets", [1, 2])

    head, get = server.head("/offsets?limit=1"), server.get("/offsets?limit=1")

    assert head.content == b""
    assert head.headers["Content-Length"] == get.headers["Content-Length"]


def test_links_and_totals_are_headers(server: Harness) -> None:
    server.upload("acme", "links", [1, 2, 3])

    answer = server.get("/links?per_page=2")

    assert answer.headers["X-Total-Count"] == "3"
    assert link(answer, "last") == "http://localhost:8000/links?per_page=2&page=2"


def test_what_is_out_of_range_is_400_where_it_is_strict(server: Harness) -> None:
    server.upload("acme", "numbers", [1, 2, 3])

    answer = server.get("/numbers?page=4&size=2")

    assert answer.status_code == 400
    assert answer.json() == {"detail": 'page is "4", but must be a whole number from 1 to 2'}


def test_a_cursor_is_that_of_its_session() -> None:
    with Harness(PARTNER) as server:
        one, other = server.session(), server.session()
        for session in (one, other, None):
            server.upload("acme", "cursors", [1, 2, 3], session=session)
        cursor = server.get("/cursors?limit=1", session=one).json()["next"]

        assert server.get(f"/cursors?cursor={cursor}", session=one).json()["items"] == [2, 3]
        assert server.get(f"/cursors?cursor={cursor}", session=other).status_code == 400
        assert server.get(f"/cursors?cursor={cursor}").status_code == 400


@pytest.mark.parametrize("name", ["urls", "links", "cursor_links"])
def test_a_walk_stays_in_the_session_that_a_path_has_chosen(server: Harness, name: str) -> None:
    session = server.session()
    server.upload("acme", name, ["everybody's"])
    session.upload("acme", name, [1, 2, 3])
    place = PATHS.get(name, f"/{name}")
    answer = server.get(f"/~session/{session.id}{place}?size=2&per_page=2&limit=2")

    following = answer.json()["next"] if name == "urls" else link(answer, "next")

    assert isinstance(following, str)
    assert following.startswith(f"http://localhost:8000/~session/{session.id}{place}?")
    last = server.get(following).json()
    assert (last["items"] if name == "urls" else last) == [3]


def test_a_cursor_of_one_worker_is_good_for_all_and_after_a_restart() -> None:
    with Harness(PARTNER, workers=2) as server:
        server.upload("acme", "cursors", [1, 2, 3])
        cursor = server.get("/cursors?limit=1").json()["next"]
        answers = [server.get(f"/cursors?cursor={cursor}").json() for _ in range(4)]
        server.restart()
        answers.append(server.get(f"/cursors?cursor={cursor}").json())

    assert answers == [{"items": [2, 3], "next": None}] * 5


def test_an_expired_cursor_is_400() -> None:
    with Harness(PARTNER) as server:
        server.upload("acme", "cursors", [1, 2, 3])
        cursor = server.get("/cursors?limit=1").json()["next"]
        server.clock.advance(59)
        assert server.get(f"/cursors?cursor={cursor}").status_code == 200
        server.clock.advance(2)
        assert server.get(f"/cursors?cursor={cursor}").status_code == 400


def test_a_cursor_expires_by_the_clock_of_its_session() -> None:
    with Harness(PARTNER) as server:
        session = server.session()
        for each in (session, None):
            server.upload("acme", "cursors", [1, 2, 3], session=each)
        cursors = {
            each: server.get("/cursors?limit=1", session=each).json()["next"]
            for each in (session, None)
        }
        session.clock.advance(61)

        found = {
            each: server.get(f"/cursors?cursor={cursor}", session=each).status_code
            for each, cursor in cursors.items()
        }

    assert found == {session: 400, None: 200}


def test_the_default_limit_of_the_settings_is_used() -> None:
    with Harness(PARTNER, options={"paginated": {"default_limit": 2}}) as server:
        server.upload("acme", "cursor_links", [1, 2, 3])

        assert server.get("/cursor_links").json() == [1, 2]
