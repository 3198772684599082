"""An API plugin that keeps notes for everybody and a journal, named directly by a test."""

from __future__ import annotations

from typing import Any

from imnot_core import Document, Mirror, Reply, Request, Services


class Notes:
    """Answers what no partner does: PUT makes a note, DELETE drops it, GET tells all there is."""

    name = "notes"
    prefixes: tuple[str, ...] = ()
    api_version = 1
    mirror: Mirror[str]
    services: Services

    def controllers(self, services: Services) -> list[Any]:
        """Serve no admin requests."""
        self.services = services
        self.known: dict[str, str] = {}
        self.mirror = services.mirror(
            "notes", _text, added=self.known.__setitem__, removed=lambda key, _: self.forget(key)
        )
        return []

    def forget(self, key: str) -> None:
        """Drop what the mirror says is gone."""
        del self.known[key]

    async def respond(self, request: Request) -> Reply:
        """Answer any consumer request."""
        await self.mirror.refresh()
        owner = request.session or ""
        if request.method == "PUT":
            await self.mirror.put(request.path, request.body, owner=owner)
        elif request.method == "DELETE":
            await self.mirror.delete(request.path)
        await self.services.journal.add(request, source=self.name, status=200)
        told = {"notes": self.known, "options": self.services.options.get(self.name, {})}
        if request.path == "/journal":
            entries = await self.services.journal.list(self.name)
            told["journal"] = {each.id: each.path for each in entries}
        return Reply.json(told)


def _text(document: Document) -> str:
    return document.value.decode()
