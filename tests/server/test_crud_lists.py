"""The lists of the pattern `crud`: filters, order, pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from imnot_core.testing import Harness
from tests.server.crud_samples import ADA, ADMIN, CUSTOMERS, INTEGER, PATH, detail, ids


@pytest.fixture(scope="module")
def shared() -> Iterator[Harness]:
    """For requests that change nothing."""
    with Harness(INTEGER, workers=2) as harness:
        yield harness


@pytest.fixture
def server() -> Iterator[Harness]:
    with Harness(INTEGER, workers=2) as harness:
        yield harness


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("city=London", [1, 4]),
        ("city=London&age=36", [1]),
        ("city=London&city=New+York", [1, 2, 4]),
        ("city_ne=London", [2]),
        ("age=36.0", [1]),
        ("age_gte=36", [1, 2]),
        ("age_gt=36", [2]),
        ("age_lte=36", [1]),
        ("age_lt=36", []),
        ("age_gte=x", []),
        (f"age={'9' * 350}", []),
        (f"age_lt={'9' * 350}", [1, 2]),
        ("age_ne=36", [2, 4]),
        ("name_like=A", [1, 2, 4]),
        ("name_like=GR", [2]),
        ("name_gte=B", [2, 4]),
        ("tags=math", [1, 2]),
        ("tags_like=AV", [2]),
        ("address.zip=W1", [1]),
        ("active=true", [4]),
        ("note=null", [4]),
        ("id=4", [4]),
        ("unheard_of=1&api-version=2", [1, 2, 4]),
        ("sort=name", [1, 2, 4]),
        ("sort=-name", [4, 2, 1]),
        ("sort=city,-age", [1, 4, 2]),
        ("sort=-age", [2, 1, 4]),
        ("sort=age", [1, 2, 4]),
        ("sort=none", [1, 2, 4]),
        ("limit=2", [1, 2]),
        ("limit=2&offset=1", [2, 4]),
        ("offset=2", [4]),
        ("offset=99", []),
        ("page=2&size=2", [4]),
        ("page=1", [1, 2, 4]),
        ("page=2", []),
        ("size=1", [1]),
        ("limit=0&offset=-1", [1, 2, 4]),
        ("limit=x&page=y", [1, 2, 4]),
        ("city=London&sort=-id&limit=1", [4]),
    ],
)
def test_lists_are_filtered_sorted_and_cut(
    shared: Harness, query: str, expected: list[int]
) -> None:
    assert ids(shared.get(f"{PATH}?{query}")) == expected


def test_a_page_says_how_many_there_are_and_where_the_others_are(shared: Harness) -> None:
    answer = shared.get(f"{PATH}?sort=-id&limit=1&offset=1&x=%26")
    assert answer.headers["x-total-count"] == "3"
    links = {name: link["url"] for name, link in answer.links.items()}
    assert set(links) == {"first", "prev", "next", "last"}
    assert {name: ids(shared.get(url)) for name, url in links.items()} == {
        "first": [4], "prev": [4], "next": [1], "last": [1],
    }  # fmt: skip
    assert "x=%26" in links["next"]
    paged = shared.get(f"{PATH}?page=2&size=2&city=London")
    assert (paged.json(), paged.headers["x-total-count"]) == ([], "2")
    assert set(paged.links) == {"first", "prev", "last"}
    assert "link" not in shared.get(PATH).headers


def test_every_item_is_on_one_page_when_links_are_followed(server: Harness) -> None:
    for number in range(20):
        server.post(PATH, json={"n": number})
    found, url = [], f"{PATH}?limit=7&sort=-id"
    while url:
        answer = server.get(url)
        found += ids(answer)
        url = answer.links.get("next", {}).get("url", "")
    assert found == sorted(found, reverse=True)
    assert len(found) == 23


def test_lists_may_be_objects_with_limits() -> None:
    more = "items_field: data\n    total_field: count\n    default_limit: 1\n    max_limit: 2"
    with Harness(CUSTOMERS % more) as server:
        one = server.get(PATH)
        assert one.json() == {"data": [ADA], "count": 3}
        assert "next" in one.links
        assert len(server.get(f"{PATH}?limit=9").json()["data"]) == 2
        assert len(server.get(f"{PATH}?page=1&size=9").json()["data"]) == 2


def test_parameters_may_have_other_names() -> None:
    more = "page_param: p\n    size_param: per_page\n    limit_param: top\n    sort_param: order"
    with Harness(CUSTOMERS % more) as server:
        assert ids(server.get(f"{PATH}?p=2&per_page=1&order=-name")) == [2]
        assert ids(server.get(f"{PATH}?top=1")) == [1]


def test_strict_refuses_what_means_nothing() -> None:
    with Harness(CUSTOMERS % "strict: true\n    max_limit: 10") as server:
        query = "colour=red&sort=-size&limit=11&offset=-1"
        told = detail(server.get(f"{PATH}?{query}"), 400)
        for word in ("'colour'", "'size'", "limit is 11", "offset is '-1'"):
            assert word in told
        assert ids(server.get(f"{PATH}?city=Oslo&age_gte=1")) == []
        server.admin("DELETE", f"{ADMIN}/items")
        assert ids(server.get(f"{PATH}?city=Oslo&sort=city")) == []


def test_filter_fields_are_the_only_ones() -> None:
    with Harness(CUSTOMERS % "filter_fields: [city, status]") as server:
        assert ids(server.get(f"{PATH}?city=London&name=Ada")) == [1, 4]
        assert ids(server.get(f"{PATH}?status=open")) == []
