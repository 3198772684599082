"""What admin requests carry beside their path: what Litestar does not know, as it is read as bytes.

For the OpenAPI document alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from imnot_core.registry_checks import ADMIN_PREFIX


@dataclass(frozen=True, kw_only=True)
class Body:
    """The body of a request."""

    description: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "object"})
    types: Sequence[str] = ("application/json",)
    required: bool = True

    def described(self) -> dict[str, Any]:
        """The body as OpenAPI has it."""
        content = {each: {"schema": dict(self.schema)} for each in self.types}
        return {"description": self.description, "required": self.required, "content": content}


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A header, or what stands in the query."""

    name: str
    description: str
    place: str = "query"
    required: bool = False

    def described(self) -> dict[str, Any]:
        """The parameter as OpenAPI has it."""
        return {
            "name": self.name,
            "in": self.place,
            "description": self.description,
            "required": self.required,
            "schema": {"type": "string"},
        }


_PAYLOAD: Final = f"{ADMIN_PREFIX}/{{partner}}/{{datapoint}}/payload"
_OVERRIDES: Final = f"{ADMIN_PREFIX}/overrides/{{partner}}/{{datapoint}}"
_SESSIONS: Final = f"{ADMIN_PREFIX}/sessions"
_SESSION: Final = f"{_SESSIONS}/{{session_id}}"
_REQUESTS: Final = f"{ADMIN_PREFIX}/requests"

_UPLOAD: Final = Body(
    description="The payload: any JSON value, or anything of another content type.",
    schema={},
    types=("application/json", "*/*"),
)
_BODIES: Final = {
    f"post {ADMIN_PREFIX}/partners": Body(
        description="A partner file.", schema={"type": "string"}, types=("application/yaml",)
    ),
    f"post {_PAYLOAD}": _UPLOAD,
    f"post {_PAYLOAD}/session": _UPLOAD,
    f"put {_OVERRIDES}": Body(
        description="The override: `response` or `chaos`; `method` and `path`, `times`."
    ),
    f"post {_SESSIONS}": Body(
        description="The session: `id`, `name`, `ttl_seconds`, `seed`, `clock`, `copy_of`.",
        required=False,
    ),
    f"patch {_SESSION}": Body(
        description="What changes: `name`, `ttl_seconds`, `seed`; null takes one away."
    ),
    f"post {_SESSION}/copy": Body(
        description="What differs in it: `id`, `name`, `ttl_seconds`, `seed`, `clock`.",
        required=False,
    ),
    f"post {_SESSION}/clock": Body(
        description="One or more of `set`, `advance`, `freeze`, `resume`, `reset`."
    ),
}

_OWNER: Final = Parameter(
    name="X-Imnot-Session", description="The session that the payload belongs to.", place="header"
)
_OVERRIDDEN: Final = Parameter(
    name="X-Imnot-Session",
    description="The session whose answers are overridden.",
    place="header",
    required=True,
)
_HEADERS: Final = {_PAYLOAD: _OWNER, f"{_PAYLOAD}/session": _OWNER, _OVERRIDES: _OVERRIDDEN}

_OF_SESSION: Final = Parameter(
    name="session", description="The session of the request; empty for those of none."
)
_FILTERS: Final = (
    Parameter(name="partner", description="The partner that answered."),
    Parameter(name="datapoint", description="The datapoint that answered."),
    Parameter(name="source", description="What answered: partner/datapoint, or an API's name."),
    _OF_SESSION,
    Parameter(name="method", description="The method."),
    Parameter(name="path", description="The path: `*` is anything, `{name}` one segment."),
    Parameter(name="status", description="The status of the answer: 404, 4xx, or none."),
    Parameter(name="kind", description="`request` or `callback`; both if it is left out."),
    Parameter(name="attempt", description="Of callbacks: which attempt."),
    Parameter(name="since", description="The earliest instant."),
    Parameter(name="until", description="The latest instant."),
    Parameter(name="unmatched", description="`true`: only what nothing answered."),
    Parameter(name="limit", description="How many: 100 if it is left out, 1000 at most."),
    Parameter(name="before", description="The `next` of the page before."),
)
_QUERIES: Final[Mapping[str, Sequence[Parameter]]] = {
    f"get {_REQUESTS}": _FILTERS,
    f"delete {_REQUESTS}": (_OF_SESSION,),
}


def inputs_of(
    method: str, path: str, known: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[str, Any]]:
    """Give the members of an operation that say what it reads, beside the parameters `known`."""
    operation = f"{method} {path}"
    if operation in _BODIES:
        yield "requestBody", _BODIES[operation].described()
    parameters = [*_QUERIES.get(operation, ())]
    if path in _HEADERS:
        parameters.append(_HEADERS[path])
    if parameters:
        yield "parameters", [*known, *(each.described() for each in parameters)]
