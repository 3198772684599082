"""The callbacks of a server in memory: kept for the test, answered as it says, never sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx

from imnot_core.testing.answers import Answer, Received, Script
from imnot_core.testing.clock import ManualClock


class Callbacks(Script, httpx.AsyncBaseTransport):
    """The transport of the server's HTTP client. `len`, indexing and iteration give what arrived.

    Answers are asked for beforehand with `answer`, `refuse` and `drop`; a delay longer than the
    client's timeout is a timeout, at the time of the clock.
    """

    def __init__(self, clock: ManualClock, settle: Callable[[], None]) -> None:
        super().__init__()
        self._clock = clock
        self._settle = settle
        self._received: list[Received] = []

    def wait(self, count: int = 1) -> tuple[Received, ...]:
        """Return all callbacks, of which there must be `count` or more by now.

        "By now" means that everything which is not waiting for the clock has been done; no time
        passes, neither real nor the clock's. Raises AssertionError otherwise.
        """
        __tracebackhide__ = True
        self._settle()
        if len(self._received) < count:
            raise AssertionError(self._too_few(count))
        return tuple(self._received)

    def clear(self) -> None:
        """Forget what has arrived."""
        self._received.clear()

    def __len__(self) -> int:
        return len(self._received)

    def __getitem__(self, index: int) -> Received:
        return self._received[index]

    def __iter__(self) -> Iterator[Received]:
        return iter(tuple(self._received))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Keep the request and answer it by the script; called by the server's HTTP client."""
        body = await request.aread()
        received = Received(
            method=request.method,
            url=str(request.url),
            headers=httpx.Headers(request.headers),
            body=body,
            at=self._clock.time(),
        )
        answer = self.next()
        if answer.refused:
            raise httpx.ConnectError("All connection attempts failed", request=request)
        self._received.append(received)
        await self._delay(answer, request)
        if answer.dropped:
            message = "Server disconnected without sending a response."
            raise httpx.RemoteProtocolError(message, request=request)
        length = {"Content-Length": str(len(answer.body))}
        # A stream, as from the network: with `content` the response would count as read already.
        stream = httpx.ByteStream(answer.body)
        return httpx.Response(answer.status, headers={**length, **answer.headers}, stream=stream)

    async def _delay(self, answer: Answer, request: httpx.Request) -> None:
        patience = request.extensions.get("timeout", {}).get("read")
        if patience is not None and answer.delay > patience:
            await self._clock.sleep(patience)
            raise httpx.ReadTimeout("The read operation timed out", request=request)
        await self._clock.sleep(answer.delay)

    def _too_few(self, count: int) -> str:
        lines = [f"{len(self._received)} of {count} callbacks arrived:"]
        lines += [f"  {received}" for received in self._received]
        if waiting := self._clock.waiting:
            lines.append(
                f"{len(waiting)} waiting for the clock, the next one due in {waiting[0]:g} s:"
                " see clock.advance()"
            )
        return "\n".join(lines)
