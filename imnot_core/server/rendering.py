"""The template engine: one for all API plugins, with each plugin's templates below its name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from html import escape
from pathlib import Path, PurePosixPath
from typing import Any

from litestar.plugins.minijinja import MiniJinjaTemplateEngine
from minijinja import Environment, pass_state, safe


def engine(folders: Mapping[str, Path]) -> MiniJinjaTemplateEngine:
    """Make the engine for these folders, by name of the plugin."""
    environment = Environment(
        loader=partial(_load, folders),
        undefined_behavior="strict",  # a misspelt name is an error, not a gap in the page
        finalizer=_escaped,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return _Engine.from_environment(environment)


class _Engine(MiniJinjaTemplateEngine):
    """As Litestar's, which says of every fault in a template that the template was not found."""

    def get_template(self, template_name: str) -> Any:
        return _Template(self.engine, template_name)


class _Template:
    """A template by its name."""

    def __init__(self, environment: Environment, name: str) -> None:
        self._environment = environment
        self._name = name

    def render(self, **context: Any) -> str:
        """Render it. Raises TemplateError, which says what is wrong and where."""
        return self._environment.render_template(self._name, **context)


@pass_state
def _escaped(state: Any, value: Any) -> Any:
    """Escape texts as everybody does: MiniJinja's own way writes `/` as `&#x2f;`.

    None is nothing: it also stands for an `if` without `else`, which has no value.
    """
    if value is None:
        return ""
    return safe(escape(value)) if type(value) is str and state.auto_escape else value


def _load(folders: Mapping[str, Path], name: str) -> str | None:
    path = PurePosixPath(name)
    folder = folders.get(path.parts[0]) if path.parts else None
    if folder is None or ".." in path.parts:
        return None
    file = folder / path
    return file.read_text(encoding="utf-8") if file.is_file() else None
