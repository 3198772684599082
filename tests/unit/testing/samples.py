"""Partner files and plugins that several tests of the kit use."""

from __future__ import annotations

import asyncio

from imnot_core import (
    API_VERSION,
    Compiled,
    Context,
    Datapoint,
    Endpoint,
    EndpointConfig,
    Endpoints,
    Job,
    Reply,
    Request,
)

CHARGES = """\
partner: bookingco
datapoints:
  - name: charges
    pattern: fetch
    endpoints:
      - {method: GET, path: /charges}
"""

RATES = """\
partner: ratesync
datapoints:
  - name: rates
    pattern: push
    endpoints:
      - method: POST
        path: /rates
        response: {callback_url_field: callbackUrl, callback_delay_seconds: 30}
"""


class PlainEndpoint(EndpointConfig, frozen=True, kw_only=True):
    """An endpoint."""


class PlainDatapoint(Datapoint, frozen=True, kw_only=True):
    """A datapoint."""

    endpoints: Endpoints[PlainEndpoint]


class Plain:
    """Base of small patterns: what an endpoint answers is the method `answer`."""

    name = "plain"
    aliases: tuple[str, ...] = ()
    api_version = API_VERSION
    config = PlainDatapoint
    example = "- {name: it, pattern: plain, endpoints: [{method: POST, path: /it}]}\n"

    def compile(self, datapoint: PlainDatapoint, context: Context) -> Compiled:
        async def handle(request: Request) -> Reply:
            return await self.answer(request, context)

        return Compiled(
            tuple(Endpoint(each.method, each.path, handler=handle) for each in datapoint.endpoints)
        )

    async def answer(self, _request: Request, _context: Context) -> Reply:
        return Reply.json({})


class NewId(Plain):
    """Answers with a new id each time."""

    async def answer(self, _request: Request, context: Context) -> Reply:
        return Reply.json(context.new_id())


class Itself(Plain):
    """Answers with the number of the object that it is."""

    async def answer(self, _request: Request, _context: Context) -> Reply:
        return Reply.json(id(self))


class CountsInTheHandler(Plain):
    """Keeps a counter in what compile makes."""

    def compile(self, datapoint: PlainDatapoint, context: Context) -> Compiled:
        count = 0

        async def handle(_request: Request) -> Reply:
            nonlocal count
            count += 1
            return Reply.json(count)

        return Compiled((Endpoint("POST", datapoint.endpoints[0].path, handle),))


class Fails(Plain):
    """Its handler raises."""

    async def answer(self, _request: Request, _context: Context) -> Reply:
        raise ZeroDivisionError("by zero")


class FailsLater(Plain):
    """Its background job raises, after an hour."""

    async def answer(self, _request: Request, _context: Context) -> Reply:
        async def run() -> None:
            raise ZeroDivisionError("by zero")

        return Reply(after=(Job("later", run, delay=3600),))


class Forgets(Plain):
    """Begins a task of its own and forgets it."""

    tasks: set[asyncio.Task[None]] = set()  # noqa: RUF012 - a plugin that does this wrong

    async def answer(self, _request: Request, context: Context) -> Reply:
        async def run() -> None:
            while True:
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    context.log.info("stays")
                    raise

        self.tasks.add(asyncio.create_task(run(), name="forgotten"))
        return Reply()


class Slow(Plain):
    """Answers after an hour."""

    async def answer(self, _request: Request, context: Context) -> Reply:
        return Reply(delay=3600, body=str(context.clock.time()).encode())


PLAIN = """\
partner: acme
datapoints:
  - {name: it, pattern: plain, endpoints: [{method: POST, path: /it}]}
"""
