"""The pattern `stub`: endpoints that are chosen by the content of the request."""

from __future__ import annotations

from typing import Any

from imnot_core import API_VERSION, Compiled, Context, Endpoint, FieldError, Sample
from imnot_patterns.stubs.criteria.operators import has_criteria
from imnot_patterns.stubs.nearmiss.clues import named
from imnot_patterns.stubs.pattern.config import Criteria, StubDatapoint, StubEndpoint
from imnot_patterns.stubs.pattern.handlers import Chooser
from imnot_patterns.stubs.pattern.paths import Template


class StubPattern:
    """Answers chosen by the content of a request: fixed, templated, streamed or fetched."""

    name = "stub"
    aliases: tuple[str, ...] = ()
    api_version = API_VERSION
    config = StubDatapoint
    example = """\
- name: greetings
  pattern: stub
  endpoints:
    - method: GET
      path: /greetings/{name}
      response:
        template_body: "Hello {{ request.path_params.name }}"
    - method: GET
      path: /greetings/{name}
      request:
        headers:
          Accept-Language: de
      response:
        template_body: "Hallo {{ request.path_params.name }}"
"""

    def compile(self, datapoint: StubDatapoint, context: Context) -> Compiled:
        """Give the endpoints of one method and path one handler, which chooses among all.

        Raises FieldError for endpoints that are never reached.
        """
        chooser = Chooser(datapoint, context)
        if faults := list(chooser.faults()):
            raise FieldError(*faults)
        routes: dict[tuple[str, str], list[StubEndpoint]] = {}
        for each in datapoint.endpoints:
            routes.setdefault((each.method, Template(each.path).shape), []).append(each)
        return Compiled(tuple(_route(each, chooser) for each in routes.values()))


def _route(endpoints: list[StubEndpoint], chooser: Chooser) -> Endpoint:
    first = endpoints[0]
    return Endpoint(
        first.method,
        first.path,
        chooser.at(first.path),
        _summary(endpoints),
        sample=_sample(first.request),
        wrapped=True,
    )


def _summary(endpoints: list[StubEndpoint]) -> str:
    """Say how many answers there are, and what of the request decides."""
    fields = list(dict.fromkeys(field for each in endpoints for field in each.request.given))
    count = len(endpoints)
    what = "Stub" if count == 1 else f"{count} stubs"
    if fields:
        return f"{what}, by {' and '.join(fields)}"
    return what if count == 1 else f"{what}, one after the other"


def _sample(criteria: Criteria) -> Sample | None:
    """What a request must have, as far as it is to be equal to something."""
    wanted = named(criteria.headers)
    headers = {str(name): text for name, text in wanted.items() if isinstance(text, str)}
    body: Any = None if has_criteria(criteria.body) else criteria.body
    if isinstance(body, str) and not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = "text/plain"
    return Sample(headers, body) if headers or body is not None else None
