"""Latency and broken connections: what `chaos:` says of an endpoint, and what it does to a reply.

The connection itself is broken by the server, which does what `Reply.fault` asks for.
"""

from collections.abc import Iterator
from random import Random
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from imnot_core.config import Config
from imnot_core.heads import BODILESS
from imnot_core.messages import Reply

DAY_MS = 24 * 60 * 60 * 1000

FaultKind = Literal["cut", "reset", "empty"]
"""What `Reply.fault` may be."""


class Latency(Config, frozen=True, kw_only=True):
    """How long an answer takes: between `base_ms` and `base_ms + jitter_ms`, each as likely."""

    base_ms: Annotated[
        int, Meta(ge=0, le=DAY_MS, description="Milliseconds that every answer is delayed.")
    ] = 0
    jitter_ms: Annotated[
        int,
        Meta(
            ge=0,
            le=DAY_MS,
            description="At most so many milliseconds more, by chance, anew for every answer.",
        ),
    ] = 0


class Injection(Config, frozen=True, kw_only=True):
    """How often a fault happens."""

    probability: Annotated[
        float,
        Meta(ge=0, le=1, description="The share of answers that it hits: 0 is none, 1 is all."),
    ] = 1.0


class Faults(Config, frozen=True, kw_only=True):
    """The ways in which the connection breaks; `{}` for one of them means: always."""

    connection_drop: Annotated[
        Injection | None,
        Meta(
            description="The connection breaks in the middle of the answer: after its status, its"
            " headers and half of its body."
        ),
    ] = None
    connection_reset: Annotated[
        Injection | None,
        Meta(description="Instead of an answer, the connection is reset (TCP RST)."),
    ] = None
    empty_response: Annotated[
        Injection | None,
        Meta(description="Instead of an answer, the connection is closed."),
    ] = None


# No Config: that has a method by the name of the key.
class Chaos(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Latency and faults of an answer, as `chaos:` declares them."""

    latency: Annotated[Latency, Meta(description="How long an answer takes.")] = msgspec.field(
        default_factory=Latency
    )
    faults: Annotated[
        Faults,
        Meta(
            description="The ways in which the connection breaks. Each is decided by its own"
            " probability, in this order; the first one that hits happens."
        ),
    ] = msgspec.field(default_factory=Faults)

    @property
    def is_calm(self) -> bool:
        """Whether it leaves every reply as it is."""
        latency = self.latency
        return not (latency.base_ms or latency.jitter_ms or any(_hazards(self.faults)))


def disturbed(reply: Reply, chaos: Chaos, random: Random, *, has_body: bool = True) -> Reply:
    """The reply with what `chaos` adds to it this time; the same object if that is nothing.

    The latency comes on top of the reply's own delay; a fault that the reply has already stays.
    Jobs that the reply starts are left alone: a request whose answer is lost has had its effect.
    `has_body` is False for the answer to a HEAD request. An answer without a body has no middle to
    break in: dropped, it is not begun.
    """
    delay = reply.delay + _sampled(chaos.latency, random)
    fault = reply.fault
    if fault is None:
        fault = _chosen(chaos.faults, random)
        if fault == "cut" and (not has_body or reply.status in BODILESS):
            fault = "empty"
    if delay == reply.delay and fault == reply.fault:
        return reply
    return msgspec.structs.replace(reply, delay=delay, fault=fault)


def _sampled(latency: Latency, random: Random) -> float:
    longest = latency.base_ms + latency.jitter_ms
    chosen = random.randint(latency.base_ms, longest) if latency.jitter_ms else longest
    return chosen / 1000


def _chosen(faults: Faults, random: Random) -> FaultKind | None:
    for kind, probability in _hazards(faults):
        if random.random() < probability:
            return kind
    return None


def _hazards(faults: Faults) -> Iterator[tuple[FaultKind, float]]:
    """The faults that can happen, each with its probability, in the order of their decision."""
    kinds: tuple[tuple[FaultKind, Injection | None], ...] = (
        ("cut", faults.connection_drop),
        ("reset", faults.connection_reset),
        ("empty", faults.empty_response),
    )
    for kind, injection in kinds:
        if injection is not None and injection.probability > 0:
            yield kind, injection.probability
