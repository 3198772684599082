"""Overrides: any endpoint's answer, replaced in one session."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from imnot_core.testing import Harness
from imnot_core.testing.remote import Session

ACME = """
partner: acme
datapoints:
  - name: token
    pattern: oauth
    endpoints:
      - {method: POST, path: /oauth/token}
  - name: health
    pattern: static
    endpoints:
      - {method: GET, path: /health, response: {body: {state: up}}}
      - {method: GET, path: "/health/{part}", response: {body: {state: up}}}
  - name: charges
    pattern: fetch
    endpoints:
      - method: GET
        path: /charges
        validate: {query: {page: {required: true}}}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Harness]:
    with Harness(ACME) as harness:
        yield harness


@pytest.fixture
def session(server: Harness) -> Iterator[Session]:
    with server.session() as session:
        yield session


def override(
    server: Harness, session: Session | str | None, datapoint: str, asked: Any
) -> httpx.Response:
    path = f"/imnot/admin/overrides/acme/{datapoint}"
    return server.request("PUT", path, session=session, json=asked)


def test_the_token_of_a_session_is_its_own(server: Harness, session: Session) -> None:
    body = {"access_token": "mine", "token_type": "Bearer"}
    answer = override(server, session, "token", {"response": {"body": body}})
    assert answer.json() == {
        "status": "ok",
        "session_id": session.id,
        "partner": "acme",
        "datapoint": "token",
        "endpoint": "*",
    }
    assert server.post("/oauth/token", session=session).json() == body
    assert server.post("/oauth/token").json()["access_token"] != "mine"
    with server.session() as other:
        assert server.post("/oauth/token", session=other).json()["access_token"] != "mine"


def test_one_endpoint_of_several_is_named_as_the_file_names_it(
    server: Harness, session: Session
) -> None:
    asked = {"method": "get", "path": "/health/{part}", "response": {"status": 503}}
    assert override(server, session, "health", asked).json()["endpoint"] == "GET /health/{part}"
    assert server.get("/health/db", session=session).status_code == 503
    assert server.get("/health", session=session).json() == {"state": "up"}


def test_the_endpoint_goes_before_the_datapoint(server: Harness, session: Session) -> None:
    override(server, session, "health", {"response": {"status": 500}})
    asked = {"method": "GET", "path": "/health", "response": {"status": 503}}
    override(server, session, "health", asked)
    assert server.get("/health", session=session).status_code == 503
    assert server.get("/health/db", session=session).status_code == 500


def test_it_may_last_for_so_many_requests(server: Harness, session: Session) -> None:
    override(server, session, "health", {"times": 2, "response": {"status": 503}})
    answers = [server.get("/health", session=session).status_code for _ in range(4)]
    assert answers == [503, 503, 200, 200]
    (listed,) = server.get("/imnot/admin/overrides/acme/health", session=session).json()
    assert listed == {
        "endpoint": "*",
        "used": 2,
        "method": None,
        "path": None,
        "times": 2,
        "response": {
            "status": 503,
            "headers": {},
            "body_text": None,
            "delay_seconds": 0.0,
            "fault": None,
        },
        "chaos": None,
    }


def test_text_headers_and_delay(server: Harness, session: Session) -> None:
    asked = {
        "response": {
            "status": 200,
            "headers": {"Content-Type": "application/xml", "X-Case": "a"},
            "body_text": "<a/>",
            "delay_seconds": 30,
        }
    }
    override(server, session, "health", asked)
    before = server.clock.time()
    answer = server.get("/health", session=session)
    assert (answer.text, answer.headers["X-Case"]) == ("<a/>", "a")
    assert answer.headers["Content-Type"] == "application/xml"
    assert server.clock.time() == before + 30


def test_chaos_alone_disturbs_the_answer_that_there_is(server: Harness, session: Session) -> None:
    chaos = {"latency": {"base_ms": 2000}}
    override(server, session, "health", {"chaos": chaos})
    before = server.clock.time()
    assert server.get("/health", session=session).json() == {"state": "up"}
    assert server.clock.time() == before + 2


def test_what_the_endpoint_declares_is_passed_over(server: Harness, session: Session) -> None:
    assert server.get("/charges", session=session).status_code == 422
    override(server, session, "charges", {"response": {"body": []}})
    assert server.get("/charges", session=session).json() == []


def test_removed_the_pattern_answers_again(server: Harness, session: Session) -> None:
    override(server, session, "health", {"response": {"status": 503}})
    path = "/imnot/admin/overrides/acme/health"
    assert server.delete(path, session=session).json() == {"status": "ok", "deleted": 1}
    assert server.get("/health", session=session).status_code == 200
    assert server.get(path, session=session).json() == []


def test_it_goes_with_its_session(server: Harness) -> None:
    with server.session() as session:
        override(server, session, "health", {"response": {"status": 503}})
        assert server.get("/health", session=session).status_code == 503
    assert server.get("/health", session=session).status_code == 200


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, "response: is missing"),
        ({"method": "GET", "response": {}}, "path: an endpoint is named by method and path"),
        ({"method": "GET", "path": "/nope", "response": {}}, "there are GET /health, GET /health/"),
        ({"response": {"status": 99}}, "response.status"),
        ({"response": {"statos": 200}}, "statos"),
        ({"response": {"body": 1, "body_text": "1"}}, "body_text"),
        ({"times": 0, "response": {}}, "times"),
        ([], "the body: expected a mapping"),
    ],
)
def test_a_wrong_override_is_refused_with_the_reason(
    server: Harness, session: Session, asked: Any, told: str
) -> None:
    answer = override(server, session, "health", asked)
    assert answer.status_code == 422
    assert told in answer.json()["detail"]
    assert "()" not in answer.json()["detail"]


def test_without_a_session_it_is_refused(server: Harness) -> None:
    answer = override(server, None, "health", {"response": {}})
    assert answer.status_code == 400
    assert "X-Imnot-Session" in answer.json()["detail"]


def test_without_such_a_datapoint_it_is_404(server: Harness, session: Session) -> None:
    assert override(server, session, "nope", {"response": {}}).status_code == 404


def test_every_worker_knows_it_and_counts_it() -> None:
    with Harness(ACME, workers=2) as server, server.session() as session:
        override(server, session, "health", {"times": 3, "response": {"status": 503}})
        answers = [server.get("/health", session=session).status_code for _ in range(6)]
        assert sorted(answers) == [200, 200, 200, 503, 503, 503]


def test_it_survives_a_restart() -> None:
    with Harness(ACME) as server:
        session = server.session()
        override(server, session, "health", {"response": {"status": 503}})
        server.restart()
        assert server.get("/health", session=session).status_code == 503
