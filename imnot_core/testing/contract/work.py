"""What a pattern does beside answering: background jobs, and admin routes."""

from __future__ import annotations

from collections.abc import Callable

from imnot_core.plugin import AdminRoute
from imnot_core.testing.contract.base import HOUR, Contract, Datapoint
from imnot_core.testing.contract.examples import PARTNER
from imnot_core.testing.contract.traffic import PARAMETER
from imnot_core.testing.harness import Harness

KEY = "a-key"


class WorkChecks(Contract):
    """It ends with the server, and the key protects it."""

    def test_it_begins_jobs_if_it_says_so_and_they_end(self) -> None:
        """`jobs` is among its capabilities if, and only if, requests begin some."""
        jobs = 0
        for example in self._examples():
            witness = self._witness()
            with self._start(example, plugins=(witness,)) as server:
                self._upload(server, example, "a-payload")
                self._round(server, example)
                server.clock.advance(HOUR)
                assert server.clock.waiting == (), "an hour later, jobs are still waiting"
            jobs += witness.jobs
        assert ("jobs" in self.supports) is (jobs > 0), f"{jobs} jobs were begun"

    def test_jobs_end_with_the_server(self, example: Datapoint) -> None:
        """Those that wait or are under way: leaving the harness fails if any goes on."""
        with self._start(example) as server:
            server.callbacks.answer(delay=HOUR, times=None)
            self._upload(server, example, "a-payload")
            self._round(server, example)

    def test_a_receiver_that_fails_does_no_harm(self, example: Datapoint) -> None:
        """Callbacks that are refused, dropped, answered late or with an error raise nothing."""
        with self._start(example) as server:
            self._upload(server, example, "a-payload")
            receiver = server.callbacks
            misdeeds: list[Callable[[], None]] = [
                receiver.refuse,
                receiver.drop,
                lambda: receiver.answer(503),
                lambda: receiver.answer(302, headers={"Location": "/elsewhere"}),
                lambda: receiver.answer(delay=HOUR),
            ]
            for misdeed in misdeeds:
                misdeed()
                self._round(server, example)
                server.clock.advance(2 * HOUR)
            assert server.errors == ()

    def test_it_has_admin_routes_if_it_says_so(self) -> None:
        """`admin` is among its capabilities if, and only if, some example has admin routes."""
        routes = [route for each in self._examples() for route in self._compiled(each).admin]
        assert ("admin" in self.supports) is bool(routes)

    def test_admin_routes_need_the_key(self, example: Datapoint) -> None:
        """Without it 401, and no handler is called; with it they answer, and never fail."""
        witness = self._witness()
        routes = self._compiled(example).admin
        with self._start(example, plugins=(witness,), admin_key=KEY) as server:
            for route in routes:
                assert _call(server, example, route, "") == 401, route
            assert witness.handled == []
            for count, route in enumerate(routes, 1):
                assert _call(server, example, route, KEY) != 401, route
                assert len(witness.handled) == count, f"{route} is not served below its prefix"
            assert server.errors == ()


def _call(server: Harness, example: Datapoint, route: AdminRoute, key: str) -> int:
    path = f"/imnot/admin/{PARTNER}/{example['name']}{PARAMETER.sub('1', route.path)}"
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return server.request(route.method, path, headers=headers).status_code
