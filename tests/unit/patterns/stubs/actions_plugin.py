"""A plugin whose endpoints have the actions of stubs, named directly by the tests beside it."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from imnot_core import (
    Compiled,
    Context,
    Datapoint,
    Endpoint,
    EndpointConfig,
    Endpoints,
    Handler,
    Reply,
    Request,
)
from imnot_patterns.stubs.actions import Answering, answerer
from imnot_patterns.stubs.seen import Seen
from imnot_patterns.stubs.stub import Action


class ActEndpoint(EndpointConfig, frozen=True, kw_only=True):
    """An endpoint that acts."""

    action: Annotated[dict[str, Any], Meta(description="The action.")]
    fault: Annotated[
        Literal["reset", "empty", "cut"] | None, Meta(description="How the answer breaks.")
    ] = None


class ActDatapoint(Datapoint, frozen=True, kw_only=True):
    """Endpoints that act."""

    endpoints: Endpoints[ActEndpoint]


class Act:
    """Answers with actions, and tells at /open how many streams are not closed."""

    name = "act"
    aliases: tuple[str, ...] = ()
    api_version = 1
    config = ActDatapoint
    example = (
        "- {name: a, pattern: act, endpoints: [{method: GET, path: /a,"
        " action: {response: {status_code: 200, body: x}}}]}\n"
    )

    def compile(self, datapoint: ActDatapoint, context: Context) -> Compiled:
        """Make the endpoints."""
        streams = _Streams()
        endpoints = [
            Endpoint(each.method, each.path, _handler(each, context, streams))
            for each in datapoint.endpoints
        ]

        async def tell(_request: Request) -> Reply:
            return Reply.json(streams.open)

        return Compiled((*endpoints, Endpoint("GET", "/open", tell)))


class _Streams:
    def __init__(self) -> None:
        self.open = 0

    def counted(self, reply: Reply) -> Reply:
        stream = reply.stream
        if stream is None:
            return reply

        async def counted() -> AsyncIterator[bytes]:
            self.open += 1
            try:
                async for chunk in stream():
                    yield chunk
            finally:
                self.open -= 1

        return msgspec.structs.replace(reply, stream=counted)


def _handler(endpoint: ActEndpoint, context: Context, streams: _Streams) -> Handler:
    answering = Answering(context.clock, context.random, context.new_id, lambda: context.http)
    answer = answerer(msgspec.convert(endpoint.action, Action), answering)

    async def handle(request: Request) -> Reply:
        reply = await answer(Seen.of(request), request, dict(request.params), None)
        return msgspec.structs.replace(streams.counted(reply), fault=endpoint.fault)

    return handle
