"""`imnot start` and `imnot stop`: the address, the signals, the log, the pid file."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.process.command import ACME, Project
from tests.support import eventually

BOTH = pytest.mark.parametrize("workers", [1, 2])


@pytest.fixture
def acme(project: Project) -> Project:
    project.partner("acme", ACME)
    return project


def at_work(workers: int) -> tuple[str, ...]:
    return ("--workers", str(workers))


# The beginning


def test_the_first_line_names_the_address_that_is_served(acme: Project) -> None:
    with acme.started() as server:
        assert re.fullmatch(r"Starting imnot on http://127\.0\.0\.1:[1-9]\d+", server.first_line)
        assert server.client.post("/oauth/token").status_code == 200


def test_the_real_port_is_in_the_addresses_that_clients_are_given(acme: Project) -> None:
    with acme.started() as server:
        collection = server.client.get("/imnot/admin/postman").json()
    port = server.url.rpartition(":")[2]
    assert collection["variable"][0]["value"] == f"http://localhost:{port}"


def test_an_answer_has_only_the_headers_of_the_mock(acme: Project) -> None:
    with acme.started() as server:
        headers = server.client.post("/oauth/token").headers
    assert set(headers) == {"content-type", "content-length"}


def test_without_a_partners_folder_it_starts_empty_and_says_so(project: Project) -> None:
    with project.started() as server:
        assert server.client.get("/imnot/admin/partners").json() == []
        assert "no partners folder" in server.log
        answer = server.client.post("/imnot/admin/partners", content=ACME)
        assert answer.status_code == 201
        assert server.client.post("/oauth/token").status_code == 200


def test_a_partner_that_is_refused_is_named_in_one_line(acme: Project) -> None:
    file = acme.partner("wrong", "partner: wrong\n")
    with acme.started() as server:
        assert server.client.post("/oauth/token").status_code == 200
        lines = [line for line in server.log.splitlines() if str(file) in line]
    assert len(lines) == 1
    assert lines[0].startswith("ERROR:")
    assert "`datapoints`" in lines[0]


def test_a_named_plugin_that_cannot_be_used_is_told(acme: Project) -> None:
    with acme.started("--plugin", "nowhere:Nothing") as server:
        assert "'nowhere:Nothing'" in server.log


def test_serving_to_the_network_without_a_key_is_warned_of(acme: Project) -> None:
    with acme.started("--host", "0.0.0.0", ready=False) as server:
        assert "admin key" in server.log
    with acme.started("--host", "0.0.0.0", "--admin-key", "k", ready=False) as server:
        assert "admin key" not in server.log


@BOTH
def test_the_admin_key_protects_and_is_never_logged(acme: Project, workers: int) -> None:
    acme.env["IMNOT_ADMIN_KEY"] = "s3cret-key"
    with acme.started(*at_work(workers), "--log-requests") as server:
        get = server.client.get
        assert get("/imnot/admin/partners").status_code == 401
        headers = {"Authorization": "Bearer s3cret-key"}
        assert get("/imnot/admin/partners", headers=headers).status_code == 200
        arguments = Path(f"/proc/{server.process.pid}/cmdline")
        assert not arguments.exists() or b"s3cret" not in arguments.read_bytes()
        assert server.end(signal.SIGTERM) == -signal.SIGTERM
        assert server.process.stdout is not None
        assert "s3cret" not in server.log + server.process.stdout.read()


@pytest.mark.parametrize(("flag", "lines"), [("--log-requests", 1), ("--no-log-requests", 0)])
@BOTH
def test_requests_are_logged_if_asked_for(
    acme: Project, flag: str, lines: int, workers: int
) -> None:
    with acme.started(flag, *at_work(workers)) as server:
        server.client.post("/oauth/token?a=b")
        server.end(signal.SIGTERM)
        assert server.process.stdout is not None
        logged = server.process.stdout.read()
    assert logged.count('"POST /oauth/token?a=b HTTP/1.1" 200') == lines


# What keeps it from starting


def test_a_taken_port_is_named(acme: Project) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        ended = acme.run("start", "--port", address.partition(":")[2])
    assert ended.code == 3
    assert address in ended.err
    assert ended.out == ""
    assert not (acme.folder / "imnot.pid").exists()


@BOTH
def test_a_database_that_cannot_be_opened_is_one_message(acme: Project, workers: int) -> None:
    acme.write("imnot.db", "certainly not a database, but long enough to look into\n" * 9)
    ended = acme.run("start", "--port", "0", *at_work(workers))
    assert ended.code == 1
    assert ended.err.count("not a SQLite database") == 1
    assert "Traceback" not in ended.err
    assert not (acme.folder / "imnot.pid").exists()


FAILING = """
from contextlib import asynccontextmanager
from imnot_core import API_VERSION, Compiled, Datapoint, Endpoint, Reply


class Config(Datapoint, frozen=True, kw_only=True):
    pass


class Failing:
    name = "failing"
    aliases = ()
    api_version = API_VERSION
    config = Config
    example = "{name: a, pattern: failing}"

    @asynccontextmanager
    async def lifespan(self, services):
        raise ValueError("no such device")
        yield

    def compile(self, datapoint, context):
        async def answer(request):
            return Reply.empty()

        return Compiled((Endpoint("GET", "/failing", answer),))
"""


@BOTH
def test_a_plugin_that_cannot_start_ends_the_server_with_one_message(
    acme: Project, workers: int
) -> None:
    acme.write("mine.py", FAILING)
    acme.partner("failing", "partner: f\ndatapoints:\n  - {name: a, pattern: failing}\n")
    ended = acme.run("start", "--port", "0", "--plugin", "mine:Failing", *at_work(workers))
    assert ended.code == 1
    errors = [line for line in ended.err.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 1
    assert "'failing'" in errors[0]
    assert "no such device" in errors[0]
    assert "Traceback" not in ended.err


def test_several_workers_need_a_database_that_they_can_share(acme: Project) -> None:
    ended = acme.run("start", "--workers", "2", "--db", ":memory:")
    assert ended.code == 1
    assert ":memory:" in ended.err


def test_an_impossible_port_is_a_usage_error(acme: Project) -> None:
    assert acme.run("start", "--port", "99999").code == 2


# The end


@BOTH
def test_ctrl_c_is_a_clean_end(acme: Project, workers: int) -> None:
    with acme.started(*at_work(workers)) as server:
        assert (acme.folder / "imnot.pid").read_text().strip() == str(server.process.pid)
        assert server.end(signal.SIGINT) == 0
        assert "Traceback" not in server.log
    assert not (acme.folder / "imnot.pid").exists()


@BOTH
def test_sigterm_closes_everything_and_is_what_the_server_dies_of(
    acme: Project, workers: int
) -> None:
    with acme.started(*at_work(workers)) as server:
        eventually(lambda: server.log.count("Application startup complete") == workers)
        assert server.end(signal.SIGTERM) == -signal.SIGTERM
        assert server.log.count("Application shutdown complete") == workers
        assert "Traceback" not in server.log
        assert "leaked" not in server.log
    assert not (acme.folder / "imnot.pid").exists()
    assert sorted(each.name for each in acme.folder.iterdir()) == ["imnot.db", "partners"]


def test_a_running_request_is_answered_before_the_end(acme: Project) -> None:
    acme.write("slow.py", SLOW)
    acme.partner("slow", "partner: s\ndatapoints:\n  - {name: a, pattern: slow}\n")
    with acme.started("--plugin", "slow:Slow") as server:
        answered = subprocess.Popen(
            [sys.executable, "-c", ASK, f"{server.url}/slow"], stdout=subprocess.PIPE, text=True
        )
        eventually((acme.folder / "asked").exists)
        assert server.end(signal.SIGTERM) == -signal.SIGTERM
        assert answered.communicate(timeout=10)[0] == "204\n"


ASK = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).status)"
SLOW = (
    FAILING.replace("Failing", "Slow")
    .replace("failing", "slow")
    .replace('raise ValueError("no such device")\n', "")
    .replace(
        "return Reply.empty()",
        "import asyncio, pathlib; pathlib.Path('asked').touch(); await asyncio.sleep(0.5);"
        " return Reply.empty(204)",
    )
)


# stop


def test_stop_ends_the_server_of_the_project(acme: Project) -> None:
    with acme.started() as server:
        (acme.folder / "src").mkdir()
        ended = acme.run("stop", folder="src")
        assert ended.code == 0
        assert server.process.wait(10) == -signal.SIGTERM
    assert not (acme.folder / "imnot.pid").exists()
    assert acme.run("stop").code == 1


def test_stop_finds_the_pid_file_beside_the_database(acme: Project) -> None:
    (acme.folder / "data").mkdir()
    with acme.started("--db", "data/mocks.db") as server:
        assert (acme.folder / "data" / "mocks.pid").is_file()
        assert acme.run("stop", "--db", "data/mocks.db").code == 0
        assert server.process.wait(10) == -signal.SIGTERM


def test_stop_takes_the_pid_file_that_is_named(acme: Project) -> None:
    with acme.started("--db", "other.db") as server:
        assert acme.run("stop", "--pid-file", "other.pid").code == 0
        assert server.process.wait(10) == -signal.SIGTERM


@pytest.mark.parametrize("content", ["", "many", "-1"])
def test_stop_refuses_what_is_no_number(acme: Project, content: str) -> None:
    acme.write("imnot.pid", content)
    assert acme.run("stop").code == 1


def test_stop_removes_the_file_of_a_server_that_is_gone(acme: Project) -> None:
    with acme.started() as server:
        server.process.kill()
        server.process.wait()
    assert (acme.folder / "imnot.pid").exists()
    assert acme.run("stop").code == 0
    assert not (acme.folder / "imnot.pid").exists()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc")
def test_stop_never_ends_a_stranger_that_was_given_the_number(acme: Project) -> None:
    with subprocess.Popen(["sleep", "60"]) as stranger:
        acme.write("imnot.pid", str(stranger.pid))
        ended = acme.run("stop")
        assert stranger.poll() is None
        stranger.kill()
    assert ended.code == 1
    assert str(stranger.pid) in ended.err
    assert (acme.folder / "imnot.pid").exists()


STUBBORN = "import signal, sys, time; signal.signal(15, signal.SIG_IGN); print(flush=True)"


def test_stop_gives_up_after_the_time_that_the_settings_name(acme: Project) -> None:
    acme.write("imnot.toml", "[server]\nstop_timeout_seconds = 0.2\n")
    command = [sys.executable, "-c", f"{STUBBORN}; time.sleep(60)", "imnot"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as stubborn:
        assert stubborn.stdout is not None
        stubborn.stdout.readline()
        acme.write("imnot.pid", str(stubborn.pid))
        ended = acme.run("stop")
        stubborn.kill()
    assert ended.code == 1
    assert "still there" in ended.err
    assert (acme.folder / "imnot.pid").exists()


def test_a_second_server_leaves_the_pid_file_of_the_first_alone(acme: Project) -> None:
    file = acme.folder / "imnot.pid"
    with acme.started() as first:
        with acme.started() as second:
            assert file.read_text().strip() == str(first.process.pid)
            assert str(first.process.pid) in second.log
            second.end(signal.SIGINT)
        assert file.read_text().strip() == str(first.process.pid)


def test_a_stale_pid_file_is_taken_over(acme: Project) -> None:
    acme.write("imnot.pid", "999999999\n")
    with acme.started() as server:
        assert (acme.folder / "imnot.pid").read_text().strip() == str(server.process.pid)


# --reload


@BOTH
def test_with_reload_a_changed_file_is_served(acme: Project, workers: int) -> None:
    with acme.started("--reload", *at_work(workers)) as server:
        acme.partner(
            "beta", ACME.replace("acme", "beta").replace(": /", ": /b/").replace('"/', '"/b/')
        )
        eventually(lambda: server.client.post("/b/oauth/token").status_code == 200)
