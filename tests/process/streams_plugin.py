"""A plugin that streams and breaks connections, named directly by the test beside it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Literal

from msgspec import Meta

from imnot_core import Compiled, Context, Datapoint, Endpoint, Handler, Reply, Request

Fault = Literal["reset", "empty", "cut"]
KINDS: tuple[Fault, ...] = ("reset", "empty", "cut")


class StreamsDatapoint(Datapoint, frozen=True, kw_only=True):
    """Where the endpoints lie."""

    base: Annotated[str, Meta(description="The path below which the endpoints lie.")] = ""


class Streams:
    """Streams, and answers with every fault that a reply can have."""

    name = "streams"
    aliases: tuple[str, ...] = ()
    api_version = 1
    config = StreamsDatapoint
    example = "- {name: streams, pattern: streams}\n"

    def compile(self, datapoint: StreamsDatapoint, context: Context) -> Compiled:
        """Make an endpoint of each kind."""

        async def ticks() -> AsyncIterator[bytes]:
            try:
                for number in range(1_000_000):
                    yield b"tick %d\n" % number
                    await asyncio.sleep(0.001)
            finally:
                await context.state.increment("closed")

        async def three() -> AsyncIterator[bytes]:
            for text in (b"one ", b"two ", b"three"):
                yield text

        async def failing() -> AsyncIterator[bytes]:
            yield b"so far so good"
            raise ValueError("the stream broke")

        async def closed(_request: Request) -> Reply:
            return Reply.json({"closed": await context.state.get("closed", 0)})

        replies: dict[str, Reply] = {
            "three": Reply.streaming(three, 201, content_type="text/plain"),
            "ticks": Reply.streaming(ticks, content_type="text/plain"),
            "failing": Reply.streaming(failing, content_type="text/plain"),
            **{fault: _broken(fault) for fault in KINDS},
        }
        endpoints = [
            Endpoint("GET", f"{datapoint.base}/{name}", _constant(reply))
            for name, reply in replies.items()
        ]
        return Compiled((*endpoints, Endpoint("GET", f"{datapoint.base}/closed", closed)))


def _broken(fault: Fault) -> Reply:
    return Reply(200, (("Content-Type", "text/plain"),), b"0123456789", fault=fault)


def _constant(reply: Reply) -> Handler:
    async def answer(_request: Request) -> Reply:
        return reply

    return answer
