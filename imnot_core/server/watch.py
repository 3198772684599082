"""`--reload`: partner files that change are brought into effect while the server goes on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from imnot_core.errors import ImnotError
from imnot_core.partners import PARTNER_FILE
from imnot_core.reload import changes
from imnot_core.server.deployer import Deployer

# In milliseconds. A save is often several events, which are gathered; and because some never come
# (a file in a folder that is a moment old, a folder mounted into a container), the files are looked
# at every half a second all the same.
GATHER = 150
STEP = 50
LOOK = 500

Snapshot = dict[str, tuple[int, int, int]]


@asynccontextmanager
async def watch(deployer: Deployer, log: logging.Logger) -> AsyncIterator[None]:
    """Reload when a partner file, or a file that one reads, changes, while the context is open."""
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
        if await _stopped_within(stop, LOOK / 1000):
            return
    seen: Snapshot = {}
    async for _ in awatch(
        deployer.folder,
        watch_filter=None,
        debounce=GATHER,
        step=STEP,
        rust_timeout=LOOK,
        yield_on_timeout=True,
        stop_event=stop,
    ):
        found = _snapshot(deployer)
        if found != seen:
            seen = found
            await _apply(deployer, log)


def _snapshot(deployer: Deployer) -> Snapshot:
    """What tells whether a partner file, or a file that one reads, was changed, made or deleted."""
    found = {}
    for file in _watched(deployer):
        with suppress(OSError):  # deleted at this moment
            state = file.stat()
            found[str(file)] = state.st_mtime_ns, state.st_size, state.st_ino
    return found


def _watched(deployer: Deployer) -> Iterator[Path]:
    yield from deployer.folder.glob(f"*/{PARTNER_FILE}")
    for partner in deployer.current.partners:
        yield from partner.files.paths()
    # What was refused may have named a file that is not there yet.
    for source in {each.source for each in deployer.current.refused}:
        yield from Path(source).parent.rglob("*")


async def _apply(deployer: Deployer, log: logging.Logger) -> None:
    try:
        async with deployer.exclusive():
            previous = await deployer.reload()
    except (ImnotError, OSError) as error:
        log.error("the partner files could not be reloaded: %s", error)  # noqa: TRY400 - says it all
        return
    current = deployer.current
    made = changes(previous, current)
    if (current.sources, current.files) != (previous.sources, previous.files):
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
