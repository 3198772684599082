"""Patterns that are broken, clash, or hold something open: what the server makes of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from imnot_core import (
    AdminRoute,
    Compiled,
    Context,
    Endpoint,
    FieldError,
    PartnerError,
    PluginError,
    Reply,
    Request,
    Services,
)
from imnot_core.registry import Registry
from imnot_core.server import create_app
from imnot_core.settings import Settings
from imnot_core.testing import Harness
from imnot_core.testing.application import Lifespan
from tests.server.files import file_of, write
from tests.server.samples import CHARGES, PLAIN, Plain

PARTNERS = "/imnot/admin/partners"


async def handle(_request: Request) -> Reply:
    return Reply.json("fine")


# What `compile` may do wrong


class Wrong(Plain):
    """Its `compile` returns or raises what it was made with."""

    def __init__(self, outcome: Any) -> None:
        self.outcome = outcome

    def compile(self, datapoint: Any, context: Context) -> Any:
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (ValueError("no way"), "ValueError: no way"),
        (AssertionError(), "AssertionError"),
        (None, "NoneType"),
        ([], "list"),
        (Compiled(None), "NoneType"),  # type: ignore[arg-type]
        (Compiled(("GET /x",)), "'GET /x'"),  # type: ignore[arg-type]
        (Compiled((Endpoint("GET", "x", handle),)), "'x'"),
        (Compiled((Endpoint("GET", None, handle),)), "None"),  # type: ignore[arg-type]
        (Compiled((Endpoint(None, "/x", handle),)), "None"),  # type: ignore[arg-type]
        (Compiled((Endpoint("", "/x", handle),)), "method"),
        (Compiled((), admin=(Endpoint("GET", "/x", handle),)), "AdminRoute"),  # type: ignore[arg-type]
        (Compiled((), admin=(AdminRoute("GET", "x", handle),)), "'x'"),
        (
            Compiled((), admin=(AdminRoute("GET", "/payload", handle),), takes_payload=True),
            "/payload",
        ),
        (
            Compiled((), admin=(AdminRoute("PUT", "/{any}", handle),), takes_payload=True),
            "/payload",
        ),
    ],
)
def test_a_pattern_that_cannot_compile_is_the_error_of_its_partner(
    outcome: Any, words: str
) -> None:
    with Harness(CHARGES, plugins=[Wrong(outcome)], allow_errors=True) as server:
        answer = server.post(PARTNERS, content=PLAIN)
        assert answer.status_code == 422
        assert words in answer.json()["detail"]
        assert "request body:3:5" in answer.json()["detail"]
        write(server, "acme", PLAIN)
        told = server.reload().json()
        assert told["status"] == "partial"
        assert words in told["errors"][0]
        assert server.get("/v1/charges").status_code == 404


def test_a_fault_that_compile_finds_is_told_with_the_line_of_its_field() -> None:
    error = FieldError(("endpoints", "these do not go together", "leave one out"))
    with Harness(plugins=[Wrong(error)]) as server:
        detail = server.post(PARTNERS, content=PLAIN).json()["detail"]
    assert "request body:3:43: these do not go together" in detail
    assert "leave one out" in detail


def test_a_method_may_be_in_lower_case() -> None:
    with Harness(PLAIN, plugins=[Wrong(Compiled((Endpoint("get", "/x", handle),)))]) as server:
        assert server.get("/x").json() == "fine"


def test_a_datapoint_may_have_no_endpoint_at_all() -> None:
    with Harness(PLAIN, plugins=[Wrong(Compiled(()))]) as server:
        assert server.get(PARTNERS).json()[0]["datapoints"] == ["it"]


def test_a_route_that_a_pattern_made_up_may_not_lie_under_a_reserved_prefix() -> None:
    compiled = Compiled((Endpoint("GET", "/imnot/x", handle),))
    with Harness(plugins=[Wrong(compiled)]) as server:
        detail = server.post(PARTNERS, content=PLAIN).json()["detail"]
    assert "request body:3:5: GET /imnot/x lies under /imnot" in detail


def test_admin_routes_are_served_below_the_datapoint() -> None:
    routes = (AdminRoute("GET", "/log", handle), AdminRoute("PUT", "/log/{id}/state", handle))
    with Harness(PLAIN, plugins=[Wrong(Compiled((), routes))]) as server:
        assert server.get("/imnot/admin/acme/it/log").json() == "fine"
        assert server.put("/imnot/admin/acme/it/log/1/state").json() == "fine"
        assert server.get("/log").status_code == 404
        wrong = server.delete("/imnot/admin/acme/it/log")
        assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET")


# Patterns that cannot be loaded


PLUGINS = """
raise RuntimeError("no such luck")
"""
VERSIONS = '''
from tests.server.samples import Plain

class Future(Plain):
    """Of a time to come."""
    name = "future"
    api_version = 99
'''


CLASHING = '''
from tests.server.samples import Plain

class Oauth(Plain):
    """Of a name that is taken."""
    name = "oauth"
'''


@pytest.fixture
def in_house(tmp_path: Path) -> Path:
    (tmp_path / "imnot_test_broken.py").write_text(PLUGINS)
    (tmp_path / "imnot_test_future.py").write_text(VERSIONS)
    (tmp_path / "imnot_test_clashing.py").write_text(CLASHING)
    (tmp_path / "partners").mkdir()
    for name, text in (
        ("bookingco", CHARGES),
        ("future", PLAIN.replace("plain", "future").replace("acme", "future")),
        ("token", PLAIN.replace("plain", "oauth").replace("acme", "token")),
    ):
        (tmp_path / "partners" / name).mkdir()
        (tmp_path / "partners" / name / "partner.yaml").write_text(text)
    return tmp_path


NAMED = (
    "imnot_test_broken:Broken",
    "imnot_test_future:Future",
    "imnot_test_clashing:Oauth",
    "imnot_test_nowhere:Nothing",
)


@pytest.mark.anyio
async def test_plugins_that_cannot_be_used_are_told_and_survived(
    in_house: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(
        partners_dir=str(in_house / "partners"), db=str(in_house / "imnot.db"), plugins=NAMED
    )
    app = create_app(settings)
    lifespan = Lifespan(app)
    await lifespan.start()
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://imnot") as client:
        listed = (await client.get(PARTNERS)).json()
        problems = (await client.get("/imnot/admin/problems")).json()
    await lifespan.stop()
    assert [each["partner"] for each in listed] == ["bookingco"]
    future, clashing = problems["partners"]
    for refused in (future, clashing):
        assert (refused["line"], refused["path"]) == (3, "datapoints[0].pattern")
    assert "plugin API 99" in future["message"]
    assert "imnot_patterns.oauth:OAuth" in clashing["message"]
    assert "imnot_test_clashing:Oauth" in clashing["message"]
    assert str(in_house / "partners" / "future" / "partner.yaml") in caplog.text
    told = " ".join(each["message"] for each in problems["plugins"])
    for words in ("no such luck", "plugin API 99", "imnot_test_nowhere"):
        assert words in told


def test_a_pattern_that_nobody_uses_is_not_looked_at() -> None:
    class Looked(Registry):
        asked: list[str] = []  # noqa: RUF012 - what the test looks at

        def pattern(self, name: str) -> Any:
            self.asked.append(name)
            return super().pattern(name)

    registry = Looked()
    with Harness(CHARGES) as server:
        assert server.get("/v1/charges").status_code == 404
    create_app(Settings(db=":memory:"), registry=registry)
    assert registry.asked == []


# Lifespans


class Open(Plain):
    """Holds something open while the server runs."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def lifespan(self, services: Services) -> AbstractAsyncContextManager[None]:
        @asynccontextmanager
        async def held() -> AsyncIterator[None]:
            self.events.append("entered")
            await services.store.put("open", "seen", b"1")
            try:
                yield
            finally:
                assert await services.store.get("open", "seen") == b"1"  # the store outlives it
                self.events.append("left")

        return held()

    async def answer(self, request: Request, context: Context) -> Any:
        return Reply.json(self.events)


class Failing(Plain):
    """Cannot open what it needs."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error or OSError("no such printer")

    def lifespan(self, services: Services) -> AbstractAsyncContextManager[None]:
        @asynccontextmanager
        async def held() -> AsyncIterator[None]:
            raise self.error
            yield

        return held()


def test_a_lifespan_is_entered_before_the_first_request_and_left_after_the_last() -> None:
    plugin = Open()
    with Harness(PLAIN, plugins=[plugin]) as server:
        assert server.post("/it").json() == ["entered"]
        server.reload(PLAIN, PLAIN.replace("acme", "more").replace("/it", "/more"))
        assert server.post("/more").json() == ["entered"]
    assert plugin.events == ["entered", "left"]


def test_a_lifespan_is_not_entered_for_a_pattern_that_nobody_uses() -> None:
    plugin = Open()
    with Harness(CHARGES, plugins=[plugin]) as server:
        assert plugin.events == []
        server.admin("POST", "/partners", content=PLAIN)
        assert server.post("/it").json() == ["entered"]
    assert plugin.events == ["entered", "left"]


def test_a_restarted_server_enters_it_again() -> None:
    plugin = Open()
    with Harness(PLAIN, plugins=[plugin]) as server:
        server.restart()
        assert server.post("/it").json() == ["entered", "left", "entered"]


def test_a_lifespan_that_fails_stops_the_start_with_a_clear_error() -> None:
    with pytest.raises(PluginError, match=r"'plain'.*OSError: no such printer"):
        Harness(PLAIN, plugins=[Failing()]).__enter__()


def test_others_that_were_entered_before_are_left_again() -> None:
    class Zulu(Failing):
        name = "zulu"

    plugin = Open()
    text = PLAIN + "  - {name: b, pattern: zulu, endpoints: [{method: POST, path: /b}]}\n"
    with pytest.raises(PluginError, match="zulu"):
        Harness(text, plugins=[plugin, Zulu()]).__enter__()
    assert plugin.events == ["entered", "left"]


def test_an_error_of_its_own_is_not_reworded() -> None:
    error = PartnerError([])
    with pytest.raises(PartnerError) as caught:
        Harness(PLAIN, plugins=[Failing(error)]).__enter__()
    assert caught.value is error


def test_registering_a_partner_whose_lifespan_fails_changes_nothing() -> None:
    with Harness(CHARGES, plugins=[Failing()]) as server:
        answer = server.post(PARTNERS, content=PLAIN)
        assert answer.status_code == 422
        assert answer.json()["status"] == "error"
        assert "no such printer" in answer.json()["detail"]
        assert not file_of(server, "acme").parent.exists()
        assert server.post("/it").status_code == 404
        assert [each["partner"] for each in server.get(PARTNERS).json()] == ["bookingco"]


def test_overwriting_with_one_whose_lifespan_fails_restores_the_file() -> None:
    old = CHARGES.replace("bookingco", "acme")
    with Harness(old, plugins=[Failing()]) as server:
        assert server.post(f"{PARTNERS}?force=true", content=PLAIN).status_code == 422
        assert file_of(server, "acme").read_text() == old
        assert "acme/charges" in server.get("/v1/charges").json()["detail"]


def test_a_reload_that_needs_a_lifespan_which_fails_changes_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with Harness(CHARGES, plugins=[Failing()]) as server:
        write(server, "acme", PLAIN)
        write(server, "bookingco", CHARGES.replace("/v1", "/v2"))
        answer = server.post("/imnot/admin/reload")
        assert answer.status_code == 500
        assert "no such printer" in answer.json()["detail"]
        assert server.get("/v2/charges").json()["detail"].startswith("No endpoint")
        assert "bookingco/charges" in server.get("/v1/charges").json()["detail"]
    assert "no such printer" in caplog.text
