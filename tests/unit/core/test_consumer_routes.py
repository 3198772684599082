"""What partners serve, as plugins see it: consumer routes only, and always the present ones."""

from __future__ import annotations

import pytest

from imnot_core import ConsumerRoute, ConsumerRoutes
from imnot_core.routes import Route, RouteTable
from imnot_core.testing import Harness
from tests.server.samples import ACME

ONLY = """
partner: b
datapoints:
  - name: x
    pattern: static
    endpoints: [{method: GET, path: /only, response: {status: 204}}]
"""


class Target:
    def __init__(self, *, admin: bool = False) -> None:
        self.admin = admin


def table(*templates: str, admin: tuple[str, ...] = ()) -> RouteTable[Target]:
    routes = [(each, Target()) for each in templates]
    routes += [(each, Target(admin=True)) for each in admin]
    return RouteTable.build(
        Route(each.partition(" ")[0], each.partition(" ")[2], target, f"acme/{number}")
        for number, (each, target) in enumerate(routes)
    )


def routes(*templates: str, admin: tuple[str, ...] = ()) -> ConsumerRoutes:
    built = table(*templates, admin=admin)
    return ConsumerRoutes(lambda: built)


def test_all_of_them_are_given_in_order() -> None:
    found = routes("POST /b", "GET /a/{id}", admin=("GET /imnot/admin/acme/x/log",))
    assert list(found) == [
        ConsumerRoute("POST", "/b", "acme/0"),
        ConsumerRoute("GET", "/a/{id}", "acme/1"),
    ]
    assert str(next(iter(found))) == "POST /b"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/things", "/things"),
        ("/things/", "/things"),
        ("/things/7", "/things/{id}"),
        ("/things/a b", "/things/{id}"),
        ("/things/é", "/things/{id}"),
        ("/things/50%", "/things/{id}"),
        ("/things/%41", "/things/{id}"),
        ("/things/a?b", "/things/{id}"),
        ("/things/\ud800", "/things/{id}"),
        ("/café au lait", "/caf%C3%A9%20au%20lait"),
        ("/why?", "/why%3F"),
        ("/100%", "/100%25"),
        ("/thing", None),
        ("/things/7/8", None),
        ("", None),
        ("things", None),
    ],
)
def test_a_decoded_path_is_served_as_a_request_is(path: str, expected: str | None) -> None:
    known = ["/things", "/things/{id}", "/caf%C3%A9%20au%20lait", "/why%3F", "/100%25"]
    found = routes(*(f"GET {each}" for each in known)).serving("GET", path)
    assert (found and found.path) == expected


def test_the_methods_of_a_path_are_sorted() -> None:
    found = routes("PUT /a", "GET /a", "GET /b", "DELETE /{x}", admin=("POST /a",))
    assert found.methods("/a") == ["DELETE", "GET", "PUT"]
    assert found.methods("/c") == ["DELETE"]
    assert found.methods("/c/d") == []
    assert found.serving("POST", "/a") is None
    assert found.serving("PATCH", "/a") is None


def test_the_nearest_are_named_best_first() -> None:
    found = routes(
        "GET /v1/charges",
        "POST /v1/charges",
        "GET /v2/charge",
        "GET /zzz",
        admin=("GET /v1/charge",),
    )
    assert [str(each) for each in found.nearest("GET", "/v1/charge")] == [
        "GET /v1/charges",
        "GET /v2/charge",
        "POST /v1/charges",
    ]
    assert len(found.nearest("GET", "/v1/charge", 1)) == 1


def test_without_partners_there_is_nothing() -> None:
    nothing = ConsumerRoutes()
    assert list(nothing) == []
    assert nothing.serving("GET", "/") is None
    assert nothing.methods("/") == []
    assert nothing.nearest("GET", "/") == []


def test_they_are_those_of_the_moment() -> None:
    tables = [table("GET /a")]
    found = ConsumerRoutes(lambda: tables[-1])
    assert found.serving("GET", "/a") is not None
    tables.append(table("GET /b"))
    assert found.serving("GET", "/a") is None
    assert [each.path for each in found] == ["/b"]
    assert [each.path for each in found.nearest("GET", "/a")] == ["/b"]


def test_a_server_gives_plugins_those_of_its_partners() -> None:
    seen = []

    class Api:
        """An API plugin that looks at the routes."""

        name = "looking"
        prefixes: tuple[str, ...] = ("/looking",)
        api_version = 1

        def controllers(self, services: object) -> list[object]:
            seen.append(services.routes)  # type: ignore[attr-defined]
            return []

        async def respond(self, request: object) -> None:
            return None

    with Harness(ACME, plugins=[Api()]) as server:
        (found,) = seen
        before = {str(each) for each in found}
        assert before
        assert not any("/imnot" in each for each in before)
        owners = {each.owner.partition("/")[0] for each in found}
        assert owners == {"acme"}
        server.reload(ONLY)
        assert [str(each) for each in found] == ["GET /only"]
