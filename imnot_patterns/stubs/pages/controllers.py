"""The routes below `/__admin__`."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, Router, delete, get
from litestar.params import FromPath, FromQuery

from imnot_core import ReplyError, Services
from imnot_patterns.stubs.engine import StubEngine
from imnot_patterns.stubs.pages.addresses import ADMIN
from imnot_patterns.stubs.pages.guards import key_guard, own_pages_only
from imnot_patterns.stubs.pages.responses import AnyRequest, Page, Statics, problem
from imnot_patterns.stubs.pages.views import Views


def page_controllers(engine: StubEngine, services: Services) -> Sequence[Any]:
    """Make all of them; they need the admin key if there is one."""
    views = Views(engine, services)
    return [
        Router(
            ADMIN,
            route_handlers=[*_pages(views), *_panels(views), *_actions(engine, views), _statics()],
            guards=[key_guard(services)],
            exception_handlers={ReplyError: problem},
            include_in_schema=False,
        )
    ]


def _pages(views: Views) -> list[Any]:
    @get("/")
    async def dashboard() -> Page:
        await views.refresh()
        return Page(
            "dashboard", {**await views.stubs(), **await views.requests(), **views.scopes()}
        )

    @get("/stubs/new")
    async def new_stub(within: FromQuery[str] = "") -> Page:
        await views.refresh()
        return Page("new", {**views.scopes(), "chosen": within.lower()})

    @get("/stubs/{stub_id:str}")
    async def stub(stub_id: FromPath[str]) -> Page:
        await views.refresh()
        return Page("stub", await views.stub(stub_id))

    @get("/scopes/{name:str}")
    async def scope(name: FromPath[str]) -> Page:
        await views.refresh()
        name = views.existing(name)
        return Page("scope", {**await views.stubs(name), **await views.requests(name)})

    @get("/requests/{request_id:str}")
    async def request(request_id: FromPath[str]) -> Page:
        await views.refresh()
        return Page("request", await views.request(request_id))

    return [dashboard, new_stub, stub, scope, request]


def _panels(views: Views) -> list[Any]:
    @get("/partials/stubs")
    async def stubs(within: FromQuery[str] = "") -> Page:
        await views.refresh()
        return Page("panel-stubs", await views.stubs(views.existing(within)))

    @get("/partials/requests")
    async def requests(within: FromQuery[str] = "") -> Page:
        await views.refresh()
        return Page("panel-requests", await views.requests(views.existing(within)))

    @get("/partials/scopes")
    async def scopes() -> Page:
        await views.refresh()
        return Page("panel-scopes", views.scopes())

    return [stubs, requests, scopes]


def _actions(engine: StubEngine, views: Views) -> list[Any]:
    @delete("/actions/stubs/{stub_id:str}", status_code=200, guards=[own_pages_only])
    async def delete_stub(
        stub_id: FromPath[str], owner: FromQuery[str] = "", within: FromQuery[str] = ""
    ) -> Page:
        await views.refresh()
        known = engine.find(stub_id)
        # Without its owner only a stub of everybody is found, as in the API.
        found = known is not None and known.owner == owner and await engine.remove(stub_id, owner)
        message = "" if found else f"Stub '{stub_id}' was not found"
        context = await views.stubs(views.existing(within), message)
        return Page("panel-stubs", context, 200 if found else 404)

    @delete("/actions/scopes/{name:str}", status_code=200, guards=[own_pages_only])
    async def delete_scope(name: FromPath[str]) -> Page:
        await views.refresh()
        found = await engine.delete_scope(name.lower())
        message = "" if found else f"Scope '{name}' was not found"
        return Page("panel-scopes", views.scopes(message), 200 if found else 404)

    return [delete_stub, delete_scope]


def _statics() -> Any:
    files = Statics()

    @get("/static/{name:str}")
    async def static(name: FromPath[str], request: AnyRequest) -> Response[bytes]:
        return files.answer(name, request)

    return static
