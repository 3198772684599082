"""A store that fails: the requests that need it are told so, and the others are answered."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from imnot_core import StoreError
from imnot_core.clock import SystemClock
from imnot_core.server import create_app
from imnot_core.settings import Settings
from imnot_core.store import Document
from imnot_core.store.sqlite import SqliteStore
from imnot_core.testing import Harness
from imnot_core.testing.application import Lifespan
from tests.server.samples import ACME
from tests.server.wire import chunks, exchange

pytestmark = pytest.mark.anyio

PAYLOAD = "/imnot/admin/acme/charges/payload"


class Failing(SqliteStore):
    """A store that can be made to fail."""

    failing = False

    def _check(self) -> None:
        if self.failing:
            raise StoreError("imnot.db: the disk is full; make room on it")

    async def get(self, namespace: str, key: str) -> bytes | None:
        self._check()
        return await super().get(namespace, key)

    async def read(self, namespace: str, key: str) -> Document | None:
        self._check()
        return await super().read(namespace, key)

    async def put(self, *args: Any, **options: Any) -> None:
        self._check()
        await super().put(*args, **options)

    async def compare_and_set(self, *args: Any, **options: Any) -> bool:
        self._check()
        return await super().compare_and_set(*args, **options)

    async def owners(self) -> list[str]:
        self._check()
        return await super().owners()

    async def change_token(self) -> int:
        self._check()
        return await super().change_token()


@asynccontextmanager
async def serving(folder: Path, run: str = "") -> AsyncIterator[tuple[Any, Failing]]:
    file = folder / "partners" / "acme" / "partner.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(ACME, encoding="utf-8")
    store = Failing(str(folder / "imnot.db"), SystemClock())
    settings = Settings(partners_dir=str(folder / "partners"))
    app = create_app(settings, store=store, run=run)
    lifespan = Lifespan(app)
    await lifespan.start()
    try:
        yield app, store
    finally:
        store.failing = False
        await lifespan.stop()


NEED_IT = [
    ("GET", "/charges"),
    ("POST", "/exports"),
    ("GET", "/exports/some-id"),
    ("POST", PAYLOAD),
    ("GET", PAYLOAD),
    ("POST", f"{PAYLOAD}/session"),
    ("POST", "/imnot/admin/sessions"),
    ("GET", "/imnot/admin/sessions"),
    ("GET", "/imnot/admin/acme/rates/push/some-id"),
]
NEED_NONE = ["/healthz", "/health", "/imnot/openapi.json", "/imnot/admin/partners"]


async def test_requests_that_need_it_are_503_with_the_reason(tmp_path: Path) -> None:
    headers = [("Content-Length", "2")]
    async with serving(tmp_path) as (app, store):
        store.failing = True
        for method, path in NEED_IT:
            answer = await exchange(app, method, path, headers=headers, messages=chunks(b"{}"))
            assert answer.status == 503, path
            assert "the disk is full" in answer.json()["detail"]
        for path in NEED_NONE:
            assert (await exchange(app, "GET", path)).status == 200
        store.failing = False
        answer = await exchange(app, "POST", PAYLOAD, headers=headers, messages=chunks(b"{}"))
        assert answer.status == 200


async def test_workers_that_cannot_ask_each_other_say_so(tmp_path: Path) -> None:
    async with serving(tmp_path, run="a run") as (app, store):
        assert (await exchange(app, "GET", "/health")).status == 200
        store.failing = True
        answer = await exchange(app, "GET", "/health")
        assert answer.status == 503
        assert "the disk is full" in answer.json()["detail"]
        store.failing = False
        assert (await exchange(app, "GET", "/health")).status == 200


def test_a_database_that_cannot_be_opened_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "imnot.db").write_text("this is no database, and longer than a header of one" * 5)
    with pytest.raises(StoreError, match=r"imnot\.db: this is not a SQLite database"):
        Harness(db=tmp_path / "imnot.db").__enter__()
    with pytest.raises(StoreError, match="does not exist"):
        Harness(db=tmp_path / "nowhere" / "imnot.db").__enter__()
