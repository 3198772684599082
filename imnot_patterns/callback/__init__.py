"""The pattern `push` (or `callback`): the mocked API calls back with the payload."""

from imnot_core import (
    API_VERSION,
    AdminRoute,
    Compiled,
    Context,
    Endpoint,
    Sample,
)
from imnot_patterns.callback.config import CallbackDatapoint, CallbackEndpoint, CallbackResponse
from imnot_patterns.callback.handlers import inspect_all, inspect_one, retrigger, submit

WORDS = ("push", "callback")
SAMPLE_URL = "https://example.com/webhook"


class Callback:
    """A submit that is answered at once, then a request to the caller's URL with the payload."""

    name = "push"
    aliases: tuple[str, ...] = ("callback",)
    api_version = API_VERSION
    config = CallbackDatapoint
    example = """\
- name: rates
  pattern: push
  endpoints:
    - method: POST
      path: /rates
      response:
        status: 202
        callback_url_field: callbackUrl
        callback_method: POST
        callback_delay_seconds: 0
"""

    def compile(self, datapoint: CallbackDatapoint, context: Context) -> Compiled:
        """Make the submit endpoints, and the admin routes to look at deliveries and repeat them."""
        endpoints = tuple(_endpoint(context, each) for each in datapoint.endpoints)
        return Compiled(endpoints, _admin(context, datapoint.pattern), takes_payload=True)


def _endpoint(context: Context, endpoint: CallbackEndpoint) -> Endpoint:
    handler = submit(context, endpoint.response)
    sample = _sample(endpoint.response)
    return Endpoint(endpoint.method, endpoint.path, handler, "Submit", sample=sample)


def _sample(response: CallbackResponse) -> Sample:
    if response.callback_url_header:
        return Sample(headers={response.callback_url_header: SAMPLE_URL})
    return Sample(body={response.callback_url_field: SAMPLE_URL})


def _admin(context: Context, pattern: str) -> tuple[AdminRoute, ...]:
    # Both words are served whatever the file says; listed is the one that it says.
    again, one, every = retrigger(context), inspect_one(context), inspect_all(context)
    written = pattern if pattern in WORDS else WORDS[0]
    routes: list[AdminRoute] = []
    for word in sorted(WORDS, key=lambda each: each != written):
        summary = "Send the callback again" if word == written else ""
        routes += [
            AdminRoute("POST", f"/{word}/{{request_id}}/retrigger", again, summary),
            AdminRoute("GET", f"/{word}/{{request_id}}", one),
            AdminRoute("GET", f"/{word}", every),
        ]
    return tuple(routes)
