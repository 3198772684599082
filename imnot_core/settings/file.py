"""imnot.toml: which keys it may have, where it lies, and on which line something in it is wrong."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from imnot_core.errors import SettingsError

FILE_NAME: Final = "imnot.toml"

FILE_KEYS: Final[Mapping[str, Mapping[str, str]]] = {
    "server": {
        "host": "host",
        "port": "port",
        "partners_dir": "partners_dir",
        "db": "db",
        "base_url": "base_url",
        "workers": "workers",
        "log_requests": "log_requests",
        "body_limit": "body_limit",
        "stop_timeout_seconds": "stop_timeout",
        "journal_size": "journal_size",
    },
    "callbacks": {"timeout_seconds": "callback_timeout", "allow": "callback_allow"},
    "sessions": {"host": "session_host"},
    "plugins": {"load": "plugins", "without_apis": "without_apis"},
}
"""Section, key, and the field of `Settings` that it sets."""

FOREIGN_SECTIONS: Final = frozenset({"logging", "ui"})
"""Sections that files written for other releases have; they change nothing here."""

OPTIONS: Final = "options"
"""The section of the plugins: a table for each, with keys that only it knows."""

SHORT_SECTIONS: Final = {"pagination": ("paginated", ("default_limit",))}
"""Sections that stand for the options of a plugin, and the keys that they may have."""

_SECTIONS: Final = ", ".join(
    f"[{name}]" for name in (*FILE_KEYS, *SHORT_SECTIONS, f"{OPTIONS}.<plugin>")
)

ELSEWHERE: Final = {
    "admin_key": "a secret does not belong in a file; set IMNOT_ADMIN_KEY or --admin-key",
    "reload": "it is for one run, not for the project; set IMNOT_RELOAD or --reload",
}
"""Settings that the file must not have, and why."""

MAX_LINES: Final = 1000
"""Longer files get errors without line numbers: finding them parses the file once per line."""


@dataclass(frozen=True, slots=True)
class FileValue:
    """One value of the file as TOML gives it, and the keys that lead to it."""

    section: str
    key: str
    value: Any


class SettingsFile:
    """One imnot.toml, read and taken apart; its values are not checked yet.

    `values` are by field of `Settings`, `options` by plugin, `problems` name the line and the key.
    Raises SettingsError if the file cannot be read or is no TOML. `shown` is how messages call it.
    """

    def __init__(self, path: Path, shown: str) -> None:
        self.path = path
        self.shown = shown
        self._text = _text(path, shown)
        self._data = _parsed(self._text, shown)
        self.values: dict[str, FileValue] = {}
        self.options: dict[str, dict[str, Any]] = {}
        self.problems: list[str] = []
        self.warnings: list[str] = []
        for section, content in self._data.items():
            self._take_section(section, content)

    def place(self, *keys: str) -> str:
        """The file and the line on which the value of these keys begins."""
        line = self._lines.get(keys, 0)
        return f"{self.shown}:{line}" if line else self.shown

    def _take_section(self, section: str, content: object) -> None:
        if section in FOREIGN_SECTIONS:
            self.warnings.append(f"{self.shown}: [{section}] has no effect in this imnot")
        elif section not in {*FILE_KEYS, *SHORT_SECTIONS, OPTIONS}:
            self.problems.append(f"{self.place(section)}: {_unknown_section(section, content)}")
        elif not isinstance(content, dict):
            self.problems.append(
                f"{self.place(section)}: {section} must be a section: write [{section}]"
            )
        elif section == OPTIONS:
            for plugin, table in content.items():
                self._take_options(plugin, table)
        elif section in SHORT_SECTIONS:
            self._take_short(section, content)
        else:
            for key, value in content.items():
                self._take_key(section, key, value)

    def _take_short(self, section: str, content: dict[str, Any]) -> None:
        plugin, keys = SHORT_SECTIONS[section]
        for key, value in content.items():
            place = f"{self.place(section, key)}: {key} in [{section}]"
            if key not in keys:
                self.problems.append(f"{place}: unknown key; there is {', '.join(keys)}")
            else:
                # What is said in full goes before what is said in short.
                self.options.setdefault(plugin, {}).setdefault(key, value)

    def _take_options(self, plugin: str, table: object) -> None:
        if isinstance(table, dict):
            self.options.setdefault(plugin, {}).update(table)
        else:
            self.problems.append(
                f"{self.place(OPTIONS, plugin)}: {plugin} in [{OPTIONS}]: options are those of a"
                f" plugin; write [{OPTIONS}.<plugin>] above"
            )

    def _take_key(self, section: str, key: str, value: object) -> None:
        field = FILE_KEYS[section].get(key)
        if field is None:
            reason = _unknown_key(section, key)
            self.problems.append(f"{self.place(section, key)}: {key} in [{section}]: {reason}")
        else:
            self.values[field] = FileValue(section, key, value)

    @cached_property
    def _lines(self) -> dict[tuple[str, ...], int]:
        # tomllib tells no positions. But a file that is cut off after a complete statement is a
        # file as well: so a key begins on the line after the last cut that is possible without it.
        lines = self._text.split("\n")
        found: dict[tuple[str, ...], int] = {}
        begin = 1
        for end in range(1, min(len(lines), MAX_LINES) + 1):
            try:
                data = tomllib.loads("\n".join(lines[:end]) + "\n")
            except (ValueError, RecursionError):
                continue
            for keys in _key_paths(data):
                found.setdefault(keys, begin)
            begin = end + 1
        return found


def _text(path: Path, shown: str) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise SettingsError(f"{shown}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{shown}: is not UTF-8 text: {error.reason}") from error


def _parsed(text: str, shown: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError: also a number of 5,000 digits
        message, line = str(error), len(text.splitlines()) or 1
        if found := re.search(r" \(at line (\d+), column \d+\)$", message):
            message, line = message[: found.start()], int(found[1])
        raise SettingsError(f"{shown}:{line}: this is not TOML: {message}") from error


def _key_paths(data: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for section, content in data.items():
        yield (section,)
        if isinstance(content, dict):
            yield from ((section, key) for key in content)


def _unknown_section(section: str, content: object) -> str:
    if section in ELSEWHERE:
        return f"{section}: {ELSEWHERE[section]}"
    if isinstance(content, dict):
        near = get_close_matches(section, [*FILE_KEYS, *SHORT_SECTIONS, OPTIONS], 1)
        hint = f"did you mean [{near[0]}]?" if near else f"there are {_SECTIONS}"
        return f"{section}: unknown section; {hint}"
    near = get_close_matches(section, [key for keys in FILE_KEYS.values() for key in keys], 1)
    if near:
        owner = next(name for name, keys in FILE_KEYS.items() if near[0] in keys)
        return f"{section}: unknown key; did you mean {near[0]} below [{owner}]?"
    return f"{section}: unknown key; all keys are below one of {_SECTIONS}"


def _unknown_key(section: str, key: str) -> str:
    if key in ELSEWHERE:
        return ELSEWHERE[key]
    for name, keys in FILE_KEYS.items():
        if key in keys:
            return f"unknown key; it belongs below [{name}]"
    near = get_close_matches(key, FILE_KEYS[section], 1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(FILE_KEYS[section])}"
    return f"unknown key; {hint}"
