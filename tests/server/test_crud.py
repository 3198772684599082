"""The pattern `crud`, as a client of the mocked API sees it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from imnot_core.testing import Harness
from tests.server.crud_samples import ADA, CUSTOMERS, INTEGER, PATH, detail, ids

UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@pytest.fixture(scope="module")
def shared() -> Iterator[Harness]:
    """For requests that change nothing."""
    with Harness(INTEGER, workers=2) as harness:
        yield harness


@pytest.fixture
def server() -> Iterator[Harness]:
    with Harness(INTEGER, workers=2) as harness:
        yield harness


# One after the other


def test_a_short_datapoint_is_a_whole_resource() -> None:
    with Harness("partner: p\ndatapoints: [{name: d, pattern: crud, path: /things/}]") as server:
        assert server.get("/things").json() == []
        made = server.post("/things", json={"name": "first", "n": 1.0})
        assert made.status_code == 201
        identity = made.json()["id"]
        assert UUID4.fullmatch(identity)
        assert made.headers["location"] == f"/things/{identity}"
        assert made.json() == {"id": identity, "name": "first", "n": 1.0}
        assert server.get(made.headers["location"]).json() == made.json()
        assert server.get("/things").json() == [made.json()]
        assert server.put(f"/things/{identity}", json={"name": "new"}).json() == {
            "id": identity, "name": "new",
        }  # fmt: skip
        assert server.delete(f"/things/{identity}").status_code == 204
        assert detail(server.get(f"/things/{identity}"), 404)
        assert server.get("/things").json() == []


def test_it_begins_with_the_seed(shared: Harness) -> None:
    assert ids(shared.get(PATH)) == [1, 2, 4]
    assert shared.get(f"{PATH}/1").json() == ADA


def test_integers_go_on_behind_the_highest_of_the_seed(server: Harness) -> None:
    made = [server.post(PATH, json={"id": 99, "name": "x"}).json()["id"] for _ in range(4)]
    assert made == [5, 6, 7, 8]
    server.delete(f"{PATH}/8")
    assert server.post(PATH, json={}).json() == {"id": 9}


def test_a_merge_patch_changes_what_it_names(server: Harness) -> None:
    patch = {"city": None, "age": 37, "address": {"zip": None, "street": {"no": 1, "x": None}}}
    changed = server.patch(f"{PATH}/1", json=patch)
    assert changed.status_code == 200
    expected = {**ADA, "age": 37, "address": {"street": {"no": 1}}}
    del expected["city"]
    assert changed.json() == expected == server.get(f"{PATH}/1").json()
    assert ids(server.get(PATH)) == [1, 2, 4]


def test_the_order_is_that_of_creation(server: Harness) -> None:
    server.post(PATH, json={})
    server.put(f"{PATH}/2", json={})
    server.delete(f"{PATH}/1")
    server.post(PATH, json={})
    assert ids(server.get(PATH)) == [2, 4, 5, 6]


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("identity", ["3", "01", "1.0", "x", "%2F", "1%00"])
def test_an_item_that_is_not_there_is_404_and_named(
    shared: Harness, method: str, identity: str
) -> None:
    answer = shared.request(method, f"{PATH}/{identity}", json={})
    assert "shop/customers has no item" in detail(answer, 404)
    assert ids(shared.get(PATH)) == [1, 2, 4]


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"1", b'"x"', b"{"])
@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("PUT", "/1"), ("PATCH", "/1")])
def test_a_body_that_is_no_object_is_400(
    shared: Harness, method: str, path: str, body: bytes
) -> None:
    assert "JSON" in detail(shared.request(method, PATH + path, content=body), 400)
    assert shared.get(f"{PATH}/1").json() == ADA


def test_an_id_cannot_be_changed(server: Harness) -> None:
    for method, body in (("PUT", {"id": 2}), ("PATCH", {"id": 2}), ("PATCH", {"id": None})):
        assert "id" in detail(server.request(method, f"{PATH}/1", json=body), 400)
    assert server.put(f"{PATH}/1", json={"id": 1, "a": 1}).json() == {"id": 1, "a": 1}
    assert server.put(f"{PATH}/1", json={"id": "1"}).json() == {"id": 1}


def test_a_json_patch_is_415(shared: Harness) -> None:
    headers = {"Content-Type": "application/json-patch+json; charset=utf-8"}
    answer = shared.patch(f"{PATH}/1", content=b"[]", headers=headers)
    assert "merge patch" in detail(answer, 415)
    assert answer.headers["accept-patch"] == "application/merge-patch+json"


def test_other_methods_are_405(shared: Harness) -> None:
    answer = shared.put(PATH, json={})
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"
    assert shared.post(f"{PATH}/1", json={}).headers["allow"] == "DELETE, GET, PATCH, PUT"


def test_operations_that_are_left_out_are_405() -> None:
    with Harness(CUSTOMERS % "operations: [list, read]") as server:
        assert ids(server.get(PATH)) == [1, 2, 4]
        assert server.post(PATH, json={}).headers["allow"] == "GET"
        assert server.delete(f"{PATH}/1").status_code == 405


# Ids


def test_a_client_may_give_the_ids() -> None:
    with Harness(
        (CUSTOMERS % "ids: client").replace("id:", "key:") + "    id_field: key\n"
    ) as server:
        made = server.post(PATH, json={"name": "x", "key": "a b/ü"})
        assert made.status_code == 201
        assert made.headers["location"] == f"{PATH}/a%20b%2F%C3%BC"
        assert server.get(made.headers["location"]).json() == {"key": "a b/ü", "name": "x"}
        assert "is taken" in detail(server.post(PATH, json={"key": "a b/ü"}), 409)
        assert "is taken" in detail(server.post(PATH, json={"key": 1}), 409)
        assert "is taken" in detail(server.post(PATH, json={"key": "1"}), 409)
        none: list[Any] = [None, "", True, 1.5, {}]
        for wrong in ({}, *({"key": each} for each in none)):
            assert "'key'" in detail(server.post(PATH, json=wrong), 400)
        assert server.delete(f"{PATH}/1").status_code == 204
        assert server.post(PATH, json={"key": "1", "again": True}).status_code == 201
        found = server.get(PATH).json()
        assert [each["key"] for each in found] == [2, 4, "a b/ü", "1"]
        assert server.delete(f"{PATH}/1").status_code == 204
        assert server.get(f"{PATH}/1").status_code == 404


def test_with_upsert_put_makes_what_is_not_there() -> None:
    with Harness(
        CUSTOMERS % "{ids: integer, upsert: true}".strip("{}").replace(", ", "\n    ")
    ) as server:
        made = server.put(f"{PATH}/6", json={"name": "x"})
        assert (made.status_code, made.json()) == (201, {"id": 6, "name": "x"})
        assert server.put(f"{PATH}/6", json={}).status_code == 200
        created = [server.post(PATH, json={}).json()["id"] for _ in range(3)]
        assert sorted({*created, 6}) == sorted([*created, 6])
        assert "no integer" in detail(server.put(f"{PATH}/x", json={}), 400)
        assert "no integer" in detail(server.put(f"{PATH}/007", json={}), 400)
    with Harness(CUSTOMERS % "upsert: true") as server:
        assert server.put(f"{PATH}/my-id", json={}).json() == {"id": "my-id"}
        assert server.put(f"{PATH}/8", json={"id": 8}).json() == {"id": 8}
        assert server.patch(f"{PATH}/none", json={}).status_code == 404


# What items belong to


ORDERS = """\
partner: shop
datapoints:
  - name: orders
    pattern: crud
    path: /customers/{customer_id}/orders
    ids: %s
    seed:
      - {id: 1, customer_id: 7, total: 10}
      - {id: 2, customer_id: 8, total: 20}
"""


def test_items_below_a_parent_are_its_own() -> None:
    with Harness(ORDERS % "integer") as server:
        assert ids(server.get("/customers/7/orders")) == [1]
        assert ids(server.get("/customers/9/orders")) == []
        made = server.post("/customers/9/orders", json={"total": 5})
        assert made.json() == {"id": 3, "total": 5, "customer_id": "9"}
        assert made.headers["location"] == "/customers/9/orders/3"
        assert server.get("/customers/9/orders/3").status_code == 200
        assert server.get("/customers/8/orders/1").status_code == 404
        assert server.delete("/customers/8/orders/1").status_code == 404
        assert "customer_id" in detail(
            server.post("/customers/9/orders", json={"customer_id": "7"}), 400
        )
        odd = server.post("/customers/a%2Fb%20c/orders", json={}).headers["location"]
        assert server.get(odd).json() == {"id": 4, "customer_id": "a/b c"}
        odd_page = server.get("/customers/a%2Fb%20c/orders?limit=1").links["first"]["url"]
        assert ids(server.get(odd_page)) == [4]
        moved = server.patch("/customers/7/orders/1", json={"customer_id": "9"})
        assert "customer_id" in detail(moved, 400)
        put = server.put("/customers/7/orders/1", json={"total": 1})
        assert put.json() == {"id": 1, "total": 1, "customer_id": 7}
        assert ids(server.get("/customers/7/orders?total_gte=1&limit=5")) == [1]


def test_clients_may_use_an_id_below_each_parent() -> None:
    with Harness(ORDERS % "client") as server:
        assert server.post("/customers/8/orders", json={"id": 1}).status_code == 201
        assert server.post("/customers/7/orders", json={"id": 1}).status_code == 409
        assert server.get("/customers/8/orders/1").json() == {"id": 1, "customer_id": "8"}


# Conditions


def test_etags_keep_updates_from_being_lost() -> None:
    with Harness(CUSTOMERS % "etags: true\n    upsert: true") as server:
        etag = server.get(f"{PATH}/1").headers["etag"]
        same = server.get(f"{PATH}/1", headers={"If-None-Match": f'"x", W/{etag}'})
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", etag)
        changed = server.patch(f"{PATH}/1", json={"age": 1}, headers={"If-Match": etag})
        assert changed.status_code == 200
        assert changed.headers["etag"] != etag
        for method in ("PUT", "PATCH", "DELETE"):
            answer = server.request(method, f"{PATH}/1", json={}, headers={"If-Match": etag})
            assert changed.headers["etag"] in detail(answer, 412)
        assert server.get(f"{PATH}/1", headers={"If-None-Match": etag}).json()["age"] == 1
        new = {"If-None-Match": "*"}
        assert server.put(f"{PATH}/1", json={}, headers=new).status_code == 412
        assert server.put(f"{PATH}/9", json={}, headers={"If-Match": "*"}).status_code == 412
        assert server.put(f"{PATH}/9", json={}, headers=new).status_code == 201
        headers = {"If-Match": server.get(f"{PATH}/9").headers["etag"]}
        assert server.delete(f"{PATH}/9", headers=headers).status_code == 204
        assert server.post(PATH, json={}).headers["etag"]


def test_without_etags_conditions_are_not_looked_at(server: Harness) -> None:
    answer = server.patch(f"{PATH}/1", json={}, headers={"If-Match": '"x"'})
    assert answer.status_code == 200
    assert "etag" not in answer.headers


# What endpoints declare


DECLARED = (
    (CUSTOMERS % "ids: integer")
    + """\
    endpoints:
      - method: post
        path: /v1/customers/
        validate: {body: {name: {required: true, type: string}}}
        response: {status: 202, headers: {X-Made: by-me}}
      - method: DELETE
        path: /v1/customers/{customer}
        response: {status: 200}
        rate_limit: {requests_per_minute: 1}
"""
)


def test_endpoints_declare_what_any_pattern_may() -> None:
    with Harness(DECLARED) as server:
        assert server.post(PATH, json={"n": 1}).status_code == 422
        made = server.post(PATH, json={"name": "x"})
        assert (made.status_code, made.headers["x-made"]) == (202, "by-me")
        gone = server.delete(f"{PATH}/1")
        assert (gone.status_code, gone.json()) == (200, ADA)
        assert server.delete(f"{PATH}/2").status_code == 429
        assert ids(server.get(PATH)) == [2, 4, 5]
