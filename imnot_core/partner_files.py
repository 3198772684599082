"""Files beside a partner file: bodies and seeds that datapoints name, read when they are compiled.

Only what lies below the partner's own folder is ever read. A partner file may come over HTTP: it
must not be a way to see anything else of the machine.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Final

from imnot_core.errors import FieldError

LARGEST: Final = 16 * 1024 * 1024
"""How large a file may be, in bytes."""

# Where the system has none of them, there is no link or pipe to be careful of either.
FLAGS: Final = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY", "O_CLOEXEC")
)
PLACE: Final = "write a path below the partner's folder, such as bodies/order.xml"


class PartnerFiles:
    """What the datapoints of one partner read; the same bytes for all of them.

    `folder` is the partner's, None where the partner file has none (a text from elsewhere).
    `given` are contents that another worker read already: they are taken instead of the files'.
    """

    def __init__(self, folder: Path | None, given: Mapping[str, bytes] | None = None) -> None:
        self._folder = folder
        self._given = given
        self.taken: dict[str, bytes] = {}

    def read(self, name: str, field: str) -> bytes:
        """Return the content of a file. Raises FieldError of `field` as `read_below` does."""
        if name not in self.taken:
            known = None if self._given is None else self._given.get(name)
            self.taken[name] = read_below(self._folder, name, field) if known is None else known
        return self.taken[name]

    def paths(self) -> list[Path]:
        """Where the files lie that were read."""
        return [] if self._folder is None else [self._folder / name for name in self.taken]

    def changed(self) -> bool:
        """Tell whether one of the files that were read has another content now, or is gone."""
        try:
            return any(
                read_below(self._folder, name, "") != was for name, was in self.taken.items()
            )
        except FieldError:
            return True


def read_below(folder: Path | None, name: str, field: str) -> bytes:
    """Return the content of a file below the partner's folder.

    Raises FieldError of `field` for a name that leads elsewhere (absolute, through `..` or a
    link), for what is no readable file, and for a file of more than 16 MiB.
    """
    if fault := _name_fault(name):
        raise FieldError((field, f"{name!r} {fault}", PLACE))
    if folder is None:
        message = f"{name!r} cannot be read: this partner file has no folder"
        raise FieldError((field, message, "put it into partners/<name>/partner.yaml"))
    home = folder.resolve()
    try:
        file = (home / name).resolve(strict=True)
    except (OSError, RuntimeError) as error:  # RuntimeError: links that lead to each other
        hint = f"put the file beside {folder.name}/partner.yaml, or correct its name"
        raise FieldError((field, f"{name!r} {_reason(error)}", hint)) from None
    if not file.is_relative_to(home):
        raise FieldError((field, f"{name!r} is a link out of the partner's folder", PLACE))
    return _content(file, name, field)


def _name_fault(name: str) -> str:
    if not name or "\0" in name:
        return "is no file name"
    if PurePosixPath(name).is_absolute() or PureWindowsPath(name).anchor:
        return "is an absolute path"
    if ".." in PurePosixPath(name).parts or ".." in PureWindowsPath(name).parts:
        return "leads out of the partner's folder"
    return ""


def _content(file: Path, name: str, field: str) -> bytes:
    try:
        descriptor = os.open(file, FLAGS)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise FieldError((field, f"{name!r} is no regular file", "name a file"))
            with open(descriptor, "rb", closefd=False) as opened:
                content = opened.read(LARGEST + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise FieldError((field, f"{name!r} {_reason(error)}", "name a file")) from None
    if len(content) > LARGEST:
        message = f"{name!r} is larger than {LARGEST // 1024**2} MiB"
        raise FieldError((field, message, "name a smaller file"))
    return content


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return "does not exist"
    said = error.strerror if isinstance(error, OSError) else None
    return f"cannot be read: {said or error}"
