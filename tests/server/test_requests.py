"""The journal over HTTP: every consumer request, filtered, shown, deleted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from imnot_core import API_VERSION, Reply, Request, Services
from imnot_core.testing import Harness

PARTNER = """\
partner: acme
datapoints:
  - name: health
    pattern: static
    endpoints:
      - method: GET
        path: /health
        response: {status: 200, body: {ok: true}}
      - method: POST
        path: /orders/{id}
        response: {status: 201, body: {created: true}}
      - method: GET
        path: /slow
        response: {status: 204}
        chaos: {latency: {base_ms: 2000}}
  - name: orders
    pattern: fetch
    endpoints:
      - {method: GET, path: /orders}
"""


@pytest.fixture
def server() -> Iterator[Harness]:
    with Harness(PARTNER) as harness:
        yield harness


def listed(server: Harness, **filters: Any) -> list[dict[str, Any]]:
    answer = server.admin("GET", "/requests", params=filters).json()
    found: list[dict[str, Any]] = answer["requests"]
    return found


def paths(server: Harness, **filters: Any) -> list[str]:
    return [each["path"] for each in listed(server, **filters)]


def test_a_request_is_listed_with_all_that_is_known(server: Harness) -> None:
    server.post("/orders/7?tag=a&tag=b&q=1", json={"state": "paid"}, headers={"X-A": "1"})
    (found,) = listed(server)
    assert found["id"]
    assert (found["kind"], found["partner"], found["datapoint"], found["session"]) == (
        "request",
        "acme",
        "health",
        None,
    )
    assert (found["method"], found["path"], found["status"]) == ("POST", "/orders/7", 201)
    assert found["query"] == {"tag": ["a", "b"], "q": "1"}
    assert found["headers"]["x-a"] == "1"
    assert (found["body"], found["encoding"], found["size"]) == ({"state": "paid"}, "json", 16)
    assert 0 <= found["duration_seconds"] < 5
    assert found["at"].endswith("+00:00")
    assert found["response"]["body"] == {"created": True}
    assert found["response"]["headers"]["Content-Type"] == "application/json"
    assert server.admin("GET", f"/requests/{found['id']}").json() == found


def test_every_kind_of_answer_is_there_newest_first(server: Harness) -> None:
    server.get("/health")
    server.get("/orders")  # no payload
    server.get("/nowhere")
    server.post("/health")  # another method
    server.get("/slow")
    found = listed(server)
    assert [(each["path"], each["status"], each["partner"]) for each in found] == [
        ("/slow", 204, "acme"),
        ("/health", 405, None),
        ("/nowhere", 404, None),
        ("/orders", 404, "acme"),
        ("/health", 200, "acme"),
    ]
    assert found[0]["duration_seconds"] == pytest.approx(2, abs=0.5)
    assert "No global payload found" in found[3]["problem"]
    assert found[2]["problem"] == "nothing answers this request"
    assert "problem" not in found[4]


def test_admin_requests_are_not_journaled(server: Harness) -> None:
    server.upload("acme", "orders", [])
    server.admin("GET", "/acme/orders/payload")
    server.get("/healthz")
    assert listed(server) == []


def test_filters_hold_together(server: Harness) -> None:
    session = server.session("s-1")
    for path in ("/health", "/nowhere/1", "/nowhere/1/2"):
        server.get(path)
        server.get(path, session=session)
    server.post("/orders/7")
    assert paths(server, partner="acme", method="post") == ["/orders/7"]
    assert paths(server, datapoint="health", session="s-1") == ["/health"]
    assert paths(server, session="") == ["/orders/7", "/nowhere/1/2", "/nowhere/1", "/health"]
    assert paths(server, status="404", session="s-1") == ["/nowhere/1/2", "/nowhere/1"]
    assert paths(server, status="2xx", session="") == ["/orders/7", "/health"]
    assert paths(server, path="/nowhere/{id}", session="s-1") == ["/nowhere/1"]
    assert len(paths(server, path="/nowhere/*")) == 4
    assert len(paths(server, unmatched="true")) == 4
    assert len(paths(server, unmatched="false")) == 3
    assert paths(server, kind="callback") == []
    assert len(paths(server, kind="request")) == 7


def test_instants_bound_what_is_listed(server: Harness) -> None:
    server.get("/health")
    first = listed(server)[0]["at"]
    server.clock.advance(10)
    server.get("/nowhere")
    second = listed(server)[0]["at"]
    assert paths(server, since=second) == ["/nowhere"]
    assert paths(server, until=first) == ["/health"]
    assert paths(server, since=first, until=second) == ["/nowhere", "/health"]
    assert paths(server, since=str(server.clock.time() + 1)) == []


def test_pages_go_on_where_the_last_one_ended(server: Harness) -> None:
    for number in range(7):
        server.get(f"/nowhere/{number}")
    first = server.admin("GET", "/requests", params={"limit": 3}).json()
    assert [each["path"][-1] for each in first["requests"]] == ["6", "5", "4"]
    assert first["total"] == 7
    server.get("/new")
    second = server.admin("GET", "/requests", params={"limit": 3, "before": first["next"]}).json()
    assert [each["path"][-1] for each in second["requests"]] == ["3", "2", "1"]
    last = server.admin("GET", "/requests", params={"limit": 3, "before": second["next"]}).json()
    assert [each["path"][-1] for each in last["requests"]] == ["0"]
    assert last["next"] is None


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("colour=red", "colour='red' is no condition; there are partner, datapoint"),
        ("status=20", "status='20' is no status"),
        ("kind=answer", "there are request and callback"),
        ("since=yesterday", "since='yesterday' is no instant"),
        ("unmatched=maybe&status=x", "write true or false"),
        ("limit=0", "write a number from 1 to 1000"),
        ("before=unknown", "is not among the requests asked for"),
    ],
)
def test_a_filter_that_is_wrong_is_refused(server: Harness, query: str, words: str) -> None:
    response = server.get(f"/imnot/admin/requests?{query}")
    assert response.status_code == 400
    assert words in response.json()["detail"]


def test_an_unknown_id_is_404(server: Harness) -> None:
    response = server.get("/imnot/admin/requests/0123456789ab-00000001")
    assert response.status_code == 404


def test_bodies_are_shown_as_what_they_are(server: Harness) -> None:
    sent: list[tuple[bytes, str]] = [
        (b'{"a": 1}', "application/json"),
        (b'{"a": 1', "application/json"),
        (b"a=1", "application/x-www-form-urlencoded"),
        (b"\xff\x00", "application/octet-stream"),
        (b"", "text/plain"),
    ]
    for body, kind in sent:
        server.post("/orders/7", content=body, headers={"Content-Type": kind})
    found = [(each["body"], each.get("encoding")) for each in reversed(listed(server))]
    assert found == [
        ({"a": 1}, "json"),
        ('{"a": 1', "text"),
        ("a=1", "text"),
        ("/wA=", "base64"),
        (None, None),
    ]


def test_the_admin_key_is_not_repeated_and_other_secrets_are() -> None:
    with Harness(PARTNER, admin_key="sesame") as server:
        server.get("/health", headers={"Authorization": "Bearer sesame", "Cookie": "a=1"})
        server.get("/health", headers={"Authorization": "Bearer of-a-test"})
        mine, other = listed(server)[::-1]
        assert mine["headers"]["authorization"] == "(the admin key)"
        assert mine["headers"]["cookie"] == "a=1"
        assert other["headers"]["authorization"] == "Bearer of-a-test"
        assert server.get("/imnot/admin/requests").status_code == 401


def test_requests_can_be_deleted_all_or_of_a_session(server: Harness) -> None:
    session = server.session()
    server.get("/health", session=session)
    server.get("/health")
    deleted = server.admin("DELETE", "/requests", params={"session": str(session)}).json()
    assert deleted == {"status": "ok", "deleted": 1}
    assert [each["session"] for each in listed(server)] == [None]
    assert server.admin("DELETE", "/requests").json()["deleted"] == 1
    assert listed(server) == []
    response = server.delete("/imnot/admin/requests?sesion=x")
    assert response.status_code == 400


def test_a_deleted_session_takes_its_requests_along(server: Harness) -> None:
    with server.session() as session:
        server.get("/health", session=session)
        assert len(listed(server, session=str(session))) == 1
    assert listed(server) == []


class Raises:
    """Answers nothing but by raising."""

    name = "raises"
    prefixes: tuple[str, ...] = ()
    api_version = API_VERSION

    def controllers(self, services: Services) -> list[Any]:
        """Serve nothing."""
        return []

    async def respond(self, request: Request) -> Reply | None:
        """Raise for one path."""
        if request.path == "/broken":
            raise ValueError("out of paper")
        return None


def test_a_handler_that_raises_is_kept_with_the_cause() -> None:
    with Harness(PARTNER, plugins=[Raises], allow_errors=True) as server:
        assert server.get("/broken").status_code == 500
        (found,) = listed(server)
        assert (found["status"], found["source"]) == (500, "raises")


def test_a_stub_is_told_with_its_scope_and_answer(server: Harness) -> None:
    stub = {
        "request": {"path": "/stubbed"},
        "action": {"response": {"status_code": 202, "headers": {}, "body": {"a": 1}}},
    }
    stub_id = server.post("/__mock__/stubs", json=stub).json()["stub_id"]
    server.get("/stubbed")
    (found,) = listed(server)
    assert (found["source"], found["status"]) == ("stubs", 202)
    assert found["data"]["stub"] == stub_id
    assert found["response"]["body"] == {"a": 1}
    server.get("/not-stubbed")
    assert [each["status"] for each in listed(server, unmatched="true")] == [404]


def test_all_workers_are_one_journal() -> None:
    with Harness(PARTNER, workers=2) as server:
        for number in range(9):
            server.get(f"/nowhere/{number}")
            assert len(listed(server)) == number + 1


def test_a_server_that_keeps_none_says_so() -> None:
    with Harness(PARTNER, journal_size=0) as server:
        server.get("/health")
        response = server.get("/imnot/admin/requests")
        assert response.status_code == 409
        assert "--journal-size 0" in response.json()["detail"]
        assert server.post("/imnot/admin/verify", json={}).status_code == 409
