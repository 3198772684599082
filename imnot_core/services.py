"""The parts of a running server that plugins may use."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from imnot_core.clock import Clock
from imnot_core.consumer_routes import ConsumerRoutes
from imnot_core.credentials import secrets_in
from imnot_core.current import current_random, current_session
from imnot_core.jobs import Jobs
from imnot_core.overrides import Overrides
from imnot_core.store import Document, Store
from imnot_core.store.changes import ChangeLog
from imnot_core.store.journal import SIZE, Journal
from imnot_core.store.live_sessions import LiveSessions
from imnot_core.store.mirror import Mirror
from imnot_core.store.payloads import Payloads
from imnot_core.store.sessions import Sessions
from imnot_core.targets import Targets
from imnot_core.tasks import TaskDesk

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of a running server that plugins may use."""

    store: Store
    clock: Clock
    jobs: Jobs
    client: Callable[[], httpx.AsyncClient]
    base_url: str
    random: Random
    log: logging.Logger
    admits: Callable[[str], bool]
    """Whether a secret is the admin key (always, when none is set); compares in constant time."""
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What the settings say to plugins, by the name of the plugin; no value was checked."""
    folder: Path = Path()
    """What relative paths in `options` are relative to: the folder of imnot.toml or the current."""
    routes: ConsumerRoutes = field(default_factory=ConsumerRoutes)
    """What partners serve at the moment."""
    journal_size: int = SIZE
    """How many requests the journal keeps."""
    shared: bool = False
    """Whether other processes answer for the same server."""
    targets: Targets = field(default_factory=Targets)
    """Where callbacks may go."""
    changes: ChangeLog = field(init=False)
    """What processes tell each other of documents that are in memory; mirrors stand on it."""
    journal: Journal = field(init=False)
    """The last requests, of all plugins together."""
    live: LiveSessions = field(init=False)
    """The sessions that have settings: a time of their own, a seed, an end."""
    overrides: Overrides = field(init=False)
    """What endpoints answer in sessions instead of what their patterns would."""
    tasks: TaskDesk = field(init=False)
    """The durable tasks of all datapoints."""

    def __post_init__(self) -> None:
        """Make what stands on the store."""
        changes = ChangeLog(self.store, alone=not self.shared)
        journal = Journal(
            self.store, self.clock, changes, size=self.journal_size, shared=self.shared
        )
        object.__setattr__(self, "changes", changes)
        object.__setattr__(self, "journal", journal)
        live = LiveSessions(self.store, changes, self.clock, shared=self.shared)
        object.__setattr__(self, "live", live)
        object.__setattr__(self, "overrides", Overrides(self.store, changes))
        self.jobs.keep_time_of(live.clock_of(current_session.get))
        tasks = TaskDesk(
            self.store, self.jobs, self.log, clock=live.clock, enter=current_session.set
        )
        object.__setattr__(self, "tasks", tasks)

    @property
    def http(self) -> httpx.AsyncClient:
        """The HTTP client; shared, closed with the server. It follows no redirects."""
        return self.client()

    @property
    def chance(self) -> Random:
        """The source of chance for the request at hand: its session's, where that has a seed."""
        return current_random.get() or self.random

    def new_id(self) -> str:
        """A random UUID, version 4, from `random`, so that a seeded test gets the same ones."""
        return str(UUID(int=self.random.getrandbits(128), version=4))

    @property
    def payloads(self) -> Payloads:
        """All payloads of the server."""
        return Payloads(self.store)

    @property
    def sessions(self) -> Sessions:
        """All sessions of the server."""
        return Sessions(self.store, self.new_id, self.changes, self.journal, self.live)

    def mirror(
        self,
        namespace: str,
        decode: Callable[[Document], T],
        *,
        added: Callable[[str, T], None],
        removed: Callable[[str, T], None],
    ) -> Mirror[T]:
        """Keep the documents of a namespace in memory, in step with what every process writes.

        To be made once, for instance when an API plugin gives its controllers. The namespace must
        be the plugin's own: begin it with the plugin's name.
        """
        return Mirror(self.store, self.changes, namespace, decode, added=added, removed=removed)

    def admits_headers(self, headers: Mapping[str, str]) -> bool:
        """Whether a request carries the admin key, in any of the ways that clients have.

        As `Authorization: Bearer <key>`, as the password of `Authorization: Basic` with any user
        name, or as `X-API-Key`. Always, when none is set.
        """
        # The empty one is admitted where none is set.
        return any(self.admits(secret) for secret in ("", *secrets_in(headers)))
