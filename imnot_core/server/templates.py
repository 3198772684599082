"""The templates of API plugins: where they lie, and when there is an engine for them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from litestar.template import TemplateConfig

from imnot_core.plugin import HasTemplates


def templates_of(plugin: object, name: str) -> Path | None:
    """The folder of a plugin's templates, None if it has none.

    Raises ValueError when it does not hold just the folder that is named like the plugin: what lies
    beside that could not be addressed, or would be taken for another plugin's.
    """
    if not isinstance(plugin, HasTemplates):
        return None
    folder = Path(plugin.templates)
    if not (folder / name).is_dir():
        raise ValueError(f"there is no folder {folder / name}")
    visible = (each.name for each in folder.iterdir() if not each.name.startswith("."))
    if stray := sorted(each for each in visible if each != name):
        raise ValueError(f"{folder} may hold the folder {name} alone, not {', '.join(stray)}")
    return folder


def template_config(folders: Mapping[str, Path]) -> TemplateConfig[Any] | None:
    """What Litestar is to render templates with, None without folders (by name of the plugin)."""
    return TemplateConfig(instance=_LaterEngine(folders)) if folders else None


class _LaterEngine:
    """An engine that is made when the first page is asked for: few servers ever show one."""

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self._folders = folders

    @cached_property
    def _engine(self) -> Any:
        from imnot_core.server.rendering import engine  # noqa: PLC0415 - 2 MB and 15 ms

        return engine(self._folders)

    def get_template(self, template_name: str) -> Any:
        """What renders the template of that name."""
        return self._engine.get_template(template_name)
