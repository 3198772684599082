"""The pattern `push` (or `callback`): the mocked API calls back with the payload."""

from imnot_core import API_VERSION, Compiled, Context, Endpoint, Sample
from imnot_patterns.callback.admin import admin_routes
from imnot_patterns.callback.config import Callback as OneCallback
from imnot_patterns.callback.config import CallbackDatapoint
from imnot_patterns.callback.delivery import KIND, Courier
from imnot_patterns.callback.handlers import endpoint_handler
from imnot_patterns.callback.message import Writer
from imnot_patterns.callback.sources import EXAMPLE


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
        """Make the submit endpoints, the task that delivers, and the admin routes about it."""
        writer = Writer(context)
        courier = Courier(context, writer)
        endpoints = []
        for index, each in enumerate(datapoint.endpoints):
            field = f"endpoints[{index}].response"
            handler = endpoint_handler(context, writer, courier, each.response, field)
            sample = _sample(each.response.all())
            endpoints.append(Endpoint(each.method, each.path, handler, "Submit", sample=sample))
        return Compiled(
            tuple(endpoints),
            admin_routes(context, courier, datapoint.pattern),
            takes_payload=True,
            tasks={KIND: courier.run},
        )


def _sample(callbacks: tuple[OneCallback, ...]) -> Sample:
    headers = {each.url_header: EXAMPLE for each in callbacks if each.url_header is not None}
    body: dict[str, object] = {}
    for each in callbacks:
        if each.url_field is not None:
            *above, last = each.url_field.split(".")
            place: dict[str, object] = body
            for name in above:
                inner = place.setdefault(name, {})
                place = inner if isinstance(inner, dict) else {}
            place[last] = EXAMPLE
    return Sample(headers=headers or None, body=body or None)
