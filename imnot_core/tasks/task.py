"""A task: what a datapoint has left to do, and how that is stored."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import msgspec

from imnot_core.store import Document

NAMESPACE: Final = "tasks"


class Task(msgspec.Struct, frozen=True):
    """Work that a datapoint has left to do.

    `kind` chooses the handler among `Compiled.tasks`; `data` is what the pattern gave along. `due`
    is in seconds since 1970 of the session's clock, 0 for at once; `created` is of the server's.
    """

    id: str
    kind: str
    data: Any
    session: str | None
    due: float
    created: float


TaskHandler = Callable[[Task], Awaitable[None]]
"""What does a task. It may be called again for the same one, if a process dies while it works."""

Handlers = Mapping[str, TaskHandler]


class Kept(msgspec.Struct, frozen=True):
    """A task as it is stored: with the claim of who does it, until when, and in which run.

    Claims are by the machine's clock, whatever a test does to the server's.
    """

    task: Task
    written: float
    run: str = ""
    holder: str = ""
    until: float = 0.0


def encoded(kept: Kept) -> bytes:
    """A task as the store takes it."""
    return msgspec.json.encode(kept)


def decoded(document: Document) -> Kept:
    """A task as the store gives it."""
    return msgspec.json.decode(document.value, type=Kept)
