"""The time of a session: set, advanced, held still; all that waits in the session follows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from imnot_core import Context, Job, Reply, Request, instant
from imnot_core.testing import Harness
from tests.server.samples import PLAIN, Plain
from tests.support import eventually

SESSIONS = "/imnot/admin/sessions"
START = datetime(2026, 1, 1, tzinfo=UTC)


class Reminder(Plain):
    """Tells the time and how often it was asked within a minute; calls back a minute later."""

    async def answer(self, request: Request, context: Context) -> Any:
        async def remind() -> None:
            await context.http.post("http://me.example/", json=instant(context.clock.time()))

        count = await context.state.increment("count", expires_in=60)
        after = (Job("remind", remind, delay=60),)
        return Reply.json({"now": instant(context.clock.time()), "count": count}, after=after)


@pytest.fixture
def server() -> Iterator[Harness]:
    with Harness(PLAIN, plugins=[Reminder]) as harness:
        yield harness


def change(server: Harness, session: str = "s", **wish: Any) -> dict[str, Any]:
    answer = server.post(f"{SESSIONS}/{session}/clock", json=wish)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def asked(server: Harness, session: object = None) -> dict[str, Any]:
    name = None if session is None else str(session)
    answer: dict[str, Any] = server.post("/it", session=name).json()
    return answer


def clock(now: str, *, frozen: bool = False, offset: float = 0.0) -> dict[str, Any]:
    return {"now": f"{now}.000000+00:00", "frozen": frozen, "offset_seconds": offset}


# What is answered


def test_a_session_begins_with_the_servers_time(server: Harness) -> None:
    session = server.session()
    shown = server.get(f"{SESSIONS}/{session}/clock")
    assert shown.status_code == 200
    assert shown.json() == clock("2026-01-01T00:00:00")
    assert server.get(f"{SESSIONS}/nobody/clock").status_code == 404


@pytest.mark.parametrize(
    ("wish", "now", "offset"),
    [
        ({"advance": 90}, "2026-01-01T00:01:30", 90.0),
        ({"advance": "1d2h"}, "2026-01-02T02:00:00", 93_600.0),
        ({"advance": "-1h"}, "2025-12-31T23:00:00", -3600.0),
        ({"set": 0}, "1970-01-01T00:00:00", -1_767_225_600.0),
        ({"set": "2026-01-02"}, "2026-01-02T00:00:00", 86_400.0),
        ({"set": "2026-01-01T12:00:00Z"}, "2026-01-01T12:00:00", 43_200.0),
        ({"set": "2026-01-01T12:00:00+02:00"}, "2026-01-01T10:00:00", 36_000.0),
        ({"set": "2026-01-01T12:00:00", "advance": "1m"}, "2026-01-01T12:01:00", 43_260.0),
        ({"resume": True}, "2026-01-01T00:00:00", 0.0),
        ({"freeze": False}, "2026-01-01T00:00:00", 0.0),
        ({"reset": True}, "2026-01-01T00:00:00", 0.0),
    ],
)
def test_a_change_is_answered_with_the_time_it_made(
    server: Harness, wish: dict[str, Any], now: str, offset: float
) -> None:
    assert change(server, **wish) == clock(now, offset=offset)
    assert server.get(f"{SESSIONS}/s/clock").json() == clock(now, offset=offset)


def test_a_frozen_time_stands_still_while_the_servers_goes_on(server: Harness) -> None:
    assert change(server, freeze=True) == clock("2026-01-01T00:00:00", frozen=True)
    server.clock.advance(60)
    shown = server.get(f"{SESSIONS}/s/clock").json()
    assert shown == clock("2026-01-01T00:00:00", frozen=True, offset=-60.0)
    assert change(server, advance=90)["now"] == "2026-01-01T00:01:30.000000+00:00"
    at = change(server, freeze="2030-01-31T09:00:00Z")
    assert (at["now"], at["frozen"]) == ("2030-01-31T09:00:00.000000+00:00", True)
    assert change(server, resume=True)["frozen"] is False
    server.clock.advance(60)
    assert server.get(f"{SESSIONS}/s/clock").json()["now"].startswith("2030-01-31T09:01:00")
    assert change(server, reset=True) == clock("2026-01-01T00:02:00")


@pytest.mark.parametrize(
    ("wish", "fault"),
    [
        ({}, "set is missing"),
        ({"forward": 5}, "there is no field 'forward'; there are set, advance, freeze, resume"),
        ({"set": "noon"}, "set must be a time such as 2030-01-31T09:00:00Z"),
        ({"set": True}, "set must be a time"),
        ({"set": -1}, "set must lie between the years 1970 and 9000"),
        ({"set": "9999-12-31T23:59:59-12:00"}, "set must"),
        ({"advance": "soon"}, "advance must be a number of seconds, or a text such as 30s"),
        ({"advance": True}, "advance must be"),
        ({"freeze": "now"}, "freeze must be a time"),
        ({"resume": False}, "resume must be true"),
        ({"freeze": True, "resume": True}, "resume and freeze are both there"),
        ({"set": 5, "freeze": 5}, "set gives a time, and freeze too"),
        ({"advance": "-1000000h"}, "between the years 1970 and 9000"),
        ([], "the body must be a JSON object"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    server: Harness, wish: Any, fault: str
) -> None:
    answer = server.post(f"{SESSIONS}/s/clock", json=wish)
    assert answer.status_code == 422
    assert fault in answer.json()["detail"]
    assert server.get(SESSIONS).json() == []


def test_a_clock_that_is_set_begins_the_session(server: Harness) -> None:
    change(server, session="mine", set="2030-01-01")
    assert [each["session_id"] for each in server.get(SESSIONS).json()] == ["mine"]
    assert asked(server, "mine")["now"].startswith("2030-01-01T00:00:00")
    server.delete(f"{SESSIONS}/mine")
    assert asked(server, "mine")["now"].startswith("2026-01-01T00:00:00")


@pytest.mark.parametrize("name", ["%00", "a%00b", "%20", "%E6%97%A5", 2001 * "x"])
def test_a_session_that_no_request_could_name_is_not_begun(server: Harness, name: str) -> None:
    answer = server.post(f"{SESSIONS}/{name}/clock", json={"freeze": True})
    assert answer.status_code == 422
    assert "The id of the session must have" in answer.json()["detail"]
    assert server.get(SESSIONS).json() == []


def test_a_session_can_begin_with_a_time_of_its_own(server: Harness) -> None:
    server.post(SESSIONS, json={"id": "a", "clock": "2030-01-01"})
    server.post(SESSIONS, json={"id": "b", "clock": {"freeze": "2031-01-01"}})
    assert asked(server, "a")["now"].startswith("2030-")
    server.clock.advance(1)
    assert asked(server, "b")["now"].startswith("2031-01-01T00:00:00")


# What follows it


def test_what_a_pattern_sees_is_the_time_of_the_session(server: Harness) -> None:
    session, other = server.session(), server.session()
    session.clock.set(datetime(2030, 1, 1, tzinfo=UTC))
    assert asked(server, session)["now"].startswith("2030-01-01T00:00:00")
    for unmoved in (other, None):
        assert asked(server, unmoved)["now"].startswith("2026-01-01T00:00:00")


def test_a_job_comes_when_the_time_of_its_session_has_come(server: Harness) -> None:
    session, other = server.session(), server.session()
    for each in (session, other, None):
        asked(server, each)
    session.clock.advance(59)
    server.settle()
    assert len(server.callbacks) == 0
    session.clock.advance(1)
    (callback,) = server.callbacks.wait(1)
    assert callback.json() == "2026-01-01T00:01:00.000000+00:00"
    server.clock.advance(60)
    assert len(server.callbacks.wait(3)) == 3
    server.clock.advance(600)
    assert len(server.callbacks) == 3


def test_a_job_waits_while_its_session_stands_still(server: Harness) -> None:
    session = server.session()
    asked(server, session)
    session.clock.freeze()
    server.clock.advance(600)
    assert len(server.callbacks) == 0
    session.clock.resume()
    server.clock.advance(59)
    assert len(server.callbacks) == 0
    server.clock.advance(1)
    assert len(server.callbacks.wait(1)) == 1


def test_a_server_stops_while_a_session_stands_still(server: Harness) -> None:
    session = server.session()
    session.clock.freeze()
    asked(server, session)


def test_what_a_pattern_keeps_for_a_while_is_gone_with_the_time_of_the_session(
    server: Harness,
) -> None:
    session = server.session()
    assert [asked(server, each)["count"] for each in (session, session, None)] == [1, 2, 1]
    session.clock.advance(60)
    assert [asked(server, each)["count"] for each in (session, None)] == [1, 2]
    session.clock.freeze()
    server.clock.advance(60)
    assert [asked(server, each)["count"] for each in (session, None)] == [2, 1]


def test_the_time_of_a_session_survives_a_restart(server: Harness) -> None:
    session = server.session()
    session.clock.freeze("2030-01-01")
    server.restart()
    assert asked(server, session)["now"].startswith("2030-01-01T00:00:00")
    assert session.clock.is_frozen


def test_a_worker_wakes_the_jobs_of_the_others() -> None:
    with Harness(PLAIN, plugins=[Reminder], workers=2) as server:
        sessions = [server.session() for _ in range(2)]
        for session in sessions:
            asked(server, session)
            session.clock.advance(60)
        eventually(lambda: len(server.callbacks.wait(0)) == 2)


# The kit


def test_the_kit_moves_the_time_of_a_session(server: Harness) -> None:
    session = server.session()
    assert session.clock.now == START
    session.clock.advance(timedelta(hours=1))
    session.clock.advance("30m")
    session.clock.advance(0.5)
    assert session.clock.now == START + timedelta(hours=1, minutes=30, seconds=0.5)
    session.clock.freeze(datetime(2030, 1, 1, tzinfo=UTC))
    assert session.clock.is_frozen
    session.clock.resume()
    assert not session.clock.is_frozen
    session.clock.set("2031-01-01")
    assert session.clock.now.year == 2031
    session.clock.reset()
    assert session.clock.now == START
    with pytest.raises(AssertionError, match="advance must be a number of seconds"):
        session.clock.advance("soon")
