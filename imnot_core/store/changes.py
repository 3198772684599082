"""The change log: what was changed in mirrored namespaces, for every process to catch up with.

It is a log and not a number, because who knows only that something has changed has to compare
everything: with thousands of documents that takes as many times as long as the change itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic
from typing import Final, NamedTuple, TypeVar
from uuid import uuid4

import msgspec

from imnot_core.errors import StoreError
from imnot_core.store import Entry, Store

NAMESPACE: Final = "changes"
KEPT: Final = 1000
"""Who missed more than so many changes compares everything."""
PATIENCE: Final = 0.02
"""For how many seconds a process that is alone need not ask."""

T = TypeVar("T")


class Change(msgspec.Struct, frozen=True, array_like=True):
    """One document that was written or deleted; or, with no namespace, all those of an owner."""

    namespace: str
    name: str


class Follower(NamedTuple):
    """Who wants to know: `follow` is told the changes, the oldest first.

    `compare` is called instead where it is not known what was changed.
    """

    follow: Callable[[Sequence[Change]], Awaitable[None]]
    compare: Callable[[], Awaitable[None]]


class ChangeLog:
    """The log as one process sees it: what it tells the others, and how far it has followed.

    `alone` says that no other process answers for the same server: others are commands then.
    """

    def __init__(self, store: Store, *, alone: bool = False) -> None:
        self._store = store
        self._alone = alone
        self._next_look = 0.0  # of the monotonic clock
        self._followers: list[Follower] = []
        self._fresh: list[Follower] = []  # those that have seen nothing yet
        self._lock = asyncio.Lock()
        self._number = -1  # of the last change that was seen; -1: none, nor what was before
        self._token = -1
        self._behind = True

    def add(self, follower: Follower) -> None:
        """Have this follower see everything at the next `catch_up`, and then every change."""
        self._followers.append(follower)
        self._fresh.append(follower)
        self._behind = True

    async def record(self, write: Callable[[], Awaitable[T]], change: Change) -> T:
        """Make a write and tell every process of it; in one transaction, where the store has them.

        When this returns, the followers of this process have seen it. Raises `StoreError`.
        """
        try:
            entry = Entry(uuid4().hex, msgspec.json.encode(change))
        except UnicodeEncodeError as error:
            raise StoreError(f"keys and owners must be valid Unicode: {error}") from error
        try:
            # Begun in this order, so whoever sees the entries sees what was written.
            result, _ = await asyncio.gather(
                write(), self._store.append(NAMESPACE, (entry,), keep=KEPT)
            )
        finally:
            self._behind = True  # a store's change token does not tell of its own writes
        await self.catch_up()
        return result

    async def glance(self) -> None:
        """Do as `catch_up`, for each request: a process that is alone looks up every 20 ms.

        Asking the store would be a tenth of what it takes to answer with a stub.
        """
        if self._behind or not self._alone or monotonic() >= self._next_look:
            await self.catch_up()

    async def catch_up(self) -> None:
        """See what was changed since the last time, by whichever process; cheap if nothing was."""
        self._next_look = monotonic() + PATIENCE
        if await self._store.change_token() == self._token and not self._behind:
            return
        async with self._lock:
            # The token first: what is written meanwhile shows the next time.
            token = await self._store.change_token()
            if token == self._token and not self._behind:
                return
            self._behind = False
            try:
                await self._follow()
            except BaseException:
                self._behind = True
                raise
            self._token = token

    async def _follow(self) -> None:
        known = self._number
        news = await self._store.tail(NAMESPACE, max(known, 0))
        missed = known < 0 or (news and news[0][0] != known + 1)
        changes = [msgspec.json.decode(document.value, type=Change) for _, document in news]
        fresh = tuple(self._fresh)
        for follower in tuple(self._followers):
            if missed or follower in fresh:
                await follower.compare()
            elif changes:
                await follower.follow(changes)
        # Not before all have seen it: if one fails, everything is told to all once more.
        self._fresh = [each for each in self._fresh if each not in fresh]
        self._number = news[-1][0] if news else max(known, 0)
