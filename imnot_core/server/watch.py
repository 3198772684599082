"""`--reload`: partner files that change are brought into effect while the server goes on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from imnot_core.errors import ImnotError
from imnot_core.reload import changes
from imnot_core.server.deployer import Deployer

# In milliseconds: how long changes are gathered. A save is often several events.
GATHER = 150
STEP = 50


@asynccontextmanager
async def watch(deployer: Deployer, log: logging.Logger) -> AsyncIterator[None]:
    """Reload when a YAML file below the partners folder changes, as long as the context is open."""
    stop = asyncio.Event()
    task = asyncio.create_task(_watch(deployer, log, stop), name="imnot watch")
    try:
        yield
    finally:
        stop.set()
        await task


async def _watch(deployer: Deployer, log: logging.Logger, stop: asyncio.Event) -> None:
    from watchfiles import awatch  # noqa: PLC0415 - only this option needs it

    while not deployer.folder.is_dir():
        if await _stopped_within(stop, 0.25):
            return
    await _apply(deployer, log)  # what changed before the watch began
    async for _ in awatch(
        deployer.folder,
        watch_filter=lambda _, path: path.endswith((".yaml", ".yml")) or "." not in path,
        debounce=GATHER,
        step=STEP,
        stop_event=stop,
    ):
        await _apply(deployer, log)


async def _apply(deployer: Deployer, log: logging.Logger) -> None:
    try:
        async with deployer.exclusive():
            previous = await deployer.reload()
    except (ImnotError, OSError) as error:
        log.error("the partner files could not be reloaded: %s", error)  # noqa: TRY400 - says it all
        return
    current = deployer.current
    made = changes(previous, current)
    if current.sources != previous.sources:
        log.info("reloaded: %d added, %d removed", len(made.added), len(made.removed))
    for problem in current.refused:
        if problem not in previous.refused:
            log.error("%s", problem)


async def _stopped_within(stop: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return False
    return True
