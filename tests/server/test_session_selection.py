"""The ways to choose a session, with a whole server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from imnot_core.testing import Harness

ACME = """
partner: acme
datapoints:
  - name: charges
    pattern: fetch
    endpoints:
      - {method: GET, path: /v1/charges}
  - name: anything
    pattern: fetch
    endpoints:
      - {method: GET, path: "/{a}/{b}/{c}"}
  - name: export
    pattern: async
    endpoints:
      - method: POST
        path: /exports
        response: {generates_id: true, id_header: Location, id_header_value: "/exports/{id}"}
      - method: GET
        path: /exports/{id}
        response: {returns_payload: true}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Harness]:
    with Harness(ACME, session_host="session.localhost") as harness:
        yield harness


@pytest.fixture
def session(server: Harness) -> Iterator[str]:
    with server.session() as session:
        session.upload("acme", "charges", {"of": "the session"})
        session.upload("acme", "export", {"export": 1})
        yield session.id


OWN = {"of": "the session"}


def test_a_cookie_chooses(server: Harness, session: str) -> None:
    answer = server.get("/v1/charges", headers={"Cookie": f"a=b; imnot-session={session}"})
    assert answer.json() == OWN


def test_baggage_chooses(server: Harness, session: str) -> None:
    answer = server.get("/v1/charges", headers={"Baggage": f"a=b,imnot-session={session};p"})
    assert answer.json() == OWN


def test_the_path_chooses(server: Harness, session: str) -> None:
    assert server.get(f"/~session/{session}/v1/charges").json() == OWN


def test_the_path_chooses_although_another_route_would_take_it(
    server: Harness, session: str
) -> None:
    # `/{a}/{b}/{c}` takes three segments, and so many has `/~session/<id>/exports`.
    answer = server.post(f"/~session/{session}/exports")
    assert answer.status_code == 202


def test_a_host_chooses(server: Harness, session: str) -> None:
    answer = server.get("/v1/charges", headers={"Host": f"{session}.session.localhost:8000"})
    assert answer.json() == OWN


def test_nothing_chooses_none(server: Harness, session: str) -> None:
    assert server.get("/v1/charges").status_code == 404


def test_the_location_of_an_answer_keeps_the_path(server: Harness, session: str) -> None:
    location = server.post(f"/~session/{session}/exports").headers["Location"]
    assert location.startswith(f"/~session/{session}/exports/")
    assert server.get(location).json() == {"export": 1}


def test_admin_requests_may_come_that_way_too(server: Harness, session: str) -> None:
    answer = server.get(f"/~session/{session}/imnot/admin/acme/charges/payload")
    assert answer.json()["payload"] == OWN


@pytest.mark.parametrize("header", ["Cookie", "Baggage"])
def test_what_is_uploaded_goes_to_the_session_however_it_was_chosen(
    server: Harness, session: str, header: str
) -> None:
    headers = {header: f"imnot-session={session}"}
    server.admin("POST", "/acme/charges/payload", json={"by": header}, headers=headers)
    assert server.get("/v1/charges", headers=headers).json() == {"by": header}
    assert server.get("/v1/charges").status_code == 404
    override = {"response": {"status": 503}}
    server.admin("PUT", "/overrides/acme/charges", json=override, headers=headers)
    assert server.get("/v1/charges", headers=headers).status_code == 503


def test_an_id_beyond_ascii_is_one_session_in_whatever_way_it_is_named(server: Harness) -> None:
    server.admin("POST", "/sessions", json={"id": "café"})
    utf_8 = {b"X-Imnot-Session": "café".encode()}
    server.admin("POST", "/acme/charges/payload", json=1, headers=utf_8)
    assert server.get("/v1/charges", headers=utf_8).json() == 1
    assert server.get("/v1/charges", headers={b"X-Imnot-Session": b"caf\xe9"}).json() == 1
    assert server.get("/~session/caf%C3%A9/v1/charges").json() == 1
    assert server.admin("DELETE", "/sessions/caf%C3%A9").status_code == 200


def test_a_path_that_chooses_again_and_again_is_answered(server: Harness, session: str) -> None:
    again = 2000 * "/~session/again"
    assert server.get(f"/~session/{session}/~session/other{again}/v1/charges").json() == OWN


def test_the_key_guards_admin_paths_there_too() -> None:
    with Harness(ACME, admin_key="secret") as server:
        assert server.get("/~session/s/imnot/admin/partners").status_code == 401


@pytest.mark.parametrize("path", ["/~session", "/~session/", "/~session/%00/v1/charges"])
def test_a_path_that_names_no_session_says_so(server: Harness, path: str) -> None:
    answer = server.get(path)
    assert answer.status_code == 404
    assert path == "/~session" or "/~session/<session id>/<path>" in answer.json()["detail"]


def test_partners_cannot_take_the_prefix() -> None:
    with Harness(ACME) as server:
        text = ACME.replace("acme", "other").replace("/v1/charges", "/~session/x")
        refused = server.post("/imnot/admin/partners", content=text)
        assert refused.status_code == 422
        assert "/~session" in refused.json()["detail"]
