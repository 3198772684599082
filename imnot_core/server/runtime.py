"""The parts of one server process, and their order of opening and closing."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from imnot_core.clock import Clock, SystemClock
from imnot_core.compiler import CORE_PREFIXES, Compiler
from imnot_core.consumer_routes import ConsumerRoutes
from imnot_core.errors import ImnotError, PartnerError, PluginError
from imnot_core.jobs import Jobs
from imnot_core.plugin import HasLifespan
from imnot_core.registry import Registry
from imnot_core.registry.kinds import API
from imnot_core.reload import Deployment
from imnot_core.server.apis import Apis
from imnot_core.server.deployer import Deployer
from imnot_core.server.failures import Failures
from imnot_core.server.guard import AdminKey
from imnot_core.server.watch import watch
from imnot_core.services import Services
from imnot_core.settings import Settings, find_partners_dir, store_scheme
from imnot_core.store import Store
from imnot_core.targets import Targets
from imnot_core.tasks import TaskHandler, Undecided

if TYPE_CHECKING:
    import httpx


def registry_for(settings: Settings) -> Registry:
    """The plugins for these settings; modules beside the partners folder can be named directly."""
    return Registry(settings.plugins, (partners_folder(settings).parent,))


def partners_folder(settings: Settings) -> Path:
    """The partners folder, where it is or where it will be made."""
    start = Path.cwd()
    return find_partners_dir(settings.partners_dir, start) or start / settings.partners_dir


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What a test may put in place of the real parts; see `create_app`."""

    registry: Registry
    clock: Clock = field(default_factory=SystemClock)
    random: Random = field(default_factory=Random)
    transport: httpx.AsyncBaseTransport | None = None
    store: Store | None = None
    run: str = ""
    strict: bool = False


class Runtime:
    """Everything that one server process is made of. The constructor opens nothing."""

    def __init__(self, settings: Settings, parts: Parts) -> None:
        self.settings = settings
        self.registry = parts.registry
        self.log = logging.getLogger("imnot")
        self.key = AdminKey(settings.admin_key)
        self.store = parts.store or self._make_store(parts.clock)
        self._strict = parts.strict
        self._run = parts.run
        self._transport = parts.transport
        self._client: httpx.AsyncClient | None = None
        self._stack = AsyncExitStack()
        self._alive: list[Any] = []
        self.services = self._make_services(parts)
        self.apis = Apis(self.registry, self.services, settings.without_apis, self.log)
        self.prefixes = tuple(f"{prefix}/" for prefix in (*CORE_PREFIXES, *self.apis.prefixes))
        self.failures = Failures(self.store, parts.clock, self.log)
        self.deployer = Deployer(
            folder=partners_folder(settings),
            compiler=Compiler(
                self.registry, self.services, self.apis.owned, folder=partners_folder(settings)
            ),
            store=self.store,
            clock=parts.clock,
            run=parts.run,
            deployed=self._enter_lifespans,
        )

    @property
    def failed_plugins(self) -> dict[tuple[str, str], PluginError]:
        """Every plugin that cannot be used, by entry-point group and name."""
        apis = {(API.group, name): error for name, error in self.apis.failures.items()}
        return {**self.registry.failures, **apis}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Open the store, deploy the partners, enter the plugins' lifespans; close in reverse."""
        async with AsyncExitStack() as stack:
            await self.store.open()
            stack.push_async_callback(self.store.close)
            stack.push_async_callback(self.services.journal.close)
            await self.services.changes.catch_up()
            await self.services.live.open()
            stack.push_async_callback(self.services.live.close)
            stack.push_async_callback(self._close_client)
            self._stack = await stack.enter_async_context(AsyncExitStack())
            stack.push_async_callback(self.services.jobs.close)
            for api in self.apis.plugins:
                await self._enter(api, api.name)
            await self._deploy()
            await self.services.tasks.open(
                self._task_handlers, report=self.failures.report_task, run=self._run
            )
            # Before the jobs are: who waits for a task need not be given time to finish.
            stack.push_async_callback(self.services.tasks.close)
            if self.settings.reload:
                await stack.enter_async_context(watch(self.deployer, self.log))
            yield

    async def _deploy(self) -> None:
        for warning in (*self.settings.warnings, *self._unknown_options()):
            self.log.warning("%s", warning)
        folder = self.deployer.folder
        if not folder.is_dir():
            self.log.warning("there is no partners folder at %s; starting without partners", folder)
        await self.deployer.start()
        refused = self.deployer.current.refused
        if refused and self._strict:
            raise PartnerError(refused)
        for problem in refused:
            self.log.error("%s", problem)

    def _unknown_options(self) -> Iterator[str]:
        options = self.settings.options
        if options:
            offers = (*self.registry.apis(), *self.registry.patterns())
            for name in sorted(options.keys() - {offer.name for offer in offers}):
                keys = ", ".join(options[name])
                yield f"there is no plugin {name!r}, so its options have no effect: {keys}"
            for name in sorted(options.keys() & set(self.settings.without_apis)):
                keys = ", ".join(options[name])
                yield f"the API {name!r} is left out, so its options have no effect: {keys}"

    async def _enter_lifespans(self, deployment: Deployment) -> None:
        names = {each.config.pattern for p in deployment.partners for each in p.datapoints}
        for name in sorted(names):
            await self._enter(self.registry.pattern(name).plugin, name)

    async def _task_handlers(
        self, partner: str, datapoint: str
    ) -> Mapping[str, TaskHandler] | None:
        if self.deployer.shared:
            await self.deployer.refresh()
        current = self.deployer.current
        found = current.datapoint(partner, datapoint)
        if found is not None:
            return found.compiled.tasks
        if current.refused and current.partner(partner) is None:
            raise Undecided
        return None

    async def _enter(self, plugin: Any, name: str) -> None:
        if not isinstance(plugin, HasLifespan) or any(each is plugin for each in self._alive):
            return
        try:
            await self._stack.enter_async_context(plugin.lifespan(self.services))
        except ImnotError:
            raise
        except Exception as error:
            raise PluginError(
                name, f"its lifespan failed: {type(error).__name__}: {error}"
            ) from error
        self._alive.append(plugin)

    def _make_store(self, clock: Clock) -> Store:
        db = self.settings.db
        return self.registry.store(store_scheme(db))(db, clock)

    def _make_services(self, parts: Parts) -> Services:
        return Services(
            store=self.store,
            clock=parts.clock,
            jobs=Jobs(parts.clock, self.log),
            client=self._http,
            base_url=self.settings.public_url,
            random=parts.random,
            log=self.log,
            admits=self.key.admits,
            options=self.settings.options,
            folder=self.settings.file.parent if self.settings.file else Path.cwd(),
            routes=ConsumerRoutes(lambda: self.deployer.current.table),
            journal_size=self.settings.journal_size,
            shared=bool(parts.run),
            targets=Targets(self.settings.callback_allow),
        )

    def _http(self) -> httpx.AsyncClient:
        if self._client is None:
            from http.cookiejar import DefaultCookiePolicy  # noqa: PLC0415 - as httpx

            import httpx  # noqa: PLC0415 - 80 ms that only servers with callbacks need

            self._client = httpx.AsyncClient(
                transport=self._transport,
                timeout=self.settings.callback_timeout,
                # A proxy for the outside world has no business between a mock and its test.
                trust_env=False,
            )
            # What one request is told to keep must not go along with another one.
            self._client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=()))
        return self._client

    async def _close_client(self) -> None:
        if self._client is not None:
            await self._client.aclose()
