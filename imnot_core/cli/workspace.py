"""What commands that read partner files work on: settings, plugins, and the folder they lie in."""

from __future__ import annotations

import logging
import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imnot_core.cli.failure import DEBUG, Failure, tell_problems, tell_warning
from imnot_core.settings import Settings, find_partners_dir, resolve

if TYPE_CHECKING:
    from imnot_core.compiler import Compiler
    from imnot_core.registry import Registry
    from imnot_core.reload import Deployment


def settings_for(**flags: Any) -> Settings:
    """The settings in effect here; `flags` are by field. Raises SettingsError."""
    return resolve(flags, os.environ, Path.cwd())


class Workspace:
    """The partners of the current folder and all that is needed to read them, made when asked for.

    Raises SettingsError.
    """

    def __init__(self, **flags: Any) -> None:
        self.settings = settings_for(**flags)
        if not os.environ.get(DEBUG):
            # What a pattern's failure says is told with the file; its traceback is for debugging.
            logging.getLogger("imnot").addHandler(logging.NullHandler())

    @property
    def found(self) -> Path | None:
        """The partners folder, or None where there is none."""
        return find_partners_dir(self.settings.partners_dir, Path.cwd())

    def folder(self, exit_code: int = 1) -> Path:
        """The partners folder. Raises Failure with that exit code where there is none."""
        if self.found is None:
            name = self.settings.partners_dir
            upwards = "" if Path(name).is_absolute() else " here or in any folder above"
            raise Failure(
                f"there is no partners folder {name!r}{upwards} ({Path.cwd()});"
                " `imnot init` makes one, --partners-dir names another",
                exit_code,
            )
        return self.found

    @cached_property
    def registry(self) -> Registry:
        """The plugins; modules beside the partners folder can be named directly."""
        from imnot_core.registry import Registry

        place = self.found or Path.cwd() / self.settings.partners_dir
        return Registry(self.settings.plugins, (place.parent,))

    @cached_property
    def compiler(self) -> Compiler:
        """A compiler that needs no server."""
        from imnot_core.offline import offline_compiler

        return offline_compiler(self.settings, self.registry)

    def deployment(self, folder: Path, *, untold: Path | None = None) -> Deployment:
        """What would be served; files that would be refused are named on stderr. Raises Failure.

        Of the file `untold` the problems are left out: the command tells them itself.
        """
        from imnot_core.offline import read_deployment
        from imnot_core.registry import DIRECT

        try:
            read = read_deployment(folder, self.compiler)
        except OSError as error:
            raise Failure(f"{folder} cannot be read: {error.strerror or error}") from error
        told = untold and str(untold.absolute())
        tell_problems(problem for problem in read.refused if problem.source != told)
        for (group, _), failure in self.registry.failures.items():
            if group == DIRECT:
                tell_warning(str(failure))
        return read
