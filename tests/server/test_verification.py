"""POST /imnot/admin/verify: whether requests were received, and what came nearest if not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from time import monotonic
from typing import Any

import pytest

from imnot_core.testing import Harness
from imnot_core.testing.verifying import received, verify, verify_order
from imnot_patterns.verification import claims

PARTNER = """\
partner: acme
datapoints:
  - name: orders
    pattern: static
    endpoints:
      - method: POST
        path: /orders
        response: {status: 201, body: {id: 7}}
      - method: GET
        path: /orders/{id}
        response: {status: 200, body: {id: 7}}
"""


@pytest.fixture
def server() -> Iterator[Harness]:
    with Harness(PARTNER) as harness:
        yield harness


def ask(server: Harness, **question: Any) -> dict[str, Any]:
    answer: dict[str, Any] = server.admin("POST", "/verify", json=question).json()
    return answer


def order(server: Harness, **body: Any) -> None:
    server.post("/orders?source=web", json=body, headers={"X-Tenant": "blue"})


def test_a_request_that_came_is_verified(server: Harness) -> None:
    order(server, state="new", total=5)
    answer = ask(server, request={"method": "POST", "path": "/orders"})
    (listed,) = received(server)
    assert answer == {
        "verified": True,
        "count": 1,
        "expected": {"min": 1, "max": None},
        "matches": [listed["id"]],
    }


def test_nothing_asked_for_is_any_request(server: Harness) -> None:
    assert ask(server)["verified"] is False
    server.get("/nowhere")
    assert ask(server)["verified"] is True


def test_criteria_are_written_as_in_stubs(server: Harness) -> None:
    order(server, state="new", total=5)
    server.get("/orders/9")
    fitting: list[dict[str, Any]] = [
        {"body": {"state": "new", "total": 5}},
        {"body": {"$json": {"inner_criteria": {"$key_values": {"key_values": {"total": 5}}}}}},
        {"headers": {"x-tenant": {"$regex": {"pattern": "bl.e"}}}},
        {"query": {"source": "web"}, "method": {"$regex": {"pattern": "P(OS|U)T"}}},
        {"path": "/orders/{id}", "method": "GET"},
        {"host": "testserver"} if "testserver" in server.url else {"path": "/orders"},
    ]
    for request in fitting:
        assert ask(server, request=request)["verified"], request
    assert not ask(server, request={"body": {"state": "new"}})["verified"]
    assert not ask(server, request={"path": "/orders/{id}", "method": "POST"})["verified"]


def test_the_number_is_exact_or_within_limits(server: Harness) -> None:
    for _ in range(3):
        server.get("/orders/1")
    path = {"request": {"path": "/orders/1"}}
    for count, holds in [
        (3, True),
        (2, False),
        (4, False),
        (0, False),
        ({"min": 2}, True),
        ({"max": 2}, False),
        ({"max": 3}, True),
        ({"min": 4}, False),
        ({"min": 1, "max": 5}, True),
    ]:
        answer = ask(server, **path, count=count)
        assert (answer["verified"], answer["count"]) == (holds, 3), count
    assert ask(server, request={"path": "/never"}, count=0)["verified"]
    assert ask(server, request={"path": "/never"}, count={"max": 1})["verified"]


def test_conditions_say_what_became_of_it(server: Harness) -> None:
    with server.session() as session:
        server.get("/orders/1", session=session)
        server.get("/nowhere", session=session)
        server.get("/orders/1")
        inside = {"session": str(session)}
        assert ask(server, **inside)["count"] == 2
        assert ask(server, session=None)["count"] == 1
        assert ask(server, **inside, partner="acme", datapoint="orders", status=200)["count"] == 1
        assert ask(server, **inside, status="4xx", unmatched=True)["count"] == 1
        assert ask(server, **inside, kind="callback", count=0)["verified"]
        assert ask(server, since=server.clock.time() + 1, count=0)["verified"]


@pytest.mark.parametrize(
    "question",
    [{"path": "/order/9"}, {"status": 201}, {"datapoint": "order"}, {"method": "PUT"}],
)
def test_conditions_alone_have_nearest_requests_too(
    server: Harness, question: dict[str, Any]
) -> None:
    server.get("/orders/9")
    answer = ask(server, **question)
    assert not answer["verified"]
    (nearest,) = answer["nearest"]
    (criterion,) = nearest["criteria"]
    assert (criterion["field"], criterion["matched"]) == (*question, False)


def test_a_question_that_takes_too_long_is_refused(
    server: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "LONGEST", 0.3)
    for _ in range(10):
        server.post("/orders", content="a" * 80 + "!")
    body = {"$regex": {"pattern": "(a|aa)+$"}}
    answer = server.post("/imnot/admin/verify", json={"request": {"body": body}})
    assert answer.status_code == 422
    assert "make the regular expressions simpler" in answer.json()["detail"]


def test_a_question_needs_no_content_type(server: Harness) -> None:
    server.get("/orders/9")
    answer = server.admin("POST", "/verify", content='{"path": "/orders/9"}')
    assert answer.json()["verified"]


def test_what_came_nearest_is_told_with_every_criterion(server: Harness) -> None:
    order(server, state="new", total=5)
    server.get("/orders/9")
    answer = ask(
        server,
        request={"method": "POST", "path": "/orders", "body": {"state": "paid", "total": 5}},
        status=202,
    )
    assert answer["verified"] is False
    assert answer["count"] == 0
    assert answer["reason"] == "POST /orders was not received, expected at least once"
    first, second = answer["nearest"]
    assert first["request"]["path"] == "/orders"
    assert first["score"] > second["score"] > 0
    told = {each["field"]: each for each in first["criteria"]}
    assert told["path"]["matched"] is True
    assert told["method"]["matched"] is True
    assert told["body"]["matched"] is False
    assert "state" in told["body"]["hint"]
    assert told["status"] == {
        "field": "status",
        "matched": False,
        "expected": "202",
        "actual": 201,
        "hint": "",
    }
    assert first["reason"].startswith("POST /orders: body: ")
    assert {each["field"] for each in second["criteria"] if not each["matched"]} >= {"method"}


def test_a_request_of_another_session_is_near_and_says_so(server: Harness) -> None:
    with server.session("s-1") as session:
        server.get("/orders/1", session=session)
        answer = ask(server, request={"path": "/orders/1"}, session="s-2")
        (miss,) = answer["nearest"]
        told = {each["field"]: each for each in miss["criteria"]}
        assert told["session"]["matched"] is False
        assert told["session"]["actual"] == "s-1"
        assert 'session is "s-1", expected "s-2"' in miss["reason"]


def test_of_too_many_the_last_are_shown(server: Harness) -> None:
    for _ in range(4):
        server.get("/orders/1")
    answer = ask(server, request={"path": "/orders/1"}, count=1)
    assert answer["reason"] == "* /orders/1 was received 4 times, expected once"
    assert len(answer["nearest"]) == 3
    assert all(each["score"] == 1 for each in answer["nearest"])


def test_nothing_near_is_an_empty_list(server: Harness) -> None:
    assert ask(server, request={"path": "/orders"})["nearest"] == []


def test_an_order_may_have_others_in_between(server: Harness) -> None:
    order(server, state="new")
    server.get("/nowhere")
    server.get("/orders/7")
    order(server, state="paid")
    steps = [
        {"request": {"method": "POST", "body": {"state": "new"}}},
        {"request": {"path": "/orders/{id}"}, "status": 200},
        {"request": {"method": "POST", "body": {"state": "paid"}}},
    ]
    answer = ask(server, order=steps)
    assert answer["verified"] is True
    assert len(answer["matches"]) == 3
    answer = ask(server, order=steps[::-1])
    assert answer["verified"] is False
    assert answer["reason"] == "step 2, * /orders/{id}, was not received behind the ones before it"
    assert answer["nearest"][0]["request"]["path"] == "/orders/7"
    assert ask(server, order=[steps[0], steps[0]])["verified"] is False  # each is one request
    assert (
        ask(server, partner="acme", order=[{"request": {"path": "/nowhere"}}])["verified"] is False
    )


def test_an_order_has_its_time(server: Harness) -> None:
    for path, pause in [("/orders/1", 10), ("/orders/1", 0.1), ("/orders/2", 0)]:
        server.get(path)
        server.clock.advance(pause)
    steps = [{"request": {"path": "/orders/1"}}, {"request": {"path": "/orders/2"}}]
    assert ask(server, order=steps, within_ms=200)["verified"]
    answer = ask(server, order=steps, within_ms=50)
    assert answer["reason"] == "all came in this order, but never within 50 ms"


@pytest.mark.parametrize(
    ("question", "places"),
    [
        ({"request": {"pth": "/x"}, "cont": 1}, [["body", "cont"], ["body", "request", "pth"]]),
        (
            {"request": {"path": 5}, "count": "many"},
            [["body", "request", "path"], ["body", "count"]],
        ),
        ({"status": "20", "kind": "answer"}, [["body", "status"], ["body", "kind"]]),
        ({"count": {"min": 3, "max": 2}}, [["body", "count", "max"]]),
        ({"count": {"least": 3}}, [["body", "count", "least"]]),
        ({"order": []}, [["body", "order"]]),
        (
            {"order": [{"reqest": {}}], "count": 2},
            [["body", "count"], ["body", "order", 0, "reqest"]],
        ),
        ({"within_ms": 5}, [["body", "within_ms"]]),
        ({"timeout_seconds": 61}, [["body", "timeout_seconds"]]),
        (
            {"request": {"body": {"$regx": {"pattern": "a"}}}},
            [["body", "request", "body", "$regx"]],
        ),
    ],
)
def test_all_that_is_wrong_with_a_question_is_told(
    server: Harness, question: dict[str, Any], places: list[list[Any]]
) -> None:
    response = server.post("/imnot/admin/verify", json=question)
    assert response.status_code == 422
    assert [each["loc"] for each in response.json()["detail"]] == places


def test_the_admin_key_guards_it() -> None:
    with Harness(PARTNER, admin_key="sesame") as server:
        assert server.post("/imnot/admin/verify", json={}).status_code == 401
        assert ask(server, count=0)["verified"]


def test_it_waits_until_it_is_true_or_the_time_is_over(server: Harness) -> None:
    begun = monotonic()
    late = threading.Timer(0.3, lambda: server.get("/orders/1"))
    late.start()
    answer = ask(server, request={"path": "/orders/1"}, timeout_seconds=5)
    late.join()
    assert answer["verified"]
    assert 0.2 < monotonic() - begun < 4
    begun = monotonic()
    assert not ask(server, request={"path": "/orders/1"}, count=2, timeout_seconds=0.3)["verified"]
    assert monotonic() - begun > 0.25


def test_tests_claim_in_one_line_and_are_shown_what_differs(server: Harness) -> None:
    order(server, state="new")
    server.get("/orders/7")
    with server.session() as session:
        server.get("/orders/7", session=session)
        assert len(verify(server, "GET", "/orders/{id}", session=session, count=1)) == 1
    verify(server, "POST", "/orders", body={"state": "new"}, status=201)
    verify_order(server, ("POST", "/orders"), {"request": {"path": "/orders/7"}}, session=None)
    with pytest.raises(AssertionError) as failure:
        verify(server, "POST", "/orders", body={"state": "paid"}, count={"min": 1, "max": 2})
    text = str(failure.value)
    assert text.startswith(
        "POST /orders was not received, expected 1 to 2 times\n\n1. POST /orders"
    )
    assert ">>> body: " in text
    with pytest.raises(AssertionError, match="step 2, POST /orders, was not received behind"):
        verify_order(server, ("GET", "/orders/7"), ("POST", "/orders"))
    with pytest.raises(AssertionError, match="was answered 422"):
        verify(server, "GET", colour="red")


def test_an_answer_that_takes_long_is_there_before_it_is_sent(server: Harness) -> None:
    stub = {
        "request": {"path": "/slow"},
        "action": {"response": {"status_code": 200, "headers": {}, "body": "x"}},
        "chaos": {"latency": {"base_ms": 5000}},
    }
    server.post("/__mock__/stubs", json=stub)
    server.get("/slow")
    verify(server, "GET", "/slow", count=1)
