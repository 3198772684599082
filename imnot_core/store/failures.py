"""SQLite's errors in words: which file, what is wrong with it, what to do."""

from __future__ import annotations

import os
from pathlib import Path

from imnot_core.errors import StoreError
from imnot_core.store.locking import PATIENCE

_CAUSES = {
    "SQLITE_BUSY": (
        f"another process has kept the database locked for {PATIENCE:.0f} seconds",
        "end that process or its transaction, or name another file",
    ),
    "SQLITE_NOTADB": (
        "this is not a SQLite database",
        "name another file, or move this one away",
    ),
    "SQLITE_CORRUPT": (
        "the database is damaged",
        "put back a copy, or delete it (with its -wal and -shm files) to begin with an empty one",
    ),
    "SQLITE_FULL": ("the disk is full", "make room on it, or name a file on another one"),
    "SQLITE_TOOBIG": ("a value is larger than SQLite can hold", "store less under one key"),
}


def explain(error: Exception, place: str) -> StoreError:
    """The error to show for one that SQLite (or its Python module) raised about `place`."""
    name: str = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY")):
        cause, remedy = _refusal(Path(place))
        return StoreError(f"{place}: {cause}; {remedy}")
    for code, (cause, remedy) in _CAUSES.items():
        if name.startswith(code):
            return StoreError(f"{place}: {cause}; {remedy}")
    if isinstance(error, UnicodeError):
        return StoreError(f"{place}: keys, namespaces and owners must be valid Unicode: {error}")
    detail = f" ({name})" if name else ""
    return StoreError(f"{place}: {error}{detail}")


def _refusal(path: Path) -> tuple[str, str]:
    """Look at the path, for SQLite gives one code for all of these.

    The file must not be opened to find out: closing it again would drop the locks that SQLite
    connections of this process hold on it.
    """
    folder = path.parent
    if _is_folder(path):
        return "this is a folder", "name a file in it"
    if not _exists(folder):
        return f"the folder {folder} does not exist", "create it, or name another file"
    if not _is_folder(folder):
        return f"{folder} is not a folder", "name a file in a folder"
    if not _allows(folder, os.W_OK | os.X_OK):
        return (
            f"the folder {folder} may not be written, and SQLite keeps further files in it",
            "let this user write to it, or name a file in another folder",
        )
    if _exists(path) and not _allows(path, os.R_OK | os.W_OK):
        verb = "written" if _allows(path, os.R_OK) else "read"
        return f"the file may not be {verb}", "let this user do so, or name another file"
    return "the file cannot be opened for writing", "name another file"


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 - Path.is_dir raises where this user may not look


def _exists(path: Path) -> bool:
    return os.path.lexists(path)


def _allows(path: Path, mode: int) -> bool:
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)
