"""Trying again: after which failures, how often, and when."""

from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from math import isfinite
from random import Random
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from imnot_core import Config, Fault

DAY: Final = 86_400.0
GONE: Final = 410
TIMEOUT: Final = "timeout"
CONNECTION: Final = "connection"
CLASSES: Final = ("3xx", "4xx", "5xx")
THROTTLING: Final = frozenset({429, 502, 503, 504})
"""The statuses with which a receiver may say by Retry-After when to come again."""


class Retry(Config, frozen=True, kw_only=True, omit_defaults=True):
    """How often and when a failed delivery is tried again."""

    max_attempts: Annotated[
        int, Meta(ge=1, le=100, description="How many attempts there are, the first included.")
    ]
    initial_delay_seconds: Annotated[
        float, Meta(ge=0, le=DAY, description="Seconds between the first attempt and the second.")
    ] = 1.0
    factor: Annotated[
        float, Meta(ge=1, le=100, description="How much longer each wait is than the one before.")
    ] = 2.0
    max_delay_seconds: Annotated[
        float, Meta(ge=0, le=DAY, description="The longest wait in seconds.")
    ] = 300.0
    jitter: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            description="How far chance may lengthen or shorten a wait: 0.1 is a tenth.",
        ),
    ] = 0.0
    retry_on: Annotated[
        tuple[str | int, ...],
        Meta(
            min_length=1,
            description="The failures after which there is another attempt: statuses, `4xx`,"
            " `5xx`, `timeout`, `connection`. If left out: all but 410, by which a receiver"
            " says that it wants no more.",
        ),
    ] = ()

    def faults(self) -> Iterator[Fault]:
        """Give words and statuses that no failure has."""
        yield from super().faults()
        for index, each in enumerate(self.retry_on):
            if isinstance(each, int):
                known = 300 <= each <= 599
            else:
                known = each in {TIMEOUT, CONNECTION, *CLASSES}
            if not known:
                message = f"{each!r} is no failure"
                hint = "write a status from 300 to 599, 4xx, 5xx, timeout or connection"
                yield f"retry_on[{index}]", message, hint


class Failure(msgspec.Struct, frozen=True):
    """What a failed attempt came to: a status, or TIMEOUT, or CONNECTION."""

    cause: int | str
    retry_after: str = ""


def wait_after(
    retry: Retry | None, failure: Failure, attempt: int, now: float, random: Random
) -> float | None:
    """In how many seconds to try again after this attempt (the first is 1); None: not any more."""
    if retry is None or attempt >= retry.max_attempts or not _is_retried(retry, failure.cause):
        return None
    exponent = min(attempt - 1, 1000)
    try:
        wait = retry.initial_delay_seconds * retry.factor**exponent
    except OverflowError:
        wait = retry.max_delay_seconds
    wait = min(wait, retry.max_delay_seconds)
    if retry.jitter:
        wait = min(wait * random.uniform(1 - retry.jitter, 1 + retry.jitter), DAY)
    if failure.cause in THROTTLING:
        wait = max(wait, _asked_for(failure.retry_after, now))
    return wait


def _is_retried(retry: Retry, cause: int | str) -> bool:
    if not retry.retry_on:
        return cause != GONE
    return cause in retry.retry_on or (
        isinstance(cause, int) and f"{cause // 100}xx" in retry.retry_on
    )


def _asked_for(retry_after: str, now: float) -> float:
    """The seconds of a Retry-After header, at most a day; 0 for what is none."""
    text = retry_after.strip()
    try:
        seconds = float(text) if text.isascii() and text.isdigit() else _until(text, now)
    except (ValueError, TypeError, OverflowError, IndexError):
        return 0.0
    return min(max(seconds, 0.0), DAY) if isfinite(seconds) else 0.0


def _until(text: str, now: float) -> float:
    return parsedate_to_datetime(text).timestamp() - now
