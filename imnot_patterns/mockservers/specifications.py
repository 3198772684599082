"""The texts of specifications: kept for the next generation, and in no process's memory."""

from __future__ import annotations

from typing import Final

from imnot_core import Store

NAMESPACE: Final = "mock-server-specifications"


class Specifications:
    """The texts, under the id of their mock server and a name of their own."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def keep(self, server_id: str, name: str, text: str) -> str:
        """Keep a text; returns its name."""
        await self._store.put(NAMESPACE, f"{server_id}/{name}", text.encode())
        return name

    async def text(self, server_id: str, name: str) -> str | None:
        """The text of that name, if it is still there."""
        value = await self._store.get(NAMESPACE, f"{server_id}/{name}")
        return None if value is None else value.decode()

    async def delete(self, server_id: str, *, but: str = "") -> None:
        """Forget the texts of a mock server, but for the one of that name."""
        for document in await self._store.scan(NAMESPACE, f"{server_id}/", values=False):
            if document.key != f"{server_id}/{but}":
                await self._store.delete(NAMESPACE, document.key)
