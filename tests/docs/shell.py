"""The reader's machine: a bash that is given one block of commands after another, and a port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

DEADLINE = 60.0
MARK = "--- the block has ended with"


class Shell:
    """One bash, so that a block sees the variables of those before it."""

    def __init__(self, process: subprocess.Popen[bytes], scripts: Path) -> None:
        self._process = process
        self._scripts = scripts

    def run(self, text: str, *, may_fail: bool) -> tuple[int, str]:
        """Run commands; returns the exit code and what was printed on stdout and stderr.

        The first command that fails ends the bash, unless it may.
        """
        script = self._scripts / "block.sh"
        script.write_text(text, encoding="utf-8")
        errors = "set +e" if may_fail else "set -e"
        command = f"{errors}; . '{script}' </dev/null; printf '\\n{MARK} %s\\n' $?\n"
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        watchdog = threading.Timer(DEADLINE, self._process.kill)
        watchdog.start()
        try:
            stdin.write(command.encode())
            stdin.flush()
            return self._read(stdout)
        finally:
            watchdog.cancel()

    def _read(self, stdout: IO[bytes]) -> tuple[int, str]:
        printed = ""
        for line in stdout:
            text = line.decode(errors="replace")
            if text.startswith(MARK):
                return int(text.removeprefix(MARK)), printed
            printed += text
        return self._process.wait(), printed  # `set -e` has ended it


@contextmanager
def bash(folder: Path, variables: Mapping[str, str]) -> Iterator[Shell]:
    """Start a bash in a folder, for as long as the context is open."""
    with tempfile.TemporaryDirectory() as scripts:
        # On a terminal curl shows no progress; here it would.
        (Path(scripts) / ".curlrc").write_text("silent\nshow-error\n", encoding="utf-8")
        process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env={**variables, "CURL_HOME": scripts},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # A group of its own: what it left in the background ends with it.
            start_new_session=True,
        )
        try:
            yield Shell(process, Path(scripts))
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def reader_variables(port: int) -> dict[str, str]:
    """The environment of a reader who has just installed imnot, with a port of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("IMNOT_")}
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    local = {"NO_PROXY": "localhost,127.0.0.1", "no_proxy": "localhost,127.0.0.1"}
    plain = {"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "100", "PYTHONUNBUFFERED": "1"}
    return {**kept, **local, **plain, "PATH": programs, "IMNOT_PORT": str(port)}


@contextmanager
def reserved_port() -> Iterator[int]:
    """Choose a free port; on Linux nobody else is given it as long as the context is open."""
    with socket.socket() as placeholder:
        placeholder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        placeholder.bind(("127.0.0.1", 0))
        port: int = placeholder.getsockname()[1]
        if sys.platform != "linux":
            placeholder.close()  # elsewhere the server could not bind beside it
        yield port
