"""Handlers and tasks that failed: what was raised, kept where a test or a person can ask."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import msgspec

from imnot_core.clock import Clock, instant
from imnot_core.errors import StoreError
from imnot_core.messages import Reply, Request
from imnot_core.store import Store
from imnot_core.tasks import Task

NAMESPACE = "failures"
KEPT = 100


class Failures:
    """The last failures of handlers, of all workers."""

    def __init__(self, store: Store, clock: Clock, log: logging.Logger) -> None:
        self._store = store
        self._clock = clock
        self._log = log

    async def report(self, request: Request, owner: str, error: BaseException) -> Reply:
        """Log and keep what the handler of `owner` raised, and make the answer: 500."""
        self._log.error("%s failed on %s %s", owner, request.method, request.path, exc_info=error)
        cause = told(error)
        what = {"method": request.method, "path": request.path, "session": request.session}
        await self._keep(what, owner, cause)
        detail = f"The handler of {owner} failed: {cause}"
        return Reply.json({"detail": detail}, 500, {"X-Imnot-Error": owner})

    async def report_task(self, owner: str, task: Task, error: BaseException) -> None:
        """Keep what a durable task of `owner` raised; who does tasks has logged it."""
        what = {"method": "task", "path": f"{task.kind} {task.id}", "session": task.session}
        await self._keep(what, owner, told(error))

    async def list(self) -> list[dict[str, str | None]]:
        """The failures, newest first."""
        documents = await self._store.scan(NAMESPACE)
        return [msgspec.json.decode(document.value) for document in reversed(documents)]

    async def _keep(self, what: Mapping[str, str | None], owner: str, cause: str) -> None:
        at = instant(self._clock.time())
        failure = {"at": at, "handler": owner, **what, "error": cause}
        value = msgspec.json.encode(failure)
        try:
            number = await self._store.increment("counters", NAMESPACE)
            await self._store.put(NAMESPACE, f"{number}", value, owner=what["session"] or "")
            await self._store.delete(NAMESPACE, f"{number - KEPT}")
        except StoreError as error:  # often the very cause of the failure that is reported here
            self._log.warning("a failure could not be kept: %s", error)


def told(error: BaseException) -> str:
    """What an exception says, whatever it is."""
    try:
        text = f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001 - an exception of a stranger may be broken itself
        text = f"{type(error).__name__}, whose message cannot be read"
    return text.encode(errors="replace").decode()  # a lone surrogate cannot be sent
