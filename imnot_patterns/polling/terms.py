"""What a partner file says of the work behind an id: when it is ready, and what is said before."""

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from imnot_core import Config, Fault, WrittenResponse

# Some thirty years: beyond that, and at infinity, it would be a slip of the pen.
LONGEST = 1_000_000_000

AfterPolls = Annotated[
    Annotated[int, Meta(ge=1)] | None,
    Meta(description="After so many polls, which are requests to a step that declares `pending`."),
]
AfterSeconds = Annotated[
    Annotated[float, Meta(ge=0, le=LONGEST)] | None,
    Meta(description="When so many seconds have passed since the submit."),
]


class Ready(Config, frozen=True, kw_only=True):
    """When the work is done. Of two conditions, both have to be met."""

    after_polls: AfterPolls = None
    after_seconds: AfterSeconds = None
    on: Annotated[
        Literal["admin"] | None,
        Meta(description="Only when a test says so over the admin API."),
    ] = None

    def faults(self) -> Iterator[Fault]:
        """Give a condition that is missing, or would never be looked at."""
        yield from super().faults()
        conditions = [each for each in ("after_polls", "after_seconds") if _says(self, each)]
        if self.on is None and not conditions:
            message = "nothing says when the work is done"
            yield "after_polls", message, "write after_polls, after_seconds, or on: admin"
        elif self.on is not None:
            for each in conditions:
                yield each, "has no effect beside on: admin", "delete one of the two"

    def met(self, polls: int, seconds: float) -> bool:
        """Whether it is, after so many polls and seconds, if nobody says so."""
        return self.on is None and met(self.after_polls, self.after_seconds, polls, seconds)


class StateResponse(WrittenResponse, frozen=True, kw_only=True):
    """An answer that is given in one state of the work. `{id}` in its texts stands for the id."""

    status: Annotated[
        int,
        Meta(
            ge=200,
            le=599,
            description="The HTTP status of the answer. By default 200, or 202 where the step"
            " returns the payload.",
        ),
    ] = msgspec.field(default_factory=int)  # 0 stands for "not written"


class FailureResponse(StateResponse, frozen=True, kw_only=True):
    """What a step says when the work has failed."""

    status: Annotated[
        int,
        Meta(
            ge=200,
            le=599,
            description="The HTTP status of the answer. By default 200, or 409 where the step"
            " returns the payload.",
        ),
    ] = msgspec.field(default_factory=int)


class LaterResponse(StateResponse, frozen=True, kw_only=True):
    """What is said from some moment on, while the work is still not done."""

    after_polls: AfterPolls = None
    after_seconds: AfterSeconds = None

    def faults(self) -> Iterator[Fault]:
        """Give the moment that is missing."""
        yield from super().faults()
        if not (_says(self, "after_polls") or _says(self, "after_seconds")):
            message = "nothing says from when on this is answered"
            yield "after_polls", message, "write after_polls or after_seconds"


class PendingResponse(StateResponse, frozen=True, kw_only=True):
    """What a step says as long as the work is not done."""

    then: Annotated[
        tuple[LaterResponse, ...],
        Meta(description="What is said later on; the last one whose conditions are met."),
    ] = ()


def met(after_polls: int | None, after_seconds: float | None, polls: int, seconds: float) -> bool:
    """Whether the conditions that are there are met."""
    return polls >= (after_polls or 0) and seconds >= (after_seconds or 0.0)


def _says(config: Config, field: str) -> bool:
    return getattr(config, field) is not None
