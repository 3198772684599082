"""What any pattern's endpoint may declare beside its answer, and how that takes effect.

A feature is an optional key of `EndpointConfig`, and a line in `FEATURES` with the function that
applies it to a handler. That is done once, when the endpoint is compiled: what is not declared
costs nothing, the handler stays the very object that the pattern made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from imnot_core.chaos import disturbed
from imnot_core.config import Fault
from imnot_core.errors import FieldError, ReplyError
from imnot_core.messages import Handler, Reply, Request
from imnot_core.models import Datapoint, EndpointConfig
from imnot_core.rate_limit import limited
from imnot_core.refusals import error_reply, formatted
from imnot_core.routes import normalise
from imnot_core.schema_check import schema_checked
from imnot_core.tokens import datapoint_of, guarded
from imnot_core.validation import validated

if TYPE_CHECKING:
    from imnot_core.context import Context
    from imnot_core.plugin import Compiled, Endpoint

Feature = Callable[[EndpointConfig, Handler, "Context"], Handler]
Place = tuple[str, str]
Declared = tuple[str, EndpointConfig]


def wrap(config: EndpointConfig, handler: Handler, context: Context) -> Handler:
    """The handler with all that the endpoint declares; the same object if it declares nothing.

    Raises FieldError for what cannot be applied.
    """
    try:
        for key in _keys(config):
            handler = FEATURES[key](config, handler, context)
    except FieldError as error:
        raise FeatureError(config, *error.faults) from error
    return handler


class FeatureError(FieldError):
    """Faults of what one endpoint declares; their fields are relative to that."""

    def __init__(self, config: EndpointConfig, *faults: Fault) -> None:
        super().__init__(*faults)
        self.config = config

    def located(self, datapoint: Datapoint) -> FieldError:
        """The same faults with the endpoint's place in its datapoint before their fields."""
        for field, config in _endpoint_configs(datapoint):
            if config is self.config:
                placed = [(f"{field}.{name}", *rest) for name, *rest in self.faults]
                return FieldError(*((name, what, hint) for name, what, hint in placed))
        return self


def applied(compiled: Compiled, datapoint: Datapoint, context: Context) -> Compiled:
    """What a pattern returned, with the features that the datapoint's endpoints declare.

    An endpoint is found by method and path. One that says that it is `wrapped` is left as it is.
    Raises FieldError for features that cannot be applied or would be without effect.
    """
    declared = list(_endpoint_configs(datapoint))
    if not any(_keys(config) for _, config in declared):
        return compiled
    at_place = _by_place(declared)
    if faults := list(_lost(at_place, compiled.endpoints)):
        raise FieldError(*faults)
    endpoints, found = [], list[Fault]()
    for each in compiled.endpoints:
        try:
            endpoints.append(_featured(each, at_place, context))
        except FeatureError as error:
            found += error.located(datapoint).faults
    if found:
        raise FieldError(*found)
    return replace(compiled, endpoints=tuple(endpoints))


def unmet(datapoint: Datapoint, offered: Collection[str]) -> Iterator[Fault]:
    """Give the endpoints that require tokens which no datapoint of the partner gives out.

    `offered` are the names of those that do.
    """
    for field, config in _endpoint_configs(datapoint):
        required = config.requires_token
        if required is not None and datapoint_of(required) not in offered:
            known = ", ".join(sorted(offered))
            hint = f"name one of {known}" if known else "add a datapoint of the pattern oauth"
            message = f"no datapoint {datapoint_of(required)!r} of this partner gives out tokens"
            yield f"{field}.requires_token", message, hint


def _chaotic(config: EndpointConfig, handler: Handler, context: Context) -> Handler:
    chaos = config.chaos
    if chaos is None or chaos.is_calm:
        return handler

    async def answer(request: Request) -> Reply:
        try:
            reply = await handler(request)
        except ReplyError as error:  # an answer like any other: a slow API is slow to say 404, too
            reply = error_reply(error)
        return disturbed(reply, chaos, context.random, has_body=request.method != "HEAD")

    return answer


FEATURES: Final[Mapping[str, Feature]] = MappingProxyType(
    {
        "error_format": formatted,
        "validate": validated,
        "schema": schema_checked,
        "requires_token": guarded,
        "rate_limit": limited,
        "chaos": _chaotic,
    }
)
"""Key → what applies it, from the innermost to the outermost.

Chaos is what happens on the way to the client, whatever the answer is: it stays the last.
"""


def _keys(config: EndpointConfig) -> list[str]:
    return [key for key in FEATURES if getattr(config, key) is not None]


def _endpoint_configs(datapoint: Datapoint) -> Iterator[Declared]:
    """All endpoints that a datapoint declares, each with its path in the file."""
    names = datapoint.__struct_fields__
    for name, key in zip(names, datapoint.__struct_encode_fields__, strict=True):
        value = getattr(datapoint, name)
        if isinstance(value, EndpointConfig):
            yield key, value
        elif isinstance(value, tuple | list):
            for index, each in enumerate(value):
                if isinstance(each, EndpointConfig):
                    yield f"{key}[{index}]", each


def _by_place(declared: Sequence[Declared]) -> dict[Place, list[Declared]]:
    found: dict[Place, list[Declared]] = {}
    for field, config in declared:
        found.setdefault((config.method, config.path), []).append((field, config))
    return found


def _lost(
    at_place: Mapping[Place, Sequence[Declared]], endpoints: Sequence[Endpoint]
) -> Iterator[Fault]:
    """The features that nothing would apply."""
    served = Counter(map(_place, endpoints))
    wrapped = {_place(each) for each in endpoints if each.wrapped}
    for place, declared in at_place.items():
        count = served[place]
        # A pattern that wraps may serve what is declared elsewhere, and knows best where.
        if place in wrapped or (wrapped and not count):
            continue
        route = " ".join(place)
        if not count:
            message = f"has no effect: the pattern does not serve {route}"
        elif count == 1 < len(declared):
            message = f"has no effect: the pattern answers the {len(declared)} {route} as one"
        else:
            continue
        for field, config in declared:
            for key in _keys(config):
                yield f"{field}.{key}", message, "delete it here"


def _featured(
    endpoint: Endpoint, at_place: Mapping[Place, Sequence[Declared]], context: Context
) -> Endpoint:
    declared = at_place.get(_place(endpoint), ())
    # Several are a clash of routes, which is told with the other ones.
    if endpoint.wrapped or len(declared) != 1:
        return endpoint
    handler = context.wrap(declared[0][1], endpoint.handler)
    return endpoint if handler is endpoint.handler else replace(endpoint, handler=handler)


def _place(endpoint: Endpoint) -> Place:
    return endpoint.method.upper(), normalise(endpoint.path)
