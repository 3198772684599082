"""Partners → routes: what the core makes of what a pattern returns, and what it refuses."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from imnot_core import AdminRoute, Compiled, Context, Endpoint, FieldError, Reply, Request
from imnot_core.compiled import PAYLOAD_ROUTES, CompiledPartner
from imnot_core.compiler import RESERVED_NAMES, Compiler
from imnot_core.errors import PartnerError, Problem
from imnot_core.models import Source
from imnot_core.offline import offline_compiler
from imnot_core.registry_checks import ADMIN_PREFIX
from imnot_core.settings import Settings
from imnot_core.testing.registry import GivenPlugins
from tests.unit.core.compiling import compiled, compiler_with, file
from tests.unit.testing.samples import PLAIN, Plain


async def handle(_request: Request) -> Reply:
    return Reply()


class Returns(Plain):
    """A pattern whose `compile` returns or raises what it was made with."""

    def __init__(self, outcome: Any) -> None:
        self.outcome = outcome

    def compile(self, datapoint: Any, context: Context) -> Any:
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome


def made_of(outcome: Any) -> CompiledPartner:
    return compiled(Source("acme.yaml", PLAIN), [Returns(outcome)])


def problems(compiler: Compiler, source: Source) -> list[Problem]:
    with pytest.raises(PartnerError) as refused:
        compiler.compile(source)
    return list(refused.value.problems)


def fault(outcome: Any) -> Problem:
    (problem,) = problems(compiler_with(Returns(outcome)), Source("acme.yaml", PLAIN))
    return problem


# Routes


def test_endpoints_become_routes_in_their_order() -> None:
    partner = compiled(file("a", "acme", "/one", "/two/{id}", "/three/"))
    assert [str(route) for route in partner.routes] == ["GET /one", "GET /two/{id}", "GET /three"]
    assert {route.owner for route in partner.routes} == {"acme/d"}
    target = partner.routes[0].target
    assert (target.owner, target.partner, target.datapoint) == ("acme/d", "acme", "d")
    assert (target.admin, target.contested) == (False, False)


def test_what_a_pattern_returns_is_brought_into_its_normal_form() -> None:
    (route,) = made_of(Compiled((Endpoint("get", "/orders/", handle),))).routes
    assert (route.method, route.template) == ("GET", "/orders")


def test_admin_routes_lie_below_their_datapoint() -> None:
    admin = (AdminRoute("GET", "/log/{id}", handle), AdminRoute("delete", "/", handle))
    partner = made_of(Compiled((Endpoint("GET", "/it", handle),), admin))
    prefix = f"{ADMIN_PREFIX}/acme/it"
    assert [str(each) for each in partner.routes] == [
        "GET /it",
        f"GET {prefix}/log/{{id}}",
        f"DELETE {prefix}/",
    ]
    assert [each.target.admin for each in partner.routes] == [False, True, True]
    assert partner.datapoints[0].admin_prefix == prefix


def test_two_datapoints_may_have_admin_routes_of_one_name() -> None:
    outcome = Compiled((), (AdminRoute("GET", "/log", handle),))
    text = PLAIN + "  - {name: b, pattern: plain, endpoints: [{method: POST, path: /b}]}\n"
    partner = compiled(Source("acme.yaml", text), [Returns(outcome)])
    assert len(partner.routes) == 2


@pytest.mark.parametrize(
    ("path", "contested"),
    [
        ("/{x}", True),
        ("/{x}/y", True),
        ("/{x}/{y}/z", True),
        ("/im{x}", True),
        ("/{x}z", True),
        ("/{x}.json", False),
        ("/v2/{x}", False),
        ("/imnots/{x}", False),
        ("/healthzz", False),
        ("/orders", False),
    ],
)
def test_a_route_that_also_matches_what_the_server_answers_is_marked(
    path: str, contested: bool
) -> None:
    (route,) = compiled(file("a", "acme", path)).routes
    assert route.target.contested is contested


def test_the_prefixes_of_api_plugins_count_too() -> None:
    offline = offline_compiler(Settings(), GivenPlugins([]))
    compiler = Compiler(
        offline._registry, offline._services, ["/v1/mocks"], folder=Path("partners")
    )
    routes = compiler.compile(file("a", "acme", "/v1/{x}", "/v1", "/v2/{x}", "/{x}")).routes
    assert [each.target.contested for each in routes] == [True, False, False, True]
    (problem,) = problems(compiler, file("a", "acme", "/v1/mocks/{x}"))
    assert "/v1/mocks" in problem.message


def test_admin_requests_are_listed_payloads_first() -> None:
    admin = (
        AdminRoute("POST", "/again", handle, "Do it again"),
        AdminRoute("POST", "/once-more", handle),
    )
    (datapoint,) = made_of(Compiled((), admin, takes_payload=True)).datapoints
    listed = datapoint.listed_admin()
    prefix = f"{ADMIN_PREFIX}/acme/it"
    assert listed[:4] == [(method, prefix + path, text) for method, path, text in PAYLOAD_ROUTES]
    assert listed[4:] == [("POST", f"{prefix}/again", "Do it again")]
    assert made_of(Compiled((), admin)).datapoints[0].listed_admin() == listed[4:]


# Refusals


@pytest.mark.parametrize("name", sorted(RESERVED_NAMES))
def test_names_of_the_admin_api_are_refused_with_their_place(name: str) -> None:
    (problem,) = problems(compiler_with(), file("a", name, "/x"))
    assert (problem.line, problem.column, problem.path) == (1, 10, "partner")
    assert f"/imnot/admin/{name}" in problem.message
    assert problem.hint


@pytest.mark.parametrize(
    "path",
    [
        "/imnot",
        "/imnot/",
        "/imnot/x",
        "/imnot/{x}",
        "/healthz",
        "/healthz/x",
        "/%69mnot/x",
        "/health%7a",
    ],
)
def test_paths_of_the_server_are_refused_with_their_place(path: str) -> None:
    (problem,) = problems(compiler_with(), file("a", "acme", "/fine", path))
    assert (problem.line, problem.column) == (5, 67)
    assert "the server answers itself" in problem.message


def test_a_route_twice_in_a_partner_names_both_places() -> None:
    first, second = problems(compiler_with(), file("a", "acme", "/x/{a}", "/x/{b}", "/x/{c}"))
    assert (first.line, first.column) == (5, 68)
    assert "a/partner.yaml:5:37" in first.message
    assert "(as /x/{a})" in first.message
    assert (second.line, second.column) == (5, 99)


def test_equal_routes_are_told_apart_by_their_places() -> None:
    (problem,) = problems(compiler_with(), file("a", "acme", "/x", "/x"))
    assert (problem.line, problem.column) == (5, 64)
    assert "a/partner.yaml:5:37" in problem.message
    assert "(as" not in problem.message


def test_all_refusals_of_a_partner_are_told_at_once() -> None:
    found = problems(compiler_with(), file("a", "sessions", "/imnot/x", "/x", "/x"))
    assert len(found) == 3


def test_faults_of_fields_are_told_with_their_places() -> None:
    error = FieldError(
        ("name", "too plain", "think of another"), ("endpoints", "too few", "add one")
    )
    name, endpoints = problems(compiler_with(Returns(error)), Source("acme.yaml", PLAIN))
    assert (name.line, name.column, name.path) == (3, 12, "datapoints[0].name")
    assert (name.message, name.hint) == ("too plain", "think of another")
    assert (endpoints.column, endpoints.path) == (43, "datapoints[0].endpoints")


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (ValueError("no way"), "ValueError: no way"),
        (None, "NoneType"),
        (Compiled([5]), "5"),  # type: ignore[arg-type]
        (Compiled(5), "TypeError"),  # type: ignore[arg-type]
        (Compiled((), 5), "TypeError"),  # type: ignore[arg-type]
        (Compiled((), (Endpoint("GET", "/x", handle),)), "no AdminRoute"),  # type: ignore[arg-type]
        (Compiled((Endpoint("GET", "x", handle),)), "'x'"),
        (Compiled((Endpoint("GET", 5, handle),)), "the path 5"),  # type: ignore[arg-type]
        (Compiled((Endpoint(5, "/x", handle),)), "the method 5"),  # type: ignore[arg-type]
        (Compiled((), (AdminRoute("GET", "/payload", handle),), takes_payload=True), "/payload"),
        (Compiled((), (AdminRoute("GET", "/{x}/y", handle),), takes_payload=True), "/payload"),
    ],
)
def test_what_a_pattern_must_not_return_is_told_at_its_datapoint(outcome: Any, words: str) -> None:
    problem = fault(outcome)
    assert (problem.line, problem.column, problem.path) == (3, 5, "datapoints[0]")
    assert "'plain'" in problem.message
    assert words in problem.message


def test_without_a_payload_the_path_is_free() -> None:
    made_of(
        Compiled((), (AdminRoute("GET", "/payload", handle), AdminRoute("GET", "/{x}", handle)))
    )


def test_the_traceback_of_a_pattern_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "imnot"):
        fault(ValueError("no way"))
    assert "Traceback" in caplog.text
    assert "'plain'" in caplog.text


def test_one_bad_datapoint_does_not_hide_another() -> None:
    text = PLAIN + "  - {name: b, pattern: plain, endpoints: [{method: POST, path: /b}]}\n"
    found = problems(compiler_with(Returns(ValueError())), Source("acme.yaml", text))
    assert [each.path for each in found] == ["datapoints[0]", "datapoints[1]"]


def test_compiling_needs_no_server() -> None:
    # Its services raise when they are used: a pattern that does I/O in `compile` is found out.
    class Reads(Plain):
        def compile(self, datapoint: Any, context: Context) -> Compiled:
            context.http  # noqa: B018 - that is what it does wrong
            return super().compile(datapoint, context)

    (problem,) = problems(compiler_with(Reads), Source("acme.yaml", PLAIN))
    assert "without a server" in problem.message
