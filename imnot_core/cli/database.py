"""The database, for commands that look into it beside a running server or without one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from imnot_core.cli.failure import Failure
from imnot_core.cli.workspace import Workspace
from imnot_core.settings import find_database, store_scheme
from imnot_core.settings.places import MEMORY, is_file_database

if TYPE_CHECKING:
    from imnot_core.registry import Registry
    from imnot_core.store import Store

T = TypeVar("T")


def with_store(db: str | None, work: Callable[[Store], Awaitable[T]], *, create: bool = False) -> T:
    """Do something with the opened store of a database.

    Raises Failure when there is no such database and it is not to be created, and StoreError.
    """
    workspace = Workspace(db=db)
    found = find_database(workspace.settings.db, Path.cwd())
    if found == MEMORY:
        raise Failure("a database in memory can be seen by its own server only; name a file")
    if not create and is_file_database(found) and not Path(found).is_file():
        raise Failure(f"there is no database {found}; --db names another")

    async def run() -> T:
        async with opened_store(found, workspace.registry) as store:
            return await work(store)

    return asyncio.run(run())


@asynccontextmanager
async def opened_store(db: str, registry: Registry) -> AsyncIterator[Store]:
    """The store of a database, opened; closed on leaving. Raises StoreError and PluginError."""
    from imnot_core.clock import SystemClock

    store = registry.store(store_scheme(db))(db, SystemClock())
    await store.open()
    try:
        yield store
    finally:
        await store.close()
