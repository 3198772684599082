"""What the templates are given."""

from __future__ import annotations

from typing import Any, Final

from imnot_core import ReplyError, Services
from imnot_patterns.stubs.analysis import warnings_for
from imnot_patterns.stubs.engine import StubEngine
from imnot_patterns.stubs.pages.details import as_json, request_detail
from imnot_patterns.stubs.pages.rows import StubRow, owner_of, request_row, scope_row, stub_row
from imnot_patterns.stubs.stub import Stub
from imnot_patterns.stubs.wire.listing import listed_stub

STUBS_SHOWN: Final = 200
REQUESTS_SHOWN: Final = 100

Context = dict[str, Any]


class Views:
    """Reads from the engine what a page shows. The newest always comes first."""

    def __init__(self, engine: StubEngine, services: Services) -> None:
        self._engine = engine
        self._services = services

    async def refresh(self) -> None:
        """See what other workers changed."""
        await self._engine.refresh()

    def existing(self, name: str) -> str:
        """The scope of that name, in whatever case; "" stays "". Raises ReplyError (404)."""
        if name and name.lower() not in self._engine.scopes():
            raise ReplyError(404, f"Scope '{name}' was not found")
        return name.lower()

    async def stubs(self, scope: str = "", message: str = "") -> Context:
        """All stubs, or those in effect for a scope: first its own, then those of everybody."""
        if scope:
            stubs = self._engine.stubs(scope)
            stubs.reverse()
            stubs.sort(key=lambda stub: not stub.owner)
        else:
            stubs = list(self._engine.all_stubs())
            stubs.reverse()
        return {
            "scope": scope,
            "stubs": [await self._row(stub, scope) for stub in stubs[:STUBS_SHOWN]],
            "stub_count": len(stubs),
            "stubs_message": message,
        }

    async def requests(self, scope: str = "") -> Context:
        """The latest requests of all, or those of a scope and after them those of nobody."""
        if scope:
            found = await self._engine.requests(scope, newest=REQUESTS_SHOWN + 1)
            found.reverse()
            found.sort(key=lambda seen: not seen.entry.owner)
        else:
            found = await self._engine.all_requests(newest=REQUESTS_SHOWN + 1)
            found.reverse()
        return {
            "scope": scope,
            "requests": [request_row(each) for each in found[:REQUESTS_SHOWN]],
            "request_count": len(found) if len(found) <= REQUESTS_SHOWN else f"{REQUESTS_SHOWN}+",
        }

    def scopes(self, message: str = "") -> Context:
        """All scopes, in order of creation."""
        return {
            "scopes": [scope_row(name) for name in self._engine.scopes()],
            "scopes_message": message,
        }

    async def stub(self, stub_id: str) -> Context:
        """All of a stub. Raises ReplyError (404)."""
        entry = self._engine.index.entries.get(stub_id)
        if entry is None:
            raise ReplyError(404, f"Stub '{stub_id}' was not found")
        stub = entry.stub
        listed = listed_stub(stub, entry.matcher.wire)
        action = {name: value for name, value in listed["action"].items() if value is not None}
        matched = {name: value for name, value in listed["request"].items() if value is not None}
        return {
            "stub": stub,
            "owner": owner_of(stub.scope, stub.session),
            "uses": await self._uses(stub),
            "warnings": self._warnings(stub),
            "request_json": as_json(matched),
            "action_json": as_json(action),
            "chaos_json": as_json(listed["chaos"]) if listed["chaos"] else "",
        }

    async def request(self, request_id: str) -> Context:
        """All of a journaled request. Raises ReplyError (404)."""
        seen = await self._engine.request(request_id)
        if seen is None:
            raise ReplyError(404, f"Request '{request_id}' was not found")
        return {"detail": request_detail(seen)}

    async def _row(self, stub: Stub, scope: str) -> StubRow:
        return stub_row(stub, await self._uses(stub), self._warnings(stub), scope)

    async def _uses(self, stub: Stub) -> str:
        if stub.max_calls is None:
            return ""
        return f"{await self._engine.calls(stub)} of {stub.max_calls}"

    def _warnings(self, stub: Stub) -> list[str]:
        entry = self._engine.index.entries.get(stub.id)
        if entry is None:
            return []
        return warnings_for(entry, self._engine.index, self._services.routes)
