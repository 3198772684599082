"""The pattern `sequence`: an endpoint that answers a list of responses, one after the other.

What the partner file says is in the structs, and never changes. How far each endpoint has come is
in `context.state`: apart for every session, the same for all workers, still there after a restart.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from imnot_core import (
    AdminRoute,
    Compiled,
    Context,
    Datapoint,
    Endpoint,
    EndpointConfig,
    Endpoints,
    Fault,
    Handler,
    Reply,
    ReplyError,
    Request,
    ResponseConfig,
    encode_json,
    parse_json,
)

DAY = 86_400

Delay = Annotated[float, Meta(ge=0, le=DAY, description="Seconds to wait before the answer.")]
Body = Annotated[Any, Meta(description="The body: any YAML value, sent as JSON. `{}` if missing.")]


class SequenceResponse(ResponseConfig, frozen=True, kw_only=True):
    """One answer of a sequence."""

    body: Body = msgspec.field(default_factory=dict)
    delay_seconds: Delay = 0.0

    def faults(self) -> Iterator[Fault]:
        """Give a body that would not arrive as it is written."""
        yield from super().faults()
        try:
            arrives = parse_json(encode_json(self.body)) == self.body
        except (TypeError, ValueError):
            arrives = False
        if not arrives:
            hint = "write texts, also those that are keys, in quotes"
            yield "body", "it has something that JSON cannot express", hint

    def reply(self) -> Reply:
        """The answer, ready to be sent any number of times."""
        reply = Reply.json(self.body, self.status, self.header_pairs())
        return msgspec.structs.replace(reply, delay=self.delay_seconds)


class SequenceEndpoint(EndpointConfig, frozen=True, kw_only=True):
    """An endpoint that answers one response after the other."""

    responses: Annotated[
        tuple[SequenceResponse, ...], Meta(min_length=1, description="The answers, in order.")
    ]
    after_last: Annotated[
        Literal["repeat", "cycle", "gone"],
        Meta(description="Then: `repeat` the last, `cycle` from the first, or be `gone` (410)."),
    ] = "repeat"

    @property
    def key(self) -> str:
        """Where its counter is kept: not its place in the list, which an edited file may change."""
        return f"{self.method} {self.path}"

    def turn(self, answered: int) -> int | None:
        """The index of the response after so many requests; None when they are used up."""
        count = len(self.responses)
        after = {"repeat": count - 1, "cycle": answered % count, "gone": None}
        return answered if answered < count else after[self.after_last]

    def position(self, answered: int) -> dict[str, Any]:
        """What the admin API tells of it; responses are counted from 1."""
        turn = self.turn(answered)
        return {
            "method": self.method,
            "path": self.path,
            "answered": answered,
            "next": None if turn is None else turn + 1,
            "responses": len(self.responses),
        }


class SequenceDatapoint(Datapoint, frozen=True, kw_only=True):
    """A datapoint of the pattern `sequence`."""

    endpoints: Endpoints[SequenceEndpoint]


class Sequence:
    """A list of answers, one after the other; counted per session."""

    name = "sequence"
    aliases: tuple[str, ...] = ()
    api_version = 1  # what it was tested with; API_VERSION would agree with every imnot
    config = SequenceDatapoint
    example = """\
- name: shipment
  pattern: sequence
  endpoints:
    - method: GET
      path: /shipments/{number}
      responses:
        - body: {state: packed}
        - status: 503
          headers: {Retry-After: 1}
          body: {error: try again}
        - delay_seconds: 0.5
          body: {state: delivered}
      after_last: repeat
"""

    def compile(self, datapoint: SequenceDatapoint, context: Context) -> Compiled:
        """Give every endpoint its answers, and the datapoint its admin routes."""
        endpoints = tuple(
            Endpoint(each.method, each.path, _answers(context, each), "Next answer of a sequence")
            for each in datapoint.endpoints
        )
        return Compiled(endpoints, _admin(context, datapoint.endpoints))


def _answers(context: Context, endpoint: SequenceEndpoint) -> Handler:
    replies = [response.reply() for response in endpoint.responses]
    reset = f"POST /imnot/admin/{context.partner}/{context.datapoint}/reset"
    used_up = f"The sequence of {endpoint.key} is used up; begin again with {reset}"

    async def answer(_request: Request) -> Reply:
        # One step, not a read and a write: of two requests at once, each gets its own number.
        turn = endpoint.turn(await context.state.increment(endpoint.key) - 1)
        if turn is None:
            raise ReplyError(410, used_up)
        return replies[turn]

    return answer


def _admin(context: Context, endpoints: tuple[SequenceEndpoint, ...]) -> tuple[AdminRoute, ...]:
    async def position(request: Request) -> Reply:
        counts = await context.state.items()
        sequences = [each.position(counts.get(each.key, 0)) for each in endpoints]
        return Reply.json({"session": request.session, "endpoints": sequences})

    async def reset(request: Request) -> Reply:
        await context.state.clear()  # that of the request's session, or of those without one
        return await position(request)

    return (
        AdminRoute("GET", "/position", position, "Show how far the sequences have come"),
        AdminRoute("POST", "/reset", reset, "Begin the sequences again"),
    )
