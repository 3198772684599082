"""The stub API over HTTP: what each of its endpoints takes and answers."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from imnot_core.testing import Harness
from tests.server.samples import static

STUBS = "/__mock__/stubs"
SCOPES = "/__mock__/scopes"
REQUESTS = "/__mock__/requests"
ASSERT = "/__mock__/assert"
NO_MATCH = "NO_STUB_MATCH_FOUND"
CHALLENGE = 'Basic realm="imnot"'
ID = r"[0-9a-f-]{36}"


@pytest.fixture
def server() -> Iterator[Harness]:
    with Harness() as started:
        yield started


def payload(body: Any = "x", **request: Any) -> dict[str, Any]:
    response = {"status_code": 200, "headers": {}, "body": body}
    return {"request": request, "action": {"response": response}}


def add(server: Harness, data: Any = None, scope: str = "", **options: Any) -> str:
    headers = {scope: "1"} if scope else {}
    answer = server.post(STUBS, json=data or payload(), headers=headers, **options)
    assert answer.status_code == 200, answer.text
    assert answer.json()["success"] is True
    return str(answer.json()["stub_id"])


def scope(server: Harness, name: str = "team-a") -> dict[str, str]:
    assert server.post(SCOPES, json={"name": name}).status_code == 201
    return {name: ""}


def stub_ids(server: Harness, **options: Any) -> list[str]:
    return [each["stub_id"] for each in server.get(STUBS, **options).json()["stubs"]]


def paths(server: Harness, **options: Any) -> list[str]:
    return [each["path"] for each in server.get(REQUESTS, **options).json()["requests"]]


def asserted(server: Harness, data: Any, **options: Any) -> bool:
    answer = server.post(ASSERT, json=data, **options)
    assert answer.status_code == 200, answer.text
    assert list(answer.json()) == ["result"]
    return bool(answer.json()["result"])


def told(answer: httpx.Response) -> tuple[int, Any]:
    return answer.status_code, answer.json()


# The root


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_the_root_lists_the_endpoints(server: Harness, method: str) -> None:
    answer = server.request(method, "/__mock__")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/json")
    assert isinstance(answer.json()["message"], str)
    assert {"/__mock__", STUBS, ASSERT, REQUESTS, SCOPES} <= set(
        answer.json()["available_endpoints"]
    )


def test_the_root_answers_head(server: Harness) -> None:
    answer = server.head("/__mock__")
    assert (answer.status_code, answer.content) == (200, b"")


def test_all_of_it_is_in_the_openapi_document(server: Harness) -> None:
    document = server.get("/imnot/openapi.json").json()
    operations = {(method, path) for path, each in document["paths"].items() for method in each}
    assert operations >= {
        ("post", STUBS), ("get", STUBS), ("delete", f"{STUBS}/{{stub_id}}"), ("post", ASSERT),
        ("get", REQUESTS), ("post", SCOPES), ("get", SCOPES), ("delete", f"{SCOPES}/{{name}}"),
        ("get", f"{REQUESTS}/{{id}}"), ("get", f"{REQUESTS}/{{id}}/near-misses"),
    }  # fmt: skip
    body = document["paths"][STUBS]["post"]["requestBody"]
    assert set(body["content"]["application/json"]["schema"]["properties"]) == {
        "request", "action", "max_calls", "chaos",
    }  # fmt: skip


# Stubs


def test_a_stub_is_created_and_answers(server: Harness) -> None:
    answer = server.post(STUBS, json=payload("hello", path="/hello", method="GET"))
    assert answer.status_code == 200
    assert list(answer.json()) == ["success", "stub_id"]
    assert UUID(answer.json()["stub_id"]).version == 4
    found = server.get("/hello")
    assert (found.status_code, found.text) == (200, "hello")
    assert "content-type" not in found.headers
    missed = server.post("/hello")
    assert (missed.status_code, missed.text) == (404, NO_MATCH)
    assert "content-type" not in missed.headers


def test_stubs_are_listed_with_every_key(server: Harness) -> None:
    stub_id = add(server, payload(path="/u/{id}", method="GET", headers={"x-h": "v"}))
    assert server.get(STUBS).json() == {
        "stubs": [
            {
                "stub_id": stub_id,
                "scope": None,
                "request": {
                    "method": "GET",
                    "path": "/u/{id}",
                    "body": None,
                    "headers": {"$key_values": {"key_values": {"x-h": {"$eq": {"value": "v"}}}}},
                    "host": None,
                    "query": None,
                },
                "action": {
                    "response": {
                        "status_code": 200,
                        "headers": {},
                        "body": "x",
                        "template_body": None,
                    },
                    "proxy": None,
                    "sse": None,
                },
                "chaos": None,
            }
        ]
    }


def test_legacy_chaos_is_listed_in_the_new_form(server: Harness) -> None:
    add(server, {**payload(), "chaos": {"delay_ms": 5, "jitter_ms": 1}})
    (listed,) = server.get(STUBS).json()["stubs"]
    assert listed["chaos"] == {
        "latency": {"base_ms": 5, "jitter_ms": 1},
        "faults": {"connection_drop": None},
    }


def test_max_calls_is_listed_with_what_is_used_of_it(server: Harness) -> None:
    add(server, {**payload(path="/x"), "max_calls": 2})
    assert [server.get("/x").status_code for _ in range(3)] == [200, 200, 404]
    (listed,) = server.get(STUBS).json()["stubs"]
    assert (listed["max_calls"], listed["calls"]) == (2, 2)


def test_a_stub_is_deleted(server: Harness) -> None:
    stub_id = add(server)
    assert told(server.delete(f"{STUBS}/{stub_id}")) == (200, {"success": True, "stub_id": stub_id})
    assert told(server.delete(f"{STUBS}/{stub_id}")) == (
        404,
        {"detail": f"Stub '{stub_id}' was not found"},
    )
    assert stub_ids(server) == []
    assert server.get("/x").text == NO_MATCH


def test_everything_wrong_with_a_payload_is_422_at_once(server: Harness) -> None:
    data = {"action": {"response": {"status_code": "abc", "headers": {"A": 1}, "body": "x"}}}
    answer = server.post(STUBS, json=data)
    assert answer.status_code == 422
    details = answer.json()["detail"]
    assert [(each["type"], each["loc"]) for each in details] == [
        ("missing", ["body", "request"]),
        ("int_parsing", ["body", "action", "response", "status_code"]),
        ("string_type", ["body", "action", "response", "headers", "A"]),
    ]
    assert all(set(each) >= {"type", "loc", "msg", "input"} for each in details)
    assert details[1]["input"] == "abc"
    assert stub_ids(server) == []


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"request": {}, "action": {"response": {"status_code": 200, "headers": {}}}},
         "Exactly one of body or template_body must be provided"),
        ({"request": {}, "action": {}}, "Exactly one of response, proxy, or sse must be provided."),
        ({**payload(), "chaos": {"connection_drop": {}}},
         "Use chaos.faults.connection_drop instead of chaos.connection_drop"),
    ],
)  # fmt: skip
def test_documented_words_are_in_the_details(server: Harness, data: Any, text: str) -> None:
    answer = server.post(STUBS, json=data)
    assert answer.status_code == 422
    assert any(text in each["msg"] for each in answer.json()["detail"])


@pytest.mark.parametrize("path", [STUBS, SCOPES, ASSERT])
def test_a_body_that_cannot_be_read_is_refused(server: Harness, path: str) -> None:
    typed = {"content-type": "application/json"}
    broken = server.post(path, content=b'{"a": ', headers=typed)
    assert (broken.status_code, broken.json()["detail"][0]["type"]) == (422, "json_invalid")
    for content in (b'{"a": "\xff"}', b"[" * 100_000):
        unreadable = server.post(path, content=content, headers=typed)
        assert told(unreadable) == (400, {"detail": "There was an error parsing the body"})
    untyped = server.post(path, content=json.dumps(payload()).encode())
    assert untyped.status_code == 422
    assert "Content-Type: application/json" in untyped.json()["detail"][0]["msg"]
    listed = server.post(path, json=[])
    assert (listed.status_code, listed.json()["detail"][0]["loc"]) == (422, ["body"])


@pytest.mark.parametrize("depth", [40, 60, 300, 600, 900])
@pytest.mark.parametrize("place", ["body", "criterion", "request", "unknown"])
def test_what_is_nested_deep_is_taken_or_refused(server: Harness, place: str, depth: int) -> None:
    deep = f"{'[' * depth}{']' * depth}"
    data = {
        "body": {**payload("DEEP")},
        "criterion": payload(body={"$eq": {"value": "DEEP"}}),
        "request": {**payload(), "request": "DEEP"},
        "unknown": {**payload(), "more": "DEEP"},
    }[place]
    content = json.dumps(data).replace('"DEEP"', deep).encode()
    answer = server.post(STUBS, content=content, headers={"content-type": "application/json"})
    assert answer.status_code in (200, 422)
    assert len(stub_ids(server)) == (answer.status_code == 200)
    assert server.get("/x").status_code in (200, 404)


def test_a_template_that_cannot_be_read_is_a_warning(server: Harness) -> None:
    data = payload(None, path="/t")
    data["action"]["response"]["template_body"] = "{{ request."
    answer = server.post(STUBS, json=data)
    assert (answer.status_code, answer.json()["success"]) == (200, True)
    (warning,) = answer.json()["warnings"]
    assert "template_body" in warning


def test_a_regular_expression_that_may_take_for_ever_is_a_warning(server: Harness) -> None:
    data = payload(path="/x", headers={"x-a": {"$regex": {"pattern": "(a+)+$"}}})
    answer = server.post(STUBS, json=data)
    assert (answer.status_code, answer.json()["success"]) == (200, True)
    (warning,) = answer.json()["warnings"]
    assert warning.startswith("request.headers: ")


def test_of_very_many_faults_not_all_are_told(server: Harness) -> None:
    wrong = {f"x-{number}": {"$regexp": {"pattern": "a"}} for number in range(3000)}
    answer = server.post(STUBS, json=payload(headers=wrong))
    assert answer.status_code == 422
    details = answer.json()["detail"]
    assert details[99]["loc"] == ["body", "request", "headers", "x-99", "$regexp"]
    assert (len(details), details[100]["msg"]) == (101, "and 2900 more things that are wrong")


def test_a_stub_that_can_never_answer_is_a_warning(server: Harness) -> None:
    add(server, payload(path="/x"))
    answer = server.post(STUBS, json=payload(path="/x"))
    assert (answer.status_code, answer.json()["success"]) == (200, True)
    assert answer.json()["warnings"]
    (finding,) = server.get("/__mock__/analysis").json()["findings"]
    assert (finding["kind"], finding["stub_id"]) == ("duplicate", answer.json()["stub_id"])


# Scopes


def test_scopes_are_created_listed_and_deleted(server: Harness) -> None:
    assert told(server.post(SCOPES, json={"name": "Team-A"})) == (
        201,
        {"success": True, "name": "team-a"},
    )
    scope(server, "b")
    assert told(server.get(SCOPES)) == (200, {"scopes": ["team-a", "b"]})
    assert told(server.post(SCOPES, json={"name": "TEAM-a"})) == (
        409,
        {"detail": "Scope 'TEAM-a' already exists"},
    )
    assert told(server.delete(f"{SCOPES}/TEAM-A")) == (200, {"success": True, "name": "team-a"})
    assert told(server.delete(f"{SCOPES}/TEAM-A")) == (
        404,
        {"detail": "Scope 'TEAM-A' was not found"},
    )
    assert server.get(SCOPES).json() == {"scopes": ["b"]}


def test_a_name_that_is_no_header_is_refused(server: Harness) -> None:
    answer = server.post(SCOPES, json={"name": "a b"})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "name"]
    assert told(server.delete(f"{SCOPES}/a%20b")) == (404, {"detail": "Scope 'a b' was not found"})


def test_a_stub_of_a_scope_is_seen_with_its_header_alone(server: Harness) -> None:
    team, other = scope(server), scope(server, "other")
    both = add(server, payload("global", path="/x"))
    own = add(server, payload("scoped", path="/x"), "Team-A")
    assert stub_ids(server) == [both]
    assert stub_ids(server, headers=team) == [own, both]
    assert server.get(STUBS, headers=team).json()["stubs"][0]["scope"] == "team-a"
    assert server.get("/x").text == "global"
    assert server.get("/x", headers=team).text == "scoped"
    assert stub_ids(server, headers=other) == [both]
    assert server.delete(f"{STUBS}/{own}", headers=other).status_code == 404
    assert server.delete(f"{STUBS}/{own}", headers=team).status_code == 200
    assert server.delete(f"{STUBS}/{both}", headers=team).status_code == 200


def test_a_scope_ends_with_all_that_is_in_it(server: Harness) -> None:
    team = scope(server)
    add(server, payload(path="/x"), "team-a")
    server.get("/x", headers=team)
    assert server.delete(f"{SCOPES}/team-a").status_code == 200
    assert server.get("/x", headers=team).text == NO_MATCH
    assert paths(server) == ["/x"]  # that of the header of no scope
    scope(server)
    assert stub_ids(server, headers=team) == []
    assert paths(server, headers=team) == ["/x"]


def test_a_client_that_does_not_know_of_the_scope_may_delete_its_stub(server: Harness) -> None:
    scope(server)
    own = add(server, payload(), "team-a")
    assert server.delete(f"{STUBS}/{own}").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", STUBS), ("GET", STUBS), ("DELETE", f"{STUBS}/1"), ("POST", ASSERT),
     ("GET", REQUESTS), ("GET", "/traffic")],
)  # fmt: skip
def test_two_scopes_at_once_are_refused(server: Harness, method: str, path: str) -> None:
    both = scope(server, "a") | scope(server, "b")
    answer = server.request(method, path, headers=both, json=payload())
    assert told(answer) == (400, {"detail": "Multiple scope headers matched this request"})


def test_the_endpoints_for_scopes_take_no_notice_of_scopes(server: Harness) -> None:
    both = scope(server, "a") | scope(server, "b")
    assert server.get(SCOPES, headers=both).status_code == 200
    assert server.post(SCOPES, json={"name": "c"}, headers=both).status_code == 201
    assert server.delete(f"{SCOPES}/c", headers=both).status_code == 200


# Sessions


def test_a_stub_of_a_session_ends_with_it(server: Harness) -> None:
    with server.session() as session:
        own = add(server, payload("mine", path="/x"), session=session)
        (listed,) = server.get(STUBS, session=session).json()["stubs"]
        assert (listed["stub_id"], listed["session"]) == (own, session.id)
        assert stub_ids(server) == []
        assert server.get("/x", session=session).text == "mine"
        assert server.get("/x").text == NO_MATCH
        assert paths(server, session=session) == ["/x", "/x"]
        assert server.delete(f"{STUBS}/{own}", session="another").status_code == 404
    assert server.get("/x", session=session).text == NO_MATCH


def test_a_session_that_is_not_there_gets_no_stub(server: Harness) -> None:
    answer = server.post(STUBS, json=payload(), session="nobody")
    assert answer.status_code == 404
    assert "nobody" in answer.json()["detail"]
    assert stub_ids(server, session="nobody") == []


# Requests


def test_requests_are_listed_in_order_of_arrival(server: Harness) -> None:
    stub_id = add(server, payload(path="/u/{id}"))
    server.post("/u/1?a=1&a=2", content="schön".encode(), headers={"X-Tenant": "acme"})
    server.get("/nothing/%C3%BC")
    first, second = server.get(REQUESTS).json()["requests"]
    assert {"method", "path", "query", "headers", "body", "host", "scope", "matched_stub_id"} <= (
        set(first)
    )
    assert (first["method"], first["path"], first["query"]) == ("POST", "/u/1", {"a": "2"})
    assert (first["body"], first["host"], first["scope"]) == ("schön", "localhost", None)
    assert first["headers"]["x-tenant"] == "acme"
    assert first["matched_stub_id"] == stub_id
    assert (second["path"], second["matched_stub_id"]) == ("/nothing/ü", None)


def test_calls_of_the_api_itself_are_not_listed(server: Harness) -> None:
    add(server)
    server.get(STUBS)
    server.get("/__mock__")
    assert paths(server) == []


def test_requests_of_a_scope_come_first(server: Harness) -> None:
    team = scope(server)
    server.get("/global")
    server.get("/scoped", headers=team)
    assert paths(server) == ["/global"]
    assert paths(server, headers=team) == ["/scoped", "/global"]
    assert server.get(REQUESTS, headers=team).json()["requests"][0]["scope"] == "team-a"


def test_a_body_that_is_no_text_is_listed_all_the_same(server: Harness) -> None:
    server.post("/x", content=b"\xff\x00")
    (listed,) = server.get(REQUESTS).json()["requests"]
    assert listed["body"] is None
    assert listed["body_base64"] == b64encode(b"\xff\x00").decode()


def test_one_request_is_shown_with_what_came_near(server: Harness) -> None:
    stub_id = add(server, payload(path="/users/{id}", method="GET", headers={"x-tenant": "acme"}))
    server.get("/users/7", headers={"x-tenant": "umbrella"})
    (listed,) = server.get(REQUESTS).json()["requests"]
    shown = server.get(f"{REQUESTS}/{listed['id']}")
    assert told(shown) == (200, listed)
    answer = server.get(f"{REQUESTS}/{listed['id']}/near-misses").json()
    (miss,) = answer["near_misses"]
    assert miss["stub_id"] == stub_id
    wrong = [each for each in miss["criteria"] if not each["matched"]]
    assert [(each["field"], each["actual"]) for each in wrong] == [("header x-tenant", "umbrella")]


@pytest.mark.parametrize("tail", ["", "/near-misses"])
def test_a_request_that_is_not_kept_is_404(server: Harness, tail: str) -> None:
    assert told(server.get(f"{REQUESTS}/none{tail}")) == (
        404,
        {"detail": "Request 'none' was not found"},
    )


# Assertions


def test_an_assertion_holds_or_does_not(server: Harness) -> None:
    add(server, payload(path="/hello"))
    assert not asserted(server, {"path": "/hello"})
    server.get("/hello")
    server.get("/missed?n=1")
    assert asserted(server, {"path": "/hello", "method": "GET"})
    assert asserted(server, {"path": "/missed", "query": {"n": "1"}})
    assert asserted(server, {"times": 2})
    assert asserted(server, {"times": {"$eq": {"value": 2}}})
    assert not asserted(server, {"times": {"$gt": {"value": 2}}})
    assert not asserted(server, {"path": "/{name}"})


def test_an_assertion_counts_those_of_its_scope_and_the_global_ones(server: Harness) -> None:
    team = scope(server)
    server.get("/a")
    server.get("/a", headers=team)
    assert asserted(server, {"path": "/a", "times": 1})
    assert asserted(server, {"path": "/a", "times": 2}, headers=team)


def test_deleting_a_stub_leaves_its_requests(server: Harness) -> None:
    stub_id = add(server, payload(path="/x"))
    server.get("/x")
    server.delete(f"{STUBS}/{stub_id}")
    assert asserted(server, {"path": "/x"})


def test_an_assertion_that_is_wrong_is_422(server: Harness) -> None:
    answer = server.post(ASSERT, json={"path": 5, "times": {"$gt": 1}})
    assert answer.status_code == 422
    locs = [each["loc"] for each in answer.json()["detail"]]
    assert locs == [["body", "path"], ["body", "times", "$gt"]]


# The admin key


@pytest.fixture
def guarded() -> Iterator[Harness]:
    with Harness(admin_key="geheim") as started:
        yield started


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/__mock__"), ("GET", STUBS), ("POST", STUBS), ("DELETE", f"{STUBS}/1"),
     ("GET", SCOPES), ("POST", SCOPES), ("DELETE", f"{SCOPES}/a"), ("POST", ASSERT),
     ("GET", REQUESTS), ("GET", f"{REQUESTS}/1"), ("GET", "/__mock__/analysis")],
)  # fmt: skip
def test_without_the_key_nothing_is_told(guarded: Harness, method: str, path: str) -> None:
    for headers in ({}, {"X-API-Key": "falsch"}, {"Authorization": "Basic ???"}):
        answer = guarded.request(method, path, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == CHALLENGE
        assert list(answer.json()) == ["detail"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer geheim"},
        {"Authorization": f"Basic {b64encode(b'anyone:geheim').decode()}"},
        {"X-API-Key": "geheim"},
    ],
    ids=["bearer", "basic", "x-api-key"],
)
def test_the_key_may_be_given_in_three_ways(guarded: Harness, headers: dict[str, str]) -> None:
    assert guarded.post(STUBS, json=payload("x"), headers=headers).status_code == 200
    assert guarded.get("/anything").text == "x"  # which needs no key


# Beside partners, and with workers


def test_partners_cannot_answer_in_its_place() -> None:
    with Harness(static("greedy", "POST /{a}/{b}", "GET /{a}")) as server:
        assert add(server, payload())
        assert server.get("/__mock__").json()["available_endpoints"]
        assert server.get("/x").json() == {"is": "here"}


def test_every_worker_knows_what_another_was_told() -> None:
    with Harness(workers=2) as server:
        team = scope(server)
        stub_id = add(server, payload("scoped", path="/x"), "team-a")
        for _ in range(2):
            assert server.get(SCOPES).json() == {"scopes": ["team-a"]}
            assert stub_ids(server, headers=team) == [stub_id]
            assert server.get("/x", headers=team).text == "scoped"
        assert asserted(server, {"path": "/x", "times": 2}, headers=team)
        assert asserted(server, {"path": "/x", "times": 2}, headers=team)
        assert server.delete(f"{SCOPES}/team-a").status_code == 200
        assert [server.get(SCOPES).json() for _ in range(2)] == [{"scopes": []}] * 2
