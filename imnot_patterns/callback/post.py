"""Sending one message, and what came of it."""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import TYPE_CHECKING, Any

import msgspec

from imnot_core import Context, TargetRefused
from imnot_patterns.callback.message import Message, NotSent
from imnot_patterns.callback.retry import CONNECTION, TIMEOUT, Failure

if TYPE_CHECKING:
    import httpx

# Of the receiver's answer only the status counts. So much of the body is read, to let it finish.
ANSWER_LIMIT = 65_536
# The client's own timeouts are for each step; who sends a byte now and then is cut off after this.
MARGIN = 0.5


class Answer(msgspec.Struct, frozen=True):
    """What the receiver answered: a status, or an error in words where there was none.

    `failure` is None for a delivery that arrived.
    """

    duration: float
    status: int | None = None
    error: str | None = None
    failure: Failure | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None


async def post(context: Context, message: Message, timeout: float | None) -> Answer:  # noqa: ASYNC109 - also the client's
    """Send a message once. Raises NotSent for a target that is not allowed."""
    import httpx  # noqa: PLC0415 - costs 80 ms, which only those who call back should pay

    patience = context.http.timeout.read if timeout is None else timeout
    started = perf_counter()
    try:
        async with asyncio.timeout(None if patience is None else patience + MARGIN):
            request = await _request(context, message, timeout)
            answer = await context.http.send(request, stream=True)
            try:
                body = await _read(answer)
            finally:
                await answer.aclose()
    except TargetRefused as refused:
        raise NotSent(str(refused)) from None
    except (TimeoutError, httpx.TimeoutException) as error:
        text = _told(error) if str(error) else type(error).__name__
        return Answer(perf_counter() - started, None, text, Failure(TIMEOUT))
    # UnicodeError: a host name that looks international and is not.
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, OSError) as error:
        return Answer(perf_counter() - started, None, _told(error), Failure(CONNECTION))
    return _answer(answer, body, perf_counter() - started)


def _answer(answer: httpx.Response, body: bytes, duration: float) -> Answer:
    status = answer.status_code
    failure = error = None
    if not answer.is_success:
        failure = Failure(status, answer.headers.get("retry-after", ""))
        error = f"the answer was {status}, not 2xx"
    return Answer(duration, status, error, failure, tuple(answer.headers.multi_items()), body)


async def _request(context: Context, message: Message, seconds: float | None) -> httpx.Request:
    import httpx  # noqa: PLC0415 - as above

    url, headers, more = httpx.URL(message.url), list(message.headers), dict[str, Any]()
    address = await context.targets.resolve(str(url))
    if address is not None:
        if not any(name.lower() == "host" for name, _ in headers):
            headers.append(("Host", url.netloc.decode("ascii")))
        more["extensions"] = {"sni_hostname": url.host}
        url = url.copy_with(host=address)
    if seconds is not None:
        more["timeout"] = seconds
    return context.http.build_request(
        message.method, url, content=message.body, headers=headers, **more
    )


async def _read(answer: httpx.Response) -> bytes:
    # Closing on a receiver that still writes would be an error in the log of the tested system.
    body = b""
    async for chunk in answer.aiter_raw():
        body += chunk
        if len(body) > ANSWER_LIMIT:
            break
    return body[:ANSWER_LIMIT]


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".removesuffix(": ")
