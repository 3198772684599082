"""Registering a partner: how `imnot generate` and the admin API both write partner files.

Everything is checked before anything is written, and the file is written beside its place and
renamed, so that a refusal or a crash leaves what was there.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imnot_core.compiled import CompiledPartner
from imnot_core.compiler import Compiler
from imnot_core.errors import ImnotError, PartnerError, Problem
from imnot_core.models import Source
from imnot_core.partners import PARTNER_FILE
from imnot_core.reload import Deployment, clash_with

SHOWN_FOLDER = "partners"


class PartnerExists(ImnotError):
    """There is a partner of that name, and it was not said that it may be overwritten."""


class PartnerClash(PartnerError):
    """The partner is fine by itself, but wants what another one has."""


@dataclass(frozen=True, slots=True)
class Registration:
    """A partner that may be written: what it is, where it goes, whether the file is new."""

    partner: CompiledPartner
    file: Path
    created: bool

    @property
    def source(self) -> Source:
        """The text as it will be loaded."""
        return self.partner.source

    def result(self, *, created: bool) -> dict[str, Any]:
        """What the command and the admin API tell of it.

        The paths begin with `partners/`, whatever the folder is called.
        """
        folder = f"{SHOWN_FOLDER}/{self.file.parent.name}"
        return {
            "status": "ok",
            "partner": self.partner.name,
            "description": self.partner.partner.description,
            "directory": folder,
            "file": f"{folder}/{PARTNER_FILE}",
            "created": created,
            "datapoints": [
                {
                    "name": each.name,
                    "pattern": each.config.pattern,
                    "endpoints": [
                        {"method": endpoint.method, "path": endpoint.path}
                        for endpoint in each.compiled.endpoints
                    ],
                    "admin_routes": each.compiled.takes_payload,
                }
                for each in self.partner.datapoints
            ],
        }


def check(
    text: str, name: str, *, folder: Path, compiler: Compiler, current: Deployment, force: bool
) -> Registration:
    """Check a text completely; `name` is what its errors call it.

    Raises PartnerError for what is wrong in it, PartnerExists without `force` where there is a
    partner of that name, PartnerClash where another partner serves one of its routes.
    """
    compiled = compiler.compile(Source(name, text))
    known = current.partner(compiled.name)
    file = folder / compiled.name / PARTNER_FILE
    if known is not None:
        file = Path(known.source.name)  # its folder may bear another name
    _check_owner(compiled, file, current)
    exists = known is not None or file.exists()
    if exists and not force:
        raise PartnerExists(
            f"Partner {compiled.name!r} already exists ({file}); use force to overwrite it"
        )
    if clash := clash_with(compiled, [each for each in current.partners if each is not known]):
        raise PartnerClash([clash])
    placed = compiler.compile(Source(str(file), text))
    return Registration(placed, file, created=not exists)


def _check_owner(compiled: CompiledPartner, file: Path, current: Deployment) -> None:
    for other in current.partners:
        if other.source.name == str(file) and other.name != compiled.name:
            message = f"the file {file} describes the partner {other.name!r}"
            hint = "choose another name, or rename its folder"
            raise PartnerClash([Problem(compiled.source.name, message, hint)])


def write(registration: Registration) -> None:
    """Write the text byte for byte. Raises OSError; the old file is then untouched."""
    write_atomically(registration.file, registration.source.text.encode())


def write_atomically(file: Path, content: bytes) -> None:
    """Replace a file's content at once, for every reader and after a crash. Raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(file.stat().st_mode & 0o777 if file.exists() else 0o644)
        Path(temporary).replace(file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def remove(partner: CompiledPartner, folder: Path) -> None:
    """Delete a partner's folder. Raises PartnerError when that would reach outside of it."""
    home = Path(partner.source.name).parent
    links = [entry for entry in (home, *home.rglob("*")) if entry.is_symlink()]
    if home.parent.resolve() != folder.resolve() or links:
        what = f"it holds a symbolic link, {links[0]}" if links else f"it is not in {folder}"
        message = f"{home} is not deleted: {what}"
        raise PartnerError([Problem(partner.source.name, message, "delete it by hand")])
    if home.exists():  # else somebody deleted it by hand, and that is what was asked for
        shutil.rmtree(home)
