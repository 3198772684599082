"""The real server: the `imnot start` command in a process of its own, on a free port."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from imnot_core.testing.remote import Remote

PROGRAM = (sys.executable, "-P", "-m", "imnot_core")
HOST = "127.0.0.1"
ADDRESS = re.compile(rb"Starting imnot on http://[^\s/]+:(\d+)")
"""What `imnot start` says first, as soon as it has its address."""
INTERVAL = 0.02
TAIL = 40


class ServerFailed(Exception):
    """The server did not start; the message has the command and the end of its log."""


class ServerProcess(Remote):
    """A server started from the command line, within `with`; what it leaves behind is deleted.

    It has a port, a database and a log of its own, so that any number run side by side::

        with ServerProcess(Path("partners")) as server:
            server.upload("bookingco", "charges", {"charges": []})
            assert server.get("/bookingco/v1/charges").json() == {"charges": []}

    `partners` is the partners folder. `args` are more arguments of `imnot start`; `cwd` is where it
    runs (imnot.toml is looked for from there on); `db` is the database file, by default a temporary
    one; `env` adds environment variables; `deadline` is how many seconds it may take to start, and
    again to stop. An admin key comes from `admin_key` alone, not from the environment of the test.
    """

    def __init__(
        self,
        partners: Path,
        *,
        args: Sequence[str] = (),
        admin_key: str = "",
        db: Path | None = None,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        deadline: float = 20.0,
        program: Sequence[str] = PROGRAM,
    ) -> None:
        super().__init__(httpx.Client(timeout=deadline), admin_key)
        self._partners = partners.absolute()
        self._args = tuple(args)
        self._db = db
        self._cwd = cwd
        self._env = {**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})}
        self._env.pop("IMNOT_ADMIN_KEY", None)
        if admin_key:
            self._env["IMNOT_ADMIN_KEY"] = admin_key
        self._deadline = deadline
        self._program = tuple(program)
        self._stack = ExitStack()
        self._folder: Path
        self._process: subprocess.Popen[bytes] | None = None
        self._final_log: str | None = None
        self._begin = 0
        self.port = 0
        self.command: tuple[str, ...] = ()

    @property
    def pid(self) -> int:
        """The number of the process, also of one that has ended."""
        return self._running().pid

    @property
    def log(self) -> str:
        """All that the server has written to its standard output and error."""
        return self._read_log() if self._final_log is None else self._final_log

    def start(self) -> None:
        """Start the server and return when it answers. Raises ServerFailed when it does not."""
        self._spawn()
        give_up = time.monotonic() + self._deadline
        while not self._is_ready():
            if _has_ended(self._running()):
                code = self.kill()
                raise self._failure(f"ended with exit code {code} before it answered")
            if time.monotonic() > give_up:
                raise self._failure(f"did not answer within {self._deadline:g} s")
            time.sleep(INTERVAL)

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        """End the server as an operator does. Returns its exit code, negative for a signal.

        One that has not ended at the deadline is killed, and ServerFailed raised.
        """
        process = self._running()
        process.send_signal(with_signal)
        give_up = time.monotonic() + self._deadline
        while not _has_ended(process):
            if time.monotonic() > give_up:
                self.kill()
                after = f"{self._deadline:g} s after {with_signal.name}"
                raise self._failure(f"had not ended {after}, and was killed")
            time.sleep(INTERVAL)
        return self.kill()

    def kill(self) -> int:
        """End the server, and whatever processes it began, without a chance to clean up.

        Returns the exit code, which is its own if it had ended before.
        """
        process = self._running()
        if process.returncode is None:
            _kill_group(process)
        return process.wait()

    def restart(self) -> None:
        """Start the server again, same address and database; stop it before if it still runs."""
        self._end()
        self.start()

    def __enter__(self) -> Self:
        temporary = tempfile.TemporaryDirectory(prefix="imnot-", ignore_cleanup_errors=True)
        self._folder = Path(self._stack.enter_context(temporary))
        self._stack.callback(self.client.close)
        try:
            self.start()
        except BaseException:
            with self._stack:
                if self._process is not None:
                    self.kill()
                    self._final_log = self._read_log()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._stack:
            self._end()
            self._final_log = self._read_log()

    def _end(self) -> None:
        process = self._running()
        if process.returncode is None and not _has_ended(process):
            self.stop()
        else:
            self.kill()  # the processes that it began, should there be any left

    @property
    def _log(self) -> Path:
        return self._folder / "server.log"

    def _read_log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("the server was not started: use `with ServerProcess(...)`")
        return self._process

    def _spawn(self) -> None:
        database = self._db or self._folder / "imnot.db"
        self.command = (
            *self._program, "start", "--host", HOST, "--port", str(self.port),
            "--partners-dir", str(self._partners), "--db", str(database), *self._args,
        )  # fmt: skip
        with self._log.open("ab") as log:
            self._begin = log.tell()
            self._process = subprocess.Popen(  # noqa: S603 - the command is the test's own
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._cwd,
                env=self._env,
                # A group of its own: its workers can be killed with it, and Ctrl-C reaches pytest
                # alone, which then stops it in order.
                start_new_session=True,
            )

    def _is_ready(self) -> bool:
        # It takes its address before it says it, so nobody else can be the one who answers there.
        announced = ADDRESS.search(self._log.read_bytes(), self._begin)
        if announced is None:
            return False
        self.port = int(announced[1])
        self.client.base_url = f"http://{HOST}:{self.port}"
        return _answers(self.port)

    def _failure(self, what: str) -> ServerFailed:
        lines = self.log.splitlines()
        end = "\n".join(f"    {line}" for line in lines[-TAIL:]) or "    (nothing)"
        return ServerFailed(f"the server {what}\n  {' '.join(self.command)}\n  its log:\n{end}")


def _answers(port: int) -> bool:
    connection = HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Tell whether a process has ended, and keep its number from being given to another one."""
    if not hasattr(os, "waitid"):
        return process.poll() is not None
    flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
    return process.returncode is not None or os.waitid(os.P_PID, process.pid, flags) is not None


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    if os.name != "posix":
        process.kill()
        return
    with suppress(ProcessLookupError, PermissionError):  # nobody is left in it
        os.killpg(process.pid, signal.SIGKILL)
