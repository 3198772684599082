"""The pattern `crud` and bodies in files, in servers of several processes."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.process.command import Project, Server
from tests.process.test_cli_workers import workers_of
from tests.support import eventually

SHOP = """\
partner: shop
datapoints:
  - name: customers
    pattern: crud
    path: /customers
    ids: integer
    seed_file: seed.json
  - name: invoice
    pattern: static
    endpoints:
      - {method: GET, path: /invoice, response: {body_file: invoice.xml}}
"""
EDITED = SHOP.replace("/invoice,", "/invoices,").replace("invoice.xml", "second.xml")


@pytest.fixture
def shop(project: Project) -> Project:
    project.partner("shop", SHOP)
    project.write("partners/shop/seed.json", '[{"id": 1, "n": 0}]')
    project.write("partners/shop/invoice.xml", "<first/>")
    return project


def asked(server: Server, method: str, path: str, **options: Any) -> httpx.Response:
    # A connection of its own, so that any of the processes may take it.
    return server.client.request(method, path, headers={"Connection": "close"}, **options)


def bodies(server: Server) -> set[str]:
    return {asked(server, "GET", "/invoice").text for _ in range(12)}


def test_workers_share_the_items_and_give_no_id_twice(shop: Project) -> None:
    with shop.started("--workers", "2") as server:

        def create(number: int) -> int:
            made = asked(server, "POST", "/customers", json={"n": number})
            assert made.status_code == 201
            identity: int = made.json()["id"]
            assert asked(server, "GET", f"/customers/{identity}").json()["n"] == number
            return identity

        with ThreadPoolExecutor(8) as pool:
            given = list(pool.map(create, range(80)))
        assert sorted(given) == list(range(2, 82))
        assert len(asked(server, "GET", "/customers").json()) == 81


def test_an_answered_change_survives_a_killed_server(shop: Project) -> None:
    with shop.started("--workers", "2") as server:
        for number in range(10):
            asked(server, "POST", "/customers", json={"n": number})
        asked(server, "PATCH", "/customers/1", json={"n": 7})
        asked(server, "DELETE", "/customers/2")
        before = asked(server, "GET", "/customers").json()
        os.killpg(server.process.pid, signal.SIGKILL)
        server.process.wait()
    with shop.started("--workers", "2") as server:
        assert asked(server, "GET", "/customers").json() == before
        assert asked(server, "POST", "/customers", json={}).json() == {"id": 12}


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks into /proc")
def test_a_worker_that_is_replaced_serves_the_files_of_the_others(shop: Project) -> None:
    with shop.started("--workers", "2") as server:
        assert bodies(server) == {"<first/>"}
        shop.write("partners/shop/invoice.xml", "<second/>")
        before = workers_of(server)
        os.kill(min(before), signal.SIGKILL)
        eventually(lambda: len(workers_of(server) - before) == 1)
        eventually(lambda: asked(server, "GET", "/healthz").is_success)
        assert bodies(server) == {"<first/>"}
        assert asked(server, "POST", "/imnot/admin/reload").json()["status"] == "ok"
        assert bodies(server) == {"<second/>"}


@pytest.mark.parametrize("workers", ["1", "2"])
def test_with_reload_changed_files_are_served(shop: Project, workers: str) -> None:
    with shop.started("--reload", "--workers", workers) as server:
        shop.write("partners/shop/invoice.xml", "<second/>")
        eventually(lambda: bodies(server) == {"<second/>"})
        shop.write("partners/shop/seed.json", '[{"id": 5}]')
        eventually(lambda: asked(server, "GET", "/customers").json() == [{"id": 5}])
        # A file that is not there yet, when it is named.
        shop.partner("shop", EDITED)
        eventually(lambda: "second.xml" in server.log)
        shop.write("partners/shop/second.xml", "<third/>")
        eventually(lambda: asked(server, "GET", "/invoices").text == "<third/>")
