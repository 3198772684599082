"""Options of plugins: `[options.<plugin>]` in imnot.toml, `--option NAME.KEY=VALUE`, short forms.

What a plugin does with them is its own business; here they only come together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from imnot_core.settings.text import names

Options = dict[str, dict[str, Any]]
"""Values by plugin and key: from imnot.toml whatever TOML can say, from elsewhere texts."""

SHORT_FORMS: Final = {"stubs": ("stubs", "files")}
"""Flags that name files, and the option (plugin and key) that becomes the list of their paths."""

FLAGS: Final = frozenset({"options", *SHORT_FORMS})
"""What options can be given by, as settings can by their names."""

_OPTION: Final = re.compile(r"\s*([\w-]+)\.([\w-]+)\s*=(.*)", re.DOTALL)


def collected(
    tables: Mapping[str, Mapping[str, Any]],
    environment: Mapping[str, str],
    flags: Mapping[str, Sequence[str] | None],
    start: Path,
) -> tuple[Options, list[str]]:
    """The options of imnot.toml, of the environment and of flags; and what is wrong with them.

    A key that several of them give has the value of the last. Paths of short forms are relative to
    `start`, and come out absolute.
    """
    options: Options = {plugin: dict(table) for plugin, table in tables.items()}
    problems: list[str] = []
    variables = {field: names(environment.get(f"IMNOT_{field.upper()}", "")) for field in FLAGS}
    for name, given in (("IMNOT_OPTIONS", variables), ("--option", flags)):
        for text in given.get("options") or ():
            if found := _OPTION.fullmatch(text):
                options.setdefault(found[1], {})[found[2]] = found[3]
            else:
                problems.append(f"{name} is {text!r}, but must be a text NAME.KEY=VALUE")
        for plugin, key, files in _short_forms(given):
            options.setdefault(plugin, {})[key] = [str(start.absolute() / file) for file in files]
    return options, problems


def _short_forms(
    given: Mapping[str, Sequence[str] | None],
) -> Iterator[tuple[str, str, Sequence[str]]]:
    for field, (plugin, key) in SHORT_FORMS.items():
        if files := given.get(field):
            yield plugin, key, files
