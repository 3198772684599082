"""The pattern `static`: an answer written in the partner file."""

from typing import Annotated

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
    WrittenResponse,
    written,
)
from imnot_patterns.answers import constant


class StaticResponse(WrittenResponse, frozen=True, kw_only=True):
    """The answer, with its body; `{}` where none is written."""


class StaticEndpoint(EndpointConfig, frozen=True, kw_only=True):
    """An endpoint with a fixed answer."""

    response: Annotated[StaticResponse, Meta(description="The answer.")] = msgspec.field(
        default_factory=StaticResponse
    )


class StaticDatapoint(Datapoint, frozen=True, kw_only=True):
    """A datapoint of the pattern `static`."""

    endpoints: Endpoints[StaticEndpoint]


class Static:
    """A fixed answer, written in the partner file."""

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

    def compile(self, datapoint: StaticDatapoint, context: Context) -> Compiled:
        """Give every endpoint its constant answer."""
        return Compiled(
            tuple(
                _endpoint(each, context, f"endpoints[{index}].response")
                for index, each in enumerate(datapoint.endpoints)
            )
        )


def _endpoint(endpoint: StaticEndpoint, context: Context, field: str) -> Endpoint:
    # All that is falsy is an empty object: the text "[]" is how a partner file asks for a list.
    response = msgspec.structs.replace(endpoint.response, body=endpoint.response.body or None)
    reply = written(response, context, field, default={})
    return Endpoint(endpoint.method, endpoint.path, constant(reply), "Fixed answer")
