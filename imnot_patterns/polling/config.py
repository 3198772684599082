"""What a partner file says of an `async` datapoint."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from imnot_core import Datapoint, EndpointConfig, Endpoints, Fault
from imnot_patterns.polling.response import ID, StepResponse
from imnot_patterns.polling.terms import LONGEST, Ready


class Step(EndpointConfig, frozen=True, kw_only=True):
    """One step of the flow."""

    step: Annotated[
        int | None,
        Meta(
            description="The number of the step, for listings and for the order that `strict`"
            " asks for; each at most once."
        ),
    ] = None
    response: Annotated[StepResponse, Meta(description="What the step answers.")] = msgspec.field(
        default_factory=StepResponse
    )

    @property
    def carries_id(self) -> bool:
        """Whether requests have an id in their path."""
        return ID in self.path.split("/")

    @property
    def route(self) -> str:
        """Method and path, which no other step of the datapoint has."""
        return f"{self.method} {self.path}"

    def faults(self) -> Iterator[Fault]:
        """Give the path of a step without an id to look for."""
        yield from super().faults()
        if self.carries_id:
            return
        for field in ("returns_payload", "pending", "fails_with"):
            if getattr(self.response, field):
                message = f"{self.path} has no segment {ID}, which {field} takes the id from"
                yield "path", message, f"write a path such as /jobs/{ID}/results"
                return


class PollingDatapoint(Datapoint, frozen=True, kw_only=True):
    """A datapoint of the pattern `async` or `polling`."""

    ready: Annotated[
        Ready | None,
        Meta(description="When the work behind an id is done. At once, if it is not written."),
    ] = None
    expires_after_seconds: Annotated[
        Annotated[float, Meta(gt=0, le=LONGEST)] | None,
        Meta(description="How long an id is good for, from the submit on."),
    ] = None
    expired_status: Annotated[
        int,
        Meta(ge=400, le=599, description="The HTTP status of the answer for an id that expired."),
    ] = 410
    strict: Annotated[
        bool,
        Meta(
            description="Whether to refuse ids that were never handed out, and steps that come"
            " before those that lead to them. A step may be repeated."
        ),
    ] = False
    strict_status: Annotated[
        int, Meta(ge=400, le=599, description="The HTTP status of what `strict` refuses.")
    ] = 409
    endpoints: Endpoints[Step]

    def faults(self) -> Iterator[Fault]:
        """Give what the steps say that does not go together."""
        yield from super().faults()
        yield from _number_faults(self.endpoints)
        if self.keeps_state:
            yield from _work_faults(self)
            yield from _ready_faults(self)
        if self.strict:
            yield from _order_faults(self.endpoints)
        yield from _needless_faults(self)

    @property
    def keeps_state(self) -> bool:
        """Whether anything of it depends on what came before; else all answers are fixed."""
        declared = (self.ready, self.expires_after_seconds, self.strict or None)
        return any(each is not None for each in declared) or any(
            each.response.declares_states for each in self.endpoints
        )

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The failures that any step declares, in the order of the file."""
        names = (name for each in self.endpoints for name in each.response.fails_with)
        return tuple(dict.fromkeys(names))


def _number_faults(endpoints: Sequence[Step]) -> Iterator[Fault]:
    """Give the step numbers that two endpoints have."""
    first: dict[int, Step] = {}
    for index, each in enumerate(endpoints):
        if each.step is None:
            continue
        other = first.setdefault(each.step, each)
        if other is not each:
            message = f"step {each.step} is already {other.route}"
            hint = "give every step a number of its own, or leave the numbers out"
            yield f"endpoints[{index}].step", message, hint


def _needless_faults(datapoint: PollingDatapoint) -> Iterator[Fault]:
    """Give the statuses of refusals that never come, as faults of what would bring them.

    That is not believed where it is there and has another fault.
    """
    if not datapoint.strict and datapoint.strict_status != 409:
        message = "is missing, without which strict_status has no effect"
        yield "strict", message, "add strict: true"
    if not datapoint.keeps_state and datapoint.expired_status != 410:
        message = "is missing, without which expired_status has no effect"
        yield "expires_after_seconds", message, "add it, for instance: expires_after_seconds: 60"


def _work_faults(datapoint: PollingDatapoint) -> Iterator[Fault]:
    """Give the work that nobody could have begun."""
    if not any(each.response.generates_id for each in datapoint.endpoints):
        message = "no step hands out the ids that the others ask for"
        yield "endpoints", message, "add a step with generates_id: true"


def _ready_faults(datapoint: PollingDatapoint) -> Iterator[Fault]:
    """Give conditions that no step looks at, and steps that wait for none."""
    ready, steps = datapoint.ready, datapoint.endpoints
    waiting = [index for index, each in enumerate(steps) if each.response.pending is not None]
    if ready is None:
        if waiting:
            message = f"is missing: endpoints[{waiting[0]}] is pending, and nothing says how long"
            yield "ready", message, "add to the datapoint, for instance: ready: {after_polls: 2}"
    elif not waiting and ready.after_polls is not None:
        message = "nothing counts as a poll: no step declares pending"
        yield "ready.after_polls", message, "add pending to a step, or write after_seconds"
    elif not (waiting or any(each.response.returns_payload for each in steps)):
        message = "has no effect: no step declares pending or returns_payload"
        yield "ready", message, "add pending to the step that tells the state"


def _order_faults(endpoints: Sequence[Step]) -> Iterator[Fault]:
    """Give what keeps steps from having an order."""
    numbered = [each.step is not None for each in endpoints]
    for index, has_number in enumerate(numbered):
        if not has_number and any(numbered):
            message = "has no number, as other steps have"
            yield f"endpoints[{index}]", message, "number all steps, or none: then the file counts"
    if any(numbered) and not all(numbered):
        return
    for each in in_order(endpoints):
        if each.response.generates_id:
            return
        if each.carries_id:
            message = f"{each.route} comes before the step that hands out its id"
            hint = "put the step with generates_id first"
            yield f"endpoints[{list(endpoints).index(each)}].path", message, hint
            return


def in_order(endpoints: Sequence[Step]) -> list[Step]:
    """The steps by their numbers; those without one as they stand in the file."""
    return sorted(endpoints, key=lambda each: each.step or 0)
