"""Load by wrk: one thread, 32 connections, and the script that makes its requests."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.benchmarks.servers import BenchmarkFailed, Cores, Server, pinned

CONNECTIONS = 32

BUSY = 0.85
"""The share of its core that a server uses when nothing else keeps it, or wrk, from going on."""

INSTALL = (
    "this needs wrk, an HTTP load generator, and it is not installed.\n"
    "  Debian, Ubuntu: apt-get install wrk\n"
    "  Fedora:         dnf install wrk\n"
    "  macOS:          brew install wrk"
)

# With `request` wrk asks for each request; without it, it repeats one that it made before.
ROTATION = """
local requests, last = {}, 0
function init(args)
  for path in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format(nil, path)
  end
end
function request()
  last = last % #requests + 1
  return requests[last]
end
"""


@dataclass(frozen=True)
class Load:
    """Requests that differ in their paths alone, sent one after the other on each connection.

    `refused` says that they are to be answered with a status of 400 or more.
    """

    paths: Sequence[str]
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    refused: bool = False

    def filled(self, values: Mapping[str, str]) -> Load:
        """The load with `{name}` in its headers replaced."""
        headers = {name: text.format_map(values) for name, text in self.headers.items()}
        return replace(self, headers=headers)

    def script(self) -> str:
        """The Lua script for wrk."""
        lines = [f"wrk.method = {_lua(self.method)}"]
        lines += [f"wrk.headers[{_lua(name)}] = {_lua(v)}" for name, v in self.headers.items()]
        if self.body:
            lines.append(f"wrk.body = {_lua(self.body)}")
        return "\n".join(lines) + "\n" + (ROTATION if len(self.paths) > 1 else "")


@dataclass(frozen=True)
class Speed:
    """What one run of wrk found; `cpu` is the server's processor time per request in seconds."""

    rate: float
    cpu: float | None = None

    @property
    def is_disturbed(self) -> bool:
        """Whether the server had its core, or wrk its own, only for a part of the time."""
        return self.cpu is not None and self.rate * self.cpu < BUSY


def is_installed() -> bool:
    """Whether wrk can be run."""
    return shutil.which("wrk") is not None


def run(load: Load, server: Server, seconds: float, folder: Path, cores: Cores) -> Speed:
    """Put load on a server for that long, whole seconds. Raises BenchmarkFailed for any error."""
    script, paths = folder / "load.lua", folder / "paths.txt"
    script.write_text(load.script(), encoding="utf-8")
    paths.write_text("".join(f"{path}\n" for path in load.paths), encoding="utf-8")
    url = f"http://127.0.0.1:{server.port}{load.paths[0]}"
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:.0f}s", "-s", str(script), url]
    before = server.cpu_seconds()
    with pinned(cores.load):
        process = subprocess.Popen([*command, "--", str(paths)], stdout=subprocess.PIPE, text=True)
    output, _ = process.communicate()
    after = server.cpu_seconds()
    if process.returncode:
        raise BenchmarkFailed(f"{' '.join(command)} ended with {process.returncode}")
    rate, requests = parsed(output, refused=load.refused)
    cpu = None if before is None or after is None else (after - before) / requests
    return Speed(rate, cpu)


def parsed(output: str, *, refused: bool = False) -> tuple[float, int]:
    """Requests per second, and requests in all, of what wrk printed.

    Raises BenchmarkFailed where it tells of errors, or, unless all are to be `refused`, of answers
    that are none of success.
    """
    for trouble in ("Socket errors",) if refused else ("Non-2xx or 3xx responses", "Socket errors"):
        if found := re.search(rf"{trouble}: (.+)", output):
            raise BenchmarkFailed(f"wrk met with {found[0].strip()}")
    rate = re.search(r"^Requests/sec:\s+([\d.]+)$", output, re.MULTILINE)
    total = re.search(r"^\s*(\d+) requests in ", output, re.MULTILINE)
    if not rate or not total or not int(total[1]):
        raise BenchmarkFailed(f"wrk printed no rate:\n{output}")
    return float(rate[1]), int(total[1])


def _lua(text: str) -> str:
    # A JSON string is a Lua string as long as it is printable ASCII.
    if not (text.isascii() and text.isprintable()):
        raise ValueError(f"{text!r} cannot be written into a script for wrk")
    return json.dumps(text)
