"""What a pattern remembers: everything in the store, nothing in itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

from imnot_core.store import Store
from imnot_core.store.sqlite import SqliteStore
from imnot_core.testing.clock import ManualClock
from imnot_core.testing.contract.base import Contract, Datapoint
from imnot_core.testing.contract.examples import PARTNER, partner_file
from imnot_core.testing.harness import Harness


class ContinuityChecks(Contract):
    """The same requests get the same answers, whatever happens to the server between them."""

    def test_a_reload_changes_nothing(self, example: Datapoint) -> None:
        """With the same file, before every request."""
        assert self._story(example, between=Harness.reload) == self._story(example)

    def test_a_restart_changes_nothing(self, example: Datapoint) -> None:
        """On the same database, before every request."""
        assert self._story(example, between=Harness.restart) == self._story(example)

    def test_several_workers_answer_as_one(self, example: Datapoint) -> None:
        """Each request to another server process, on the same database."""
        assert self._story(example, workers=2) == self._story(example)

    def test_a_changed_file_changes_the_answer(self, example: Datapoint) -> None:
        """After a reload, only what the file says now is served."""
        changed = self.moved(example, "changed")
        with self._start(example) as server:
            before = self._traffic(server, example)
            after = self._traffic(server, changed)
            assert server.reload(partner_file([changed])).is_success
            assert {answer.status_code for answer in before.round()} == {404}
            self._upload(server, changed, "a-payload")
            changed_answers = [self.normalise(answer) for answer in after.round()]
        with self._start(changed) as server:
            self._upload(server, changed, "a-payload")
            assert changed_answers == self._round(server, changed)

    def test_it_keeps_nothing_in_itself(self, example: Datapoint) -> None:
        """Neither the plugin nor the datapoint changes; two servers with one plugin are apart."""
        witness = self._witness()
        first = self._story(example, plugins=(witness,))
        second = self._story(example, plugins=(witness,))
        assert witness.changes == []
        assert first == second

    def test_it_keeps_state_if_it_says_so(self, tmp_path: Path) -> None:
        """`state` is among its capabilities if, and only if, requests leave documents behind."""
        kept = 0
        for number, example in enumerate(self._examples()):
            database = str(tmp_path / f"{number}.db")
            with self._start(example, db=database) as server:
                self._upload(server, example, "a-payload")
                traffic = self._traffic(server, example)
                for request in self.requests(self._compiled(example)):
                    traffic.send(request)
                    # After each, because a later one may use up what an earlier one left.
                    store = SqliteStore(database, ManualClock())
                    kept += asyncio.run(_documents(store, example["name"]))
        assert ("state" in self.supports) is (kept > 0), f"{kept} documents were left"


async def _documents(store: Store, datapoint: str) -> int:
    await store.open()
    try:
        spaces = [f"{kind}/{PARTNER}/{datapoint}" for kind in ("state", "issued")]
        return sum([len(await store.scan(space)) for space in spaces])
    finally:
        await store.close()
