"""`rate_limit:` — how many requests an endpoint answers in a time; else 429 with `Retry-After`.

A limit is a bucket of tokens, of which each request takes one, and which fills up again evenly.
"""

import math
from collections.abc import Iterator
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Final, Literal
from weakref import WeakValueDictionary

import msgspec
from msgspec import Meta

from imnot_core.config import Config, Fault
from imnot_core.durations import seconds_of
from imnot_core.errors import ReplyError
from imnot_core.heads import HEADER_NAME
from imnot_core.messages import Handler, Reply, Request
from imnot_core.refusals import error_reply, refusal

if TYPE_CHECKING:
    import asyncio

    from imnot_core.context import Context
    from imnot_core.models import EndpointConfig
    from imnot_core.store.state import State

Count = Annotated[int, Meta(ge=1, le=1_000_000_000)]
_SECONDS: Final = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0}


class RateLimit(Config, frozen=True, kw_only=True):
    """A limit: a bucket of tokens, one for each request, that fills up again evenly."""

    requests_per_minute: Annotated[
        Count | None, Meta(description="The same as `requests` with `per: minute`.")
    ] = None
    requests: Annotated[
        Count | None, Meta(description="How many requests are answered in a time.")
    ] = None
    per: Annotated[
        str | int | float,
        Meta(
            description="The time that `requests` is for: `second`, `minute`, `hour`, `day`, or a"
            " span such as `10s`, `5m`, `1h30m`."
        ),
    ] = "minute"
    burst: Annotated[
        Count | None,
        Meta(description="How many are answered at once after a pause; else as `requests`."),
    ] = None
    by: Annotated[
        Literal["endpoint", "session", "header"],
        Meta(
            description="Who shares a limit: all callers of the endpoint, each session for itself,"
            " or all that send the same value of `header`."
        ),
    ] = "endpoint"
    header: Annotated[
        str | None, Meta(description="With `by: header`: which one, such as `X-Api-Key`.")
    ] = None
    status: Annotated[int, Meta(ge=400, le=599, description="The status of a refusal.")] = 429
    headers: Annotated[
        Literal["RateLimit", "X-RateLimit", "both", "none"],
        Meta(
            description="What every answer tells of the limit: `RateLimit` and `RateLimit-Policy`"
            " (IETF draft), `X-RateLimit-Limit`, `-Remaining` and `-Reset`, both, or nothing."
        ),
    ] = "RateLimit"

    def faults(self) -> Iterator[Fault]:
        """Give what does not go together."""
        if (self.requests is None) is (self.requests_per_minute is None):
            wrong = "has neither requests nor requests_per_minute"
            if self.requests is not None:
                wrong = "says the same twice"
            field = "" if self.requests is None else "requests_per_minute"
            yield field, wrong, "write one of requests and requests_per_minute"
        if self.window <= 0:
            hint = "write second, minute, hour, day, or a span such as 10s"
            yield "per", f"{self.per!r} is no span of time", hint
        if self.requests_per_minute is not None and self.per != "minute":
            yield "per", "requests_per_minute is per minute", "write requests instead of it"
        if (self.by == "header") is (self.header is None):
            hint = "write `by: header` and `header: X-Api-Key`, or none of the two"
            yield "header" if self.header else "by", "by: header and header belong together", hint
        if self.header is not None and not HEADER_NAME.match(self.header):
            yield "header", f"{self.header!r} is no header name", "use letters, digits and hyphens"

    @property
    def rate(self) -> int:
        """How many requests are answered in `window`."""
        return self.requests or self.requests_per_minute or 1

    @property
    def window(self) -> float:
        """The time that `rate` is for, in seconds; 0 where `per` is none."""
        try:
            return _SECONDS.get(str(self.per)) or max(0.0, seconds_of(self.per))
        except ValueError:
            return 0.0

    @property
    def capacity(self) -> int:
        """How many requests are answered at once after a pause."""
        return self.burst or self.rate


Bucket = tuple[float, float]
"""How many tokens are missing, and when that was so, in seconds of the clock."""

# Sums of fractions of a second are not exact: a millionth of a request is none.
_TINY: Final = 1e-6


class Standing(msgspec.Struct, frozen=True):
    """How a bucket stands after a request: `admitted` or not, at a time of the clock."""

    limit: RateLimit
    admitted: bool
    missing: float
    now: float

    @property
    def remaining(self) -> int:
        """How many requests would be answered now."""
        return max(0, math.floor(self.limit.capacity - self.missing + _TINY))

    @property
    def retry_after(self) -> int:
        """Whole seconds until a request will be answered, at least 1."""
        return max(1, self._seconds(self.missing + 1 - self.limit.capacity))

    @property
    def reset(self) -> int:
        """Whole seconds until the bucket is full."""
        return self._seconds(self.missing)

    def headers(self) -> tuple[tuple[str, str], ...]:
        """The headers that tell of it."""
        limit = self.limit
        pairs: list[tuple[str, str]] = []
        if limit.headers in ("RateLimit", "both"):
            window = math.ceil(limit.capacity * limit.window / limit.rate)
            pairs += [
                ("RateLimit-Policy", f'"default";q={limit.capacity};w={window}'),
                ("RateLimit", f'"default";r={self.remaining};t={self.reset}'),
            ]
        if limit.headers in ("X-RateLimit", "both"):
            pairs += [
                ("X-RateLimit-Limit", str(limit.capacity)),
                ("X-RateLimit-Remaining", str(self.remaining)),
                ("X-RateLimit-Reset", str(math.ceil(self.now) + self.reset)),
            ]
        return tuple(pairs)

    def _seconds(self, tokens: float) -> int:
        return math.ceil(tokens * self.limit.window / self.limit.rate - _TINY)


def taken(bucket: Bucket | None, limit: RateLimit, now: float) -> Standing:
    """Take a token from a bucket (None: a full one) at a time, if there is one.

    Of a time before that of the bucket, as when a test sets the clock back, nothing has filled up.
    """
    missing, at = bucket or (0.0, now)
    missing = max(0.0, missing - max(0.0, now - at) * limit.rate / limit.window)
    if missing + 1 > limit.capacity + _TINY:
        return Standing(limit, admitted=False, missing=missing, now=now)
    return Standing(limit, admitted=True, missing=missing + 1, now=now)


class _Buckets:
    """The buckets of one endpoint, in the store: exact among all workers."""

    def __init__(self, config: "EndpointConfig", limit: RateLimit, context: "Context") -> None:
        self._limit = limit
        self._context = context
        self._apart = context.state.part("rate-limit")
        self._shared = context.shared.part("rate-limit")
        self._key = f"{config.method} {config.path} {_digest(config)}"
        # Those who wait for one bucket come one after the other: of many at once only one could
        # write, and the others would have to try again.
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def take(self, request: Request) -> Standing:
        """Take a token for a request, if there is one."""
        import asyncio  # noqa: PLC0415 - 20 ms that commands which read files need not wait for

        # A session with a time of its own cannot share a bucket that fills up at another time.
        together = self._limit.by == "endpoint" and not self._context.own_time
        state = self._shared if together else self._apart
        key = self._key
        if self._limit.header is not None:
            value = "\n".join(request.headers.getall(self._limit.header, ()))
            key += f" {sha256(value.encode()).hexdigest()}"  # it may be long, or a secret
        name = key if together else f"{request.session or ''}\0{key}"
        async with self._locks.setdefault(name, asyncio.Lock()):
            return await self._take(state, key)

    async def _take(self, state: "State", key: str) -> Standing:
        while True:
            bucket: Bucket | None = await state.get(key)
            standing = taken(bucket, self._limit, self._context.clock.time())
            if not standing.admitted:
                return standing
            # One that is full again is as good as none: so many header values leave nothing.
            lasts = standing.reset + 1 if self._limit.by == "header" else None
            value = (standing.missing, standing.now)
            if await state.compare_and_set(key, bucket, value, expires_in=lasts):
                return standing


def _digest(config: "EndpointConfig") -> str:
    """What tells endpoints of one path apart, and an endpoint from what it was before a change."""
    try:
        written = msgspec.json.encode(config, order="deterministic")
    except (TypeError, ValueError, RecursionError):  # something that is not JSON, in a plugin's key
        written = msgspec.json.encode(config.rate_limit)
    return sha256(written).hexdigest()


def limited(config: "EndpointConfig", handler: Handler, context: "Context") -> Handler:
    """Return the handler behind the endpoint's limit, with the headers that tell of it."""
    limit = config.rate_limit
    if limit is None:
        return handler
    buckets = _Buckets(config, limit, context)

    async def answer(request: Request) -> Reply:
        standing = await buckets.take(request)
        if not standing.admitted:
            return _too_many(config, standing)
        try:
            reply = await handler(request)
        except ReplyError as error:
            reply = error_reply(error, config)
        if not (told := standing.headers()):
            return reply
        return msgspec.structs.replace(reply, headers=(*reply.headers, *told))

    return answer


def _too_many(config: "EndpointConfig", standing: Standing) -> Reply:
    limit, wait = standing.limit, standing.retry_after
    per = limit.per if isinstance(limit.per, str) else f"{limit.per} s"
    several = "s" * (limit.rate != 1)
    detail = f"More than {limit.rate} request{several} per {per}; try again in {wait} s"
    headers = (("Retry-After", str(wait)), *standing.headers())
    return refusal(config, limit.status, "", detail, headers=headers)
