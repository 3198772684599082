"""An API plugin whose answers take a minute of the session's time, named directly by a test."""

from __future__ import annotations

import os
from typing import Any

from imnot_core import Job, Reply, Request, Services, instant


class Reminders:
    """Answers any POST at once, and a minute later says so to whoever sends a GET."""

    name = "reminders"
    prefixes: tuple[str, ...] = ()
    api_version = 1
    services: Services

    def controllers(self, services: Services) -> list[Any]:
        """Serve no admin requests."""
        self.services = services
        return []

    async def respond(self, request: Request) -> Reply:
        """Answer any consumer request."""
        session, store = request.session or "", self.services.store
        if request.method == "GET":
            await self.services.live.refresh()
            time = self.services.live.clock(request.session).time()
            found = await store.scan("reminders", f"{session}\0")
            told = {"now": instant(time), "reminders": [each.value.decode() for each in found]}
            return Reply.json(told)

        async def remind() -> None:
            key, by = f"{session}\0{request.path}", str(os.getpid()).encode()
            await store.put("reminders", key, by, owner=session)

        return Reply.json({"by": os.getpid()}, after=(Job("remind", remind, delay=60),))
