"""The pattern `static`: an answer written in the partner file."""

from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from imnot_core import (
    API_VERSION,
    Compiled,
    Context,
    Datapoint,
    Endpoint,
    EndpointConfig,
    Endpoints,
    Fault,
    Reply,
    ResponseConfig,
)
from imnot_patterns.answers import body_faults, constant, json_value


class StaticResponse(ResponseConfig, frozen=True, kw_only=True):
    """The answer, with its body."""

    body: Annotated[
        Any,
        Meta(
            description="The body: any YAML value, sent as JSON. Text that holds a JSON object or"
            " array is sent as that. `{}` when it is missing or empty."
        ),
    ] = None

    def faults(self) -> Iterator[Fault]:
        """Give a body that JSON cannot express."""
        yield from super().faults()
        yield from body_faults(self.body)


class StaticEndpoint(EndpointConfig, frozen=True, kw_only=True):
    """An endpoint with a fixed answer."""

    response: Annotated[StaticResponse, Meta(description="The answer.")] = msgspec.field(
        default_factory=StaticResponse
    )


class StaticDatapoint(Datapoint, frozen=True, kw_only=True):
    """A datapoint of the pattern `static`."""

    endpoints: Endpoints[StaticEndpoint]


class Static:
    """A fixed JSON answer, written in the partner file."""

    name = "static"
    aliases: tuple[str, ...] = ()
    api_version = API_VERSION
    config = StaticDatapoint
    example = """\
- name: health
  pattern: static
  endpoints:
    - method: GET
      path: /health
      response:
        status: 200
        body:
          state: up
"""

    def compile(self, datapoint: StaticDatapoint, context: Context) -> Compiled:  # noqa: ARG002 - the interface
        """Give every endpoint its constant answer."""
        return Compiled(tuple(_endpoint(each) for each in datapoint.endpoints))


def _endpoint(endpoint: StaticEndpoint) -> Endpoint:
    response = endpoint.response
    # Falsy first: the text "[]" is how a partner file asks for an empty list.
    body = json_value(response.body) if response.body else {}
    reply = Reply.json(body, response.status, response.header_pairs())
    return Endpoint(endpoint.method, endpoint.path, constant(reply), "Fixed answer")
