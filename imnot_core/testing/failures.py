"""What goes wrong inside a server under test, kept for the test to see."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from types import TracebackType
from typing import Self

LOGGER = "imnot"


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that a handler, a background job or the server raised, and where it happened."""

    message: str
    error: BaseException

    def __str__(self) -> str:
        return f"{self.message}: {type(self.error).__name__}: {self.error}"


class FailureLog(logging.Handler):
    """Keeps every exception that the servers in some threads log, within `with`."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._threads: set[int | None] = set()
        self._failures: list[Failure] = []
        self._seen = 0

    def watch(self, thread: int | None) -> None:
        """Keep what is logged in that thread."""
        self._threads.add(thread)

    def add(self, message: str, error: BaseException) -> None:
        """Keep a failure that was not logged."""
        self._failures.append(Failure(message, error))

    def read(self) -> tuple[Failure, ...]:
        """Return all failures so far; they count as seen."""
        self._seen = len(self._failures)
        return tuple(self._failures)

    def tells_of(self, owner: str) -> bool:
        """Whether there is a failure of that datapoint."""
        return any(owner in failure.message for failure in self._failures)

    @property
    def unseen(self) -> tuple[Failure, ...]:
        """Those that nobody has read."""
        return tuple(self._failures[self._seen :])

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the record's exception, if it has one; called by the logger."""
        error = record.exc_info[1] if record.exc_info else None
        if record.thread in self._threads and error is not None:
            self.add(record.getMessage(), error)

    def __enter__(self) -> Self:
        logging.getLogger(LOGGER).addHandler(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        logging.getLogger(LOGGER).removeHandler(self)
        self.close()
