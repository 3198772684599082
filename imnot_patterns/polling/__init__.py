"""The pattern `async` (or `polling`): submit work, ask for its state, fetch the result."""

from functools import partial

from imnot_core import API_VERSION, Compiled, Context, Endpoint, Request
from imnot_patterns.polling.admin import admin_routes
from imnot_patterns.polling.config import PollingDatapoint
from imnot_patterns.polling.flow import Flow
from imnot_patterns.polling.handlers import Issue, fixed, result, submit
from imnot_patterns.polling.steps import AskingStep


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
        flow = Flow(context, datapoint) if datapoint.keeps_state else None
        endpoints = tuple(
            _endpoint(context, datapoint, flow, index) for index in range(len(datapoint.endpoints))
        )
        admin = () if flow is None else admin_routes(flow)
        return Compiled(endpoints, admin, takes_payload=True)


def _endpoint(
    context: Context, datapoint: PollingDatapoint, flow: Flow | None, index: int
) -> Endpoint:
    step = datapoint.endpoints[index]
    field, response = f"endpoints[{index}].response", step.response
    if response.generates_id:
        issue = _issue(context, flow, step.route)
        handler, summary = submit(context, response, field, issue), "Submit"
    elif flow is not None and step.carries_id:
        handler = AskingStep(flow, index).answer
        summary = "Result" if response.returns_payload else "Status"
    elif response.returns_payload:
        handler, summary = result(context, response), "Result"
    else:
        handler, summary = fixed(context, response, field), "Fixed answer"
    return Endpoint(step.method, step.path, handler, summary, step=step.step)


def _issue(context: Context, flow: Flow | None, route: str) -> Issue:
    if flow is not None:
        return partial(flow.begin, route=route)

    async def issue(request: Request) -> str:
        return await context.issued.issue(request.session)

    return issue
