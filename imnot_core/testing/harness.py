"""A server in memory: the whole of imnot but the network, from the YAML text of a test."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Self

import httpx

from imnot_core.errors import ImnotError
from imnot_core.server import create_app
from imnot_core.settings import Settings
from imnot_core.testing.application import BASE_URL, App, Application
from imnot_core.testing.callbacks import Callbacks
from imnot_core.testing.clock import START, ManualClock
from imnot_core.testing.failures import Failure, FailureLog
from imnot_core.testing.folder import PartnerFolder
from imnot_core.testing.registry import GivenPlugins, Plugin
from imnot_core.testing.remote import Remote

ERROR_HEADER = "X-Imnot-Error"


class Harness(Remote):
    """A server in memory, within `with`, and all that a test wants to know and decide about it.

    It is given partner files, as YAML texts or as paths (of a file, or of a folder of partners)::

        with Harness(PARTNER) as server:
            server.upload("acme", "rates", {"EUR": 1.1})
            server.post("/rates", json={"callbackUrl": "https://me.example/hook"})
            assert server.callbacks.wait(1)[0].json() == {"EUR": 1.1}

    A file that is refused raises PartnerError at once. Time passes only by `clock.advance`, and by
    the delays of answers, which cost no real time. Callbacks are never sent: `callbacks` has them.
    Ids and chance come from `seed`, so that a test gets the same ones in every run.

    When something goes wrong inside the server (a handler or a background job raises), leaving
    `with` raises an AssertionError, unless the test has looked at `errors` or says `allow_errors`.

    `plugins` are classes or instances of plugins; they need not be installed, and take the place of
    installed ones of the same name. With `workers`, so many servers on one database answer in turn,
    as `imnot start --workers` does. `db` is a database file, by default one that ends with the
    harness. `timeout` is in real seconds, for one request. `settings` are other fields of
    `imnot_core.settings.Settings`.
    """

    def __init__(
        self,
        *partners: str | Path,
        plugins: Iterable[Plugin] = (),
        admin_key: str = "",
        seed: int = 0,
        start: float = START,
        db: str | Path | None = None,
        workers: int = 1,
        allow_errors: bool = False,
        timeout: float = 10.0,
        **settings: Any,
    ) -> None:
        self._stack = ExitStack()
        self._sources = partners
        self._plugins = tuple(plugins)
        self._db = db
        self._allow_errors = allow_errors
        self._timeout = timeout
        self._settings = settings
        self._randoms = [Random(f"{seed}/{worker}") for worker in range(workers)]
        self._applications: list[Application] = []
        self._failures = FailureLog()
        self._starts = 0
        self.clock = ManualClock(start)
        self.callbacks = Callbacks(self.clock, self.settle)
        super().__init__(httpx.Client(transport=_Turns(self), base_url=BASE_URL), admin_key)

    @property
    def errors(self) -> tuple[Failure, ...]:
        """What handlers and background jobs have raised so far; looking at it allows it."""
        return self._failures.read()

    def settle(self) -> None:
        """Return when the server has nothing left to do but to wait for the clock."""
        for application in self._applications:
            application.loop.settle()

    def reload(self, *partners: str | Path) -> httpx.Response:
        """Replace the partner files (by none given: leave them as they are), and reload them."""
        if partners:
            self._folder.write(partners)
        return self.request("POST", "/imnot/admin/reload", headers=self._key())

    def restart(self) -> None:
        """Stop the server and start it again, on the same database and partner files."""
        self._stop()
        self._start()

    def __enter__(self) -> Self:
        __tracebackhide__ = True
        try:
            self._enter()
        except ImnotError as error:
            raise error.with_traceback(None) from None  # what it says is all there is to know
        return self

    def _enter(self) -> None:
        with ExitStack() as stack:
            temporary = tempfile.TemporaryDirectory(prefix="imnot-", ignore_cleanup_errors=True)
            folder = Path(stack.enter_context(temporary))
            stack.enter_context(self._failures)
            stack.enter_context(self.client)
            self._folder = PartnerFolder(folder / "partners")
            self._folder.write(self._sources)
            self._given = Settings(
                partners_dir=str(self._folder.path),
                db=str(self._db or folder / "imnot.db"),
                admin_key=self.admin_key,
                base_url=BASE_URL,
                **self._settings,
            )
            stack.callback(self._stop)
            self._start()
            self._stack = stack.pop_all()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        __tracebackhide__ = True
        self._stack.close()
        unseen = () if self._allow_errors else self._failures.unseen
        if not unseen:
            return
        text = "inside the server, something went wrong:\n" + "\n".join(map(str, unseen))
        if error is not None:
            error.add_note(text)
            return
        raise AssertionError(text) from unseen[0].error

    def note(self, response: httpx.Response) -> None:
        """Keep a failure that an answer tells of and no log, as when logging was disabled."""
        owner = response.headers.get(ERROR_HEADER)
        if owner is not None and not self._failures.tells_of(owner):
            self._failures.add(f"{owner} failed", RuntimeError(str(response.status_code)))

    @property
    def workers(self) -> tuple[Application, ...]:
        """The servers that answer, a request each in turn."""
        return tuple(self._applications)

    def _start(self) -> None:
        self._starts += 1
        for random in self._randoms:
            application = Application(partial(self._make, random), self.clock, self._timeout)
            self._failures.watch(application.loop.thread.ident)
            self._applications.append(application)

    def _make(self, random: Random) -> App:
        # A registry for each: workers are processes of their own, and share no plugin object.
        app: App = create_app(
            self._given,
            registry=GivenPlugins(self._plugins),
            clock=self.clock,
            random=random,
            transport=self.callbacks,
            run=f"harness {self._starts}" if len(self._randoms) > 1 else "",
            strict=True,
        )
        return app

    def _stop(self) -> None:
        while self._applications:
            for name in self._applications.pop().stop():
                left = RuntimeError("it was neither awaited nor cancelled")
                self._failures.add(f"the task {name!r} outlived the server", left)

    def _key(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.admin_key}"} if self.admin_key else {}


class StartHarness:
    """Starts harnesses and, at the end of its `with`, stops them: the fixture `imnot`."""

    def __init__(self) -> None:
        self._stack = ExitStack()

    def __call__(self, *partners: str | Path, **options: Any) -> Harness:
        """Start a `Harness` with these arguments."""
        __tracebackhide__ = True
        harness = Harness(*partners, **options)
        harness.__enter__()
        self._stack.push(harness)
        return harness

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)


class _Turns(httpx.BaseTransport):
    """Gives each request to the next worker."""

    def __init__(self, harness: Harness) -> None:
        self._harness = harness
        self._count = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        workers = self._harness.workers
        if not workers:
            raise RuntimeError("the server is not started: use `with Harness(...)`")
        self._count += 1
        response = workers[self._count % len(workers)].handle_request(request)
        self._harness.note(response)
        return response
