"""Partner files and small plugins that the tests of the server use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from imnot_core import (
    API_VERSION,
    Compiled,
    Context,
    Datapoint,
    Endpoint,
    EndpointConfig,
    Endpoints,
    Reply,
    Request,
)

ACME = """\
partner: acme
description: An API of everything
datapoints:
  - name: token
    pattern: oauth
    endpoints:
      - {method: POST, path: /oauth/token}
  - name: health
    pattern: static
    endpoints:
      - {method: GET, path: /health, response: {body: {zustand: schön, up: true}}}
  - name: charges
    pattern: fetch
    endpoints:
      - {method: GET, path: /charges}
  - name: export
    pattern: async
    endpoints:
      - {step: 1, method: POST, path: /exports, response: {generates_id: true, id_body_field: id}}
      - {step: 2, method: GET, path: "/exports/{id}", response: {returns_payload: true}}
  - name: rates
    pattern: push
    endpoints:
      - {method: POST, path: /rates, response: {callback_url_field: callbackUrl}}
"""

CHARGES = """\
partner: bookingco
datapoints:
  - name: charges
    pattern: fetch
    endpoints:
      - {method: GET, path: /v1/charges}
  - name: refunds
    pattern: fetch
    endpoints:
      - {method: GET, path: /v1/refunds}
"""


def static(partner: str, *routes: str, body: str = "here") -> str:
    """A partner with a static datapoint for each route (`GET /orders`), answering `{is: here}`."""
    datapoints = "".join(
        f"""\
  - name: d{index}
    pattern: static
    endpoints:
      - method: {route.split(" ")[0]}
        path: "{route.split(" ")[1]}"
        response: {{body: {{is: {body}}}}}
"""
        for index, route in enumerate(routes)
    )
    return f"partner: {partner}\ndatapoints:\n{datapoints}"


class PlainEndpoint(EndpointConfig, frozen=True, kw_only=True):
    """An endpoint."""


class PlainDatapoint(Datapoint, frozen=True, kw_only=True):
    """A datapoint."""

    endpoints: Endpoints[PlainEndpoint]


class Plain:
    """Base of small patterns: an endpoint answers what the method `answer` returns."""

    name = "plain"
    aliases: tuple[str, ...] = ()
    api_version = API_VERSION
    config = PlainDatapoint
    example = "- {name: it, pattern: plain, endpoints: [{method: POST, path: /it}]}\n"

    def compile(self, datapoint: PlainDatapoint, context: Context) -> Compiled:
        async def handle(request: Request) -> Reply:
            return await self.answer(request, context)

        return Compiled(
            tuple(Endpoint(each.method, each.path, handler=handle) for each in datapoint.endpoints)
        )

    async def answer(self, request: Request, context: Context) -> Any:
        return Reply.json({})


PLAIN = """\
partner: acme
datapoints:
  - {name: it, pattern: plain, endpoints: [{method: POST, path: /it}]}
"""


def answering(answer: Callable[[Request, Context], Any]) -> type[Plain]:
    """A pattern `plain` whose handlers return what the function does."""

    class Answering(Plain):
        async def answer(self, request: Request, context: Context) -> Any:
            return answer(request, context)

    return Answering


def raising(error: BaseException) -> type[Plain]:
    """A pattern `plain` whose handlers raise."""

    class Raising(Plain):
        async def answer(self, request: Request, context: Context) -> Any:
            raise error

    return Raising
