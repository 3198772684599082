from __future__ import annotations

import os
import re
import signal
import socket
import sys
from pathlib import Path

import httpx
import pytest

from imnot_core.testing import ServerFailed, ServerProcess
from tests.support import eventually
from tests.unit.testing.samples import CHARGES

# Stands for `imnot`: it answers like it at /healthz, and misbehaves as its first argument says.
PROGRAM = """
import os, signal, subprocess, sys, time
from http.server import BaseHTTPRequestHandler, HTTPServer

manner, _, *arguments = sys.argv[1:]
options = dict(zip(arguments[::2], arguments[1::2]))
print("manner", manner, "key", os.environ.get("IMNOT_ADMIN_KEY"), flush=True)
if manner == "fails":
    sys.exit("imnot: cannot read partners")
if manner == "is-mute":
    time.sleep(60)
if manner == "ignores-signals":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if manner == "has-a-child":
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    print("child", subprocess.Popen(command).pid, flush=True)
if manner == "ends-in-order":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))

class Exchange(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(options["--db"].encode())

server = HTTPServer((options["--host"], int(options["--port"])), Exchange)
print(f"Starting imnot on http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
"""


@pytest.fixture
def program(tmp_path: Path) -> tuple[str, ...]:
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    return (sys.executable, str(script))


@pytest.fixture
def partners(tmp_path: Path) -> Path:
    return tmp_path / "partners"


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"


def child_of(server: ServerProcess) -> int:
    (found,) = re.findall(r"child (\d+)", server.log)
    return int(found)


def test_it_answers_within_with_and_is_gone_afterwards(
    program: tuple[str, ...], partners: Path
) -> None:
    with ServerProcess(partners, program=(*program, "behaves")) as server:
        assert server.get("/healthz").status_code == 200
        pid, url, database = server.pid, server.url, Path(server.get("/healthz").text)
        assert is_alive(pid)
        assert database.parent.is_dir()
    assert not is_alive(pid)
    assert not database.parent.exists()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/healthz")


def test_one_that_does_not_start_fails_with_its_command_and_the_end_of_its_log(
    program: tuple[str, ...], partners: Path
) -> None:
    with (
        pytest.raises(ServerFailed) as failed,
        ServerProcess(partners, program=(*program, "fails"), args=["--log", "x"]),
    ):
        pass
    message = str(failed.value)
    assert "exit code 1" in message
    assert f"--partners-dir {partners}" in message
    assert "--log x" in message
    assert "cannot read partners" in message


def test_one_that_never_answers_fails_at_the_deadline_and_is_gone(
    program: tuple[str, ...], partners: Path
) -> None:
    server = ServerProcess(partners, program=(*program, "is-mute"), deadline=0.5)
    with pytest.raises(ServerFailed, match=r"did not answer within 0\.5 s"), server:
        pass
    assert not is_alive(server.pid)
    assert "manner is-mute" in server.log


def test_restart_keeps_address_and_database(program: tuple[str, ...], partners: Path) -> None:
    with ServerProcess(partners, program=(*program, "behaves")) as server:
        pid, url, database = server.pid, server.url, server.get("/healthz").text
        server.restart()
        assert server.pid != pid
        assert server.url == url
        assert server.get("/healthz").text == database
        server.kill()
        server.restart()
        assert server.get("/healthz").text == database


def test_stop_returns_the_exit_code(program: tuple[str, ...], partners: Path) -> None:
    with ServerProcess(partners, program=(*program, "ends-in-order")) as server:
        assert server.stop() == 0
        server.restart()
        assert server.kill() == -signal.SIGKILL
    with ServerProcess(partners, program=(*program, "behaves")) as server:
        assert server.stop(signal.SIGTERM) == -signal.SIGTERM


def test_one_that_does_not_stop_is_killed_and_reported(
    program: tuple[str, ...], partners: Path
) -> None:
    server = ServerProcess(partners, program=(*program, "ignores-signals"), deadline=2)
    with pytest.raises(ServerFailed, match="was killed"), server:
        pass
    assert not is_alive(server.pid)


def test_its_own_processes_go_with_it(program: tuple[str, ...], partners: Path) -> None:
    with ServerProcess(partners, program=(*program, "has-a-child")) as server:
        child = child_of(server)
        assert is_alive(child)
    eventually(lambda: not is_alive(child))


def test_they_go_even_if_the_server_died_by_itself(
    program: tuple[str, ...], partners: Path
) -> None:
    with ServerProcess(partners, program=(*program, "has-a-child")) as server:
        child = child_of(server)
        os.kill(server.pid, signal.SIGKILL)
    eventually(lambda: not is_alive(child))


def test_the_admin_key_is_that_of_the_test_alone(
    program: tuple[str, ...], partners: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMNOT_ADMIN_KEY", "the-users")
    with ServerProcess(partners, program=(*program, "behaves")) as server:
        assert "the-users" not in server.log
    with ServerProcess(partners, program=(*program, "behaves"), admin_key="mine") as server:
        assert "key mine" in server.log


def test_several_run_side_by_side(program: tuple[str, ...], partners: Path) -> None:
    def server() -> ServerProcess:
        return ServerProcess(partners, program=(*program, "behaves"))

    with server() as one, server() as other:
        assert one.url != other.url
        assert one.get("/healthz").text != other.get("/healthz").text


def test_before_it_is_started_there_is_nothing_to_stop(partners: Path) -> None:
    with pytest.raises(RuntimeError, match="with ServerProcess"):
        ServerProcess(partners).stop()


def test_a_program_that_is_not_there_is_told_as_such(partners: Path) -> None:
    with (
        pytest.raises(FileNotFoundError, match="no-such-program"),
        ServerProcess(partners, program=("no-such-program",)),
    ):
        pass


def test_a_port_that_was_taken_while_it_was_stopped_is_told(
    program: tuple[str, ...], partners: Path
) -> None:
    with ServerProcess(partners, program=(*program, "behaves")) as server:
        server.stop()
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", server.port))
            other.listen()
            with pytest.raises(ServerFailed, match="in use"):
                server.restart()
        server.restart()
        assert server.get("/healthz").status_code == 200


def test_the_real_server_with_its_workers(tmp_path: Path) -> None:
    folder = tmp_path / "partners" / "bookingco"
    folder.mkdir(parents=True)
    (folder / "partner.yaml").write_text(CHARGES)
    args = ["--workers", "2"]
    with ServerProcess(folder.parent, args=args, admin_key="k", cwd=tmp_path) as server:
        server.upload("bookingco", "charges", [1])
        with server.session() as session:
            session.upload("bookingco", "charges", [2])
            assert server.get("/charges", session=session).json() == [2]
        assert [server.get("/charges").json() for _ in range(4)] == [[1]] * 4
        assert server.stop() == -signal.SIGTERM
        server.restart()
        assert server.get("/charges").json() == [1]
        server.kill()
        server.restart()
        assert server.get("/charges").json() == [1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["partners"]
