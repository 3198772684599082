"""Several workers on one database: they answer as one would."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from imnot_core import Context, Reply, Request, Services
from imnot_core.server import create_app
from imnot_core.settings import Settings
from imnot_core.testing import Harness
from imnot_core.testing.application import Lifespan
from imnot_core.testing.registry import GivenPlugins
from tests.server.files import everything, write
from tests.server.samples import ACME, CHARGES, PLAIN, Plain, raising, static
from tests.server.wire import Answer, exchange

PARTNERS = "/imnot/admin/partners"
ROUNDS = 20


@pytest.fixture
def server() -> Iterator[Harness]:
    with Harness(ACME, CHARGES, workers=2) as harness:
        yield harness


def on_all(server: Harness, method: str, path: str, **options: Any) -> list[httpx.Response]:
    """The answers of all workers: they take turns."""
    return [server.request(method, path, **options) for _ in server.workers]


def statuses(answers: list[httpx.Response]) -> list[int]:
    return [each.status_code for each in answers]


def test_payloads_are_seen_by_all_at_the_next_request(server: Harness) -> None:
    for number in range(4):
        server.upload("acme", "charges", number)
        assert [each.json() for each in on_all(server, "GET", "/charges")] == [number, number]
        server.get("/healthz")  # so that the other one takes the next upload


def test_sessions_and_issued_ids_are_those_of_all(server: Harness) -> None:
    session = server.session()
    session.upload("acme", "charges", "mine")
    session.upload("acme", "export", "result")
    issued = server.post("/exports", session=session).json()["id"]
    assert statuses(on_all(server, "GET", "/charges", session=session)) == [200, 200]
    assert statuses(on_all(server, "GET", f"/exports/{issued}", session=session)) == [200, 200]
    session.delete()
    assert statuses(on_all(server, "GET", "/charges", session=session)) == [404, 404]
    assert statuses(on_all(server, "GET", f"/exports/{issued}", session=session)) == [404, 404]


def test_a_registered_partner_is_served_by_all_at_the_next_request(server: Harness) -> None:
    for number in range(4):
        server.admin("POST", "/partners", content=static(f"p{number}", f"GET /p{number}"))
        assert statuses(on_all(server, "GET", f"/p{number}")) == [200, 200]
        lists = [each.json() for each in on_all(server, "GET", PARTNERS)]
        assert lists[0] == lists[1]
        server.get("/healthz")


def test_an_overwritten_partner_is_served_by_all(server: Harness) -> None:
    server.admin("POST", "/partners", content=static("shop", "GET /orders", "GET /gone"))
    server.get("/healthz")
    new = static("shop", "GET /orders", body="new")
    server.admin("POST", "/partners?force=true", content=new)
    assert [each.json() for each in on_all(server, "GET", "/orders")] == [{"is": "new"}] * 2
    assert statuses(on_all(server, "GET", "/gone")) == [404, 404]


def test_a_reload_holds_for_all(server: Harness) -> None:
    write(server, "shop", static("shop", "GET /orders"))
    assert statuses(on_all(server, "GET", "/orders")) == [404, 404]
    server.reload()
    assert statuses(on_all(server, "GET", "/orders")) == [200, 200]
    write(server, "shop", static("shop", "GET /orders", body="new"))
    assert [each.json() for each in on_all(server, "GET", "/orders")] == [{"is": "here"}] * 2
    server.reload()
    assert [each.json() for each in on_all(server, "GET", "/orders")] == [{"is": "new"}] * 2


def test_a_file_that_no_one_reloaded_is_taken_by_no_worker(server: Harness) -> None:
    write(server, "shop", static("shop", "GET /orders"))
    server.admin("POST", "/partners", content=static("other", "GET /other"))
    assert statuses(on_all(server, "GET", "/other")) == [200, 200]
    assert statuses(on_all(server, "GET", "/orders")) == [404, 404]


def test_a_deleted_partner_is_gone_for_all(server: Harness) -> None:
    for method, path in (("DELETE", f"{PARTNERS}/bookingco"), ("DELETE", f"{PARTNERS}/acme")):
        assert server.request(method, path).status_code == 200
        assert statuses(on_all(server, method, path)) == [404, 404]
    assert statuses(on_all(server, "GET", "/v1/charges")) == [404, 404]
    assert [each.json() for each in on_all(server, "GET", PARTNERS)] == [[], []]


def test_problems_and_failures_are_told_by_all() -> None:
    plugins = [raising(ValueError("mine"))]
    with Harness(PLAIN, plugins=plugins, workers=2, allow_errors=True) as server:
        write(server, "broken", "broken: [")
        write(server, "clash", static("clash", "POST /it"))
        server.reload()
        server.post("/it")
        told = [each.json() for each in on_all(server, "GET", "/imnot/admin/problems")]
        assert told[0] == told[1]
        assert len(told[0]["partners"]) == 2
        assert len(told[0]["handlers"]) == 1


def test_the_openapi_document_and_the_collection_are_those_of_all(server: Harness) -> None:
    server.admin("POST", "/partners", content=ACME_2)
    documents = [each.json() for each in on_all(server, "GET", "/imnot/openapi.json")]
    assert documents[0] == documents[1]
    assert "/imnot/admin/other/rates/push" in documents[0]["paths"]
    collections = [each.json() for each in on_all(server, "GET", "/imnot/admin/postman")]
    names = [[folder["name"] for folder in each["item"]] for each in collections]
    assert names[0] == names[1] == ["acme", "bookingco", "other"]


ACME_2 = ACME.replace("acme", "other").replace("path: /", "path: /2/").replace('"/', '"/2/')


def test_a_new_run_begins_with_what_the_files_say(server: Harness) -> None:
    server.admin("POST", "/partners", content=static("shop", "GET /orders"))
    write(server, "bookingco", CHARGES.replace("/v1", "/v2"))
    server.restart()
    assert statuses(on_all(server, "GET", "/orders")) == [200, 200]
    found = [each.json()["detail"] for each in on_all(server, "GET", "/v2/charges")]
    assert all("bookingco/charges" in each for each in found)


class Held(Plain):
    """Cannot be entered in one of the workers."""

    allowed = 1

    def lifespan(self, services: Services) -> AbstractAsyncContextManager[None]:
        @asynccontextmanager
        async def held() -> AsyncIterator[None]:
            if not type(self).allowed:
                raise OSError("no such printer")
            type(self).allowed -= 1
            yield

        return held()

    async def answer(self, request: Request, context: Context) -> Any:
        return Reply.json("here")


def test_a_worker_that_cannot_follow_says_so_and_follows_once_it_can() -> None:
    Held.allowed = 1
    with Harness(CHARGES, plugins=[Held], workers=2) as server:
        server.admin("POST", "/partners", content=PLAIN)
        answers = on_all(server, "POST", "/it")
        assert sorted(statuses(answers)) == [200, 503]
        (refused,) = [each for each in answers if each.status_code == 503]
        assert "no such printer" in refused.json()["detail"]
        Held.allowed = 1
        assert statuses(on_all(server, "POST", "/it")) == [200, 200]


# Races


def at_once(*sends: Any) -> list[httpx.Response]:
    with ThreadPoolExecutor(len(sends)) as threads:
        return [future.result() for future in [threads.submit(send) for send in sends]]


def test_of_two_partners_that_clash_exactly_one_wins(server: Harness) -> None:
    for number in range(ROUNDS):
        texts = [static(f"{name}{number}", f"GET /r{number}", body=name) for name in ("a", "b")]
        answers = at_once(
            *[lambda text=text: server.post(PARTNERS, content=text) for text in texts]
        )
        assert sorted(statuses(answers)) == [201, 409]
        winner = "a" if answers[0].status_code == 201 else "b"
        served = [each.json() for each in on_all(server, "GET", f"/r{number}")]
        assert served == [{"is": winner}] * 2
        files = everything(server)
        assert f"{winner}{number}/partner.yaml" in files
        assert f"{'ba'['ab'.index(winner)]}{number}" not in files


def test_of_two_registrations_of_one_partner_exactly_one_wins(server: Harness) -> None:
    for number in range(ROUNDS):
        texts = [static(f"p{number}", f"GET /{name}{number}") for name in ("a", "b")]
        answers = at_once(
            *[lambda text=text: server.post(PARTNERS, content=text) for text in texts]
        )
        assert sorted(statuses(answers)) == [201, 409]


def test_registrations_and_deletions_at_once_leave_no_trace(server: Harness) -> None:
    before = everything(server)
    text = static("shop", "GET /orders")
    for _ in range(ROUNDS):
        at_once(
            lambda: server.post(f"{PARTNERS}?force=true", content=text),
            lambda: server.delete(f"{PARTNERS}/shop"),
            lambda: server.post("/imnot/admin/reload"),
            lambda: server.get("/orders"),
        )
        served = statuses(on_all(server, "GET", "/orders"))
        assert served in ([200, 200], [404, 404])
        assert ("shop/partner.yaml" in everything(server)) == (served[0] == 200)
    server.delete(f"{PARTNERS}/shop")
    assert everything(server) == before


def test_concurrent_uploads_are_all_answered(server: Harness) -> None:
    def upload(number: int) -> httpx.Response:
        return server.post("/imnot/admin/acme/charges/payload/session", json=number)

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(upload, range(100)))
    assert set(statuses(answers)) == {200}
    sessions = [each.json()["session_id"] for each in answers]
    for number, session in enumerate(sessions):
        assert server.get("/charges", session=session).json() == number


# In one event loop, so that requests interleave at every await


@asynccontextmanager
async def two(folder: Path, run: str) -> AsyncIterator[list[Any]]:
    (folder / "partners").mkdir()
    settings = Settings(partners_dir=str(folder / "partners"), db=str(folder / "imnot.db"))
    async with AsyncExitStack() as stack:
        apps = []
        for _ in range(2):
            app = create_app(settings, registry=GivenPlugins(()), run=run)
            lifespan = Lifespan(app)
            await lifespan.start()
            stack.push_async_callback(lifespan.stop)
            apps.append(app)
        yield apps


async def post(app: Any, text: str) -> Answer:
    body: list[dict[str, Any]] = [{"type": "http.request", "body": text.encode()}]
    headers = [("Content-Length", str(len(text)))]
    return await exchange(app, "POST", PARTNERS, headers=headers, messages=body)


@pytest.mark.anyio
async def test_interleaved_registrations_of_one_route_have_one_winner(tmp_path: Path) -> None:
    async with two(tmp_path, "a run") as apps:
        texts = [static(f"p{number}", "GET /one") for number in range(8)]
        tasks = [post(apps[number % 2], text) for number, text in enumerate(texts)]
        answers = await asyncio.gather(*tasks)
        assert sorted(each.status for each in answers) == [201] + [409] * 7
        assert len(list((tmp_path / "partners").iterdir())) == 1
        for app in apps:
            assert (await exchange(app, "GET", "/one")).status == 200


@pytest.mark.anyio
async def test_one_process_alone_needs_no_name(tmp_path: Path) -> None:
    async with two(tmp_path, "") as apps:
        assert (await post(apps[0], static("p", "GET /one"))).status == 201
        assert (await exchange(apps[0], "GET", "/one")).status == 200
        assert (await exchange(apps[1], "GET", "/one")).status == 404
        assert (await exchange(apps[1], "POST", "/imnot/admin/reload")).status == 200
        assert (await exchange(apps[1], "GET", "/one")).status == 200
