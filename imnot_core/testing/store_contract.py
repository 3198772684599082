"""The contract of a `Store`, as tests that the author of a store inherits.

Needs pytest and anyio's plugin for it. A store's whole test module::

    class TestMyStore(StoreContract):
        @pytest.fixture
        def make_store(self, clock: ManualClock, tmp_path: Path) -> MakeStore:
            return lambda: MyStore(f"mine://{tmp_path}", clock)

Every test of the contract rests on a sentence of `Store` or `Document`. New tests come only with a
new minor version of imnot.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from imnot_core.store import Store
from imnot_core.testing.clock import ManualClock
from imnot_core.testing.store_checks import MakeStore, OpenStore
from imnot_core.testing.store_checks.appended import AppendChecks
from imnot_core.testing.store_checks.atomicity import AtomicityChecks
from imnot_core.testing.store_checks.documents import DocumentChecks
from imnot_core.testing.store_checks.expiry import ExpiryChecks
from imnot_core.testing.store_checks.lifecycle import LifecycleChecks
from imnot_core.testing.store_checks.owners import OwnerChecks
from imnot_core.testing.store_checks.scans import ScanChecks
from imnot_core.testing.store_checks.sharing import SharingChecks

__all__ = ["MakeStore", "OpenStore", "PrivateStoreContract", "StoreContract"]


class PrivateStoreContract(
    DocumentChecks,
    ExpiryChecks,
    AtomicityChecks,
    ScanChecks,
    OwnerChecks,
    AppendChecks,
    LifecycleChecks,
):
    """What holds even for a store whose documents nobody else sees, and that end with it."""

    pytestmark = pytest.mark.anyio

    @pytest.fixture
    def make_store(self) -> MakeStore:
        """Override this. The function makes a store that is not open yet.

        Stores made in one test, with the fixture `clock`, use one database, which is empty when
        the test begins. A second store stands for another process; one that is opened after all
        others were closed, for the next run.
        """
        raise NotImplementedError(f"{type(self).__name__} must override the fixture make_store")

    @pytest.fixture
    def anyio_backend(self) -> str:
        """Stores run on asyncio."""
        return "asyncio"

    @pytest.fixture
    def clock(self) -> ManualClock:
        """The time of all stores of the test."""
        return ManualClock()

    @pytest.fixture
    async def open_store(self, make_store: MakeStore) -> AsyncIterator[OpenStore]:
        """Make and open stores; what is left open is closed after the test."""
        opened: list[Store] = []

        async def open_one() -> Store:
            store = make_store()
            await store.open()
            opened.append(store)
            return store

        yield open_one
        for store in opened:
            await store.close()

    @pytest.fixture
    async def store(self, open_store: OpenStore) -> Store:
        """One open store on an empty database."""
        return await open_store()


class StoreContract(PrivateStoreContract, SharingChecks):
    """All that imnot expects of a store: every process sees it, and it outlives them."""
