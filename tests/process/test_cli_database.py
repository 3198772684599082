"""The commands that look into the database: status, payload, sessions."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from pathlib import Path

import pytest

from tests.process.command import ACME, Project

INSTANT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00"
COMMANDS = (
    ("status",),
    ("payload", "get", "acme", "charges"),
    ("sessions", "clear", "--yes"),
    ("sessions", "list"),
    ("sessions", "delete", "x"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_database_that_is_not_there_is_named_and_not_made(
    project: Project, command: tuple[str, ...]
) -> None:
    ended = project.run(*command)
    assert ended.code == 1
    assert str(project.folder / "imnot.db") in ended.err
    assert list(project.folder.iterdir()) == []


def test_a_file_that_is_no_database_is_no_traceback(project: Project) -> None:
    project.write("imnot.db", "certainly not a database, but long enough to look into\n" * 9)
    ended = project.run("status")
    assert ended.code == 1
    assert ended.err.startswith("Error: ")
    assert len(ended.err.splitlines()) == 1


def test_a_payload_is_shown_as_it_was_set(project: Project) -> None:
    project.write("p.json", '\ufeff{"price": 1.50, "name": "Zoë 😀", "none": []}')
    ended = project.run("payload", "set", "acme", "charges", "p.json")
    assert ended.code == 0
    assert len(ended.lines) == 1
    shown = project.run("payload", "get", "acme", "charges")
    assert shown.code == 0
    assert shown.lines[:2] == ["Partner:    acme", "Datapoint:  charges"]
    assert re.fullmatch(rf"Updated at: {INSTANT}", shown.lines[2])
    assert shown.lines[3:] == [
        "",
        "{",
        '  "price": 1.50,',
        r'  "name": "Zo\u00eb \ud83d\ude00",',
        '  "none": []',
        "}",
    ]


def test_a_payload_can_be_read_by_programs(project: Project) -> None:
    project.run("payload", "set", "acme", "charges", "-", stdin='{"a": [1, {"b": 2}]}')
    told = json.loads(project.run("payload", "get", "acme", "charges", "--json").out)
    assert list(told) == ["partner", "datapoint", "updated_at", "payload"]
    assert told["payload"] == {"a": [1, {"b": 2}]}


def test_a_missing_payload_is_told_on_stdout(project: Project) -> None:
    project.run("payload", "set", "acme", "charges", "-", stdin="1")
    ended = project.run("payload", "get", "acme", "rates")
    assert (ended.code, ended.err) == (1, "")
    assert "acme/rates" in ended.out


def test_what_is_no_json_is_not_uploaded(project: Project) -> None:
    project.write("p.json", '{"a": NaN}')
    ended = project.run("payload", "set", "acme", "charges", "p.json")
    assert ended.code == 1
    assert "p.json" in ended.err
    assert not (project.folder / "imnot.db").exists()


def test_a_payload_file_that_does_not_exist_is_a_usage_error(project: Project) -> None:
    assert project.run("payload", "set", "acme", "charges", "p.json").code == 2


def test_a_name_that_no_partner_could_have_is_refused(project: Project) -> None:
    ended = project.run("payload", "set", "a/b", "charges", "-", stdin="1")
    assert ended.code == 1
    assert "'a/b'" in ended.err


def test_no_sessions_is_one_line(project: Project) -> None:
    project.run("payload", "set", "acme", "charges", "-", stdin="1")
    ended = project.run("status")
    assert ended.code == 0
    assert len(ended.lines) == 1


@pytest.fixture
def two_sessions(project: Project) -> Project:
    for session in ("older", "newer"):
        project.run("payload", "set", "acme", "charges", "-", "--session", session, stdin="1")
    return project


def test_status_lists_the_sessions_newest_first(two_sessions: Project) -> None:
    head, rule, first, second = two_sessions.run("status").lines
    assert head == f"{'SESSION ID':38}{'PARTNER':12}{'DATAPOINT':16}CREATED AT"
    assert rule == "-" * 90
    assert re.fullmatch(rf"newer {{33}}acme {{8}}charges {{9}}{INSTANT}", first)
    assert second.startswith("older ")
    assert two_sessions.run("sessions", "list").lines == [head, rule, first, second]


def test_sessions_can_be_read_by_programs(two_sessions: Project) -> None:
    told = json.loads(two_sessions.run("status", "--json").out)
    assert [each["session_id"] for each in told] == ["newer", "older"]
    assert list(told[0]) == ["session_id", "partner", "datapoint", "created_at"]


def test_a_session_has_its_own_payload(two_sessions: Project) -> None:
    get = ("payload", "get", "acme", "charges")
    assert two_sessions.run(*get).code == 1
    assert two_sessions.run(*get, "--session", "older").code == 0


def test_clearing_asks_first(two_sessions: Project) -> None:
    for answer in ("n\n", ""):
        ended = two_sessions.run("sessions", "clear", stdin=answer)
        assert ended.code == 1
        assert "2 sessions" in ended.out
    assert len(two_sessions.run("status").lines) == 4
    assert two_sessions.run("sessions", "clear", stdin="y\n").code == 0
    assert len(two_sessions.run("status").lines) == 1


def test_clearing_keeps_global_payloads(two_sessions: Project) -> None:
    two_sessions.run("payload", "set", "acme", "charges", "-", stdin="[]")
    ended = two_sessions.run("sessions", "clear", "--yes")
    assert (ended.code, ended.out) == (0, "Cleared 2 sessions.\n")
    assert two_sessions.run("payload", "get", "acme", "charges").code == 0


def test_one_session_can_be_deleted(two_sessions: Project) -> None:
    assert two_sessions.run("sessions", "delete", "older").code == 0
    again = two_sessions.run("sessions", "delete", "older")
    assert again.code == 1
    assert "'older'" in again.err
    assert len(two_sessions.run("status").lines) == 3


def test_the_database_is_found_in_data_and_in_the_folders_above(project: Project) -> None:
    (project.folder / "data").mkdir()
    (project.folder / "src").mkdir()
    project.run("payload", "set", "acme", "charges", "-", "--db", "data/imnot.db", stdin="1")
    assert project.run("payload", "get", "acme", "charges", folder="src").code == 0


def test_a_database_in_memory_cannot_be_looked_into(project: Project) -> None:
    ended = project.run("status", "--db", ":memory:")
    assert ended.code == 1
    assert "memory" in ended.err


def test_a_running_server_and_the_commands_see_the_same(project: Project) -> None:
    project.partner("acme", ACME)
    with project.started() as server:
        assert server.client.get("/v1/charges").status_code == 404
        project.run("payload", "set", "acme", "charges", "-", stdin='{"n":  1}')
        assert server.client.get("/v1/charges").text == '{"n":  1}'
        upload = server.client.post("/imnot/admin/acme/charges/payload/session", json=[])
        session = upload.json()["session_id"]
        assert session in project.run("status").out
        project.run("sessions", "clear", "--yes")
        assert server.client.get("/imnot/admin/sessions").json() == []


def test_the_bytes_are_kept(project: Project, tmp_path: Path) -> None:
    file = tmp_path / "p.json"
    file.write_bytes(b'\xef\xbb\xbf{ "b" : 1e2,\n "a":"\xc3\xa9" }\n')
    project.partner("acme", ACME)
    project.run("payload", "set", "acme", "charges", str(file))
    with project.started() as server:
        assert server.client.get("/v1/charges").content == b'{ "b" : 1e2,\n "a":"\xc3\xa9" }\n'


# Payloads that are no JSON


def test_a_payload_has_the_type_of_its_file(project: Project) -> None:
    (project.folder / "p.xml").write_bytes(b"\xef\xbb\xbf<a>\r\n\xc3\xa9</a>\r\n")
    assert project.run("payload", "set", "acme", "charges", "p.xml").code == 0
    shown = project.run("payload", "get", "acme", "charges")
    assert shown.code == 0
    assert "Content type: application/xml" in shown.lines
    assert "é</a>" in shown.out
    told = json.loads(project.run("payload", "get", "acme", "charges", "--json").out)
    assert told["payload"] == "\ufeff<a>\r\né</a>\r\n"
    assert (told["content_type"], told["encoding"]) == ("application/xml", "text")
    project.run("payload", "get", "acme", "charges", "--out", "copy.xml")
    assert (project.folder / "copy.xml").read_bytes() == (project.folder / "p.xml").read_bytes()


def test_a_binary_payload_is_written_to_a_file_only(project: Project) -> None:
    (project.folder / "dot.png").write_bytes(bytes(range(256)))
    assert project.run("payload", "set", "acme", "charges", "dot.png").code == 0
    shown = project.run("payload", "get", "acme", "charges")
    assert "256 bytes that are no text" in shown.out
    assert "--out FILE" in shown.out
    told = json.loads(project.run("payload", "get", "acme", "charges", "--json").out)
    assert b64decode(told["payload"]) == bytes(range(256))
    assert (told["content_type"], told["encoding"]) == ("image/png", "base64")


def test_the_type_of_a_payload_can_be_said(project: Project) -> None:
    upload = ("payload", "set", "acme", "charges", "-")
    assert project.run(*upload, "--content-type", "text/plain", stdin="hello").code == 0
    assert project.run("payload", "get", "acme", "charges", "--out", "-").out == "hello"
    refused = project.run(*upload, stdin="hello")
    assert refused.code == 1
    assert "--content-type" in refused.err
    wrong = project.run(*upload, "--content-type", "xml", stdin="hello")
    assert wrong.code == 1
    assert "'xml' is no content type" in wrong.err
    assert project.run("payload", "get", "acme", "charges", "--out", "-").out == "hello"


def test_a_running_server_serves_a_payload_of_any_type_at_once(project: Project) -> None:
    project.partner("acme", ACME)
    project.write("p.csv", "id;name\n")
    with project.started() as server:
        assert project.run("payload", "set", "acme", "charges", "p.csv").code == 0
        answer = server.client.get("/v1/charges")
        assert answer.text == "id;name\n"
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
