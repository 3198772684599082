"""Settings of sessions in servers of one process and of several: followed by all, never lost."""

from __future__ import annotations

import json
import shutil
import signal
from typing import Any

import pytest

from tests.process import reminder_plugin
from tests.process.command import Project, Server
from tests.support import eventually

SESSIONS = "/imnot/admin/sessions"
REMINDERS = ("--plugin", "reminder_plugin:Reminders")
BOTH = pytest.mark.parametrize("workers", ["1", "2"])


@pytest.fixture
def reminders(project: Project) -> Project:
    (project.folder / "partners").mkdir()
    shutil.copy(reminder_plugin.__file__, project.folder / "reminder_plugin.py")
    return project


def told(
    server: Server, method: str = "GET", path: str = "/", *, session: str = "", **options: Any
) -> Any:
    # A connection of its own, so that any of the processes may take it.
    headers = {"Connection": "close", **({"X-Imnot-Session": session} if session else {})}
    answer = server.client.request(method, path, headers=headers, **options)
    assert answer.is_success, answer.text
    return answer.json()


@BOTH
def test_whoever_sleeps_in_a_session_wakes_when_its_time_is_moved_by_any_process(
    reminders: Project, workers: str
) -> None:
    with reminders.started(*REMINDERS, "--workers", workers) as server:
        asked = {told(server, "POST", f"/{number}", session="s")["by"] for number in range(20)}
        told(server, "POST", "/", session="other")
        for moved in (59, 1):
            assert told(server, session="s")["reminders"] == []
            told(server, "POST", f"{SESSIONS}/s/clock", json={"advance": moved})
        found = eventually(lambda: len(told(server, session="s")["reminders"]) == 20)
        assert found
        by = {int(each) for each in told(server, session="s")["reminders"]}
        assert by == asked
        assert told(server, session="other")["reminders"] == []


@BOTH
def test_what_was_settled_for_a_session_survives_that_the_server_is_killed(
    reminders: Project, workers: str
) -> None:
    wish = {"id": "s", "name": "checkout", "ttl_seconds": 3600, "seed": 7}
    with reminders.started(*REMINDERS, "--workers", workers) as server:
        told(server, "POST", SESSIONS, json=wish)
        told(server, "POST", f"{SESSIONS}/s/clock", json={"freeze": "2030-01-31T09:00:00Z"})
        before = told(server, path=f"{SESSIONS}/s")
        server.process.kill()
        server.process.wait(30)
    with reminders.started(*REMINDERS, "--workers", workers) as server:
        after = told(server, path=f"{SESSIONS}/s")
        assert told(server, session="s")["now"] == "2030-01-31T09:00:00.000000+00:00"
        assert server.end(signal.SIGTERM) == -signal.SIGTERM
        assert "Traceback" not in server.log
    for found in (before, after):
        del found["clock"]["offset_seconds"]
    assert after == before


@BOTH
def test_a_session_ends_by_itself(reminders: Project, workers: str) -> None:
    with reminders.started(*REMINDERS, "--workers", workers) as server:
        told(server, "POST", SESSIONS, json={"id": "short", "ttl_seconds": 0.3})
        told(server, "POST", SESSIONS, json={"id": "long", "ttl_seconds": 3600, "name": "kept"})

        def left() -> list[str]:
            return [each["session_id"] for each in told(server, path=SESSIONS)]

        assert eventually(lambda: left() == ["long"])
        listed = json.loads(reminders.run("sessions", "list", "--json").out)
        assert [(each["session_id"], each["name"]) for each in listed] == [("long", "kept")]
        assert listed[0].keys() >= {"created_at", "expires_at"}
        text = reminders.run("sessions", "list").lines
        assert text[0].split("  ")[-1] == "EXPIRES AT"
        assert " kept " in text[-1]


def test_a_session_whose_time_is_over_is_not_listed_without_a_server_either(
    reminders: Project,
) -> None:
    with reminders.started(*REMINDERS) as server:
        told(server, "POST", SESSIONS, json={"id": "s", "ttl_seconds": 1})
        server.process.kill()
        server.process.wait(30)
    assert eventually(lambda: reminders.run("status").lines == ["No sessions."])
