"""Brings partner files into effect: at start, at reload, on registration, and in every worker.

Workers share a *manifest* in the store: the texts in effect, the contents of the files that they
name, and their number. The worker that changes something writes it; the others see the new number
before their next request, and build their table from the same. Nothing is ever taken from a file
that another worker did not take.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import msgspec

from imnot_core.clock import Clock
from imnot_core.compiler import Compiler
from imnot_core.errors import Problem, StoreError
from imnot_core.models import Source
from imnot_core.partners import read_folder
from imnot_core.reload import Deployment, deploy
from imnot_core.store import Store

NAMESPACE = "deployments"
LOCK_SECONDS = 30.0
LOCK_RETRY = 0.02


class Manifest(msgspec.Struct, frozen=True):
    """What the workers of one server agree on."""

    number: int
    sources: tuple[Source, ...]
    refused: tuple[Problem, ...]
    clashes: tuple[Problem, ...]
    files: dict[str, dict[str, bytes]]


class Deployer:
    """Holds the deployment in effect; `current` is replaced by one assignment.

    `run` is the name that the workers of one server share; "" for a server of one process.
    `deployed` is awaited with each new deployment before it takes effect.
    """

    def __init__(
        self,
        *,
        folder: Path,
        compiler: Compiler,
        store: Store,
        clock: Clock,
        run: str,
        deployed: Callable[[Deployment], Awaitable[None]],
    ) -> None:
        self.current = Deployment()
        self.folder = folder
        self.compiler = compiler
        self.shared = bool(run)
        self._store = store
        self._clock = clock
        self._run = run
        self._deployed = deployed
        self._number = 0
        self._token = -1
        self._lock = asyncio.Lock()

    async def start(self) -> None:
        """Deploy the folder, or what the other workers already have in effect."""
        async with self.exclusive():
            if not self._number:
                await self.reload()

    async def refresh(self) -> None:
        """See what other workers deployed. Cheap when nothing was written anywhere."""
        token = await self._store.change_token()
        if token == self._token:
            return
        # Without the lock, so that no request waits while this worker reads its files.
        if await self._store.get(NAMESPACE, f"{self._run}/number") != str(self._number).encode():
            async with self._lock:
                await self._follow()
        self._token = token

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[None]:
        """Hold everybody else off, also in other workers, while the files are changed."""
        async with self._lock:
            if not self.shared:
                yield
                return
            key, holder = f"{self._run}/lock", uuid4().hex.encode()
            await self._acquire(key, holder)
            try:
                await self._follow()
                yield
            finally:
                if await self._store.get(NAMESPACE, key) == holder:
                    await self._store.delete(NAMESPACE, key)

    async def reload(self) -> Deployment:
        """Read the folder again and deploy it; call it within `exclusive`.

        Raises OSError when the folder cannot be read. Nothing changes then.
        """
        previous = self.current
        await self._take(await asyncio.to_thread(self._read, previous))
        return previous

    async def put(self, sources: Sequence[Source], changed: str) -> Deployment:
        """Deploy these texts in place of the present ones, within `exclusive`; returns the old.

        `changed` is the name of the file that was written or deleted: what keeps other files from
        being served still does.
        """
        previous = self.current
        given = {each.source.name: each.files.taken for each in previous.partners}
        given.pop(changed, None)
        built = await asyncio.to_thread(deploy, sources, self.compiler, previous, given=given)
        problems = (*_of_others(previous.problems, changed), *built.problems)
        clashes = (*_of_others(previous.clashes, changed), *built.clashes)
        await self._take(replace(built, problems=problems, clashes=clashes))
        return previous

    async def _take(self, deployment: Deployment) -> None:
        await self._deployed(deployment)
        if self.shared:
            await self._publish(deployment)
        self.current = deployment

    def _read(self, previous: Deployment) -> Deployment:
        if self.folder.is_dir() or previous.partners:
            list(self.folder.iterdir())  # glob would be silent about a folder that can't be read
        self.compiler.refresh()
        sources, unreadable = read_folder(self.folder)
        return deploy(sources, self.compiler, previous, unreadable)

    async def _publish(self, deployment: Deployment) -> None:
        manifest = Manifest(
            self._number + 1,
            deployment.sources,
            deployment.problems,
            deployment.clashes,
            deployment.files,
        )
        await self._store.put(NAMESPACE, f"{self._run}/manifest", msgspec.json.encode(manifest))
        number = str(manifest.number).encode()
        await self._store.put(NAMESPACE, f"{self._run}/number", number)
        self._number = manifest.number

    async def _follow(self) -> None:
        number = await self._store.get(NAMESPACE, f"{self._run}/number")
        if number is None or int(number) == self._number:
            return
        raw = await self._store.get(NAMESPACE, f"{self._run}/manifest")
        manifest = msgspec.json.decode(raw or b"", type=Manifest)
        self.compiler.refresh()
        given = {each.name: manifest.files.get(each.name, {}) for each in manifest.sources}
        built = await asyncio.to_thread(
            deploy, manifest.sources, self.compiler, self.current, given=given
        )
        built = replace(built, problems=manifest.refused, clashes=manifest.clashes)
        await self._deployed(built)
        self.current, self._number = built, manifest.number

    async def _acquire(self, key: str, holder: bytes) -> None:
        # A worker that was killed while it held the lock loses it when the document expires.
        deadline = asyncio.get_running_loop().time() + 2 * LOCK_SECONDS
        while not await self._store.compare_and_set(
            NAMESPACE, key, None, holder, expires_at=self._clock.time() + LOCK_SECONDS
        ):
            if asyncio.get_running_loop().time() > deadline:
                raise StoreError("another worker does not finish its reload; try again")
            await asyncio.sleep(LOCK_RETRY)


def _of_others(problems: Iterable[Problem], file: str) -> list[Problem]:
    return [each for each in problems if each.source != file]
