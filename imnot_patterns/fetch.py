"""The pattern `fetch`: the payload that a test uploaded."""

from typing import Annotated

import msgspec
from msgspec import Meta

from imnot_core import (
    API_VERSION,
    JSON_CONTENT_TYPE,
    Compiled,
    Context,
    Datapoint,
    Endpoint,
    EndpointConfig,
    Endpoints,
    Handler,
    Reply,
    Request,
    ResponseConfig,
)


class FetchEndpoint(EndpointConfig, frozen=True, kw_only=True):
    """An endpoint that answers with the payload."""

    response: Annotated[
        ResponseConfig, Meta(description="The answer; its body is the payload.")
    ] = msgspec.field(default_factory=ResponseConfig)


class FetchDatapoint(Datapoint, frozen=True, kw_only=True):
    """A datapoint of the pattern `fetch`."""

    endpoints: Endpoints[FetchEndpoint]


class Fetch:
    """The uploaded payload: that of the request's session, or the global one without a session."""

    name = "fetch"
    aliases: tuple[str, ...] = ()
    api_version = API_VERSION
    config = FetchDatapoint
    example = """\
- name: charges
  pattern: fetch
  endpoints:
    - method: GET
      path: /v1/charges
"""

    def compile(self, datapoint: FetchDatapoint, context: Context) -> Compiled:
        """Answer every endpoint with the payload of the moment."""
        endpoints = tuple(
            Endpoint(each.method, each.path, _payload(context, each.response), "Uploaded payload")
            for each in datapoint.endpoints
        )
        return Compiled(endpoints, takes_payload=True)


def _payload(context: Context, response: ResponseConfig) -> Handler:
    status, headers = response.status, response.header_pairs()
    # Nearly all payloads are JSON: the headers of their answers are put together once.
    json_headers = Reply.of(b"", status, headers).headers

    async def answer(request: Request) -> Reply:
        payload = await context.payload(request.session)
        if payload.content_type == JSON_CONTENT_TYPE:
            return Reply(status, json_headers, payload.body)
        return Reply.of(payload.body, status, headers, content_type=payload.content_type)

    return answer
