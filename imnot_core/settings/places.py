"""Where things lie: the partners folder and the database are looked for here and upwards."""

from __future__ import annotations

import os.path
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

MEMORY: Final = ":memory:"
"""The database that is kept in memory, and only for one process."""

_URL: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


def find_partners_dir(name: str, start: Path) -> Path | None:
    """The partners folder: below `start`, else of the same name in the nearest parent that has it.

    An absolute name must exist as it is. None if there is no such folder.
    """
    return next((place for folder in _upwards(start) if _is_dir(place := folder / name)), None)


def find_file(name: str, start: Path) -> Path | None:
    """The file of that name in `start`, else in the nearest parent that has it, or None."""
    return next((place for folder in _upwards(start) if _is_file(place := folder / name)), None)


def find_beside(name: str, file: str) -> Path | None:
    """The file of that name in the folder of another file, or None."""
    place = Path(file).parent / name
    return place if _is_file(place) else None


def find_database(db: str, start: Path) -> str:
    """The database file: below `start` as given or as `data/<name>`, else likewise in its parents.

    If there is none, the place below `start` where it will be made. `:memory:` and URLs are kept.
    """
    if not is_file_database(db):
        return db
    given = Path(db)
    names = (given,) if given.is_absolute() else (given, Path("data", given.name))
    places = (folder / name for folder in _upwards(start) for name in names)
    return str(next((place for place in places if _is_file(place)), start.absolute() / given))


def is_file_database(db: str) -> bool:
    """Tell whether a database is a file named by its path."""
    return db != MEMORY and not _URL.match(db)


def store_scheme(db: str) -> str:
    """The name of the store for a database: the scheme of a URL, `sqlite` for all else."""
    found = _URL.match(db)
    return found[1].lower() if found else "sqlite"


def pid_file(db: str) -> Path:
    """Where `start` leaves its process id: beside the database, its suffix replaced by `.pid`.

    For a database that is no file it is `imnot.pid` in the current folder.
    """
    return Path(db).with_suffix(".pid") if is_file_database(db) else Path("imnot.pid")


def _upwards(start: Path) -> Iterator[Path]:
    folder = start.absolute()
    yield folder
    yield from folder.parents


# Unlike the methods of Path, these take a parent folder that may not be read for an absent one.
def _is_dir(place: Path) -> bool:
    return os.path.isdir(place)  # noqa: PTH112 - see above


def _is_file(place: Path) -> bool:
    return os.path.isfile(place)  # noqa: PTH113 - see above
