"""The API `/mock-servers`: what it takes, what it answers, and what its mock servers serve."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from jsonschema import Draft202012Validator

from imnot_core.testing import Harness
from imnot_patterns.mockservers.api import MockServersApi

SERVERS = "/mock-servers"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
KEY = "s3cret-Key"
BEARER = {"Authorization": f"Bearer {KEY}"}

SPECIFICATION = """\
openapi: 3.0.3
info: {title: Pets, version: "1"}
servers: [{url: "https://pets.example/v1"}]
paths:
  /pets:
    get:
      responses:
        "200":
          description: all
          content:
            application/json:
              example: [{name: Rex}]
              schema: {type: array, items: {type: object, properties: {name: {type: string}}}}
    post:
      responses: {"201": {description: made}}
    trace:
      responses: {"200": {description: never}}
  /pets/{petId}:
    parameters: []
    x-note: none
    get:
      responses:
        "404":
          description: none
          content: {text/plain: {example: no such pet}}
"""


def harness(**options: Any) -> Harness:
    return Harness(plugins=[MockServersApi], **options)


@pytest.fixture
def server() -> Iterator[Harness]:
    with harness() as started:
        yield started


def create(server: Harness, **fields: Any) -> dict[str, Any]:
    answer = server.post(SERVERS, json={"name": "Pets", "workspaceId": "team-a", **fields})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def route_fields(path: str = "/pets", method: str = "GET", **fields: Any) -> dict[str, Any]:
    return {"method": method, "path": path, "statusCode": 200, **fields}


def add(server: Harness, mock: dict[str, Any], *args: Any, **fields: Any) -> dict[str, Any]:
    answer = server.post(routes_of(mock), json=route_fields(*args, **fields))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def routes_of(mock: dict[str, Any], route: dict[str, Any] | None = None) -> str:
    return f"{address(mock)}/routes" + (f"/{route['_id']}" if route else "")


def address(mock: dict[str, Any]) -> str:
    return f"{SERVERS}/{mock['_id']}"


def listed(server: Harness, mock: dict[str, Any]) -> list[dict[str, Any]]:
    answer = server.get(routes_of(mock))
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()
    return found


def pairs(server: Harness, mock: dict[str, Any]) -> set[tuple[str, str]]:
    return {(each["method"], each["path"]) for each in listed(server, mock)}


def logged(server: Harness, mock: dict[str, Any], query: str = "") -> list[dict[str, Any]]:
    answer = server.get(f"{address(mock)}/logs{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def ask(server: Harness, mock: dict[str, Any], path: str, method: str = "GET") -> httpx.Response:
    """Ask for a path as it is written: the client's own way would tidy it up."""
    request = server.client.build_request(method, "/")
    raw_path = f"/mocked/{mock['_id']}{path}".encode()
    request.url = request.url.copy_with(raw_path=raw_path)
    return server.client.send(request)


def told(answer: httpx.Response) -> str:
    assert list(answer.json()) == ["detail"]
    return str(answer.json()["detail"])


def snapshot(server: Harness, mock: dict[str, Any]) -> tuple[Any, ...]:
    return server.get(SERVERS).json(), listed(server, mock)


# Contract


def test_every_operation_answers_with_its_status(server: Harness) -> None:
    mock = create(server)
    route = add(server, mock)
    assert server.get(SERVERS).status_code == 200
    assert server.get(address(mock)).status_code == 200
    assert server.put(address(mock), json={}).status_code == 200
    assert server.get(routes_of(mock)).status_code == 200
    assert server.put(routes_of(mock, route), json=route_fields()).status_code == 200
    assert server.get(f"{address(mock)}/logs").status_code == 200
    for path in (routes_of(mock, route), address(mock)):
        deleted = server.delete(path)
        assert (deleted.status_code, deleted.content) == (204, b"")


def test_all_of_it_is_in_the_openapi_document(server: Harness) -> None:
    paths = server.get("/imnot/openapi.json").json()["paths"]
    found = {f"{m} {p}" for p, each in paths.items() if p.startswith(SERVERS) for m in each}
    one = f"{SERVERS}/{{mockServerId}}"
    assert found == {
        f"get {SERVERS}", f"post {SERVERS}", f"get {one}", f"put {one}", f"delete {one}",
        f"get {one}/routes", f"post {one}/routes", f"put {one}/routes/{{routeId}}",
        f"delete {one}/routes/{{routeId}}", f"get {one}/logs",
    }  # fmt: skip
    logs = {each["name"] for each in paths[f"{one}/logs"]["get"]["parameters"]}
    assert logs == {"mockServerId", "limit", "offset"}
    body = paths[SERVERS]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["required"] == ["name", "workspaceId"]


def test_methods_that_are_not_documented_are_refused(server: Harness) -> None:
    mock = create(server)
    route = add(server, mock)
    for path, methods in {
        SERVERS: ("PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE"),
        address(mock): ("POST", "PATCH", "OPTIONS", "HEAD"),
        routes_of(mock): ("PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"),
        routes_of(mock, route): ("GET", "POST", "PATCH", "OPTIONS", "HEAD"),
        f"{address(mock)}/logs": ("POST", "PUT", "DELETE", "OPTIONS", "HEAD"),
    }.items():
        for method in methods:
            assert server.request(method, path, json={}).status_code == 405


BAD_BODIES = [
    b"",
    b"   ",
    b'{"name": "a", "workspaceId"',
    b'{"name": "\xff", "workspaceId": "w"}',
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b"[]",
    b"null",
    b'"text"',
    b"1",
    b"NaN",
]


@pytest.mark.parametrize("body", BAD_BODIES, ids=range(len(BAD_BODIES)))
def test_a_body_that_is_no_json_object_is_refused_everywhere(server: Harness, body: bytes) -> None:
    mock = create(server)
    route = add(server, mock)
    before = snapshot(server, mock)
    for method, path in (
        ("POST", SERVERS),
        ("PUT", address(mock)),
        ("POST", routes_of(mock)),
        ("PUT", routes_of(mock, route)),
    ):
        answer = server.request(method, path, content=body)
        assert answer.status_code == 400
        assert told(answer)
    assert snapshot(server, mock) == before


SERVER_FAULTS: list[tuple[str, Any]] = [
    ("name", None), ("name", 1), ("name", True), ("name", ["a"]), ("name", {}),
    ("workspaceId", None), ("workspaceId", 7), ("specification", None), ("specification", {}),
    ("specification", 3), ("useExamples", None), ("useExamples", 1), ("useExamples", 0),
    ("useExamples", "true"), ("specification", "{"), ("specification", "just text"),
    ("specification", "openapi: 3.0.0\npaths: []"), ("specification", "paths: {}"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), SERVER_FAULTS)
def test_a_wrong_property_of_a_server_is_refused_by_name(
    server: Harness, name: str, value: Any
) -> None:
    mock = create(server, specification=SPECIFICATION)
    before = snapshot(server, mock)
    answer = server.post(SERVERS, json={"name": "n", "workspaceId": "w", name: value})
    assert answer.status_code == 400
    assert name in told(answer)
    if name != "workspaceId":
        answer = server.put(address(mock), json={"name": "other", name: value})
        assert answer.status_code == 400
        assert name in told(answer)
    assert snapshot(server, mock) == before


@pytest.mark.parametrize("missing", ["name", "workspaceId"])
def test_a_server_needs_a_name_and_a_workspace(server: Harness, missing: str) -> None:
    body = {"name": "n", "workspaceId": "w"}
    del body[missing]
    answer = server.post(SERVERS, json=body)
    assert answer.status_code == 400
    assert missing in told(answer)
    assert server.get(SERVERS).json() == []


ROUTE_FAULTS: list[tuple[str, Any]] = [
    ("method", "get"), ("method", "TRACE"), ("method", ""), ("method", None), ("method", 1),
    ("path", "pets"), ("path", ""), ("path", " /pets"), ("path", None), ("path", ["/"]),
    ("statusCode", 99), ("statusCode", 600), ("statusCode", 0), ("statusCode", -200),
    ("statusCode", "200"), ("statusCode", 200.5), ("statusCode", True), ("statusCode", None),
    ("statusCode", 10**30), ("statusCode", 100), ("responseHeaders", None),
    ("responseHeaders", []), ("responseHeaders", {"a": 1}), ("responseHeaders", {"a": None}),
    ("responseHeaders", {"a": "x\r\ny: z"}), ("responseHeaders", {"a b": "x"}),
    ("responseHeaders", {"": "x"}), ("responseHeaders", {"a": "€"}), ("responseHeaders", {"é": ""}),
    ("responseBody", None), ("responseBody", {"a": 1}), ("responseBody", 1),
    ("contentType", None), ("contentType", 1), ("contentType", "a/b\nc: d"), ("contentType", "€"),
    ("delay", -1), ("delay", "5"), ("delay", 1.5), ("delay", None), ("delay", True),
    ("delay", 10**12),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), ROUTE_FAULTS)
def test_a_wrong_property_of_a_route_is_refused_by_name(
    server: Harness, name: str, value: Any
) -> None:
    mock = create(server)
    route = add(server, mock)
    before = snapshot(server, mock)
    for method, path in (("POST", routes_of(mock)), ("PUT", routes_of(mock, route))):
        answer = server.request(method, path, json={**route_fields("/other"), name: value})
        assert answer.status_code == 400, answer.text
        assert name in told(answer)
    assert snapshot(server, mock) == before


@pytest.mark.parametrize("missing", ["method", "path", "statusCode"])
def test_a_route_needs_method_path_and_status(server: Harness, missing: str) -> None:
    mock = create(server)
    body = route_fields()
    del body[missing]
    answer = server.post(routes_of(mock), json=body)
    assert answer.status_code == 400
    assert missing in told(answer)


def test_all_that_is_wrong_is_told_at_once(server: Harness) -> None:
    answer = server.post(routes_of(create(server)), json={"path": "x", "delay": -1})
    for name in ("method", "path", "statusCode", "delay"):
        assert name in told(answer)


def test_an_integer_may_be_written_as_json_schema_has_it(server: Harness) -> None:
    mock = create(server)
    body = b'{"method": "GET", "path": "/a", "statusCode": 2.01e2, "delay": 0.0}'
    answer = server.post(routes_of(mock), content=body)
    assert answer.status_code == 201
    assert answer.json()["statusCode"] == 201
    assert type(answer.json()["statusCode"]) is int
    assert ask(server, mock, "/a").status_code == 201


def test_unknown_properties_are_ignored(server: Harness) -> None:
    mock = create(server, _id="mine", url=3, status="stopped", nonsense=[{}])
    assert mock["_id"] != "mine"
    assert mock["status"] == "running"
    assert "nonsense" not in mock
    route = add(server, mock, _id="mine", mockServerId="other", nonsense=None)
    assert route["_id"] != "mine"
    assert route["mockServerId"] == mock["_id"]
    assert server.put(address(mock), json={"nonsense": 1}).status_code == 200


def test_large_bodies_are_taken_and_served(server: Harness) -> None:
    mock = create(server)
    text = "é" * (1 << 20)
    add(server, mock, responseBody=text)
    assert ask(server, mock, "/pets").text == text
    large = SPECIFICATION + "# " + "x" * (1 << 20)
    assert create(server, specification=large)["specificationSource"] == "openapi"
    assert server.post(f"/mocked/{mock['_id']}/pets", content=text).status_code == 404


# The admin key


MANAGEMENT = [
    ("GET", ""), ("POST", ""), ("GET", "/{server}"), ("PUT", "/{server}"), ("DELETE", "/{server}"),
    ("GET", "/{server}/routes"), ("POST", "/{server}/routes"), ("PUT", "/{server}/routes/{route}"),
    ("DELETE", "/{server}/routes/{route}"), ("GET", "/{server}/logs"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), MANAGEMENT)
def test_with_an_admin_key_management_needs_it_before_anything_else(method: str, path: str) -> None:
    with harness(admin_key=KEY) as server:
        server.client.headers.update(BEARER)
        mock = create(server)
        route = add(server, mock, responseBody="public")
        del server.client.headers["Authorization"]
        known = path.format(server=mock["_id"], route=route["_id"])
        unknown = path.format(server="unknown", route="unknown")
        refusals = set()
        for target in (known, unknown, f"{unknown}?limit=x"):
            for headers in ({}, {"Authorization": "Bearer other"}, {"X-API-Key": KEY}):
                answer = server.request(
                    method, SERVERS + target, content=b"not json", headers=headers
                )
                assert answer.status_code == 401
                refusals.add((answer.text, answer.headers["www-authenticate"]))
        assert len(refusals) == 1
        assert server.get(SERVERS + known, headers=BEARER).status_code in (200, 405)
        assert ask(server, mock, "/pets").text == "public"
        served = server.get(f"/mocked/{mock['_id']}/pets", headers={"Authorization": "Bearer no"})
        assert served.text == "public"


def test_without_an_admin_key_any_credentials_will_do(server: Harness) -> None:
    for value in ("Bearer x", "Basic !", "nonsense", ""):
        assert server.get(SERVERS, headers={"Authorization": value}).status_code == 200


# Mock servers


def test_a_server_is_shown_with_all_its_fields(server: Harness) -> None:
    mock = create(server)
    assert mock == {
        "_id": mock["_id"],
        "name": "Pets",
        "workspaceId": "team-a",
        "url": f"{server.client.base_url}/mocked/{mock['_id']}",
        "status": "running",
        "specificationSource": "custom",
        "created": mock["created"],
        "modified": mock["created"],
    }
    assert datetime.fromisoformat(mock["created"]).utcoffset() is not None
    assert set(mock["_id"]) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert server.get(address(mock)).json() == mock
    assert server.get(SERVERS).json() == [mock]


def test_with_a_specification_its_source_is_openapi(server: Harness) -> None:
    mock = create(server, specification=SPECIFICATION)
    assert mock["specificationSource"] == "openapi"
    custom = create(server, useExamples=False)
    assert custom["specificationSource"] == "custom"
    changed = server.put(address(custom), json={"specification": SPECIFICATION}).json()
    assert changed["specificationSource"] == "openapi"


def test_the_list_is_filtered_by_the_exact_workspace(server: Harness) -> None:
    one, two = create(server), create(server, workspaceId="Team-A")
    empty = create(server, workspaceId="")

    def ids(query: str) -> list[str]:
        return [each["_id"] for each in server.get(f"{SERVERS}{query}").json()]

    assert ids("") == [one["_id"], two["_id"], empty["_id"]]
    assert ids("?workspaceId=team-a") == [one["_id"]]
    assert ids("?workspaceId=") == [empty["_id"]]
    assert ids("?workspaceId=team") == []


def test_a_change_leaves_the_rest_as_it_is(server: Harness) -> None:
    mock = create(server)
    changed = server.put(address(mock), json={"name": "Ünamed", "workspaceId": "other"}).json()
    assert changed == {**mock, "name": "Ünamed", "modified": changed["modified"]}
    assert server.get(address(mock)).json() == changed


def test_modified_moves_with_every_change_and_with_nothing_else(server: Harness) -> None:
    mock = create(server)
    specified = {"specification": SPECIFICATION}
    changes = [{"name": "b"}, {"useExamples": False}, specified, specified, {"useExamples": False}]
    answers = [server.put(address(mock), json=each).json() for each in changes]
    times = [each["modified"] for each in (mock, *answers)]
    assert times == sorted(set(times), key=datetime.fromisoformat)
    for body in ({}, {"name": "b"}, {"workspaceId": "other"}):
        assert server.put(address(mock), json=body).json()["modified"] == times[-1]
    server.clock.advance(5)
    later = server.put(address(mock), json={"name": "c"}).json()
    gap = datetime.fromisoformat(later["modified"]) - datetime.fromisoformat(mock["created"])
    assert gap.total_seconds() == 5
    assert later["created"] == mock["created"]


def test_a_deleted_server_is_gone_with_all_that_belongs_to_it(server: Harness) -> None:
    mock = create(server, specification=SPECIFICATION)
    route = add(server, mock, "/by-hand")
    assert ask(server, mock, "/by-hand").status_code == 200
    other = create(server)
    assert server.delete(address(mock)).status_code == 204
    for method, path in (
        ("GET", address(mock)), ("PUT", address(mock)), ("DELETE", address(mock)),
        ("GET", routes_of(mock)), ("POST", routes_of(mock)), ("PUT", routes_of(mock, route)),
        ("DELETE", routes_of(mock, route)), ("GET", f"{address(mock)}/logs"),
    ):  # fmt: skip
        answer = server.request(method, path, json=route_fields())
        assert answer.status_code == 404
        assert "mockServerId" in told(answer)
    for path in ("", "/", "/by-hand", "/pets"):
        answer = ask(server, mock, path)
        assert answer.status_code == 404
        assert mock["_id"] in told(answer)
    assert server.get(SERVERS).json() == [other]


def test_deleting_leaves_nothing_in_the_store(tmp_path: Path) -> None:
    db = tmp_path / "imnot.db"
    with harness(db=db) as server:
        mock = create(server, specification=SPECIFICATION)
        add(server, mock, "/by-hand")
        server.delete(routes_of(mock, listed(server, mock)[0]))
        ask(server, mock, "/by-hand")
        server.put(address(mock), json={"specification": SPECIFICATION})
        server.delete(routes_of(mock, listed(server, mock)[0]))
        server.delete(address(mock))
    with closing(sqlite3.connect(db)) as database:
        left = database.execute("SELECT key FROM documents WHERE namespace LIKE 'mock-server%'")
        assert left.fetchall() == []


def test_unknown_servers_are_404_whatever_is_asked(server: Harness) -> None:
    for path in ("/mocked", "/mocked/", "/mocked/none", "/mocked/none/a", "/mocked//none"):
        for method in ("GET", "POST", "OPTIONS", "DELETE"):
            answer = server.request(method, path)
            assert answer.status_code == 404
            assert told(answer)


# Routes


def test_a_route_is_shown_with_its_defaults(server: Harness) -> None:
    mock = create(server)
    route = add(server, mock)
    assert route == {
        "_id": route["_id"],
        "mockServerId": mock["_id"],
        "method": "GET",
        "path": "/pets",
        "statusCode": 200,
        "responseHeaders": {},
        "responseBody": "",
        "contentType": "application/json",
        "delay": 0,
    }
    assert listed(server, mock) == [route]
    answer = ask(server, mock, "/pets")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers.get_list("content-type") == ["application/json"]


def test_replacing_a_route_takes_what_is_left_out_back_to_its_default(server: Harness) -> None:
    mock = create(server)
    first = add(server, mock, responseBody="x", delay=5, contentType="text/plain",
                responseHeaders={"X-A": "1"})  # fmt: skip
    answer = server.put(routes_of(mock, first), json=route_fields("/cats", "POST", statusCode=202))
    assert answer.status_code == 200
    assert answer.json() == {
        **first, "method": "POST", "path": "/cats", "statusCode": 202, "responseBody": "",
        "delay": 0, "contentType": "application/json", "responseHeaders": {},
    }  # fmt: skip
    assert listed(server, mock) == [answer.json()]
    assert ask(server, mock, "/pets").status_code == 404
    assert ask(server, mock, "/cats", "POST").status_code == 202


def test_neither_put_creates(server: Harness) -> None:
    mock = create(server)
    assert server.put(f"{SERVERS}/new", json={"name": "n", "workspaceId": "w"}).status_code == 404
    answer = server.put(f"{routes_of(mock)}/new", json=route_fields())
    assert answer.status_code == 404
    assert "routeId" in told(answer)
    assert len(server.get(SERVERS).json()) == 1
    assert listed(server, mock) == []


def test_a_route_is_found_under_its_own_server_alone(server: Harness) -> None:
    one, other = create(server), create(server)
    route = add(server, one)
    for method in ("PUT", "DELETE"):
        answer = server.request(method, routes_of(other, route), json=route_fields())
        assert answer.status_code == 404
    assert listed(server, one) == [route]
    assert listed(server, other) == []
    assert ask(server, other, "/pets").status_code == 404


def test_two_routes_for_the_same_requests_are_refused(server: Harness) -> None:
    mock = create(server)
    add(server, mock, "/pets/{id}")
    moved = add(server, mock, "/cats")
    for path in ("/pets/{id}", "/pets/{name}", "/p%65ts/{id}"):
        answer = server.post(routes_of(mock), json=route_fields(path))
        assert answer.status_code == 400
        assert "path" in told(answer)
        assert server.put(routes_of(mock, moved), json=route_fields(path)).status_code == 400
    assert pairs(server, mock) == {("GET", "/pets/{id}"), ("GET", "/cats")}
    assert server.put(routes_of(mock, moved), json=route_fields("/cats")).status_code == 200
    add(server, mock, "/pets/{id}", "POST")
    add(server, mock, "/pets/{id}/toys")
    add(server, create(server), "/pets/{id}")


def test_a_deleted_route_answers_no_more_and_its_place_is_free(server: Harness) -> None:
    mock = create(server)
    route = add(server, mock)
    assert server.delete(routes_of(mock, route)).status_code == 204
    assert ask(server, mock, "/pets").status_code == 404
    assert server.delete(routes_of(mock, route)).status_code == 404
    assert add(server, mock)["_id"] != route["_id"]


# Matching


@pytest.mark.parametrize("method", METHODS)
def test_every_method_of_the_contract_is_served(server: Harness, method: str) -> None:
    mock = create(server)
    add(server, mock, "/x", method, statusCode=299, responseBody="here")
    answer = ask(server, mock, "/x", method)
    assert answer.status_code == 299
    for other in set(METHODS) - {method, "HEAD"}:
        assert ask(server, mock, "/x", other).status_code == 404


def test_the_query_plays_no_part(server: Harness) -> None:
    mock = create(server)
    add(server, mock)
    for query in ("?", "?a=1", "?a=%zz&&=", "?a=/other"):
        assert ask(server, mock, f"/pets{query}").status_code == 200


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("/pets", "/Pets"),
        ("/a.b", "/axb"),
        ("/a+", "/aa"),
        ("/a*", "/aaa"),
        ("/a{2}", "/aa"),
        ("/a?", "/"),
        ("/(a|b)", "/a"),
        ("/[ab]", "/a"),
        ("/^a$", "/a"),
        ("/pets/{id}", "/pets/"),
        ("/pets/{id}", "/pets"),
        ("/pets/{id}", "/pets/1/2"),
        ("/pets/{id}", "/pets//"),
        ("/reports/{id}.csv", "/reports/.csv"),
        ("/reports/{id}.csv", "/reports/7xcsv"),
        ("/a//b", "/a/b"),
        ("/a/b", "/a//b"),
        ("/", "/a"),
    ],
)
def test_these_do_not_match(server: Harness, template: str, path: str) -> None:
    mock = create(server)
    add(server, mock, template)
    assert ask(server, mock, path).status_code == 404


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("/", "/"),
        ("/", ""),
        ("/a b", "/a%20b"),
        ("/a%20b", "/a%20b"),
        ("/café", "/caf%C3%A9"),
        ("/caf%c3%a9", "/caf%C3%A9"),
        ("/%70ets", "/pets"),
        ("/pets", "/%70%65ts"),
        ("/100%", "/100%25"),
        ("/a?b#c", "/a%3Fb%23c"),
        ("/a/%7Bb%7D", "/a/%7Bb%7D"),
        ("/{", "/%7B"),
        ("/a//b", "/a//b"),
        ("/.+*[x](y)|^$\\", quote("/.+*[x](y)|^$\\")),
        ("/a{2}", "/a%7B2%7D"),
        ("/{0}", "/seven"),
        ("/pets/{id}", "/pets/7"),
        ("/pets/{pet id*}", "/pets/a%20b"),
        ("/pets/{id}/{id}", "/pets/7/8"),
        ("/pets/{id}", "/pets/%2e%2E"),
        ("/reports/{id}.csv", "/reports/7.8.csv"),
        ("/jobs/{id}:cancel", "/jobs/7:cancel"),
        ("/{a}-{b}", "/x-y-z"),
        ("/{a}{b}", "/xy"),
        ("/routes", "/routes"),
        ("/logs", "/logs"),
        ("/healthz", "/healthz"),
        ("/mock-servers", "/mock-servers"),
        ("/imnot/admin/partners", "/imnot/admin/partners"),
        ("/mocked/x", "/mocked/x"),
        ("/v1/mocks", "/v1/mocks"),
    ],
)
def test_these_match(server: Harness, template: str, path: str) -> None:
    mock = create(server)
    route = add(server, mock, template)
    assert route["path"] == template
    assert ask(server, mock, path).status_code == 200


@pytest.mark.parametrize("order", [1, -1])
def test_literals_go_before_parameters_whatever_came_first(server: Harness, order: int) -> None:
    mock = create(server)
    templates = ["/a/{x}", "/a/b", "/a/b/{y}", "/{z}/b/c", "/a/{x}.csv", "/a/{x}/c"][::order]
    for template in templates:
        add(server, mock, template, responseBody=template)
    for path, expected in {
        "/a/b": "/a/b", "/a/c": "/a/{x}", "/a/b.csv": "/a/{x}.csv", "/a/b/c": "/a/b/{y}",
        "/q/b/c": "/{z}/b/c", "/a/q/c": "/a/{x}/c",
    }.items():  # fmt: skip
        assert ask(server, mock, path).text == expected


def test_a_literal_that_leads_nowhere_hides_no_parameter(server: Harness) -> None:
    mock = create(server)
    add(server, mock, "/users/me/posts")
    add(server, mock, "/users/{id}/toys")
    add(server, mock, "/users/me", "POST")
    add(server, mock, "/users/{id}")
    assert ask(server, mock, "/users/me/toys").status_code == 200
    assert ask(server, mock, "/users/me").status_code == 200


def test_a_slash_at_the_end_makes_no_difference_unless_a_route_has_one(server: Harness) -> None:
    mock = create(server)
    add(server, mock, "/a", responseBody="a")
    add(server, mock, "/b/", responseBody="b/")
    assert ask(server, mock, "/a/").text == "a"
    assert ask(server, mock, "/b").text == "b/"
    add(server, mock, "/b", responseBody="b")
    assert (ask(server, mock, "/b").text, ask(server, mock, "/b/").text) == ("b", "b/")


def test_head_is_answered_as_get_unless_it_has_a_route(server: Harness) -> None:
    mock = create(server)
    add(server, mock, responseBody="12345")
    assert ask(server, mock, "/pets", "HEAD").headers["content-length"] == "5"
    add(server, mock, "/pets", "HEAD", statusCode=202)
    assert ask(server, mock, "/pets", "HEAD").status_code == 202


def test_what_has_no_route_is_told_the_nearest(server: Harness) -> None:
    mock = create(server)
    add(server, mock, "/pets/{id}")
    for method, path in (("POST", "/pets/7"), ("GET", "/pet/7"), ("BREW", "/pets/7")):
        answer = ask(server, mock, path, method)
        assert answer.status_code == 404
        assert "GET /pets/{id}" in told(answer)


# Answers


def test_the_body_is_served_as_it_was_given(server: Harness) -> None:
    mock = create(server)
    for number, body in enumerate(('{ "a" : 1.0 }', "{{ x }} ${y} {id}", "é\u0000\r\n😀", "")):
        add(server, mock, f"/{number}", responseBody=body)
        assert ask(server, mock, f"/{number}").content == body.encode()


def test_headers_are_sent_as_given(server: Harness) -> None:
    mock = create(server)
    headers = {"X-One": "a, b", "x-two": "é", "Set-Cookie": "a=1", "Server": "mine", "X-Empty": ""}
    add(server, mock, responseHeaders=headers, contentType="text/csv; charset=utf-8")
    answer = ask(server, mock, "/pets")
    sent = dict(answer.headers.multi_items())
    length, kind = sent.pop("content-length"), sent.pop("content-type")
    assert (length, kind) == ("0", "text/csv; charset=utf-8")
    raw = {name.lower(): value for name, value in headers.items()}
    assert {name.decode(): value.decode("latin-1") for name, value in answer.headers.raw
            if name.decode().lower() in raw} == raw  # fmt: skip
    assert len(sent) == len(headers)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"content-type": "text/plain"}, "text/plain"),
        ({"content-type": "text/plain", "Content-Type": "text/csv"}, "text/plain"),
        ({}, "application/x-mine"),
    ],
)
def test_there_is_one_content_type(server: Harness, headers: dict[str, str], expected: str) -> None:
    mock = create(server)
    add(server, mock, responseHeaders=headers, contentType="application/x-mine")
    assert ask(server, mock, "/pets").headers.get_list("content-type") == [expected]


def test_framing_headers_are_the_servers(server: Harness) -> None:
    mock = create(server)
    headers = {"Content-Length": "1", "Transfer-Encoding": "chunked", "Connection": "close"}
    route = add(server, mock, responseHeaders=headers, responseBody="whole")
    assert route["responseHeaders"] == headers
    answer = ask(server, mock, "/pets")
    assert answer.text == "whole"
    assert answer.headers.get_list("content-length") == ["5"]
    assert "transfer-encoding" not in answer.headers


@pytest.mark.parametrize("status", [200, 204, 205, 299, 304, 404, 499, 500, 599])
def test_any_status_is_served(server: Harness, status: int) -> None:
    mock = create(server)
    add(server, mock, statusCode=status, responseBody="body", responseHeaders={"X-A": "1"})
    answer = ask(server, mock, "/pets")
    assert (answer.status_code, answer.headers["x-a"]) == (status, "1")
    assert answer.text == ("" if status in (204, 205, 304) else "body")


def test_a_delay_is_waited(server: Harness) -> None:
    mock = create(server)
    add(server, mock, delay=1500)
    before = server.clock.time()
    assert ask(server, mock, "/pets").status_code == 200
    assert server.clock.time() == before + 1.5


def test_a_request_may_carry_anything(server: Harness) -> None:
    mock = create(server)
    add(server, mock, "/pets", "POST", responseBody="ok")
    for body in BAD_BODIES:
        headers = {b"Content-Type": b"application/json", b"X-Odd": b"\xff\xfe", b"X-Twice": b"1"}
        answer = server.post(f"/mocked/{mock['_id']}/pets?%zz=%&=", content=body, headers=headers)
        assert answer.text == "ok"
    assert all(each["requestHeaders"]["x-odd"] == "ÿþ" for each in logged(server, mock))


# Logs


def test_every_request_is_logged_newest_first(server: Harness) -> None:
    mock = create(server)
    route = add(server, mock, "/pets/{id}", "POST", statusCode=404)
    ask(server, mock, "/pets/7?a=1", "POST")
    server.clock.advance(1)
    ask(server, mock, "/none%20here")
    missed, found = logged(server, mock)
    assert found == {
        "_id": found["_id"],
        "mockServerId": mock["_id"],
        "routeId": route["_id"],
        "requestMethod": "POST",
        "requestPath": "/pets/7",
        "requestHeaders": found["requestHeaders"],
        "responseStatusCode": 404,
        "matched": True,
        "timestamp": found["timestamp"],
    }
    assert found["requestHeaders"]["host"] == "localhost:8000"
    assert found["timestamp"] < missed["timestamp"]
    assert datetime.fromisoformat(missed["timestamp"]).utcoffset() is not None
    assert missed["_id"] != found["_id"]
    assert (missed["requestPath"], missed["matched"]) == ("/none here", False)
    assert (missed["responseStatusCode"], "routeId" in missed) == (404, False)


def test_only_requests_below_its_url_are_logged(server: Harness) -> None:
    mock, other = create(server), create(server)
    route = add(server, mock)
    server.put(routes_of(mock, route), json=route_fields())
    listed(server, mock)
    ask(server, other, "/pets")
    assert logged(server, mock) == []
    for path in ("", "/", "/routes", "/logs"):
        ask(server, mock, path)
    assert [each["requestPath"] for each in logged(server, mock)] == ["/logs", "/routes", "/", "/"]


def test_repeated_headers_are_logged_together(server: Harness) -> None:
    mock = create(server)
    server.get(mock["url"], headers=[("X-A", "1"), ("x-a", "2")])
    assert logged(server, mock)[0]["requestHeaders"]["x-a"] == "1, 2"


def test_the_log_is_read_in_pages(server: Harness) -> None:
    mock = create(server)
    for number in range(60):
        ask(server, mock, f"/{number}")

    def paths(query: str) -> list[int]:
        return [int(each["requestPath"][1:]) for each in logged(server, mock, query)]

    newest = list(range(59, -1, -1))
    assert paths("") == newest[:50]
    assert paths("?limit=1000") == newest
    assert paths("?limit=3&offset=2") == newest[2:5]
    assert paths("?offset=58") == newest[58:]
    assert paths("?limit=0") == paths("?offset=60") == paths(f"?offset={10**30}") == []
    assert paths(f"?limit={10**30}&offset=000") == newest


@pytest.mark.parametrize("name", ["limit", "offset"])
@pytest.mark.parametrize("value", ["-1", "x", "", "1.5", "1e2", "%20", "+1", "٣", "null", "true"])
def test_a_limit_or_offset_that_is_no_count_is_refused(
    server: Harness, name: str, value: str
) -> None:
    answer = server.get(f"{address(create(server))}/logs?{name}={value}")
    assert answer.status_code == 400
    assert name in told(answer)


def test_a_thousand_entries_are_kept(server: Harness) -> None:
    mock = create(server)
    for number in range(1100):
        ask(server, mock, f"/{number}")
    found = logged(server, mock, "?limit=1000")
    assert [each["requestPath"] for each in found] == [f"/{n}" for n in range(1099, 99, -1)]


def test_entries_outlive_their_route(server: Harness) -> None:
    mock = create(server)
    route = add(server, mock)
    ask(server, mock, "/pets")
    server.delete(routes_of(mock, route))
    assert logged(server, mock)[0]["routeId"] == route["_id"]


# From a specification


def test_a_specification_gives_a_route_for_each_operation(server: Harness) -> None:
    mock = create(server, specification=SPECIFICATION)
    assert pairs(server, mock) == {
        ("GET", "/pets"), ("POST", "/pets"), ("GET", "/pets/{petId}"),
    }  # fmt: skip
    assert ask(server, mock, "/pets").json() == [{"name": "Rex"}]
    made = ask(server, mock, "/pets", "POST")
    assert (made.status_code, made.content) == (201, b"")
    none = ask(server, mock, "/pets/7")
    assert (none.status_code, none.text) == (404, "no such pet")
    assert none.headers["content-type"] == "text/plain"
    assert ask(server, mock, "/v1/pets").status_code == 404
    assert len({each["_id"] for each in listed(server, mock)}) == 3


def test_without_examples_bodies_are_made_from_schemas(server: Harness) -> None:
    mock = create(server, specification=SPECIFICATION, useExamples=False)
    schema = {"type": "array", "minItems": 1, "items": {"properties": {"name": {"type": "string"}}}}
    body = ask(server, mock, "/pets").json()
    Draft202012Validator(schema).validate(body)
    assert body != [{"name": "Rex"}]
    server.put(address(mock), json={"useExamples": True})
    assert ask(server, mock, "/pets").json() == [{"name": "Rex"}]
    server.put(address(mock), json={"useExamples": False})
    assert ask(server, mock, "/pets").json() == body


def test_whether_to_use_examples_is_remembered(server: Harness) -> None:
    mock = create(server)
    server.put(address(mock), json={"useExamples": False})
    server.put(address(mock), json={"specification": SPECIFICATION})
    assert ask(server, mock, "/pets").json() != [{"name": "Rex"}]
    server.put(address(mock), json={"specification": SPECIFICATION, "useExamples": True})
    assert ask(server, mock, "/pets").json() == [{"name": "Rex"}]


def test_generated_routes_are_routes_like_others(server: Harness) -> None:
    mock = create(server, specification=SPECIFICATION)
    routes = {(each["method"], each["path"]): each for each in listed(server, mock)}
    pets, made = routes["GET", "/pets"], routes["POST", "/pets"]
    assert set(pets) == set(add(server, mock, "/by-hand"))
    assert server.post(routes_of(mock), json=route_fields("/pets")).status_code == 400
    answer = server.put(routes_of(mock, pets), json=route_fields("/pets", responseBody="mine"))
    assert answer.json()["_id"] == pets["_id"]
    assert ask(server, mock, "/pets").text == "mine"
    assert server.delete(routes_of(mock, made)).status_code == 204
    assert ask(server, mock, "/pets", "POST").status_code == 404
    assert server.delete(routes_of(mock, made)).status_code == 404
    assert pairs(server, mock) == {("GET", "/pets"), ("GET", "/pets/{petId}"), ("GET", "/by-hand")}
    add(server, mock, "/pets", "POST")


def test_another_specification_replaces_what_was_generated_alone(server: Harness) -> None:
    mock = create(server, specification=SPECIFICATION)
    by_hand = add(server, mock, "/by-hand")
    old = {each["_id"] for each in listed(server, mock)} - {by_hand["_id"]}
    gone = next(each for each in listed(server, mock) if each["method"] == "POST")
    server.delete(routes_of(mock, gone))
    other = SPECIFICATION.replace("/pets/{petId}", "/cats")
    assert server.put(address(mock), json={"specification": other}).status_code == 200
    assert pairs(server, mock) == {
        ("GET", "/pets"), ("POST", "/pets"), ("GET", "/cats"), ("GET", "/by-hand"),
    }  # fmt: skip
    assert by_hand in listed(server, mock)
    assert not old & {each["_id"] for each in listed(server, mock)}
    assert ask(server, mock, "/pets/7").status_code == 404


def test_what_was_made_by_hand_stays_in_its_place(server: Harness) -> None:
    mock = create(server)
    by_hand = add(server, mock, "/pets", responseBody="by hand")
    server.put(address(mock), json={"specification": SPECIFICATION})
    assert ask(server, mock, "/pets").text == "by hand"
    same = [each for each in listed(server, mock) if each["path"] == "/pets"]
    assert [each["method"] for each in same] == ["POST", "GET"]
    server.delete(routes_of(mock, by_hand))
    assert ask(server, mock, "/pets").status_code == 404
    server.put(address(mock), json={"useExamples": True})
    assert ask(server, mock, "/pets").json() == [{"name": "Rex"}]


def test_a_specification_that_is_refused_changes_nothing(server: Harness) -> None:
    mock = create(server, specification=SPECIFICATION)
    by_hand = add(server, mock, "/by-hand")
    before = snapshot(server, mock)
    for text in ("{", "- a", "paths: {}", 'openapi: "3.0.0"\npaths: 7', "a: &a [*a]"):
        answer = server.put(address(mock), json={"name": "new", "specification": text})
        assert answer.status_code == 400
        assert told(answer).startswith("specification: ")
    assert snapshot(server, mock) == before
    assert by_hand in before[1]


def test_a_specification_may_have_paths_of_one_shape(server: Harness) -> None:
    text = json.dumps(
        {
            "openapi": "3.1.0",
            "paths": {
                path: {"get": {"responses": {"200": {"description": "", "content": {
                    "text/plain": {"example": path}}}}}}
                for path in ("/a/{x}", "/a/{y}", "/b?q=1", "/c#d", "/e//f", "/{g}{h}", "/i/")
            },
        }
    )  # fmt: skip
    mock = create(server, specification=text)
    assert len(listed(server, mock)) == 7
    for path, expected in {"/a/1": "/a/{x}", "/b%3Fq=1": "/b?q=1", "/c%23d": "/c#d",
                           "/e//f": "/e//f", "/gh": "/{g}{h}", "/i/": "/i/"}.items():  # fmt: skip
        assert ask(server, mock, path).text == expected


# Other workers, and later


def test_all_workers_answer_alike_at_the_next_request() -> None:
    with harness(workers=2) as server:
        mock = create(server, specification=SPECIFICATION)
        for number in range(5):
            route = add(server, mock, f"/{number}", responseBody="one")
            assert [ask(server, mock, f"/{number}").text for _ in range(3)] == ["one"] * 3
            changed = route_fields(f"/{number}", responseBody="two")
            server.put(routes_of(mock, route), json=changed)
            assert [ask(server, mock, f"/{number}").text for _ in range(3)] == ["two"] * 3
            assert len({json.dumps(logged(server, mock)) for _ in range(3)}) == 1
            server.delete(routes_of(mock, route))
            assert [ask(server, mock, f"/{number}").status_code for _ in range(3)] == [404] * 3
        server.delete(address(mock))
        assert [ask(server, mock, "/pets").status_code for _ in range(3)] == [404] * 3


def test_everything_survives_a_restart() -> None:
    with harness() as server:
        mock = create(server, specification=SPECIFICATION, useExamples=False)
        add(server, mock, "/b")
        add(server, mock, "/a")
        server.delete(routes_of(mock, listed(server, mock)[0]))
        ask(server, mock, "/a")
        before = snapshot(server, mock), logged(server, mock)
        server.restart()
        assert (snapshot(server, mock), logged(server, mock)) == before
        assert ask(server, mock, "/a").status_code == 200
        server.put(address(mock), json={"useExamples": True})
        assert ask(server, mock, "/pets").json() == [{"name": "Rex"}]


def test_it_can_be_left_out() -> None:
    with harness(without_apis=("mock-servers",)) as server:
        assert server.get(SERVERS).status_code == 404
        assert server.get("/mocked/x").status_code == 404
