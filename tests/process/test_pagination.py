"""Cursors over several processes, and over the sudden end of them."""

from __future__ import annotations

from typing import Any

from tests.process.command import Project, Server, kill_group

PARTNER = """\
partner: acme
datapoints:
  - name: events
    pattern: paginated
    pagination: {style: cursor, items_field: items, cursor_field: next}
    endpoints: [{method: GET, path: /events}]
"""
CLOSE = {"Connection": "close"}
"""A connection of its own for every request, so that any of the processes may take it."""


def found(server: Server, query: str) -> Any:
    answer = server.client.get(f"/events?{query}", headers=CLOSE)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_cursors_are_those_of_all_workers_and_outlive_them(project: Project) -> None:
    project.partner("acme", PARTNER)
    project.write("imnot.toml", "[pagination]\ndefault_limit = 7\n")
    with project.started("--workers", "2") as server:
        server.client.post("/imnot/admin/acme/events/payload", json=[*range(200)])
        cursor, walked = "", []
        while cursor is not None:
            page = found(server, f"cursor={cursor}&limit=10")
            walked += page["items"]
            cursor = page["next"]
        kept = found(server, "")["next"]
        kill_group(server.process.pid)

    assert walked == [*range(200)]
    with project.started("--workers", "2") as server:
        assert found(server, f"cursor={kept}")["items"] == [*range(7, 14)]
