"""Flows whose ids have a state: what a system under test and the test beside it see of them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from imnot_core.testing import Harness

STEPS = """\
  - step: 1
    method: POST
    path: /exports
    response: {generates_id: true, id_body_field: id}
  - step: 2
    method: GET
    path: /exports/{id}
    response:
      body: {state: done, result: "/exports/{id}/rows"}
      headers: {X-Export: "{id}"}
      pending:
        status: 202
        headers: {Retry-After: 5}
        body: {state: running, id: "{id}"}
      fails_with:
        quota: {status: 429, body: {state: failed, id: "{id}"}}
        crash: {body: {state: crashed}}
  - step: 3
    method: GET
    path: /exports/{id}/rows
    response:
      returns_payload: true
      fails_with:
        quota: {}
"""
PLAIN = """\
  - {method: POST, path: /exports, response: {generates_id: true, id_body_field: id}}
  - {method: GET, path: "/exports/{id}", response: {body: {state: done}}}
  - {method: GET, path: "/exports/{id}/rows", response: {returns_payload: true}}
"""
ADMIN = "/acme/export"


def partner(terms: str = "ready: {after_polls: 2}", steps: str = STEPS) -> str:
    head = f"partner: acme\ndatapoints:\n- name: export\n  pattern: async\n  {terms}\n"
    return f"{head}  endpoints:\n{steps}"


@pytest.fixture
def server() -> Iterator[Harness]:
    with Harness(partner()) as harness:
        harness.upload("acme", "export", [1])
        yield harness


def submit(server: Harness, session: Any = None) -> str:
    answer = server.post("/exports", session=session)
    assert answer.status_code == 202
    issued: str = answer.json()["id"]
    return issued


def poll(server: Harness, issued: str, session: Any = None) -> str:
    state: str = server.get(f"/exports/{issued}", session=session).json().get("state", "refused")
    return state


def polls(server: Harness, issued: str, count: int) -> list[str]:
    return [poll(server, issued) for _ in range(count)]


def rows(server: Harness, issued: str, session: Any = None) -> httpx.Response:
    return server.get(f"/exports/{issued}/rows", session=session)


def ask(server: Harness, method: str, path: str, session: Any = None, **json: Any) -> Any:
    return server.admin(method, f"{ADMIN}{path}", session=session, json=json or None).json()


def refusal(server: Harness, method: str, path: str, **json: Any) -> tuple[int, str]:
    answer = server.request(method, f"/imnot/admin{ADMIN}{path}", json=json or None)
    return answer.status_code, answer.json()["detail"]


class TestReady:
    def test_after_polls_that_are_told_so_the_next_one_is_told_the_end(
        self, server: Harness
    ) -> None:
        assert polls(server, submit(server), 5) == ["running", "running", "done", "done", "done"]

    def test_the_answers_are_those_of_the_file_with_the_id_in_them(self, server: Harness) -> None:
        issued = submit(server)

        pending = server.get(f"/exports/{issued}")
        polls(server, issued, 2)
        done = server.get(f"/exports/{issued}")

        assert (pending.status_code, pending.headers["Retry-After"]) == (202, "5")
        assert pending.json() == {"state": "running", "id": issued}
        assert (done.status_code, done.headers["X-Export"]) == (200, issued)
        assert done.json() == {"state": "done", "result": f"/exports/{issued}/rows"}

    def test_each_id_is_counted_on_its_own(self, server: Harness) -> None:
        one, two = submit(server), submit(server)

        assert polls(server, one, 3) == ["running", "running", "done"]
        assert polls(server, two, 3) == ["running", "running", "done"]

    def test_the_result_has_to_wait_and_says_for_what(self, server: Harness) -> None:
        issued = submit(server)
        poll(server, issued)

        early = rows(server, issued)
        polls(server, issued, 2)

        assert early.status_code == 409
        assert early.json()["detail"] == (
            f"The id '{issued}' of acme/export is not ready: 1 of 2 polls"
        )
        assert rows(server, issued).json() == [1]

    def test_the_result_need_not_wait_for_who_asks_once_more(self, server: Harness) -> None:
        issued = submit(server)

        assert polls(server, issued, 2) == ["running", "running"]
        assert rows(server, issued).json() == [1]

    def test_a_result_may_be_what_is_polled(self) -> None:
        steps = """\
  - {method: POST, path: /exports, response: {generates_id: true, id_body_field: id}}
  - method: GET
    path: /exports/{id}/rows
    response:
      returns_payload: true
      headers: {X-Export: "{id}"}
      pending: {headers: {Retry-After: 1}}
"""
        with Harness(partner("ready: {after_polls: 1}", steps)) as server:
            server.upload("acme", "export", [1])
            issued = submit(server)
            answers = [rows(server, issued) for _ in range(2)]

        assert [each.status_code for each in answers] == [202, 200]
        assert (answers[0].content, answers[0].headers["Retry-After"]) == (b"", "1")
        assert (answers[1].json(), answers[1].headers["X-Export"]) == ([1], issued)

    def test_after_seconds_of_the_clock(self) -> None:
        with Harness(partner("ready: {after_seconds: 1.5}")) as server:
            issued = submit(server)
            assert poll(server, issued) == "running"
            server.clock.advance(1.25)
            assert poll(server, issued) == "running"
            assert "1.25 of 1.5 seconds" in rows(server, issued).json()["detail"]
            server.clock.advance(0.25)
            assert poll(server, issued) == "done"

    def test_of_two_conditions_both_have_to_be_met(self) -> None:
        with Harness(partner("ready: {after_seconds: 10, after_polls: 1}")) as server:
            patient, hasty = submit(server), submit(server)
            assert polls(server, hasty, 3) == ["running"] * 3
            server.clock.advance(10)
            assert polls(server, hasty, 1) == ["done"]
            assert polls(server, patient, 2) == ["running", "done"]

    def test_what_is_said_meanwhile_may_change(self) -> None:
        steps = """\
  - {method: POST, path: /exports, response: {generates_id: true, id_body_field: id}}
  - method: GET
    path: /exports/{id}
    response:
      body: {state: done}
      pending:
        body: {state: queued}
        then:
          - {after_polls: 1, body: {state: running}}
          - {after_polls: 2, after_seconds: 60, body: {state: writing}}
"""
        with Harness(partner("ready: {on: admin}", steps)) as server:
            issued = submit(server)
            assert polls(server, issued, 3) == ["queued", "running", "running"]
            server.clock.advance(60)
            assert poll(server, issued) == "writing"
            assert poll(server, submit(server)) == "queued"

    def test_answers_need_not_be_json_and_files_are_left_as_they_are(self, tmp_path: Path) -> None:
        steps = """\
  - {method: POST, path: /exports, response: {generates_id: true, id_body_field: id}}
  - method: GET
    path: /exports/{id}
    response:
      body_text: <done id="{id}"/>
      content_type: application/xml
      pending: {body_file: running.xml}
"""
        folder = tmp_path / "partners" / "acme"
        folder.mkdir(parents=True)
        (folder / "partner.yaml").write_text(partner("ready: {after_polls: 1}", steps))
        (folder / "running.xml").write_text("<running>{id}</running>")
        with Harness(tmp_path / "partners") as server:
            issued = submit(server)
            answers = [server.get(f"/exports/{issued}") for _ in range(2)]

        assert [each.text for each in answers] == [
            "<running>{id}</running>",
            f'<done id="{issued}"/>',
        ]
        assert answers[1].headers["Content-Type"] == "application/xml"

    def test_only_when_a_test_says_so(self) -> None:
        with Harness(partner("ready: {on: admin}")) as server:
            issued, other = submit(server), submit(server)
            server.clock.advance(86_400)
            assert polls(server, issued, 20) == ["running"] * 20
            assert "a test has to say so" in rows(server, issued).json()["detail"]
            assert ask(server, "POST", f"/ids/{issued}/ready")["state"] == "ready"
            assert poll(server, issued) == "done"
            assert poll(server, other) == "running"

    def test_what_was_done_once_stays_done(self) -> None:
        with Harness(partner("ready: {after_seconds: 60}")) as server:
            issued = submit(server)
            server.clock.advance(60)
            assert poll(server, issued) == "done"
            server.clock.set(server.clock.time() - 60)
            assert poll(server, issued) == "done"
            assert poll(server, submit(server)) == "running"

    def test_an_id_that_was_not_handed_out_is_404(self, server: Harness) -> None:
        for path in ("/exports/unknown", "/exports/unknown/rows", "/exports/a%00b"):
            assert server.get(path).status_code == 404

    def test_polls_at_once_are_counted_exactly(self) -> None:
        with Harness(partner("ready: {after_polls: 50}"), workers=2) as server:
            issued = submit(server)
            with ThreadPoolExecutor(50) as threads:
                told = list(threads.map(lambda _: poll(server, issued), range(60)))
            assert sorted(told) == ["done"] * 10 + ["running"] * 50

    def test_it_is_all_there_after_a_restart(self, server: Harness) -> None:
        issued = submit(server)
        polls(server, issued, 2)

        server.restart()

        assert ask(server, "GET", f"/ids/{issued}")["polls"] == 2
        assert poll(server, issued) == "done"


class TestFailures:
    def test_an_id_fails_for_good_and_each_step_says_so(self, server: Harness) -> None:
        issued = submit(server)

        shown = ask(server, "POST", f"/ids/{issued}/fail", outcome="quota")
        answers = [server.get(f"/exports/{issued}") for _ in range(2)]

        assert (shown["state"], shown["outcome"]) == ("failed", "quota")
        assert [each.status_code for each in answers] == [429, 429]
        assert answers[0].json() == {"state": "failed", "id": issued}
        assert (rows(server, issued).status_code, rows(server, issued).content) == (409, b"")
        assert poll(server, submit(server)) == "running"

    def test_a_step_that_says_nothing_of_it_answers_409(self, server: Harness) -> None:
        issued = submit(server)
        ask(server, "POST", f"/ids/{issued}/fail", outcome="crash")

        assert poll(server, issued) == "crashed"
        answer = rows(server, issued)

        assert answer.status_code == 409
        assert answer.json()["detail"] == f"The id '{issued}' of acme/export has failed: crash"

    def test_in_the_place_of_the_answer_when_it_is_ready(self, server: Harness) -> None:
        issued = submit(server)
        ask(server, "POST", f"/ids/{issued}/fail", outcome="crash", when="ready")

        assert polls(server, issued, 4) == ["running", "running", "crashed", "crashed"]

    def test_the_next_poll_alone(self, server: Harness) -> None:
        issued = submit(server)
        shown = ask(server, "POST", f"/ids/{issued}/fail", outcome="crash", when="next")

        assert shown["state"] == "pending"
        assert polls(server, issued, 4) == ["crashed", "running", "done", "done"]

    def test_the_next_poll_alone_also_when_it_is_done(self, server: Harness) -> None:
        issued = submit(server)
        polls(server, issued, 3)
        ask(server, "POST", f"/ids/{issued}/fail", outcome="crash", when="next")

        assert polls(server, issued, 2) == ["crashed", "done"]

    def test_a_failure_that_is_told_once_may_be_told_by_the_result(self, server: Harness) -> None:
        issued = submit(server)
        polls(server, issued, 3)
        ask(server, "POST", f"/ids/{issued}/fail", outcome="quota", when="next")

        assert [rows(server, issued).status_code for _ in range(2)] == [409, 200]

    def test_what_has_failed_can_be_made_ready_and_the_reverse(self, server: Harness) -> None:
        issued = submit(server)
        ask(server, "POST", f"/ids/{issued}/fail", outcome="crash")
        assert poll(server, issued) == "crashed"
        ask(server, "POST", f"/ids/{issued}/ready")
        assert poll(server, issued) == "done"
        ask(server, "POST", f"/ids/{issued}/fail", outcome="crash")
        assert poll(server, issued) == "crashed"

    def test_submits_to_come_end_as_a_session_wants(self, server: Harness) -> None:
        before = submit(server)
        with server.session() as session:
            assert ask(server, "GET", "/outcome", session) == {"outcome": None, "when": "ready"}
            ask(server, "POST", "/outcome", session, outcome="crash")
            issued = submit(server, session)
            told = [poll(server, issued, session) for _ in range(3)]
            ask(server, "DELETE", "/outcome", session)
            later = submit(server, session)
            assert [poll(server, later, session) for _ in range(3)][-1] == "done"

        assert told == ["running", "running", "crashed"]
        assert polls(server, before, 3)[-1] == "done"
        assert polls(server, submit(server), 3)[-1] == "done"

    @pytest.mark.parametrize(
        ("plan", "told"),
        [
            ({"outcome": "crash", "when": "now"}, ["crashed", "crashed", "crashed"]),
            ({"outcome": "crash", "when": "next"}, ["crashed", "running", "done"]),
            ({"outcome": None, "when": "now"}, ["done", "done", "done"]),
            ({"outcome": None}, ["running", "running", "done"]),
        ],
    )
    def test_submits_to_come_end_at_once_or_fail_once(
        self, server: Harness, plan: dict[str, Any], told: list[str]
    ) -> None:
        ask(server, "POST", "/outcome", **plan)

        assert polls(server, submit(server), 3) == told

    def test_the_only_outcome_needs_no_name(self) -> None:
        steps = STEPS.replace("        crash: {body: {state: crashed}}\n", "")
        with Harness(partner(steps=steps)) as server:
            issued = submit(server)
            assert ask(server, "POST", f"/ids/{issued}/fail")["outcome"] == "quota"
            assert poll(server, issued) == "failed"

    @pytest.mark.parametrize(
        ("body", "said"),
        [
            ({}, "outcome: which outcome is not said; acme/export declares quota, crash"),
            ({"outcome": "none"}, "outcome: 'none' is no outcome; acme/export declares quota"),
            ({"outcome": "crash", "when": "later"}, "Invalid enum value 'later' - at `$.when`"),
            ({"outcme": "crash"}, "unknown field `outcme`"),
        ],
    )
    def test_a_choice_that_is_none_is_refused(
        self, server: Harness, body: dict[str, Any], said: str
    ) -> None:
        status, detail = refusal(server, "POST", f"/ids/{submit(server)}/fail", **body)

        assert status == 422
        assert said in detail

    def test_once_needs_an_outcome(self, server: Harness) -> None:
        status, detail = refusal(server, "POST", "/outcome", when="next")

        assert (status, '"next" needs the name' in detail) == (422, True)


class TestExpiry:
    TERMS = "expires_after_seconds: 60"

    def test_an_id_is_gone_after_its_time_at_every_step(self) -> None:
        with Harness(partner(self.TERMS, PLAIN)) as server:
            server.upload("acme", "export", [1])
            issued = submit(server)
            server.clock.advance(59.5)
            assert (poll(server, issued), rows(server, issued).json()) == ("done", [1])
            server.clock.advance(0.5)
            for answer in (server.get(f"/exports/{issued}"), rows(server, issued)):
                assert answer.status_code == 410
                assert answer.json() == {"detail": f"The id '{issued}' of acme/export has expired"}
            assert poll(server, submit(server)) == "done"

    def test_the_status_may_be_another_one(self) -> None:
        terms = f"{self.TERMS}\n  expired_status: 404"
        with Harness(partner(terms, PLAIN)) as server:
            issued = submit(server)
            server.clock.advance(60)
            assert server.get(f"/exports/{issued}").status_code == 404

    def test_a_test_can_have_it_expire(self, server: Harness) -> None:
        issued, other = submit(server), submit(server)

        assert ask(server, "POST", f"/ids/{issued}/expire")["state"] == "expired"

        assert server.get(f"/exports/{issued}").status_code == 410
        assert server.get(f"/exports/{other}").status_code == 202
        status, detail = refusal(server, "POST", f"/ids/{issued}/ready")
        assert (status, detail) == (409, f"The id '{issued}' of acme/export has expired")


class TestStrict:
    TERMS = "strict: true\n  ready: {after_polls: 1}"

    @pytest.fixture
    def strict(self) -> Iterator[Harness]:
        with Harness(partner(self.TERMS)) as harness:
            harness.upload("acme", "export", [1])
            yield harness

    def test_steps_in_order_are_answered_and_may_be_repeated(self, strict: Harness) -> None:
        issued = submit(strict)

        assert polls(strict, issued, 3) == ["running", "done", "done"]
        assert [rows(strict, issued).status_code for _ in range(2)] == [200, 200]
        assert poll(strict, issued) == "done"

    def test_a_step_too_early_is_refused_by_name(self, strict: Harness) -> None:
        issued = submit(strict)

        for _ in range(2):  # before the first poll, and before the one that says it is ready
            answer = rows(strict, issued)
            assert answer.status_code == 409
            assert answer.json()["detail"] == (
                "Out of order: step 2 (GET /exports/{id}) was expected, and step 3"
                f" (GET /exports/{{id}}/rows) came, for the id '{issued}'"
            )
            assert poll(strict, issued) in {"running", "done"}
        assert rows(strict, issued).status_code == 200

    def test_an_id_that_was_never_handed_out_is_refused_by_name(self, strict: Harness) -> None:
        answer = strict.get("/exports/unknown")

        assert answer.status_code == 409
        assert answer.json()["detail"] == (
            "Out of order: step 1 (POST /exports) was expected, and step 2 (GET /exports/{id})"
            " came, for the id 'unknown', which acme/export never handed out"
        )

    def test_the_status_may_be_another_one(self) -> None:
        with Harness(partner(f"{self.TERMS}\n  strict_status: 422")) as server:
            assert server.get("/exports/unknown").status_code == 422
            assert rows(server, submit(server)).status_code == 422

    def test_flows_that_declare_nothing_else_have_an_order_too(self) -> None:
        steps = """\
  - {method: GET, path: "/jobs/{id}", response: {returns_payload: true}, step: 3}
  - {method: POST, path: /jobs, response: {generates_id: true, id_body_field: id}, step: 1}
  - {method: HEAD, path: "/jobs/{id}", response: {headers: {Status: COMPLETED}}, step: 2}
  - {method: GET, path: /jobs, response: {body: []}, step: 4}
"""
        with Harness(partner("strict: true", steps)) as server:
            server.upload("acme", "export", [1])
            path = f"/jobs/{server.post('/jobs').json()['id']}"
            assert server.head("/jobs/unknown").status_code == 409
            assert server.get("/jobs").json() == []
            assert server.get(path).status_code == 409
            assert server.head(path).headers["Status"] == "COMPLETED"
            assert server.get(path).json() == [1]

    def test_a_refused_request_is_no_poll_and_stands_in_the_history(self, strict: Harness) -> None:
        issued = submit(strict)
        rows(strict, issued)

        shown = ask(strict, "GET", f"/ids/{issued}")

        assert shown["polls"] == 0
        assert [each["step"] for each in shown["requests"]] == [
            "step 1 (POST /exports)",
            "step 3 (GET /exports/{id}/rows)",
        ]
        assert shown["requests"][1]["answer"].startswith("refused: Out of order: step 2")

    def test_a_failure_that_is_told_leads_on(self, strict: Harness) -> None:
        issued = submit(strict)
        ask(strict, "POST", f"/ids/{issued}/fail", outcome="crash")

        assert poll(strict, issued) == "crashed"
        assert "has failed: crash" in rows(strict, issued).json()["detail"]


class TestAdmin:
    def test_an_id_tells_its_state_and_what_was_asked(self, server: Harness) -> None:
        issued = submit(server)
        server.clock.advance(1)
        poll(server, issued)
        rows(server, issued)
        ask(server, "POST", f"/ids/{issued}/ready")
        poll(server, issued)

        assert ask(server, "GET", f"/ids/{issued}") == {
            "id": issued,
            "session": None,
            "state": "ready",
            "outcome": None,
            "polls": 2,
            "submitted_at": "2026-01-01T00:00:00.000000+00:00",
            "requests": [
                {
                    "at": f"2026-01-01T00:00:0{second}.000000+00:00",
                    "step": step,
                    "answer": answer,
                }
                for second, step, answer in [
                    (0, "step 1 (POST /exports)", "submitted"),
                    (1, "step 2 (GET /exports/{id})", "pending"),
                    (1, "step 3 (GET /exports/{id}/rows)", "pending"),
                    (1, "admin", "ready"),
                    (1, "step 2 (GET /exports/{id})", "ready"),
                ]
            ],
        }

    def test_all_ids_are_listed_newest_first(self, server: Harness) -> None:
        with server.session() as session:
            one, two = submit(server), submit(server, session)
            poll(server, two, session)
            everything = ask(server, "GET", "/ids")
            mine = ask(server, "GET", "/ids", session)

        assert [each["id"] for each in everything] == [two, one]
        assert [(each["id"], each["polls"]) for each in mine] == [(two, 1)]

    @pytest.mark.parametrize(
        ("action", "told"), [("ready", "done"), ("fail", "crashed"), ("expire", "refused")]
    )
    def test_all_unfinished_ids_of_a_session_at_once(
        self, server: Harness, action: str, told: str
    ) -> None:
        with server.session() as session:
            mine = [submit(server, session) for _ in range(2)]
            others = submit(server)
            body = {"outcome": "crash"} if action == "fail" else {}
            changed = ask(server, "POST", f"/{action}", session, **body)
            states = [poll(server, each, session) for each in mine]
            again = ask(server, "POST", f"/{action}", session, **body)

        assert changed == {"changed": mine}
        assert states == [told, told]
        assert again == {"changed": []}
        assert poll(server, others) == "running"

    def test_without_a_session_those_of_no_session_are_meant(self, server: Harness) -> None:
        with server.session() as session:
            mine, others = submit(server, session), submit(server)
            assert ask(server, "POST", "/ready") == {"changed": [others]}
            assert poll(server, mine, session) == "running"

    def test_an_unknown_id_is_404(self, server: Harness) -> None:
        for method, path in (("GET", "/ids/x"), ("POST", "/ids/x/ready"), ("POST", "/ids/x/fail")):
            body = {"outcome": "crash"} if path.endswith("fail") else {}
            status, detail = refusal(server, method, path, **body)
            assert (status, detail) == (404, "acme/export handed out no id 'x'")

    def test_a_flow_without_states_has_no_such_routes(self) -> None:
        with Harness(partner("description: plain", PLAIN)) as server:
            assert server.get("/imnot/admin/acme/export/ids").status_code == 404
            assert server.get("/exports/unknown").status_code == 200


class TestSessions:
    def test_an_id_of_one_session_is_unknown_in_another(self, server: Harness) -> None:
        with server.session() as one, server.session() as two:
            issued = submit(server, one)
            assert server.get(f"/exports/{issued}", session=two).status_code == 404
            path = f"/imnot/admin{ADMIN}/ids/{issued}"
            assert server.get(path, session=two).status_code == 404
            assert server.post(f"{path}/ready", session=two).status_code == 404
            assert [poll(server, issued, one) for _ in range(3)][-1] == "done"

    def test_without_a_header_it_is_found(self, server: Harness) -> None:
        with server.session() as session:
            session.upload("acme", "export", [2])
            issued = submit(server, session)
            assert [poll(server, issued), poll(server, issued, session)] == ["running", "running"]
            assert poll(server, issued) == "done"
            assert rows(server, issued, session).json() == [2]

    def test_an_id_of_no_session_has_a_state_of_its_own_in_each(self, server: Harness) -> None:
        issued = submit(server)
        with server.session() as one, server.session() as two:
            assert [poll(server, issued, one) for _ in range(3)][-1] == "done"
            ask(server, "POST", f"/ids/{issued}/fail", two, outcome="crash")
            assert poll(server, issued, two) == "crashed"
            assert poll(server, issued) == "running"
            assert [each["id"] for each in ask(server, "GET", "/ids", one)] == [issued]
        assert polls(server, issued, 2) == ["running", "done"]
        assert [each["session"] for each in ask(server, "GET", "/ids")] == [None]

    def test_it_lives_by_the_clock_of_its_session(self) -> None:
        with (
            Harness(partner("ready: {after_seconds: 60}\n  expires_after_seconds: 600")) as server,
            server.session() as session,
        ):
            mine, others = submit(server, session), submit(server)
            server.admin("POST", f"/sessions/{session}/clock", json={"advance": 60})
            assert poll(server, mine, session) == "done"
            assert poll(server, mine) == "done"
            assert poll(server, others) == "running"
            server.admin("POST", f"/sessions/{session}/clock", json={"advance": 540})
            assert server.get(f"/exports/{mine}").status_code == 410
            assert poll(server, others) == "running"

    def test_deleting_the_session_forgets_all(self, server: Harness) -> None:
        issued = submit(server)
        with server.session() as session:
            mine = submit(server, session)
            poll(server, issued, session)
            ask(server, "POST", "/outcome", session, outcome="crash")
        assert [each["id"] for each in ask(server, "GET", "/ids")] == [issued]
        assert server.get(f"/exports/{mine}").status_code == 404
        assert server.admin("GET", "/sessions").json() == []

    def test_a_copy_goes_on_from_the_state_of_the_first(self, server: Harness) -> None:
        with server.session() as first:
            issued = submit(server, first)
            poll(server, issued, first)
            copied = server.admin("POST", f"/sessions/{first}/copy").json()["session_id"]
            assert [poll(server, issued, copied) for _ in range(2)] == ["running", "done"]
            assert [poll(server, issued, first) for _ in range(2)] == ["running", "done"]
        assert poll(server, issued, copied) == "done"
        server.admin("DELETE", f"/sessions/{copied}")


class TestReload:
    def test_an_id_lives_on_when_the_file_changes(self, server: Harness) -> None:
        issued = submit(server)
        polls(server, issued, 2)

        server.reload(partner("ready: {after_polls: 8}\n  strict: true"))

        assert poll(server, issued) == "running"
        assert ask(server, "GET", f"/ids/{issued}")["polls"] == 3

    def test_an_id_older_than_the_states_begins_when_it_was_issued(self) -> None:
        with Harness(partner("description: plain", PLAIN)) as server:
            issued = submit(server)
            server.reload(partner("strict: true\n  ready: {after_seconds: 9, after_polls: 1}"))
            assert rows(server, issued).status_code == 409
            assert poll(server, issued) == "running"
            server.clock.advance(9)
            assert poll(server, issued) == "done"
            assert ask(server, "GET", f"/ids/{issued}")["submitted_at"].startswith("2026-01-01T00:")
