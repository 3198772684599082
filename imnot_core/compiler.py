"""Partners → routes: patterns compile datapoints, and the core checks what they return."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from imnot_core.compiled import CompiledDatapoint, CompiledPartner, Target
from imnot_core.context import Context
from imnot_core.errors import FieldError, PartnerError, Problem
from imnot_core.explain import Fault, field_path
from imnot_core.features import FeatureError, applied, unmet
from imnot_core.models import Datapoint, Partner, Source
from imnot_core.partner_files import PartnerFiles
from imnot_core.partners import PARTNER_FILE, locate, parse, problem
from imnot_core.plugin import AdminRoute, Compiled, Endpoint
from imnot_core.registry import Registry
from imnot_core.registry_checks import ADMIN_PREFIX, ADMIN_RESOURCES
from imnot_core.routes import (
    Conflict,
    Route,
    conflicts,
    reaches,
    shape_of,
    template_fault,
)
from imnot_core.services import Services
from imnot_core.tokens import TokenCheck
from imnot_core.yamlfile import read

CORE_PREFIXES = ("/imnot", "/healthz", "/~session")
# Names that the admin API gives to something else, or that are kept free for it.
RESERVED_NAMES = ADMIN_RESOURCES | {"verify", "ui", "stress"}


class Compiler:
    """Compiles partners with the plugins and services of one server or command."""

    def __init__(
        self,
        registry: Registry,
        services: Services,
        api_prefixes: Sequence[str] = (),
        *,
        folder: Path,
    ) -> None:
        self._registry = registry
        self._services = services
        self._folder = folder
        self._reserved = (*CORE_PREFIXES, *api_prefixes)

    def refresh(self) -> None:
        """See patterns that were installed since, and try again those that failed."""
        self._registry.refresh()

    def compile(self, source: Source, given: Mapping[str, bytes] | None = None) -> CompiledPartner:
        """Parse and compile a text. Raises PartnerError with all that is wrong in it.

        `given` are contents of files beside it, by the names that the text gives them: they are
        taken instead of what lies on disk.
        """
        partner = parse(source, self._registry)
        problems = list(self._name_problems(partner))
        files = PartnerFiles(self._home(partner), given)
        datapoints, faulty = self._datapoints(partner, files)
        problems += faulty
        routes = tuple(route for each in datapoints for route in each.routes(self._reserved))
        problems += self._reserved_problems(partner, routes)
        problems += [conflict_problem(each, partner, partner) for each in conflicts(routes)]
        if problems:
            raise PartnerError(problems)
        return CompiledPartner(partner, tuple(datapoints), routes, files)

    def _datapoints(
        self, partner: Partner, files: PartnerFiles
    ) -> tuple[list[CompiledDatapoint], list[Problem]]:
        """Those that can be compiled, and what is wrong with the others."""
        datapoints: list[CompiledDatapoint] = []
        problems: list[Problem] = []
        checks: dict[str, TokenCheck] = {}
        for index, config in enumerate(partner.datapoints):
            try:
                compiled = self._compiled(partner, config, files, checks)
            except PartnerError as error:
                problems += error.problems
            except FeatureError as error:
                problems += _fields(partner, index, error.located(config))
            except FieldError as error:
                problems += _fields(partner, index, error)
            else:
                datapoints.append(CompiledDatapoint(partner.name, config, compiled))
                if compiled.token_check is not None:
                    checks[config.name] = compiled.token_check
        if not problems:  # else one of the others may offer what is asked for
            for index, config in enumerate(partner.datapoints):
                if faults := list(unmet(config, checks)):
                    problems += _fields(partner, index, FieldError(*faults))
        return datapoints, problems

    def _home(self, partner: Partner) -> Path:
        """The partner's folder: where its file lies, or where it would be written."""
        file = Path(partner.source.name)
        return file.parent if file.name == PARTNER_FILE else self._folder / partner.name

    def _compiled(
        self,
        partner: Partner,
        config: Datapoint,
        files: PartnerFiles,
        checks: Mapping[str, TokenCheck],
    ) -> Compiled:
        loaded = self._registry.pattern(config.pattern)
        context = Context(
            self._services,
            partner.name,
            config.name,
            files=files,
            token_checks=checks,
            options=self._services.options.get(loaded.plugin.name),
        )
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

    def _name_problems(self, partner: Partner) -> Iterator[Problem]:
        place = f"{ADMIN_PREFIX}/{partner.name}"
        if partner.name in RESERVED_NAMES or place in self._reserved:
            line, column = read(partner.source.text, partner.source.name).place(("partner",))
            message = f"no partner can be called {partner.name!r}: {place} is taken"
            hint = "choose another name"
            yield Problem(partner.source.name, message, hint, line, column, "partner")

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
