"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import rich_click as click

F = TypeVar("F", bound=Callable[..., Any])


def partners_option(function: F) -> F:
    """`--partners-dir`."""
    return click.option(
        "--partners-dir",
        metavar="DIR",
        help="The folder of the partner files, here or in a parent folder.  [default: partners]",
    )(function)


def plugin_option(function: F) -> F:
    """`--plugin`, repeatable."""
    return click.option(
        "--plugin",
        "plugins",
        metavar="MODULE:ATTRIBUTE",
        multiple=True,
        help="A plugin that is no package yet; may be repeated.",
    )(function)


def db_option(function: F) -> F:
    """`--db`."""
    return click.option(
        "--db",
        metavar="FILE",
        help="The database, here, in `data/` or in a parent folder.  [default: imnot.db]",
    )(function)


def json_option(function: F) -> F:
    """`--json`."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print JSON, for programs to read."
    )(function)
