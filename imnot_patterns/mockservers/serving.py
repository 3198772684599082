"""Answering what is sent to mock servers, below `/mocked/{id}`."""

from __future__ import annotations

from typing import Final

from imnot_core import Reply, Request
from imnot_patterns.mockservers.hosts import Host
from imnot_patterns.mockservers.logs import Logs
from imnot_patterns.mockservers.registry import MockServers

PREFIX: Final = "/mocked"


async def respond(servers: MockServers, logs: Logs, request: Request) -> Reply:
    """Answer with the route of the mock server that the path names, or with 404."""
    await servers.refresh()
    server_id, path = _addressed(request.path)
    host = servers.host(server_id)
    if host is None:
        return Reply.json({"detail": f"There is no mock server {server_id!r}"}, 404)
    route = host.find(request.method, path)
    reply = _missing(host, request.method, path) if route is None else route.reply
    await logs.add(server_id, request, path, route, reply.status)
    return reply


def _addressed(path: str) -> tuple[str, str]:
    """The id of the mock server, and the path below its URL."""
    before, prefix, rest = path.partition(f"{PREFIX}/")
    if before or not prefix:
        return "", "/"
    server_id, _, below = rest.partition("/")
    return server_id, f"/{below}"


def _missing(host: Host, method: str, path: str) -> Reply:
    near = [f"{each.method} {each.path}" for each in host.nearest(method, path)]
    nearest = f"; the nearest: {', '.join(near)}" if near else ""
    return Reply.json({"detail": f"There is no route for {method} {path}{nearest}"}, 404)
