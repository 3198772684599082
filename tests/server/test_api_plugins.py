"""API plugins: served below their prefixes, asked for what no partner answers, contained."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from litestar import Controller, Router, delete, get, post
from litestar.params import FromPath

from imnot_core import (
    API_VERSION,
    PartnerError,
    PluginError,
    Reply,
    ReplyError,
    Request,
    Services,
    StoreError,
)
from imnot_core.testing import Harness
from tests.server.samples import CHARGES, static

PROBLEMS = "/imnot/admin/problems"


class Stubs(Controller):
    """Answers that are registered at run time."""

    path = "/__stub__"

    @post("/{name:str}")
    async def add(self, name: FromPath[str]) -> dict[str, str]:
        """Register one."""
        return {"added": name}

    @delete("/{name:str}", status_code=200)
    async def remove(self, name: FromPath[str]) -> dict[str, str]:
        """Not possible: this plugin has its own way to say so."""
        raise ReplyError(410, f"{name} is gone")

    @get("/broken")
    async def broken(self) -> str:
        """Fail."""
        raise ZeroDivisionError("by zero")


class StubApi:
    """A management API, as small as one can be."""

    name = "stub"
    api_version = API_VERSION
    prefixes: tuple[str, ...] = ("/__stub__",)

    def __init__(self) -> None:
        self.asked: list[str] = []

    def controllers(self, services: Services) -> Any:
        return [Stubs]

    async def respond(self, request: Request) -> Reply | None:
        self.asked.append(f"{request.method} {request.path} {request.body.decode()}")
        if not request.path.startswith("/stubbed"):
            return None
        return Reply.json({"stub": request.path, "session": request.session})


def api(respond: Any) -> StubApi:
    """A stub API whose `respond` does what the function does."""

    class Given(StubApi):
        async def respond(self, request: Request) -> Any:
            return respond(request)

    return Given()


def serving(controllers: Any, prefixes: tuple[str, ...] = ("/__stub__",)) -> StubApi:
    """A stub API with these controllers, or one that raises this when asked for them."""

    class Given(StubApi):
        def controllers(self, services: Services) -> Any:
            if isinstance(controllers, BaseException):
                raise controllers
            return controllers

    given = Given()
    given.prefixes = prefixes
    return given


# What it serves


def test_its_controllers_answer_below_its_prefix() -> None:
    with Harness(CHARGES, plugins=[StubApi]) as server:
        answer = server.post("/__stub__/one")
        assert (answer.status_code, answer.json()) == (201, {"added": "one"})
        assert server.get("/__stub__/one").status_code == 405
        assert server.get("/__stub__/one/two").status_code == 404
        assert server.get("/__stub__").status_code == 404


def test_its_errors_are_answered_in_the_same_form() -> None:
    with Harness(CHARGES, plugins=[StubApi], allow_errors=True) as server:
        gone = server.delete("/__stub__/one")
        assert (gone.status_code, gone.json()) == (410, {"detail": "one is gone"})
        broken = server.get("/__stub__/broken")
        assert broken.status_code == 500
        assert "by zero" in broken.json()["detail"]


def test_it_is_in_the_openapi_document() -> None:
    with Harness(plugins=[StubApi]) as server:
        assert "/__stub__/{name}" in server.get("/imnot/openapi.json").json()["paths"]


@pytest.mark.parametrize("path", ["/__stub__", "/__stub__/one", "/__stub__/{x}", "/%5F_stub__/x"])
def test_partners_may_not_declare_routes_below_its_prefix(path: str) -> None:
    with pytest.raises(PartnerError, match=r"partner\.yaml:7:15: .* lies under /__stub__"):
        Harness(static("acme", f"GET {path}"), plugins=[StubApi]).__enter__()


def test_partners_cannot_answer_in_its_place() -> None:
    with Harness(static("greedy", "POST /{a}/{b}", "POST /{a}"), plugins=[StubApi]) as server:
        assert server.post("/__stub__/one").json() == {"added": "one"}
        assert server.post("/__stub__").status_code == 404
        assert server.post("/other/one").json() == {"is": "here"}


def test_a_path_that_only_resembles_its_prefix_is_not_its_own() -> None:
    with Harness(static("acme", "GET /__stub__s"), plugins=[StubApi]) as server:
        assert server.get("/__stub__s").json() == {"is": "here"}


def test_it_may_own_several_prefixes() -> None:
    @get("/v1/fakes")
    async def mocks() -> list[str]:
        return []

    plugin = serving(
        [Router("/__stub__", route_handlers=[Stubs]), mocks], ("/__stub__", "/v1/fakes")
    )
    with Harness(static("acme", "GET /v1/charges", "GET /v1/{x}"), plugins=[plugin]) as server:
        assert server.post("/__stub__/__stub__/one").json() == {"added": "one"}
        assert server.get("/v1/fakes").json() == []
        assert server.get("/v1/charges").json() == {"is": "here"}
        assert server.get("/v1/other").json() == {"is": "here"}


# Consumer requests that no partner answers


def test_it_is_asked_for_what_no_partner_answers() -> None:
    plugin = StubApi()
    with Harness(CHARGES, plugins=[plugin]) as server:
        answer = server.post("/stubbed/a%2Fb", content=b"body", session="mine")
        assert answer.json() == {"stub": "/stubbed/a/b", "session": "mine"}
        assert server.get("/elsewhere").status_code == 404
        server.get("/v1/charges")
        server.get("/healthz")
        server.get("/imnot/admin/nothing")
        server.post("/__stub__/one")
    assert plugin.asked == ["POST /stubbed/a/b body", "GET /elsewhere "]


def test_it_is_asked_where_only_the_method_differs() -> None:
    text = static("acme", "GET /stubbed", "GET /other")
    with Harness(text, plugins=[StubApi]) as server:
        assert server.get("/stubbed").json() == {"is": "here"}
        assert server.put("/stubbed").json()["stub"] == "/stubbed"
        refused = server.put("/other")
        assert (refused.status_code, refused.headers["allow"]) == (405, "GET")


def test_several_are_asked_in_the_order_of_their_names() -> None:
    class Other(StubApi):
        name = "another"
        prefixes = ("/__other__",)

        def controllers(self, services: Services) -> Any:
            return []

        async def respond(self, request: Request) -> Reply | None:
            return Reply.json("other") if "other" in request.path else None

    with Harness(plugins=[StubApi, Other]) as server:
        assert server.get("/stubbed/other").json() == "other"
        assert server.get("/stubbed").json()["stub"] == "/stubbed"


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (ZeroDivisionError("by zero"), "by zero"),
        (SystemExit(1), "SystemExit"),
        ("text", "str"),
        (Reply(status=1000), "1000"),
    ],
)
def test_its_failure_is_contained_and_kept(outcome: Any, words: str) -> None:
    def respond(_request: Request) -> Any:
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    with Harness(CHARGES, plugins=[api(respond)], allow_errors=True) as server:
        server.upload("bookingco", "charges", "fine")
        answer = server.get("/stubbed")
        assert answer.status_code == 500
        assert answer.headers["x-imnot-error"] == "stub"
        assert words in answer.json()["detail"]
        (failure,) = server.get(PROBLEMS).json()["handlers"]
        assert (failure["handler"], failure["path"]) == ("stub", "/stubbed")
        assert server.get("/v1/charges").json() == "fine"


def test_it_may_answer_by_raising() -> None:
    def respond(_request: Request) -> Any:
        raise ReplyError(402, "pay first")

    with Harness(plugins=[api(respond)]) as server:
        assert (server.get("/x").status_code, server.get("/x").json()["detail"]) == (
            402,
            "pay first",
        )


def test_a_store_that_fails_is_503() -> None:
    def respond(_request: Request) -> Any:
        raise StoreError("full")

    with Harness(plugins=[api(respond)]) as server:
        assert server.get("/x").status_code == 503


def test_the_body_limit_holds_for_it() -> None:
    plugin = StubApi()
    with Harness(plugins=[plugin], body_limit=10) as server:
        assert server.post("/stubbed", content=b"x" * 11).status_code == 413
    assert plugin.asked == []


# What cannot be served


@get("/elsewhere")
async def elsewhere() -> str:
    """Lie outside of the prefix."""
    return ""


@get("/__stub__/{untyped}")
async def untyped() -> str:
    """Have a path that Litestar refuses."""
    return ""


@get("/imnot/admin/sessions")
async def hijacking() -> str:
    """Lie where the core answers."""
    return ""


@pytest.mark.parametrize(
    ("controllers", "words"),
    [
        (ZeroDivisionError("by zero"), "ZeroDivisionError: by zero"),
        (SystemExit(2), "SystemExit"),
        (None, "NoneType"),
        ([object()], "Unsupported value"),
        ([untyped], "untyped"),
        ([elsewhere], "/elsewhere"),
        ([Stubs, hijacking], "/imnot/admin/sessions"),
    ],
)
def test_one_whose_controllers_cannot_be_served_is_left_out(
    controllers: Any, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    plugin = serving(controllers)
    with Harness(static("acme", "GET /__stub__/free"), plugins=[plugin]) as server:
        assert server.get("/__stub__/free").json() == {"is": "here"}
        assert server.get("/imnot/admin/sessions").json() == []
        assert server.get("/stubbed").status_code == 404
        (told,) = server.get(PROBLEMS).json()["plugins"]
        assert (told["group"], told["name"]) == ("imnot.apis", "stub")
        assert words in told["message"]
    assert plugin.asked == []
    assert words in caplog.text


def test_the_others_are_served() -> None:
    class Other(StubApi):
        name = "another"
        prefixes = ("/__other__",)

        def controllers(self, services: Services) -> Any:
            raise ValueError("no way")

    with Harness(plugins=[StubApi, Other]) as server:
        assert server.post("/__stub__/one").status_code == 201
        assert server.post("/__other__/one").status_code == 404


# `--without-api`


def test_one_that_is_left_out_owns_nothing() -> None:
    plugin = StubApi()
    text = static("acme", "GET /__stub__/free")
    with Harness(text, plugins=[plugin], without_apis=("stub",)) as server:
        assert server.get("/__stub__/free").json() == {"is": "here"}
        assert server.post("/__stub__/one").status_code == 404
        assert server.get("/stubbed").status_code == 404
    assert plugin.asked == []


def test_a_name_that_none_has_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    with Harness(plugins=[StubApi], without_apis=("stubb",)) as server:
        assert server.get("/stubbed").status_code == 200
    assert "stubb" in caplog.text


# Lifespans


def test_its_lifespan_is_entered_and_left() -> None:
    events = []

    class Held(StubApi):
        def lifespan(self, services: Services) -> AbstractAsyncContextManager[None]:
            @asynccontextmanager
            async def held() -> AsyncIterator[None]:
                events.append("entered")
                yield
                events.append("left")

            return held()

    with Harness(plugins=[Held]):
        assert events == ["entered"]
    assert events == ["entered", "left"]


def test_a_lifespan_that_fails_stops_the_start_and_names_it() -> None:
    class Failing(StubApi):
        def lifespan(self, services: Services) -> AbstractAsyncContextManager[None]:
            raise OSError("no such printer")

    with pytest.raises(PluginError, match=r"'stub'.*no such printer"):
        Harness(plugins=[Failing]).__enter__()


# Consumer prefixes


class Hosted(StubApi):
    """An API that serves consumers below a prefix of its own."""

    name = "zz-hosted"
    prefixes = ("/__hosted__",)
    consumer_prefixes: tuple[str, ...] = ("/hosted",)

    def controllers(self, services: Services) -> Any:
        return []

    async def respond(self, request: Request) -> Reply | None:
        if "nothing" in request.path:
            return None
        return Reply.json(f"hosted {request.path}")


def test_requests_below_a_consumer_prefix_are_its_owners() -> None:
    greedy = api(lambda request: Reply.json("another"))
    text = static("greedy", "GET /{a}", "GET /{a}/{b}")
    with Harness(text, plugins=[greedy, Hosted]) as server:
        assert server.get("/hosted").json() == "hosted /hosted"
        assert server.get("/hosted/a/b").json() == "hosted /hosted/a/b"
        assert server.get("/hosted/nothing").status_code == 404
        assert server.get("/hosteds").json() == {"is": "here"}
        assert server.get("/other/a").json() == {"is": "here"}
        assert server.get("/other/a/b").json() == "another"


def test_partners_may_not_declare_routes_below_a_consumer_prefix() -> None:
    with pytest.raises(PartnerError, match="lies under /hosted"):
        Harness(static("acme", "GET /hosted/{x}"), plugins=[Hosted]).__enter__()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("/hosted", "not a tuple"),
        (("hosted",), "is not of the form"),
        (("/imnot/x",), "belongs to imnot itself"),
        (("/__hosted__/x",), "overlaps with its prefix"),
    ],
)
def test_consumer_prefixes_that_cannot_be_are_told(given: Any, words: str) -> None:
    class Wrong(Hosted):
        consumer_prefixes = given

    with pytest.raises(PluginError, match=words):
        Harness(plugins=[Wrong]).__enter__()
