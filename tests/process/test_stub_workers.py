"""Stubs over several workers, restarts and kills: one server to whoever looks."""

from __future__ import annotations

import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from imnot_core.testing import ServerFailed
from tests.process.command import Project
from tests.process.stub_servers import create, fresh, response, server


def test_a_stub_is_there_at_the_next_request_to_any_worker(tmp_path: Path) -> None:
    with server(tmp_path, "--workers", "3") as running:
        for number in range(25):
            stub = create(running, {"path": f"/now/{number}"})
            for _ in range(4):
                assert fresh(running, "GET", f"/now/{number}").text == "here"
            deleted = fresh(running, "DELETE", f"/__mock__/stubs/{stub}")
            assert deleted.json() == {"success": True, "stub_id": stub}
            for _ in range(4):
                assert fresh(running, "GET", f"/now/{number}").status_code == 404


def test_scopes_are_the_same_for_every_worker(tmp_path: Path) -> None:
    with server(tmp_path, "--workers", "3") as running:
        for number in range(8):
            name = f"team-{number}"
            created = fresh(running, "POST", "/__mock__/scopes", json={"name": name})
            assert created.status_code == 201
            create(running, {"path": "/mine"}, response(name), scope=name)
            for _ in range(4):
                assert fresh(running, "GET", "/mine", headers={name: "1"}).text == name
            assert fresh(running, "DELETE", f"/__mock__/scopes/{name}").status_code == 200
            for _ in range(4):
                assert fresh(running, "GET", "/mine", headers={name: "1"}).status_code == 404


@pytest.mark.parametrize("workers", ["1", "3"])
def test_max_calls_is_exact_under_concurrency(tmp_path: Path, workers: str) -> None:
    with server(tmp_path, "--workers", workers) as running:
        create(running, {"path": "/few", "method": "GET"}, response("first"), max_calls=10)
        create(running, {"path": "/few"}, response("second"), max_calls=5)
        with ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(lambda _: fresh(running, "GET", "/few").text, range(60)))
        counted = {text: answers.count(text) for text in set(answers)}
        assert counted == {"first": 10, "second": 5, "NO_STUB_MATCH_FOUND": 45}


@pytest.mark.parametrize("workers", ["1", "3"])
def test_the_journal_is_complete_for_whoever_asks_after_the_answer(
    tmp_path: Path, workers: str
) -> None:
    with server(tmp_path, "--workers", workers) as running:
        create(running, {"path": "/j/{n}"})

        def ask(number: int) -> None:
            fresh(running, "GET", f"/j/{number}")
            body = {"path": f"/j/{number}", "times": 1}
            for _ in range(2):
                asserted = fresh(running, "POST", "/__mock__/assert", json=body)
                assert asserted.json() == {"result": True}

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(ask, range(60)))
        listed = fresh(running, "GET", "/__mock__/requests").json()["requests"]
        assert sorted(each["path"] for each in listed) == sorted(f"/j/{n}" for n in range(60))


def test_the_journal_is_bounded(tmp_path: Path) -> None:
    with server(tmp_path, "--journal-size", "20") as running:
        for number in range(50):
            running.get(f"/{number}")
        listed = running.get("/__mock__/requests").json()["requests"]
        assert [each["path"] for each in listed] == [f"/{number}" for number in range(30, 50)]


def test_stubs_and_scopes_survive_a_restart(tmp_path: Path) -> None:
    with server(tmp_path) as running:
        running.post("/__mock__/scopes", json={"name": "team-a"})
        create(running, {"path": "/global"}, max_calls=2)
        create(running, {"path": "/mine"}, scope="team-a")
        assert running.get("/global").status_code == 200
        before = running.get("/__mock__/stubs", headers={"team-a": "1"}).json()
        running.restart()
        assert running.get("/__mock__/stubs", headers={"team-a": "1"}).json() == before
        assert running.get("/__mock__/scopes").json() == {"scopes": ["team-a"]}
        assert running.get("/mine", headers={"team-a": "1"}).text == "here"
        assert [running.get("/global").status_code for _ in range(2)] == [200, 404]
        journal = running.get("/__mock__/requests").json()["requests"]
        assert [each["path"] for each in journal] == ["/global"] * 3


def test_in_memory_everything_is_forgotten(tmp_path: Path) -> None:
    with server(tmp_path, db=Path(":memory:")) as running:
        create(running, {"path": "/x"})
        assert running.get("/x").status_code == 200
        running.restart()
        assert running.get("/x").status_code == 404


@pytest.mark.parametrize("workers", ["1", "2"])
def test_what_was_answered_survives_a_kill(tmp_path: Path, workers: str) -> None:
    with server(tmp_path, "--workers", workers) as running:
        made: list[str] = []
        stop = threading.Event()

        def make() -> None:
            while not stop.is_set():
                try:
                    made.append(create(running, {"path": f"/{len(made)}"}))
                except Exception:  # noqa: BLE001 - the server is gone
                    return

        thread = threading.Thread(target=make)
        thread.start()
        while len(made) < 40:
            thread.join(0.01)
        running.kill()
        stop.set()
        thread.join()
        running.start()
        listed = {each["stub_id"] for each in running.get("/__mock__/stubs").json()["stubs"]}
        assert set(made) <= listed


def test_deleting_a_session_takes_its_stubs_whoever_does_it(project: Project) -> None:
    project.folder.joinpath("partners").mkdir()
    with server(project.folder, "--workers", "2") as running:
        payload = {"request": {"path": "/s"}, "action": response("of the session")}
        for over_http in (True, False):
            session = running.post("/imnot/admin/sessions").json()["session_id"]
            header = {"X-Imnot-Session": session}
            made = fresh(running, "POST", "/__mock__/stubs", json=payload, headers=header)
            assert made.status_code == 200
            assert fresh(running, "GET", "/s", headers=header).text == "of the session"
            assert fresh(running, "GET", "/s").status_code == 404
            if over_http:
                fresh(running, "DELETE", f"/imnot/admin/sessions/{session}")
            else:
                project.run("sessions", "delete", session)
            for _ in range(4):
                assert fresh(running, "GET", "/s", headers=header).status_code == 404


# Files of stubs


STUBS = """\
stubs:
  - stub_id: hello
    request: {path: "/hello/{name}"}
    action:
      response:
        status_code: 200
        headers: {}
        template_body: "hello {{ request.path_params.name }}"
  - request: {path: /other}
    action: {response: {status_code: 204, headers: {}, body: ""}}
"""


@pytest.mark.parametrize("workers", ["1", "3"])
def test_stubs_of_a_file_are_there_from_the_first_request(tmp_path: Path, workers: str) -> None:
    file = tmp_path / "stubs.yaml"
    file.write_text(STUBS)
    with server(tmp_path, "--stubs", str(file), "--workers", workers) as running:
        assert fresh(running, "GET", "/hello/ada").text == "hello ada"
        listed = fresh(running, "GET", "/__mock__/stubs").json()["stubs"]
        assert [each["request"]["path"] for each in listed] == ["/hello/{name}", "/other"]
        create(running, {"path": "/made"})
        file.write_text(STUBS.replace("/other", "/changed"))
        running.restart()
        listed = fresh(running, "GET", "/__mock__/stubs").json()["stubs"]
        paths = [each["request"]["path"] for each in listed]
        assert sorted(paths) == ["/changed", "/hello/{name}", "/made"]


OLD_DROP = """\
- request: {}
  action: {response: {status_code: 200, headers: {}, body: x}}
  chaos: {connection_drop: {}}
"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[{scope: a, request: {}, action: {}}]", "cannot define scope"),
        ("- request: {path: 5}\n  action: {}\n", "Invalid stub payload"),
        (OLD_DROP, "chaos.faults.connection_drop"),
        ("{", "stubs.yaml:"),
    ],
)
def test_a_file_that_is_wrong_ends_the_start_and_says_where(
    tmp_path: Path, text: str, words: str
) -> None:
    (tmp_path / "stubs.yaml").write_text(text)
    with pytest.raises(ServerFailed, match="ended with exit code 1") as failure:  # noqa: SIM117
        with server(tmp_path, "--stubs", "stubs.yaml"):
            pass
    assert words in str(failure.value)
    assert "stubs.yaml" in str(failure.value)
    assert "Traceback" not in str(failure.value)


def test_a_server_is_told_to_stop_while_an_answer_is_delayed(tmp_path: Path) -> None:
    with server(tmp_path) as running:
        chaos = {"latency": {"base_ms": 300}}
        create(running, {"path": "/slow"}, chaos=chaos)
        with ThreadPoolExecutor(1) as pool:
            pending = pool.submit(fresh, running, "GET", "/slow")
            while not running.get("/__mock__/requests").json()["requests"]:
                pass
            running.stop(signal.SIGTERM)
            assert pending.result().text == "here"
        assert "Traceback" not in running.log
