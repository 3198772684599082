"""Examples in the documentation, run as a reader would run them.

The words after the three backticks say what a block is:

- ```` ```bash ````: commands. All blocks of a series run in one bash, in one folder, with `set -e`.
  `exit=1` says that the last command ends with that code; `eventually` that the block may be
  repeated until it prints what is shown (for what happens in the background).
- ```` ```bash server ````: a command that runs on; the next block waits until it answers. A second
  one takes the place of the first.
- ```` ```yaml partners/acme/partner.yaml ````: the content of that file; with `append`, what is
  added at its end.
- ```` ```text output ```` (or `json output`): what the block before has printed, compared loosely:
  see `differences`.

Nothing else is run: `sh` is for commands that install something, or need a container or a cluster.

    run_series(blocks(CHECKOUT / "README.md", "Five minutes"), tmp_path)

The server listens on a free port; `localhost:8000` in commands and output stands for it.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Self

from tests.docs.comparison import differences
from tests.docs.markdown import Block, blocks
from tests.docs.shell import DEADLINE, bash, reader_variables, reserved_port
from tests.support import eventually

__all__ = ["Block", "Series", "blocks", "differences", "run_series"]

DOCUMENTED_PORT = 8000


def run_series(
    series: Iterable[Block], folder: Path, *, environment: Mapping[str, str] | None = None
) -> None:
    """Run the blocks of a series in a folder. Raises AssertionError that names the block."""
    with Series(folder, environment) as running:
        for block, output in _with_output(series):
            running.run(block, output)


class Series:
    """A reader at work: one folder, one bash, at most one server."""

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self._environment = environment or {}
        self._stack = ExitStack()
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._port = self._stack.enter_context(reserved_port())
        self._variables = {**reader_variables(self._port), **self._environment}
        self._shell = self._stack.enter_context(bash(self.folder, self._variables))
        temporary = self._stack.enter_context(tempfile.TemporaryDirectory())
        self._log = Path(temporary) / "server.log"
        self._stack.callback(self.stop_server)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def log(self) -> str:
        """What the present server has written so far."""
        if not self._log.exists():
            return ""
        return self._documented(self._log.read_text(encoding="utf-8", errors="replace"))

    def run(self, block: Block, output: Block | None = None) -> None:
        """Do what a block asks for, and compare what it prints with the output shown, if any."""
        if block.language == "bash":
            if "server" in block.words:
                self._start_server(block, output)
            else:
                self._run_commands(block, output)
        elif block.path:
            file = self.folder / block.path
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("a" if "append" in block.words else "w", encoding="utf-8") as stream:
                stream.write(block.text)

    def stop_server(self) -> None:
        """Stop the server, if one runs, as Ctrl-C does."""
        server, self._server = self._server, None
        if server is None or server.poll() is not None:
            return
        os.killpg(server.pid, signal.SIGINT)
        try:
            server.wait(DEADLINE)
        finally:
            if server.returncode is None:
                os.killpg(server.pid, signal.SIGKILL)

    def _start_server(self, block: Block, output: Block | None) -> None:
        self.stop_server()
        with self._log.open("wb") as log:
            self._server = subprocess.Popen(
                ["bash", "-c", self._real(block.text)],
                cwd=self.folder,
                env=self._variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        server = self._server
        eventually(lambda: server.poll() is not None or self._answers(), DEADLINE)
        if server.poll() is not None:
            raise AssertionError(f"{block}: the server has ended\n{self.log}")
        if output is not None:
            eventually(lambda: _same(output, self.log))

    def _run_commands(self, block: Block, output: Block | None) -> None:
        again = "eventually" in block.words

        def attempt() -> bool:
            expected = int(block.option("exit") or 0)
            printed = self.execute(block.text, expected=expected, name=block, again=again)
            return output is None or _same(output, printed)

        if again:
            eventually(attempt)
        else:
            attempt()

    def execute(
        self, commands: str, *, expected: int = 0, name: object = "it", again: bool = False
    ) -> str:
        """Run commands and return what they printed, on stdout and stderr.

        Raises AssertionError unless the last one ends with the expected exit code. After a failure
        only commands that may come `again` leave a bash that can be used.
        """
        may_fail = again or expected != 0
        code, printed = self._shell.run(self._real(commands), may_fail=may_fail)
        printed = self._documented(printed)
        if code != expected:
            said = f"{printed}\nthe server's log:\n{self.log}"
            raise AssertionError(f"{name} ended with exit code {code}\n{said}")
        return printed

    def _answers(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def _real(self, text: str) -> str:
        return re.sub(rf"\b(localhost|127\.0\.0\.1):{DOCUMENTED_PORT}\b", rf"\1:{self._port}", text)

    def _documented(self, text: str) -> str:
        return re.sub(rf"(?<=:){self._port}\b", str(DOCUMENTED_PORT), text)


def _same(output: Block, printed: str) -> bool:
    different = differences(output.text, printed)
    if different:
        raise AssertionError(f"{output}: something else is printed\n{different}")
    return True


def _with_output(series: Iterable[Block]) -> Iterator[tuple[Block, Block | None]]:
    """Each block to run, with the block that shows its output."""
    waiting: Block | None = None
    for block in series:
        if "output" in block.words:
            if waiting is None:
                raise AssertionError(f"{block} shows the output of nothing")
            yield waiting, block
            waiting = None
        else:
            if waiting is not None:
                yield waiting, None
            waiting = block
    if waiting is not None:
        yield waiting, None
