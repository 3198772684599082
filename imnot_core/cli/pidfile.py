"""The pid file: how `imnot stop` finds the server that `imnot start` began."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path, PurePath

from imnot_core.cli.failure import tell_warning

_PROC = Path("/proc")


class Process(Enum):
    """What is known of a process by its number."""

    GONE = "gone"
    IMNOT = "imnot"
    STRANGER = "stranger"


@contextmanager
def held(file: Path) -> Iterator[None]:
    """Keep the number of this process in a file while the context is open.

    The file of another imnot that is alive is left alone, and one that cannot be written is no
    reason not to serve: both are warnings.
    """
    owner = read(file)
    if owner is not None and owner != os.getpid() and look_up(owner) is Process.IMNOT:
        tell_warning(f"{file} is that of another imnot (process {owner}); `stop` will end that one")
        yield
        return
    try:
        file.write_text(f"{os.getpid()}\n", encoding="ascii")
    except OSError as error:
        tell_warning(f"{file} cannot be written: {error.strerror or error}; `stop` needs it")
    try:
        yield
    finally:
        remove(file, os.getpid())


def read(file: Path) -> int | None:
    """The number in a pid file, or None if there is none to be read."""
    try:
        number = int(file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return number if number > 0 else None


def remove(file: Path, number: int) -> None:
    """Delete a pid file, unless another process has put its own number there."""
    if read(file) == number:
        with suppress(OSError):
            file.unlink()


def look_up(number: int) -> Process:
    """Tell whether a process is alive, and imnot; without /proc, one that is alive is believed."""
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return Process.GONE
    except (PermissionError, OverflowError):
        return Process.STRANGER
    if not (_PROC / "self").exists():
        return Process.IMNOT
    folder = _PROC / str(number)
    try:
        state = (folder / "stat").read_text("latin-1").rpartition(")")[2].split()[0]
        words = (folder / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
    except (OSError, IndexError):
        return Process.GONE
    if state in "ZX":
        return Process.GONE  # it has ended, and only waits for its parent to notice
    return Process.IMNOT if any(map(_is_imnot, words)) else Process.STRANGER


def _is_imnot(word: str) -> bool:
    path = PurePath(word)
    return path.stem == "imnot" or "imnot_core" in path.parts or word.startswith("imnot_core")
