"""The pattern `async` (or `polling`): submit work, ask for its state, fetch the result."""

from imnot_core import API_VERSION, Compiled, Context, Endpoint
from imnot_patterns.polling.config import PollingDatapoint, Step
from imnot_patterns.polling.handlers import fixed, result, submit


class Polling:
    """Submit, any number of status checks, a result: a flow of steps bound together by an id."""

    name = "async"
    aliases: tuple[str, ...] = ("polling",)
    api_version = API_VERSION
    config = PollingDatapoint
    example = """\
- name: export
  pattern: async
  endpoints:
    - step: 1
      method: POST
      path: /exports
      response:
        status: 202
        generates_id: true
        id_header: Location
        id_header_value: /exports/{id}
    - step: 2
      method: HEAD
      path: /exports/{id}
      response:
        headers:
          Status: COMPLETED
    - step: 3
      method: GET
      path: /exports/{id}
      response:
        returns_payload: true
"""

    def compile(self, datapoint: PollingDatapoint, context: Context) -> Compiled:
        """Answer every step by its kind; the order of the file is kept."""
        endpoints = tuple(_endpoint(context, each) for each in datapoint.endpoints)
        return Compiled(endpoints, takes_payload=True)


def _endpoint(context: Context, step: Step) -> Endpoint:
    response = step.response
    if response.generates_id:
        handler, summary = submit(context, response), "Submit"
    elif response.returns_payload:
        handler, summary = result(context, response), "Result"
    else:
        handler, summary = fixed(response), "Fixed answer"
    return Endpoint(step.method, step.path, handler, summary, step=step.step)
