"""What a request gets that nothing answers: 405 with the methods there are, or 404 with a hint."""

from __future__ import annotations

from urllib.parse import unquote

from imnot_core.compiled import Target
from imnot_core.messages import Reply
from imnot_core.routes import RouteTable

SHOWN = 3


def unmatched(table: RouteTable[Target], method: str, raw_path: bytes) -> Reply:
    """Name the methods of the path, or the endpoints that come nearest."""
    path = unquote(raw_path.decode("latin-1"))
    if allowed := table.methods(raw_path):
        return _wrong_method(path, method, allowed)
    near = [each for each in table.nearest(method, path, 2 * SHOWN) if not each.target.admin]
    hint = (
        f"the nearest endpoints are {', '.join(map(str, near[:SHOWN]))}"
        if near
        else "no partner is loaded: register one with POST /imnot/admin/partners, or see"
        " GET /imnot/admin/problems for files that were refused"
    )
    return Reply.json({"detail": f"No endpoint answers {method} {path}; {hint}"}, 404)


def wrong_admin_method(table: RouteTable[Target], method: str, raw_path: bytes) -> Reply | None:
    """Say which methods the admin routes of a pattern have at a path; None where there is none."""
    matches = ((each, table.match(each, raw_path)) for each in table.methods(raw_path))
    allowed = [each for each, match in matches if match is not None and match.target.admin]
    return _wrong_method(unquote(raw_path.decode("latin-1")), method, allowed) if allowed else None


def _wrong_method(path: str, method: str, allowed: list[str]) -> Reply:
    listed = ", ".join(allowed)
    detail = f"{path} is not served for {method}, only for {listed}"
    return Reply.json({"detail": detail}, 405, {"Allow": listed})
