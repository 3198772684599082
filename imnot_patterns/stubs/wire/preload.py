"""Stubs of a file, loaded when the server starts: JSON or YAML, a list or `{"stubs": [...]}`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5

import msgspec

from imnot_core import (
    PartnerError,
    Problem,
    SettingsError,
    YamlDocument,
    parse_json,
    read_document,
)
from imnot_patterns.payloads.details import Unprocessable
from imnot_patterns.stubs.stub import Stub
from imnot_patterns.stubs.wire.payloads import stub_of

Where = tuple[str | int, ...]

_NAMESPACE: Final = UUID("6f7cf5c1-3a0e-4d63-9d51-b1b6f1a6c1f0")
_IDS: Final = ("stub_id", "id")
_POSITION: Final = re.compile(r" \(byte (\d+)\)$")
_SIMPLE: Final = re.compile(r"[\w-]+")
# What YAML does not take and JSON does: tabs between values, and characters of two escapes.
_ONLY_JSON: Final = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}|\t")


class StubFileError(SettingsError):
    """A file of stubs that is refused, with all that is wrong in it in `problems`."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def load(path: Path | str) -> list[Stub]:
    """Read the stubs of a file, in its order; they belong to everybody.

    An entry is the payload that creates a stub, and may have a `stub_id` (or `id`). Without one it
    gets an id of its own that is the same at every start. Raises StubFileError.
    """
    file = _StubFile(Path(path))
    problems: list[Problem] = []
    stubs: dict[str, Stub] = {}
    places: dict[str, Where] = {}
    for where, entry in file.entries():
        try:
            stub = _stub(file, where, entry)
        except StubFileError as error:
            problems += error.problems
            continue
        if stub.id in stubs:
            message = f"the id {stub.id!r} is taken by {_written(places[stub.id])}"
            key = next((name for name in _IDS if entry.get(name) is not None), "id")
            problems.append(file.problem((*where, key), message, "give it another one"))
        stubs[stub.id] = stub
        places[stub.id] = where
    if problems:
        raise StubFileError(sorted(problems, key=lambda each: (each.line, each.column)))
    return list(stubs.values())


class _StubFile:
    """A file that is read; it knows at which line and column each value stands."""

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self.base = path.name
        try:
            self._text = path.read_bytes()
        except FileNotFoundError:
            raise StubFileError([Problem(self.name, "there is no such file")]) from None
        except OSError as error:
            message = f"it cannot be read: {error.strerror or error}"
            raise StubFileError([Problem(self.name, message)]) from None
        self._data = self._read(is_json=path.suffix.lower() == ".json")

    def entries(self) -> Iterator[tuple[Where, Any]]:
        """The entries, each with where it stands. Raises StubFileError if there is no list."""
        data, where = self._data, ()  # type: tuple[Any, Where]
        if isinstance(data, dict) and "stubs" in data:
            data, where = data["stubs"], ("stubs",)
        if not isinstance(data, list):
            message = "the file is empty" if data is None else "there is no list of stubs in it"
            hint = 'write a list of stubs, or {"stubs": [...]}'
            raise StubFileError([self.problem(where, message, hint)])
        yield from (((*where, index), _as_json(entry)) for index, entry in enumerate(data))

    def problem(self, where: Where, message: str, hint: str = "", *, key: bool = False) -> Problem:
        """A problem at a place of the file."""
        line, column = self._place(where, key=key)
        return Problem(self.name, message, hint, line, column, _written(where))

    def _read(self, *, is_json: bool) -> Any:
        try:
            self._text.decode()
            return parse_json(self._text)
        except UnicodeDecodeError:
            pass  # YAML's reader knows how to say where
        except ValueError as error:
            if is_json and self._text.strip():
                raise StubFileError([self._syntax(str(error))]) from None
        try:
            return read_document(self._text, self.name).data
        except PartnerError as error:
            raise StubFileError(error.problems) from None

    def _syntax(self, message: str) -> Problem:
        found = _POSITION.search(message)
        before = self._text[: int(found[1])] if found else self._text
        line = before.count(b"\n") + 1
        column = len(before.rpartition(b"\n")[2].decode(errors="replace")) + 1
        reason = _POSITION.sub("", message)
        return Problem(self.name, f"not valid JSON: {reason}", "", line, column)

    def _place(self, where: Where, *, key: bool) -> tuple[int, int]:
        """Line and column; 0 where they cannot be told."""
        return (0, 0) if self._document is None else self._document.place(where, key=key)

    @cached_property
    def _document(self) -> YamlDocument | None:
        """The file as YAML's reader sees it, which knows places; nearly all JSON is YAML."""
        text = _ONLY_JSON.sub(_stand_in, self._text.decode(errors="replace"))
        try:
            return read_document(text, self.name)
        except PartnerError:
            return None


def _stub(file: _StubFile, where: Where, entry: Any) -> Stub:
    problems = []
    given = ""
    if isinstance(entry, dict):
        if "scope" in entry:
            message = "Invalid stub payload: a preloaded stub cannot define scope"
            hint = "remove it: the stubs of a file are for every scope"
            problems.append(file.problem((*where, "scope"), message, hint, key=True))
        try:
            given = _given_id(entry)
        except ValueError as error:
            name = str(error)
            message = f"Invalid stub payload: `{name}` must be a text that is not empty"
            problems.append(file.problem((*where, name), message))
    try:
        stub = stub_of(
            entry, new_id=lambda: given or _derived(file, where, entry), origin=file.name
        )
    except Unprocessable as error:
        for each in error.details:
            message = ": ".join(["Invalid stub payload", *map(str, each.loc[1:][-1:]), each.msg])
            problems.append(file.problem((*where, *each.loc[1:]), message))
    if problems:
        raise StubFileError(problems)
    return stub


def _given_id(entry: dict[str, Any]) -> str:
    """The id that an entry gives itself, "" without one. Raises ValueError with the name of it."""
    for name in _IDS:
        value = entry.get(name)
        if value is None:
            continue
        text = str(value).strip()
        if isinstance(value, bool | dict | list) or not text:
            raise ValueError(name)
        return text
    return ""


def _derived(file: _StubFile, where: Where, entry: Any) -> str:
    """An id that is the same whenever this file is loaded, wherever it lies."""
    content = msgspec.json.encode(entry).decode()
    return str(uuid5(_NAMESPACE, f"{file.base}\n{_written(where)}\n{content}"))


def _as_json(value: Any) -> Any:
    """The same value as JSON has it: names are texts."""
    if isinstance(value, dict):
        return {
            key if isinstance(key, str) else msgspec.json.encode(key).decode(): _as_json(each)
            for key, each in value.items()
        }
    return [_as_json(each) for each in value] if isinstance(value, list) else value


def _written(where: Where) -> str:
    """A place as people write it: `stubs[0].action.response`."""
    steps = (
        f".{step}" if isinstance(step, str) and _SIMPLE.fullmatch(step) else f"[{_quoted(step)}]"
        for step in where
    )
    return "".join(steps).removeprefix(".")


def _quoted(step: str | int) -> str:
    return msgspec.json.encode(step).decode()


def _stand_in(found: re.Match[str]) -> str:
    return " " if found[0] == "\t" else "\\u0041"
