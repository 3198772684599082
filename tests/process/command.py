"""The installed `imnot` command, run as a user runs it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.support import eventually

IMNOT = Path(sys.executable).parent / "imnot"
DEADLINE = 30.0

ACME = """\
partner: acme
description: An example
datapoints:
  - name: token
    pattern: oauth
    endpoints:
      - {method: POST, path: /oauth/token}
  - name: charges
    pattern: fetch
    endpoints:
      - {method: GET, path: /v1/charges}
  - name: export
    pattern: async
    endpoints:
      - {step: 1, method: POST, path: /exports, response: {generates_id: true, id_body_field: id}}
      - {step: 2, method: GET, path: "/exports/{id}", response: {returns_payload: true}}
"""


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


@dataclass
class Server:
    """A running `imnot start`, its first line read already."""

    process: subprocess.Popen[str]
    first_line: str
    log_file: Path
    client: httpx.Client

    @property
    def url(self) -> str:
        return str(self.client.base_url)

    @property
    def log(self) -> str:
        """What it wrote on stderr."""
        return self.log_file.read_text(encoding="utf-8")

    def end(self, with_signal: signal.Signals) -> int:
        self.process.send_signal(with_signal)
        return self.process.wait(DEADLINE)


@dataclass
class Project:
    """A folder in which commands are run."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    def partner(self, name: str, text: str) -> Path:
        """Put a partner file there."""
        file = self.folder / "partners" / name / "partner.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def write(self, name: str, text: str) -> Path:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def run(self, *arguments: str, stdin: str = "", folder: str = ".") -> Ended:
        """Run a command until it ends."""
        done = subprocess.run(
            [str(IMNOT), *arguments],
            cwd=self.folder / folder,
            env=self._environment(),
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=DEADLINE,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    @contextmanager
    def started(self, *arguments: str, ready: bool = True) -> Iterator[Server]:
        """Run `imnot start` on a free port; what is left of it at the end is killed."""
        log = self.folder.parent / f"{time.monotonic_ns()}.log"
        with (
            log.open("w", encoding="utf-8") as stderr,
            subprocess.Popen(
                [str(IMNOT), "start", "--port", "0", *arguments],
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                start_new_session=True,
            ) as process,
        ):
            try:
                assert process.stdout is not None
                first = process.stdout.readline().rstrip("\n")
                found = re.search(r"http://\S+", first)
                assert found, f"{first!r} names no address\n{log.read_text(encoding='utf-8')}"
                with httpx.Client(base_url=found[0], timeout=DEADLINE) as client:
                    server = Server(process, first, log, client)
                    if ready:
                        eventually(lambda: client.get("/healthz").is_success, DEADLINE)
                    yield server
            finally:
                kill_group(process.pid)

    def _environment(self) -> Mapping[str, str]:
        kept = {key: text for key, text in os.environ.items() if not key.startswith("IMNOT_")}
        return {**kept, "NO_COLOR": "1", "COLUMNS": "100", **self.env}


def kill_group(number: int) -> None:
    """Kill a process that leads a group, and all that it began."""
    try:
        os.killpg(number, signal.SIGKILL)
    except ProcessLookupError:
        return
