"""Server processes, each pinned to the core that is for servers, on a free port of this machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

BARE = Path(__file__).with_name("bare.py")
DEADLINE = 60.0
INTERVAL = 0.002


class BenchmarkFailed(Exception):
    """Something could not be measured; the message says what and why."""


@dataclass(frozen=True)
class Cores:
    """Which core is for the server and which for the load; None where they cannot be chosen."""

    server: int | None
    load: int | None

    @classmethod
    def of_machine(cls) -> Cores:
        """The first and the last of those that this process may use."""
        if not hasattr(os, "sched_getaffinity"):
            return cls(None, None)
        allowed = sorted(os.sched_getaffinity(0))
        return cls(allowed[0], allowed[-1])

    @property
    def are_apart(self) -> bool:
        """Whether server and load have a core each."""
        return self.server is not None and self.server != self.load


@contextmanager
def pinned(core: int | None) -> Iterator[None]:
    """Let the processes that are started meanwhile run on that core alone."""
    if core is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Server:
    """A server that answers. `seconds` is how long it took from its start until then."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, seconds: float) -> None:
        self._process = process
        self.port = port
        self.seconds = seconds

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def ask(
        self,
        method: str,
        path: str,
        body: str | bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes]:
        """Send one request; status and body of the answer."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        try:
            connection.request(method, path, body or None, dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def post(self, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> bytes:
        """Send an admin request. Raises BenchmarkFailed for any answer but 200."""
        status, answer = self.ask("POST", path, body, headers)
        if status != 200:
            raise BenchmarkFailed(f"POST {path} was answered {status}: {answer.decode()}")
        return answer

    def memory(self) -> float:
        """The memory that it holds (RSS), in MB of 1,000,000 bytes."""
        command = ("ps", "-o", "rss=", "-p", str(self.pid))
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        return int(shown) * 1024 / 1e6

    def cpu_seconds(self) -> float | None:
        """The processor time that it has used so far; None where the system does not tell."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2]
        except OSError:
            return None
        user, system = fields.split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


@contextmanager
def running(
    command: Callable[[int], Sequence[str]], log: Path, cores: Cores, path: str = "/healthz"
) -> Iterator[Server]:
    """Start a server and wait until it answers; stop it at the end.

    `command` makes the command line from the port. Raises BenchmarkFailed with the end of its log.
    """
    port = _free_port()
    with log.open("ab") as output, pinned(cores.server):
        began = time.perf_counter()
        process = subprocess.Popen(
            command(port),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=log.parent,
            env=environment(),
        )
    try:
        _wait(process, port, path, log)
        yield Server(process, port, time.perf_counter() - began)
    finally:
        _stop(process)


def environment() -> dict[str, str]:
    """The environment without what would change imnot's settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("IMNOT_")}


def bare(port: int) -> Sequence[str]:
    """The command that starts the bare callable."""
    return (sys.executable, "-P", str(BARE), str(port))


def imnot() -> tuple[str, ...]:
    """The `imnot` command of the environment that this runs in, as its users call it."""
    return (str(Path(sys.executable).with_name("imnot")),)


def imnot_start(partners: Path, database: Path) -> Callable[[int], Sequence[str]]:
    """What makes the command that serves a partners folder on a port."""

    def command(port: int) -> Sequence[str]:
        places = ("--partners-dir", str(partners), "--db", str(database))
        return (*imnot(), "start", "--port", str(port), *places)

    return command


def _free_port() -> int:
    with socket.socket() as placeholder:
        placeholder.bind(("127.0.0.1", 0))
        return int(placeholder.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], port: int, path: str, log: Path) -> None:
    give_up = time.monotonic() + DEADLINE
    while not _answers(port, path):
        ended = process.poll() is not None
        if ended or time.monotonic() > give_up:
            what = f"ended with {process.returncode}" if ended else f"is silent for {DEADLINE:g} s"
            tail = log.read_text(encoding="utf-8", errors="replace")[-2000:]
            raise BenchmarkFailed(f"a server {what}: {process.args!r}\n{tail}")
        time.sleep(INTERVAL)


def _answers(port: int, path: str) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=DEADLINE)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
