"""A core around one datapoint, without a server: real store, context and jobs, a clock by hand."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx
import msgspec
import pytest

from imnot_core import (
    Compiled,
    Context,
    Endpoint,
    FieldError,
    Jobs,
    PatternPlugin,
    Reply,
    Request,
    Services,
    TaskHandler,
)
from imnot_core.store.sqlite import SqliteStore
from imnot_core.testing import ManualClock

LOG = logging.getLogger("imnot.test")
UUID4 = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


def datapoint(plugin: type[PatternPlugin[Any]], *endpoints: Mapping[str, Any], **more: Any) -> Any:
    """Convert what a partner file would say; method and path may be left out."""
    filled = [{"method": "POST", "path": "/things", **each} for each in endpoints]
    written = {"name": "things", "pattern": plugin.name, "endpoints": filled, **more}
    return msgspec.convert(written, plugin.config)


def refusal(plugin: type[PatternPlugin[Any]], *endpoints: Mapping[str, Any]) -> str:
    """The message of what must be refused."""
    with pytest.raises(msgspec.ValidationError) as refused:
        datapoint(plugin, *endpoints)
    return str(refused.value)


def faults(plugin: type[PatternPlugin[Any]], *endpoints: Mapping[str, Any]) -> dict[str, str]:
    """The faults of what must be refused by a `FieldError`: field to message and hint."""
    with pytest.raises(msgspec.ValidationError) as refused:
        datapoint(plugin, *endpoints)
    cause = refused.value.__cause__
    assert isinstance(cause, FieldError), refused.value
    assert all(message and hint for _, message, hint in cause.faults), cause.faults
    return {field: f"{message}; {hint}" for field, message, hint in cause.faults}


@dataclass
class Mounted:
    """A compiled datapoint that can be asked, as the server would ask it."""

    compiled: Compiled
    context: Context

    async def __call__(self, method: str, target: str, **request: Any) -> Reply:
        """Ask the endpoint that matches; the jobs of the reply are started."""
        return await self._ask(self.compiled.endpoints, method, target, request)

    async def admin(self, method: str, target: str) -> Reply:
        """Ask an admin route, by its relative path."""
        return await self._ask(self.compiled.admin, method, target, {})

    async def _ask(
        self, among: tuple[Endpoint, ...], method: str, target: str, request: dict[str, Any]
    ) -> Reply:
        found = [
            (each, params)
            for each in among
            if each.method == method and (params := _match(each.path, target)) is not None
        ]
        ((endpoint, params),) = found
        reply = await endpoint.handler(Request.of(method, target, params=params, **request))
        for job in reply.after:
            self.context.jobs.start(job)
        return reply


@dataclass
class World:
    """The services of a server that is not there."""

    services: Services
    clock: ManualClock
    client: httpx.AsyncClient
    tasks: dict[tuple[str, str], Mapping[str, TaskHandler]] = field(default_factory=dict)

    def mount(
        self,
        plugin: type[PatternPlugin[Any]],
        *endpoints: Mapping[str, Any],
        partner: str = "acme",
        **more: Any,
    ) -> Mounted:
        """Compile a datapoint; `name` and `pattern` may be given."""
        config = datapoint(plugin, *endpoints, **more)
        context = Context(self.services, partner, config.name)
        compiled = plugin().compile(config, context)
        self.tasks[partner, config.name] = compiled.tasks
        return Mounted(compiled, context)

    async def task_handlers(self, partner: str, datapoint: str) -> Mapping[str, TaskHandler] | None:
        """What does the tasks of a datapoint, as the server finds it."""
        return self.tasks.get((partner, datapoint))

    async def upload(
        self, body: bytes, session: str | None = None, datapoint: str = "things"
    ) -> None:
        """Upload a payload as the admin API does."""
        await self.services.payloads.put("acme", datapoint, session, body)


@asynccontextmanager
async def opened_world() -> AsyncIterator[World]:
    """Open a world and close it."""
    clock = ManualClock()
    store = SqliteStore(":memory:", clock)
    await store.open()
    jobs = Jobs(clock, LOG)
    # No proxy of the machine: the receivers listen on this one.
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        services = Services(
            store=store,
            clock=clock,
            jobs=jobs,
            client=lambda: client,
            base_url="http://imnot.test",
            random=Random(7),
            log=LOG,
            admits=lambda _: True,
        )
        world = World(services, clock, client)
        await services.tasks.open(world.task_handlers)
        yield world
        await services.tasks.close()
        await jobs.close(grace=0)
    await store.close()


def _match(template: str, target: str) -> dict[str, str] | None:
    wanted, given = template.split("/"), target.partition("?")[0].split("/")
    if len(wanted) != len(given):
        return None
    params = {}
    for name, value in zip(wanted, given, strict=True):
        if name.startswith("{"):
            params[name.strip("{}")] = value
        elif name != value:
            return None
    return params
