"""`rate_limit:` — what may be declared, and how a bucket empties and fills up."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imnot_core import EndpointConfig, FieldError, Reply, Request
from imnot_core.rate_limit import Bucket, RateLimit, Standing, limited, taken


def limit(**written: Any) -> RateLimit:
    return msgspec.convert(written, RateLimit)


def emptied(bucket: Bucket | None, of: RateLimit, now: float) -> tuple[int, Bucket]:
    """How many requests are answered at one time, and the bucket after them."""
    count = 0
    while True:
        standing = taken(bucket, of, now)
        if not standing.admitted:
            return count, (standing.missing, standing.now)
        count += 1
        bucket = (standing.missing, standing.now)


@pytest.mark.parametrize(
    ("written", "rate", "window", "capacity"),
    [
        ({"requests_per_minute": 30}, 30, 60, 30),
        ({"requests": 5}, 5, 60, 5),
        ({"requests": 5, "per": "second"}, 5, 1, 5),
        ({"requests": 5, "per": "hour", "burst": 2}, 5, 3600, 2),
        ({"requests": 5, "per": "day"}, 5, 86400, 5),
        ({"requests": 5, "per": "10s"}, 5, 10, 5),
        ({"requests": 5, "per": "1h30m"}, 5, 5400, 5),
        ({"requests": 5, "per": 10}, 5, 10, 5),
    ],
)
def test_a_limit_is_so_many_requests_in_a_time(
    written: dict[str, Any], rate: int, window: float, capacity: int
) -> None:
    declared = limit(**written)

    assert (declared.rate, declared.window, declared.capacity) == (rate, window, capacity)


@pytest.mark.parametrize(
    ("written", "fields"),
    [
        ({}, [""]),
        ({"requests": 5, "requests_per_minute": 5}, ["requests_per_minute"]),
        ({"requests_per_minute": 5, "per": "hour"}, ["per"]),
        ({"requests": 5, "per": "year"}, ["per"]),
        ({"requests": 5, "per": "0s"}, ["per"]),
        ({"requests": 5, "per": "-5s"}, ["per"]),
        ({"requests": 5, "per": -1}, ["per"]),
        ({"requests": 5, "by": "header"}, ["by"]),
        ({"requests": 5, "header": "X-Api-Key"}, ["header"]),
        ({"requests": 5, "by": "header", "header": "X Key"}, ["header"]),
    ],
)
def test_what_does_not_go_together_is_refused(written: dict[str, Any], fields: list[str]) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        limit(**written)
    cause = refused.value.__cause__
    assert isinstance(cause, FieldError)
    assert [each[0] for each in cause.faults] == fields
    assert all(message and hint for _, message, hint in cause.faults)


@pytest.mark.parametrize(
    "written",
    [
        {"requests_per_minute": 0},
        {"requests_per_minute": True},
        {"requests_per_minute": "5"},
        {"requests": 5, "by": "caller"},
        {"requests": 5, "status": 200},
        {"requests": 5, "headers": "all"},
        {"requests": 5, "window": 5},
    ],
)
def test_impossible_values_are_refused(written: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        limit(**written)


def test_a_bucket_is_full_at_first_and_fills_up_evenly() -> None:
    three = limit(requests_per_minute=3)
    count, bucket = emptied(None, three, 1000.0)
    assert count == 3

    assert emptied(bucket, three, 1019.9)[0] == 0
    assert emptied(bucket, three, 1020.0)[0] == 1
    assert emptied(bucket, three, 1059.9)[0] == 2
    assert emptied(bucket, three, 9999.0)[0] == 3


def test_a_burst_is_what_is_answered_at_once() -> None:
    bursts = limit(requests=60, per="minute", burst=5)
    count, bucket = emptied(None, bursts, 0.0)

    assert count == 5
    assert emptied(bucket, bursts, 3.0)[0] == 3
    assert emptied(bucket, bursts, 100.0)[0] == 5


def test_what_was_refused_costs_nothing() -> None:
    one = limit(requests_per_minute=1)
    standing = taken(None, one, 0.0)
    for now in range(1, 60):
        standing = taken((standing.missing, standing.now), one, float(now))
        assert (standing.admitted, standing.retry_after) == (False, 60 - now)

    assert taken((standing.missing, standing.now), one, 60.0).admitted


def test_a_clock_that_is_set_back_fills_nothing_up_and_holds_nothing_up() -> None:
    two = limit(requests_per_minute=2)
    _, bucket = emptied(None, two, 1_000_000.0)

    count, bucket = emptied(bucket, two, 500.0)
    assert count == 0
    assert emptied(bucket, two, 530.0)[0] == 1


@given(
    rate=st.integers(1, 1000),
    window=st.integers(1, 100_000),
    burst=st.integers(1, 50) | st.none(),
    start=st.floats(0, 3e9),
    pauses=st.lists(st.floats(0, 100_000), max_size=20),
)
def test_never_more_is_answered_than_declared_and_retry_after_is_true(
    rate: int, window: int, burst: int | None, start: float, pauses: list[float]
) -> None:
    declared = limit(requests=rate, per=window, burst=burst)
    bucket: Bucket | None = None
    now, answered = start, 0
    for pause in pauses:
        now += pause
        standing = taken(bucket, declared, now)
        bucket = (standing.missing, standing.now)
        answered += standing.admitted
        most = declared.capacity + (now - start) * rate / window
        assert answered <= most + 0.01
        assert 0 <= standing.remaining <= declared.capacity
        if not standing.admitted:
            assert standing.retry_after >= 1
            assert taken(bucket, declared, now + standing.retry_after).admitted


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (
            "RateLimit",
            {"RateLimit-Policy": '"default";q=4;w=60', "RateLimit": '"default";r=3;t=15'},
        ),
        (
            "X-RateLimit",
            {
                "X-RateLimit-Limit": "4",
                "X-RateLimit-Remaining": "3",
                "X-RateLimit-Reset": "1015",
            },
        ),
        ("none", {}),
    ],
)
def test_headers_tell_how_it_stands(headers: str, expected: dict[str, str]) -> None:
    told = taken(None, limit(requests=4, headers=headers), 1000.0).headers()

    assert dict(told) == expected


def test_both_kinds_of_headers_may_be_sent() -> None:
    assert len(taken(None, limit(requests=4, headers="both"), 1000.0).headers()) == 5


def test_a_burst_is_told_as_the_quota_of_the_time_in_which_it_fills_up() -> None:
    standing = Standing(limit(requests=60, burst=5), admitted=True, missing=1.0, now=0.0)

    assert dict(standing.headers())["RateLimit-Policy"] == '"default";q=5;w=5'


async def _here(_request: Request) -> Reply:
    return Reply.json({"is": "here"})


def test_an_endpoint_without_limit_keeps_its_handler() -> None:
    config = msgspec.convert({"method": "POST", "path": "/x"}, EndpointConfig)

    assert limited(config, _here, None) is _here  # type: ignore[arg-type]
