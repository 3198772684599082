"""Partners → routes: patterns compile datapoints, and the core checks what they return."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import msgspec

from imnot_core.context import Context, Services
from imnot_core.errors import FieldError, PartnerError, Problem
from imnot_core.explain import Fault, field_path
from imnot_core.features import applied
from imnot_core.messages import Handler
from imnot_core.models import Datapoint, Partner, Source
from imnot_core.partners import locate, parse, problem
from imnot_core.plugin import AdminRoute, Compiled, Endpoint
from imnot_core.registry import Registry
from imnot_core.routes import (
    Conflict,
    Route,
    conflicts,
    normalise,
    reaches,
    shape_of,
    template_fault,
)
from imnot_core.yamlfile import read

ADMIN_PREFIX = "/imnot/admin"
CORE_PREFIXES = ("/imnot", "/healthz")
# Names that the admin API gives to something else; `requests`, `verify`, `ui` and `stress` are kept
# free for it.
RESERVED_NAMES = frozenset(
    ["partners", "sessions", "reload", "postman", "problems", "requests", "verify", "ui", "stress"]
)
PAYLOAD_ROUTES = (
    ("POST", "/payload", "Upload the global payload"),
    ("GET", "/payload", "Inspect the global payload"),
    ("POST", "/payload/session", "Upload a session payload"),
    ("GET", "/payload/session/{session_id}", "Inspect a session payload"),
)


class Target(msgspec.Struct, frozen=True):
    """What a route leads to: the handler, and whose it is.

    A `contested` route matches paths that are not for everybody: it is an admin route, or one whose
    parameters also match paths that the server answers itself.
    """

    handler: Handler
    partner: str
    datapoint: str
    admin: bool
    contested: bool

    @property
    def owner(self) -> str:
        """The datapoint's name for people."""
        return f"{self.partner}/{self.datapoint}"


@dataclass(frozen=True, slots=True)
class CompiledDatapoint:
    """A datapoint and what its pattern made of it."""

    partner: str
    config: Datapoint
    compiled: Compiled

    @property
    def name(self) -> str:
        """The datapoint's name."""
        return self.config.name

    @property
    def admin_prefix(self) -> str:
        """Where its admin routes lie."""
        return f"{ADMIN_PREFIX}/{self.partner}/{self.name}"

    def routes(self, reserved: Sequence[str]) -> list[Route[Target]]:
        """Its consumer routes and the admin routes that its pattern brings.

        `reserved` are the prefixes of paths that the server answers itself.
        """
        owner = f"{self.partner}/{self.name}"
        pairs: list[tuple[str, Endpoint]] = [("", each) for each in self.compiled.endpoints]
        pairs += [(self.admin_prefix, each) for each in self.compiled.admin]
        routes = []
        for prefix, each in pairs:
            admin = isinstance(each, AdminRoute)
            path = prefix + normalise(each.path)
            contested = admin or ("{" in path and any(reaches(path, one) for one in reserved))
            target = Target(each.handler, self.partner, self.name, admin, contested)
            routes.append(Route(each.method.upper(), path, target, owner))
        return routes

    def listed_admin(self) -> list[tuple[str, str, str]]:
        """Method, path and summary of the admin requests that listings show."""
        routes = list(PAYLOAD_ROUTES) if self.compiled.takes_payload else []
        routes += [(each.method, each.path, each.summary) for each in self.compiled.admin]
        return [(method, self.admin_prefix + path, text) for method, path, text in routes if text]


@dataclass(frozen=True, slots=True)
class CompiledPartner:
    """A partner, its compiled datapoints, and the routes they want."""

    partner: Partner
    datapoints: tuple[CompiledDatapoint, ...]
    routes: tuple[Route[Target], ...]

    @property
    def name(self) -> str:
        """The partner's name."""
        return self.partner.name

    @property
    def source(self) -> Source:
        """The text that it was made of."""
        return self.partner.source


class Compiler:
    """Compiles partners with the plugins and services of one server or command."""

    def __init__(
        self, registry: Registry, services: Services, api_prefixes: Sequence[str] = ()
    ) -> None:
        self._registry = registry
        self._services = services
        self._reserved = (*CORE_PREFIXES, *api_prefixes)

    def refresh(self) -> None:
        """See patterns that were installed since, and try again those that failed."""
        self._registry.refresh()

    def compile(self, source: Source) -> CompiledPartner:
        """Parse and compile a text. Raises PartnerError with all that is wrong in it."""
        partner = parse(source, self._registry)
        problems = list(_name_problems(partner))
        datapoints: list[CompiledDatapoint] = []
        for index, config in enumerate(partner.datapoints):
            try:
                compiled = self._compiled(partner, config)
            except PartnerError as error:
                problems += error.problems
            except FieldError as error:
                problems += _fields(partner, index, error)
            else:
                datapoints.append(CompiledDatapoint(partner.name, config, compiled))
        routes = tuple(route for each in datapoints for route in each.routes(self._reserved))
        problems += self._reserved_problems(partner, routes)
        problems += [conflict_problem(each, partner, partner) for each in conflicts(routes)]
        if problems:
            raise PartnerError(problems)
        return CompiledPartner(partner, tuple(datapoints), routes)

    def _compiled(self, partner: Partner, config: Datapoint) -> Compiled:
        loaded = self._registry.pattern(config.pattern)
        context = Context(self._services, partner.name, config.name)
        try:
            compiled = loaded.plugin.compile(config, context)
            fault = _compiled_fault(compiled)
            if not fault:
                return applied(compiled, config, context)
        except FieldError:
            raise
        except Exception as error:
            self._services.log.exception("pattern %r failed to compile", config.pattern)
            fault = f"{type(error).__name__}: {error}"
        origin = f"{loaded.package} {loaded.version}".strip() or loaded.origin
        message = f"pattern {config.pattern!r} ({origin}) cannot compile it: {fault}"
        raise PartnerError([_at_datapoint(partner, config.name, message)])

    def _reserved_problems(
        self, partner: Partner, routes: Sequence[Route[Target]]
    ) -> list[Problem]:
        problems = []
        for route in routes:
            for prefix in self._reserved:
                below = f"{shape_of(route.template)}/".startswith(f"{prefix}/")
                if below and not route.target.admin:
                    line, column = _place(partner, route)
                    message = f"{route} lies under {prefix}, which the server answers itself"
                    hint = "choose a path outside of it"
                    problems.append(Problem(partner.source.name, message, hint, line, column))
        return problems


def conflict_problem(conflict: Conflict[Target], first: Partner, second: Partner) -> Problem:
    """Say of two partners (or one, twice) which routes clash, and where both stand."""
    alike = conflict.first.owner == conflict.second.owner  # twice in one datapoint
    line, column = _place(second, conflict.second, last=alike)
    at = _place(first, conflict.first)
    other = f" (as {conflict.first.template})" * (
        conflict.first.template != conflict.second.template
    )
    message = (
        f"{conflict.second} of {conflict.second.owner} is already served by"
        f" {conflict.first.owner}{other} at {first.source.name}:{at[0]}:{at[1]}"
    )
    hint = "change the method or path of one of them"
    return Problem(second.source.name, message, hint, line, column)


def name_problem(partner: Partner, taken: Partner) -> Problem:
    """Say that two files describe a partner of one name."""
    line, column = read(partner.source.text, partner.source.name).place(("partner",))
    message = f"the partner name {partner.name!r} is taken by {taken.source.name}"
    hint = "give each partner a name of its own"
    return Problem(partner.source.name, message, hint, line, column, "partner")


def _name_problems(partner: Partner) -> Iterator[Problem]:
    if partner.name in RESERVED_NAMES:
        line, column = read(partner.source.text, partner.source.name).place(("partner",))
        message = (
            f"no partner can be called {partner.name!r}: {ADMIN_PREFIX}/{partner.name} is taken"
        )
        hint = "choose another name"
        yield Problem(partner.source.name, message, hint, line, column, "partner")


def _compiled_fault(compiled: Any) -> str:
    # A plugin need not be type-checked, so its answer is looked at here.
    if not isinstance(compiled, Compiled):
        return f"compile returned {type(compiled).__name__}, not Compiled"
    admin, endpoints = cast("tuple[Any, ...]", compiled.admin), compiled.endpoints
    for each in admin:
        if not isinstance(each, AdminRoute):
            return f"{each!r} among its admin routes is no AdminRoute"
    for endpoint in (*cast("tuple[Any, ...]", endpoints), *admin):
        if not isinstance(endpoint, Endpoint):
            return f"{endpoint!r} among its endpoints is no Endpoint"
        method, path = cast("tuple[Any, Any]", (endpoint.method, endpoint.path))
        if not (isinstance(method, str) and method):
            return f"the method {method!r} of an endpoint is no text"
        if fault := template_fault(path) if isinstance(path, str) else "it is no text":
            return f"the path {path!r} of an endpoint: {fault}"
    return _payload_fault(compiled)


def _payload_fault(compiled: Compiled) -> str:
    for each in compiled.admin if compiled.takes_payload else ():
        if reaches(each.path, "/payload"):
            return f"its admin route {each.path!r} lies at /payload, which the core serves"
    return ""


def _place(partner: Partner, route: Route[Target], *, last: bool = False) -> tuple[int, int]:
    return locate(partner, route.target.datapoint, route.method, route.template, last=last)


def _at_datapoint(partner: Partner, datapoint: str, message: str) -> Problem:
    index = [each.name for each in partner.datapoints].index(datapoint)
    document = read(partner.source.text, partner.source.name)
    return problem(document, Fault(("datapoints", index), message))


def _fields(partner: Partner, index: int, error: FieldError) -> list[Problem]:
    document = read(partner.source.text, partner.source.name)
    return [
        problem(document, Fault(("datapoints", index, *field_path(field)), message, hint))
        for field, message, hint in error.faults
    ]
