"""What a partner file says of a `stub` datapoint."""

from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from imnot_core import Config, Datapoint, EndpointConfig, Endpoints, Fault
from imnot_patterns.stubs.actions import action_faults, template_faults
from imnot_patterns.stubs.analysis.reach import obstacles
from imnot_patterns.stubs.criteria import request_faults
from imnot_patterns.stubs.nearmiss.clues import named
from imnot_patterns.stubs.pattern.answers import (
    StubAction,
    StubEvents,
    StubProxy,
    StubResponse,
    choice_faults,
)
from imnot_patterns.stubs.stub import Action, Stub, StubRequest

Calls = Annotated[int, Meta(ge=1)]


class Criteria(Config, frozen=True, kw_only=True):
    """What a request must have beside method and path; everything is optional."""

    headers: Annotated[
        Any, Meta(description="Header names to values or criteria; or a criterion for all of them.")
    ] = None
    query: Annotated[
        Any,
        Meta(description="Query parameters to values or criteria; or a criterion for all of them."),
    ] = None
    body: Annotated[
        Any,
        Meta(description="A text, or a value as JSON, to be equal to; or a criterion of the text."),
    ] = None
    host: Annotated[
        Any, Meta(description="The `Host` header without port, in lower case; or a criterion.")
    ] = None

    @property
    def given(self) -> list[str]:
        """The fields that there are criteria for."""
        return [each for each in self.__struct_fields__ if getattr(self, each) is not None]

    def faults(self) -> Iterator[Fault]:
        """Give what is no criterion, and what no request could satisfy."""
        yield from super().faults()
        wrong = set()
        for field, message, hint in request_faults(self.wanted()):
            wrong.add(field.partition(".")[0])
            yield field, f"it {message}" if message.startswith("is ") else message, hint
        for field, message in self._hopeless():
            if field.partition(".")[0] not in wrong:
                yield field, message, ""

    def wanted(self, **more: Any) -> StubRequest:
        """The same for the engine."""
        return StubRequest(**msgspec.structs.asdict(self), **more)

    def _hopeless(self) -> Iterator[tuple[str, str]]:
        parts = [("host", StubRequest(host=self.host))]
        for field in ("headers", "query"):
            for name, each in named(getattr(self, field)).items():
                parts.append((f"{field}.{name}", StubRequest(**{field: {name: each}})))
        for field, request in parts:
            for message in obstacles(Stub(id="", request=request, action=Action())):
                yield field, message


class StubEndpoint(EndpointConfig, frozen=True, kw_only=True):
    """An endpoint that answers what fits its criteria. Several may have one method and path."""

    request: Annotated[
        Criteria, Meta(description="What the request must have beside method and path.")
    ] = msgspec.field(default_factory=Criteria)
    response: Annotated[
        StubResponse | None, Meta(description="An answer. Or `proxy`, `sse` or `action`.")
    ] = None
    proxy: Annotated[StubProxy | None, Meta(description="The answer of another server.")] = None
    sse: Annotated[StubEvents | None, Meta(description="Server-sent events.")] = None
    action: Annotated[
        StubAction | None,
        Meta(
            description="One of these three with the keys above, as the stub API says it:"
            " `action: {response: …}`."
        ),
    ] = None
    max_calls: Annotated[
        Calls | None,
        Meta(description="How many requests it answers in each session; then the next best does."),
    ] = None

    def acts(self) -> Action:
        """How it answers, for the engine."""
        said = self.action or StubAction(response=self.response, proxy=self.proxy, sse=self.sse)
        return said.action()

    def faults(self) -> Iterator[Fault]:
        """Give what the answer cannot be."""
        yield from super().faults()
        unclear = list(choice_faults(self))
        if unclear:
            yield from unclear
            return
        action = self.acts()
        prefix = "" if self.action is None else "action."
        for field, message, hint in (*action_faults(action), *template_faults(action)):
            yield f"{prefix}{field}", message, hint


class StubDatapoint(Datapoint, frozen=True, kw_only=True):
    """A datapoint of the pattern `stub`."""

    endpoints: Endpoints[StubEndpoint]
