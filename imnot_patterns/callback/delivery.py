"""Calling back: what is kept of a submitted request, and the request that is sent for it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import msgspec

from imnot_core import Context, Issued, Job, Payload, PayloadMissing, instant

if TYPE_CHECKING:
    import httpx

# Enough to see what happened; a request can be triggered again without end.
KEPT_DELIVERIES = 100
# Of the receiver's answer only the status counts. So much of the body is read, to let it finish.
ANSWER_LIMIT = 65_536


class Delivery(msgspec.Struct, frozen=True):
    """One attempt: when it began, the status that came back, and what went wrong, if anything."""

    at: str
    status: int | None = None
    error: str | None = None


class Submitted(msgspec.Struct, frozen=True):
    """What is kept with a request id: where the callback goes, and the attempts, oldest first."""

    url: str
    method: str
    deliveries: tuple[Delivery, ...] = ()


def submitted(issued: Issued) -> Submitted:
    """What is kept with an issued id."""
    return msgspec.convert(issued.data, Submitted)


def delivery(context: Context, request_id: str, delay: float = 0.0) -> Job:
    """The job that calls back for a submitted request, after `delay` seconds."""
    name = f"callback {request_id} of {context.partner}/{context.datapoint}"
    return Job(name, partial(_deliver, context, request_id), delay)


async def _deliver(context: Context, request_id: str) -> None:
    issued = await context.issued.find(request_id)
    if issued is None:
        context.log.warning("callback %s: not sent, its session was deleted", request_id)
        return
    kept = submitted(issued)
    attempt = await _attempt(context, issued, kept)
    await context.issued.change(request_id, partial(_with, attempt))


async def _attempt(context: Context, issued: Issued, kept: Submitted) -> Delivery:
    at = instant(context.clock.time())
    try:
        payload = await context.payload(issued.session)
    except PayloadMissing as missing:
        context.log.warning("callback %s to %s: not sent: %s", issued.id, kept.url, missing)
        return Delivery(at, error=f"not sent: {missing}")
    status, error = await _send(context, kept, payload)
    if error:
        context.log.error("callback %s: %s %s: %s", issued.id, kept.method, kept.url, error)
    return Delivery(at, status, error)


async def _send(
    context: Context, kept: Submitted, payload: Payload
) -> tuple[int | None, str | None]:
    import httpx  # noqa: PLC0415 - costs 80 ms, which only those who call back should pay

    headers = {"Content-Type": payload.content_type}
    try:
        async with context.http.stream(
            kept.method, kept.url, content=payload.body, headers=headers
        ) as answer:
            await _drain(answer)
    # UnicodeError: a host name that looks international and is not.
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        return None, f"{type(error).__name__}: {error}".removesuffix(": ")
    status = answer.status_code
    return status, None if answer.is_success else f"the answer was {status}, not 2xx"


async def _drain(answer: httpx.Response) -> None:
    # Closing on a receiver that still writes would be an error in the log of the tested system.
    size = 0
    async for chunk in answer.aiter_raw():
        size += len(chunk)
        if size > ANSWER_LIMIT:
            return


def _with(attempt: Delivery, data: object) -> Submitted:
    kept = msgspec.convert(data, Submitted)
    # Two attempts may overlap: they are kept in the order in which they began.
    deliveries = sorted((*kept.deliveries, attempt), key=lambda each: each.at)
    return msgspec.structs.replace(kept, deliveries=tuple(deliveries[-KEPT_DELIVERIES:]))
