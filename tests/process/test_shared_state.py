"""Journal, mirrors and options of plugins, in servers of one process and of several."""

from __future__ import annotations

import shutil
import signal
from typing import Any

import pytest

from tests.process import notes_plugin
from tests.process.command import Project, Server

NOTES = ("--plugin", "notes_plugin:Notes")
BOTH = pytest.mark.parametrize("workers", ["1", "3"])


@pytest.fixture
def notes(project: Project) -> Project:
    (project.folder / "partners").mkdir()
    shutil.copy(notes_plugin.__file__, project.folder / "notes_plugin.py")
    return project


def told(
    server: Server,
    method: str = "GET",
    path: str = "/",
    *,
    content: bytes = b"",
    session: str = "",
) -> Any:
    # A connection of its own, so that any of the processes may take it.
    headers = {"Connection": "close", **({"X-Imnot-Session": session} if session else {})}
    answer = server.client.request(method, path, content=content, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


@BOTH
def test_every_process_knows_what_any_was_told(notes: Project, workers: str) -> None:
    with notes.started(*NOTES, "--workers", workers) as server:
        for number in range(30):
            told(server, "PUT", f"/{number}", content=b"text")
            assert len(told(server)["notes"]) == number + 1
        told(server, "PUT", "/7", content=b"other text")
        assert told(server)["notes"]["/7"] == "other text"
        for number in range(15):
            told(server, "DELETE", f"/{number}")
            assert len(told(server)["notes"]) == 29 - number


@BOTH
def test_a_session_that_is_deleted_by_a_command_takes_all_along(
    notes: Project, workers: str
) -> None:
    with notes.started(*NOTES, "--workers", workers) as server:
        told(server, "PUT", "/everybody's", content=b"")
        for number in range(5):
            told(server, "PUT", f"/mine/{number}", content=b"", session="s")
        assert notes.run("sessions", "delete", "s").code == 0
        found = told(server, path="/journal")
        assert list(found["notes"]) == ["/everybody's"]
        assert list(found["journal"].values()) == ["/everybody's", "/journal"]
        assert "No sessions." in notes.run("status").out


@BOTH
def test_all_requests_are_in_the_journal_also_of_the_next_run(notes: Project, workers: str) -> None:
    with notes.started(*NOTES, "--workers", workers) as server:
        for number in range(150):
            told(server, path=f"/{number}")
        listed = told(server, path="/journal")["journal"]
        assert list(listed.values()) == [*(f"/{number}" for number in range(150)), "/journal"]
        told(server, path="/last")
        assert server.end(signal.SIGTERM) == -signal.SIGTERM
        assert "Traceback" not in server.log
    with notes.started(*NOTES, "--workers", workers, "--journal-size", "10") as server:
        found = list(told(server, path="/journal")["journal"].values())
    assert found == [*(f"/{number}" for number in range(143, 150)), "/journal", "/last", "/journal"]


def test_options_reach_their_plugin(notes: Project) -> None:
    notes.write("imnot.toml", "[options.notes]\nkind = 'file'\ncount = 3\n[options.nobody]\nx = 1")
    with notes.started(
        *NOTES, "--option", "notes.kind=flag", "--option", "notes.more=a=b"
    ) as server:
        assert told(server)["options"] == {"kind": "flag", "count": 3, "more": "a=b"}
        assert "no plugin 'nobody'" in server.log


@pytest.mark.parametrize("text", ["notes", "notes.kind", "notes=1", ""])
def test_an_option_that_is_none_is_refused(notes: Project, text: str) -> None:
    ended = notes.run("start", "--option", text)
    assert ended.code == 1
    assert f"--option is {text!r}, but must be a text NAME.KEY=VALUE" in ended.err
    assert "Traceback" not in ended.err
