"""Real servers for the tests of stubs, and the shortest way to make a stub."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from imnot_core.testing import ServerProcess


def server(folder: Path, *args: str, **options: Any) -> ServerProcess:
    """A server without partners; its database is in the folder unless another one is named."""
    partners = folder / "partners"
    partners.mkdir(exist_ok=True)
    db = options.pop("db", folder / "imnot.db")
    return ServerProcess(partners, args=args, db=db, cwd=folder, **options)


def response(body: Any = "here", status_code: int = 200, **headers: str) -> dict[str, Any]:
    """The action that answers a body."""
    return {"response": {"status_code": status_code, "headers": headers, "body": body}}


def create(
    running: ServerProcess,
    request: dict[str, Any],
    action: dict[str, Any] | None = None,
    *,
    scope: str = "",
    **fields: Any,
) -> str:
    """Make a stub and return its id."""
    payload = {"request": request, "action": action or response(), **fields}
    headers = {scope: "1"} if scope else {}
    answer = fresh(running, "POST", "/__mock__/stubs", json=payload, headers=headers)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["stub_id"])


def fresh(running: ServerProcess, method: str, path: str, **options: Any) -> httpx.Response:
    """A request over a connection of its own, so that any worker may get it."""
    return httpx.request(method, f"{running.url}{path}", timeout=20, **options)
