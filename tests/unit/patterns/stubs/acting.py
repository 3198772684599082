"""What the tests of actions share: an action without a server, and one with a real server."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import httpx
import msgspec

from imnot_core import Reply, Request
from imnot_core.testing import ManualClock, ServerProcess
from imnot_patterns.stubs.actions import Answering, action_faults, answerer
from imnot_patterns.stubs.seen import Seen
from imnot_patterns.stubs.stub import Action
from tests.unit.patterns.stubs import actions_plugin


def no_client() -> httpx.AsyncClient:
    raise AssertionError("this action needs no client")


def answering(clock: ManualClock | None = None, seed: int = 7) -> Answering:
    return Answering(clock or ManualClock(), Random(seed), lambda: "an-id", no_client)


def action(**parts: Any) -> Action:
    return msgspec.convert(parts, Action)


def faults(**parts: Any) -> dict[str, str]:
    """The faults of an action: field to message and hint."""
    found = action_faults(action(**parts))
    return {field: f"{message}; {hint}" if hint else message for field, message, hint in found}


async def answer(
    action: Action,
    request: Request,
    *,
    params: Mapping[str, str] | None = None,
    scope: str | None = None,
    using: Answering | None = None,
) -> Reply:
    act = answerer(action, using or answering())
    return await act(Seen.of(request), request, dict(params or {}), scope)


async def body_of(reply: Reply) -> bytes:
    """The body, of a stream too."""
    if reply.stream is None:
        return reply.body
    return b"".join([chunk async for chunk in reply.stream()])


@contextmanager
def serving(folder: Path, *endpoints: Mapping[str, Any], port: int = 0) -> Iterator[ServerProcess]:
    """Run a server with these endpoints of the pattern `act`."""
    (folder / "partners" / "acme").mkdir(parents=True)
    datapoint = {"name": "things", "pattern": "act", "endpoints": endpoints}
    partner = {"partner": "acme", "datapoints": [datapoint]}
    # JSON is YAML, too.
    (folder / "partners" / "acme" / "partner.yaml").write_text(json.dumps(partner))
    shutil.copy(actions_plugin.__file__, folder / "actions_plugin.py")
    args = ("--plugin", "actions_plugin:Act")
    process = ServerProcess(folder / "partners", args=args, cwd=folder)
    process.port = port
    with process as server:
        yield server


def exchange(port: int, sent: bytes) -> bytes:
    """Send bytes to a server of this machine, and return all that comes until it closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(sent)
        received = b""
        while data := connection.recv(65536):
            received += data
        return received
