"""Shown output against printed output, compared as a reader would."""

from __future__ import annotations

import json
import re
from typing import Any

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
# What is another one in every run: whatever stands there, it is compared by its kind.
_VARYING = (
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "<uuid>"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d([.,]\d+)?(\+00:00|Z)?"), "<instant>"),
    (re.compile(r"(?i)\b(date: ).*GMT"), r"\1<date>"),
    (re.compile(r"(?<![\d.])\d+\.\d+\.\d+(?![\d.])"), "<version>"),
    (re.compile(r"\b\d+(\.\d+)? ?(ms|s)\b"), "<duration>"),
)
_ANY = "\N{HORIZONTAL ELLIPSIS}"
_ANY_LINES = {"...", _ANY}


def differences(shown: str, printed: str) -> str:
    """Say how what was printed differs from what is shown, "" if it does not.

    Colours, blanks at the ends of lines and blank lines do not count, nor the layout of JSON.
    Ids, instants, versions and durations count as what they are, not by their value. In what is
    shown, a line `...` stands for any number of lines, and `…` within a line for any text.
    """
    wanted, found = _lines(shown), _lines(printed)
    if _is_same_json(wanted, found):
        return ""
    parts = [r"(?:.*\n)*?" if line in _ANY_LINES else _pattern(line) for line in wanted]
    if re.fullmatch("".join(parts), "".join(f"{line}\n" for line in found)):
        return ""
    return f"shown:\n{_indented(wanted)}\nprinted:\n{_indented(found)}"


def _lines(text: str) -> list[str]:
    lines = [_ANSI.sub("", line).rstrip() for line in text.replace("\r", "").splitlines()]
    return [_by_kind(line) for line in lines if line]


def _by_kind(line: str) -> str:
    for pattern, kind in _VARYING:
        line = pattern.sub(kind, line)
    return line


def _pattern(line: str) -> str:
    return ".*".join(re.escape(part) for part in line.split(_ANY)) + r"\n"


def _is_same_json(wanted: list[str], found: list[str]) -> bool:
    missing: Any = object()
    values = []
    for lines in (wanted, found):
        try:
            values.append(json.loads("\n".join(lines)))
        except ValueError:
            values.append(missing)
    return bool(values[0] is not missing and values[0] == values[1])


def _indented(lines: list[str]) -> str:
    return "\n".join(f"    {line}" for line in lines)
