"""Sessions: what belongs to one, how they are listed, and that deleting one removes all of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from imnot_core import Context, Reply, Request
from imnot_core.testing import Harness
from tests.server.samples import ACME, CHARGES, PLAIN, Plain

SESSIONS = "/imnot/admin/sessions"


@pytest.fixture
def server() -> Iterator[Harness]:
    with Harness(ACME, CHARGES) as harness:
        yield harness


def listed(server: Harness) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = server.get(SESSIONS).json()
    return entries


class Counter(Plain):
    """Counts its requests, for each session by itself."""

    async def answer(self, request: Request, context: Context) -> Any:
        return Reply.json(await context.state.increment("count"))


# One session, many datapoints


def test_a_session_holds_payloads_of_many_datapoints(server: Harness) -> None:
    session = server.post("/imnot/admin/acme/charges/payload/session", json=1).json()["session_id"]
    # Both upload endpoints take the header of an existing session.
    one = server.post("/imnot/admin/bookingco/charges/payload", json=2, session=session)
    assert one.json() == {"status": "ok", "partner": "bookingco", "datapoint": "charges"}
    two = server.post("/imnot/admin/bookingco/refunds/payload/session", json=3, session=session)
    assert two.json() == {"session_id": session}
    paths = ("/charges", "/v1/charges", "/v1/refunds")
    assert [server.get(path, session=session).json() for path in paths] == [1, 2, 3]
    assert [server.get(path).status_code for path in paths] == [404, 404, 404]


def test_a_session_payload_can_be_replaced(server: Harness) -> None:
    session = server.session()
    session.upload("acme", "charges", "old")
    session.upload("acme", "charges", "new")
    assert server.get("/charges", session=session).json() == "new"
    assert len(listed(server)) == 1


def test_the_global_payload_stays_what_it_was(server: Harness) -> None:
    server.upload("acme", "charges", "global")
    server.session().upload("acme", "charges", "mine")
    assert server.get("/charges").json() == "global"


def test_inspecting_with_the_header_shows_the_payload_of_the_session(server: Harness) -> None:
    server.upload("acme", "charges", "global")
    session = server.session()
    path = "/imnot/admin/acme/charges/payload"
    missing = server.get(path, session=session)
    assert missing.status_code == 404
    assert session.id in missing.json()["detail"]
    session.upload("acme", "charges", "mine")
    assert server.get(path, session=session).json()["payload"] == "mine"
    assert server.get(path).json()["payload"] == "global"


def test_a_session_without_the_payload_never_gets_the_global_one(server: Harness) -> None:
    server.upload("acme", "charges", "global")
    session = server.session()
    session.upload("bookingco", "charges", "mine")
    for unserved in (session.id, "nobody"):
        answer = server.get("/charges", session=unserved)
        assert answer.status_code == 404
        assert unserved in answer.json()["detail"]


def test_an_empty_header_is_no_session(server: Harness) -> None:
    server.upload("acme", "charges", "global")
    assert server.get("/charges", session="").json() == "global"
    path = "/imnot/admin/acme/charges/payload"
    assert server.post(path, json="new", session="").status_code == 200
    assert server.get("/charges").json() == "new"
    assert listed(server) == []


@pytest.mark.parametrize(
    ("method", "end"), [("POST", "payload"), ("GET", "payload"), ("POST", "payload/session")]
)
def test_an_admin_request_for_an_unknown_session_is_404(
    server: Harness, method: str, end: str
) -> None:
    path = f"/imnot/admin/acme/charges/{end}"
    answer = server.request(method, path, content=b"1", session="nobody")
    assert answer.status_code == 404
    assert "nobody" in answer.json()["detail"]
    assert listed(server) == []
    assert server.get("/charges").status_code == 404


# Beginning and listing


def test_no_sessions_are_an_empty_list(server: Harness) -> None:
    answer = server.get(SESSIONS)
    assert (answer.status_code, answer.json()) == (200, [])


def test_sessions_are_listed_newest_first(server: Harness) -> None:
    first = server.session()
    first.upload("acme", "charges", 1)
    server.clock.advance(1)
    second = server.session()
    second.upload("bookingco", "refunds", 2)
    assert listed(server) == [
        {
            "session_id": second.id,
            "partner": "bookingco",
            "datapoint": "refunds",
            "created_at": "2026-01-01T00:00:01.000000+00:00",
        },
        {
            "session_id": first.id,
            "partner": "acme",
            "datapoint": "charges",
            "created_at": "2026-01-01T00:00:00.000000+00:00",
        },
    ]


def test_sessions_of_one_instant_are_listed_newest_first_too(server: Harness) -> None:
    sessions = [server.session() for _ in range(5)]
    for session in sessions:
        session.upload("acme", "charges", 1)
    assert [each["session_id"] for each in listed(server)] == [s.id for s in reversed(sessions)]


def test_the_order_of_sessions_survives_a_restart_and_uploads(server: Harness) -> None:
    sessions = [server.session() for _ in range(3)]
    for session in sessions:
        session.upload("acme", "charges", 1)
        server.clock.advance(1)
    before = listed(server)
    sessions[0].upload("acme", "charges", 2)
    server.restart()
    assert listed(server) == before


def test_a_session_with_several_payloads_has_a_line_for_each(server: Harness) -> None:
    session = server.session()
    session.upload("acme", "charges", 1)
    session.upload("bookingco", "charges", 1)
    lines = [(each["session_id"], each["partner"], each["datapoint"]) for each in listed(server)]
    expected = [(session.id, "bookingco", "charges"), (session.id, "acme", "charges")]
    assert lines == expected


def test_a_session_can_be_begun_without_a_payload(server: Harness) -> None:
    answer = server.post(SESSIONS)
    assert answer.status_code == 201
    session = answer.json()["session_id"]
    (line,) = listed(server)
    assert (line["session_id"], line["partner"], line["datapoint"]) == (session, None, None)
    server.upload("acme", "charges", "mine", session=session)
    assert server.get("/charges", session=session).json() == "mine"


# Deleting


def test_deleting_a_session_removes_its_payloads(server: Harness) -> None:
    kept, deleted = server.session(), server.session()
    for session in (kept, deleted):
        session.upload("acme", "charges", session.id)
        session.upload("bookingco", "charges", session.id)
    answer = server.delete(f"{SESSIONS}/{deleted.id}")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "session_id": deleted.id}
    for path in ("/charges", "/v1/charges"):
        assert server.get(path, session=deleted).status_code == 404
        assert server.get(path, session=kept).json() == kept.id
    assert {each["session_id"] for each in listed(server)} == {kept.id}
    assert server.get(f"/imnot/admin/acme/charges/payload/session/{deleted}").status_code == 404


def test_deleting_a_session_removes_the_ids_issued_in_it(server: Harness) -> None:
    session = server.session()
    server.upload("acme", "export", "global")
    session.upload("acme", "rates", 1)
    export = server.post("/exports", session=session).json()["id"]
    url = {"callbackUrl": "http://me.example"}
    push = server.post("/rates", json=url, session=session).json()["request_id"]
    others = server.post("/exports").json()["id"]
    assert server.get(f"/exports/{export}").status_code == 200
    session.delete()
    assert server.get(f"/exports/{export}").status_code == 404
    assert server.get(f"/exports/{others}").status_code == 200
    assert server.post(f"/imnot/admin/acme/rates/push/{push}/retrigger").status_code == 404
    assert server.get("/imnot/admin/acme/rates/push").json() == []


def test_deleting_a_session_removes_its_state() -> None:
    with Harness(PLAIN, plugins=[Counter]) as server:
        session, other = server.session(), server.session()
        for _ in range(2):
            server.post("/it", session=session)
            server.post("/it", session=other)
            server.post("/it")
        session.delete()
        assert server.post("/it", session=session).json() == 1
        assert server.post("/it", session=other).json() == 3
        assert server.post("/it").json() == 3


def test_a_session_without_payloads_is_deleted_too(server: Harness) -> None:
    session = server.session()
    assert server.delete(f"{SESSIONS}/{session}").status_code == 200
    assert listed(server) == []


def test_deleting_an_unknown_session_is_404(server: Harness) -> None:
    session = server.session()
    assert server.delete(f"{SESSIONS}/{session}").status_code == 200
    for unknown in (session.id, "nobody"):
        answer = server.delete(f"{SESSIONS}/{unknown}")
        assert answer.status_code == 404
        assert unknown in answer.json()["detail"]


def test_clearing_deletes_all_sessions_and_nothing_else(server: Harness) -> None:
    server.upload("acme", "charges", "global")
    server.upload("acme", "export", "global")
    issued = server.post("/exports").json()["id"]
    for _ in range(3):
        server.session().upload("acme", "charges", "mine")
    answer = server.delete(SESSIONS)
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "deleted": 3}
    assert listed(server) == []
    assert server.get("/charges").json() == "global"
    assert server.get(f"/exports/{issued}").json() == "global"
    assert server.delete(SESSIONS).json()["deleted"] == 0


def test_a_script_that_forgot_the_session_does_not_delete_all(server: Harness) -> None:
    server.session().upload("acme", "charges", "mine")
    answer = server.delete(f"{SESSIONS}/")
    assert answer.status_code == 404
    assert len(listed(server)) == 1


# Sessions that a client names itself


@pytest.mark.parametrize("name", ["feature/login", "a b", "x?y#z", "50%", "äöü", "..", "a" * 2000])
def test_a_session_begins_with_the_first_write_under_any_name(server: Harness, name: str) -> None:
    session = name.encode("latin-1")
    submitted = server.client.post("/exports", headers={b"x-imnot-session": session})
    assert submitted.status_code == 202
    assert [each["session_id"] for each in listed(server)] == [name]
    upload = server.client.post(
        "/imnot/admin/acme/charges/payload", headers={b"x-imnot-session": session}, json="mine"
    )
    assert upload.status_code == 200
    assert server.client.get("/charges", headers={b"x-imnot-session": session}).json() == "mine"


@pytest.mark.parametrize("name", ["feature/login", "a/b/c", "x?y#z", "50%", "äöü"])
def test_a_session_of_any_name_can_be_inspected_and_deleted(server: Harness, name: str) -> None:
    header = {b"x-imnot-session": name.encode("latin-1")}
    server.client.post("/exports", headers=header)
    server.client.post("/imnot/admin/acme/charges/payload", headers=header, json="mine")
    encoded = quote(name, safe="")
    shown = server.get(f"/imnot/admin/acme/charges/payload/session/{encoded}")
    assert shown.json()["session_id"] == name
    assert server.delete(f"{SESSIONS}/{encoded}").json() == {"status": "ok", "session_id": name}
    assert listed(server) == []
