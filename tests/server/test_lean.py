"""Libraries of models are only loaded for plugins that use them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from litestar import post
from litestar.params import JSONBody
from pydantic import BaseModel

from imnot_core import API_VERSION, Reply, Request, Services
from imnot_core.testing import Harness

PROGRAM = """
import sys
from imnot_core.server import create_app
from imnot_core.settings import Settings
create_app(Settings(db=":memory:"))
print(sorted({"pydantic", "attr", "assertive", "httpx", "jinja2"} & sys.modules.keys()))
"""


class Order(BaseModel):
    sku: str
    count: int = 1


class OrdersApi:
    """An API of somebody who is used to pydantic."""

    name = "orders"
    api_version = API_VERSION
    prefixes: tuple[str, ...] = ("/orders",)

    def controllers(self, services: Services) -> Sequence[Any]:
        @post("/orders", sync_to_thread=False)
        def order(data: JSONBody[Order]) -> Order:
            """Take an order."""
            return data

        return [order]

    async def respond(self, request: Request) -> Reply | None:
        return None


def test_a_server_does_not_load_what_it_does_not_need() -> None:
    command = [sys.executable, "-P", "-c", PROGRAM]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    assert ended.stdout == "[]\n", ended.stderr


def test_a_plugin_may_use_pydantic() -> None:
    with Harness(plugins=[OrdersApi]) as server:
        answer = server.post("/orders", json={"sku": "tea"})
        assert (answer.status_code, answer.json()) == (201, {"sku": "tea", "count": 1})
        assert server.post("/orders", json={"sku": 5}).status_code == 400
