"""The API plugin `stubs`: `/__mock__`, the pages at `/__admin__`, and the answers of stubs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from imnot_core import API_VERSION, Reply, Request, Services, SettingsError
from imnot_patterns.stubs.controllers import controllers
from imnot_patterns.stubs.copying import copy_stubs
from imnot_patterns.stubs.engine import StubEngine, preloaded
from imnot_patterns.stubs.pages import TEMPLATES, page_controllers
from imnot_patterns.stubs.stub import Stub
from imnot_patterns.stubs.unanswered import unanswered
from imnot_patterns.stubs.wire.cautions import cautions
from imnot_patterns.stubs.wire.preload import load

INIT_FILE: Final = Path("/etc/init.d/stubs.json")
"""Stubs that a container brings along: loaded at every start, if it exists."""


class StubApi:
    """Stubs that are made over HTTP: criteria for requests, and what to answer."""

    name = "stubs"
    api_version = API_VERSION
    prefixes: tuple[str, ...] = ("/__mock__", "/__admin__")
    templates = TEMPLATES

    def __init__(self) -> None:
        self._engine: StubEngine | None = None

    def controllers(self, services: Services) -> Sequence[Any]:
        """The management endpoints and the pages."""
        self._engine = StubEngine(services)
        return [*controllers(self._engine, services), *page_controllers(self._engine, services)]

    async def respond(self, request: Request) -> Reply | None:
        """Answer with the stub that fits best."""
        return await self._running.respond(request)

    async def unanswered(self, request: Request, reply: Reply) -> Reply:
        """Journal what nobody answered, and say what came nearest."""
        return await unanswered(self._running, self._running.services, request, reply)

    async def copy_session(self, source: str, target: str) -> None:
        """Copy the stubs of a session."""
        await copy_stubs(self._running, source, target)

    @asynccontextmanager
    async def lifespan(self, services: Services) -> AsyncIterator[None]:
        """Load the stubs of files before the first request."""
        await self._running.refresh()
        stubs = _loaded(_files(services))
        new, gone = preloaded(stubs, self._running.all_stubs())
        for stub in gone:
            await self._running.remove(stub.id)
        for stub in new:
            for warning in (*cautions(stub), *await self._running.add(stub)):
                services.log.warning("%s: the stub %s: %s", stub.origin, stub.id, warning)
        yield

    @property
    def _running(self) -> StubEngine:
        if self._engine is None:
            raise RuntimeError("the stub API is asked before its server has started")
        return self._engine


def _loaded(files: Sequence[Path]) -> list[Stub]:
    """The stubs of all files. Raises SettingsError for two that have one id."""
    found: dict[str, tuple[Stub, Path]] = {}
    for file in files:
        for stub in load(file):
            if stub.id in found:
                raise SettingsError(
                    f"{file}: the stub id {stub.id!r} is taken by a stub of {found[stub.id][1]};"
                    " give each stub an id of its own"
                )
            found[stub.id] = stub, file
    return [stub for stub, _ in found.values()]


def _files(services: Services) -> list[Path]:
    """The files to load. Raises SettingsError for options that are no file names."""
    options = services.options.get("stubs", {})
    if unknown := options.keys() - {"files"}:
        listed = ", ".join(sorted(unknown))
        raise SettingsError(f"the stub API has no option {listed}; it has `files`")
    named = options.get("files", [])
    files = [named] if isinstance(named, str) else named
    if not isinstance(files, list | tuple) or not all(isinstance(each, str) for each in files):
        raise SettingsError(f"files of [options.stubs] is {named!r}; write a list of file names")
    init_file = [INIT_FILE] if INIT_FILE.exists() else []
    return [*init_file, *(services.folder / each for each in files)]
