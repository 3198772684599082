"""The admin routes of a `crud` datapoint: to look at all items, load them, and begin again."""

from __future__ import annotations

from typing import Any

from imnot_core import AdminRoute, Reply, ReplyError, Request
from imnot_patterns.crud.collection import Collection
from imnot_patterns.crud.items import Wrong


def admin_routes(collection: Collection) -> tuple[AdminRoute, ...]:
    """What tests do with the items of the session that the header names, or of none."""

    async def show(_request: Request) -> Reply:
        return Reply.json(await collection.all())

    async def load(request: Request) -> Reply:
        try:
            count = await collection.replace_all(request.json())
        except Wrong as error:
            detail = f"The items cannot be loaded: {error.place or 'the body'} {error}"
            raise ReplyError(400, detail) from None
        return _told(count)

    async def empty(_request: Request) -> Reply:
        await collection.empty()
        return _told(0)

    async def reset(_request: Request) -> Reply:
        return _told(await collection.reset())

    return (
        AdminRoute("GET", "/items", show, "Show all items"),
        AdminRoute("PUT", "/items", load, "Replace all items"),
        AdminRoute("DELETE", "/items", empty, "Delete all items"),
        AdminRoute("POST", "/reset", reset, "Begin again with the seed"),
    )


def _told(count: int) -> Reply:
    answer: dict[str, Any] = {"status": "ok", "items": count}
    return Reply.json(answer)
