"""Plain data → YAML in block style, as a person would write it, and comments."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from math import isfinite
from typing import Any, Final

INDENT: Final = "  "
MAX_KEY: Final = (
    1000  # characters as it is written; YAML's parsers look no further than 1,024 for the `:`
)
MAX_COMMENT: Final = 500
MAX_BITS: Final = 3000  # integers of more than 1,000 digits are refused by the reader

# What needs no quotes and is read as a text: nothing else begins with a letter or a slash but the
# words below. A `:` or `#` is no mark inside of a word.
_WORD: Final = r"[\w/.,;+=@%&*!?(){}'\"$^|~<>\\-]+(?:[:#][\w/.,;+=@%&*!?(){}'\"$^|~<>\\-]+)*"
_PLAIN: Final = re.compile(rf"(?=[A-Za-z/_]){_WORD}(?: {_WORD})*")
# Texts to YAML 1.2, but other readers take some of them for truth values.
_WORDS: Final = frozenset(
    {"true", "false", "null", "yes", "no", "on", "off", "y", "n", "inf", "nan"}
)
# Characters that are no line of text, or that a reader may take for a line break.
_UNPRINTABLE: Final = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_SPACES: Final = re.compile(r"\s+")


def block(value: Any, indent: str = "") -> Iterator[str]:
    """Give the lines of a mapping or list that is not empty; keys are texts."""
    entries = value.items() if isinstance(value, dict) else ((None, item) for item in value)
    for key, item in entries:
        mark = "-" if key is None else f"{scalar(key)}:"
        if _is_empty(item) or not isinstance(item, dict | list | str):
            yield f"{indent}{mark} {scalar(item)}"
        elif isinstance(item, str):
            first, *more = text(item)
            yield f"{indent}{mark} {first}"
            yield from (f"{indent}{INDENT}{line}" if line else "" for line in more)
        elif key is None:
            yield from beside(mark, block(item, indent + INDENT), indent)
        else:
            yield f"{indent}{mark}"
            yield from block(item, indent + INDENT)


def beside(mark: str, lines: Iterator[str], indent: str) -> Iterator[str]:
    """Put the first of some lines, which are indented further, beside a mark."""
    yield f"{indent}{mark} {next(lines)[len(indent) + len(INDENT) :]}"
    yield from lines


def text(value: str) -> list[str]:
    """Return a text as one line, or as `|` and lines."""
    lines = value.split("\n")
    if len(lines) < 2 or any(map(_UNPRINTABLE.search, lines)) or _SURROGATE.search(value):
        return [scalar(value)]
    if not value.strip() or lines[0][:1] in ("", " ", "\t"):
        return [scalar(value)]
    if lines[-1]:
        return ["|-", *lines]
    return ["|" if lines[-2] else "|+", *lines[:-1]]


def scalar(value: Any) -> str:
    """Return a value in one line: a text, number, truth value, null, or an empty collection."""
    if not isinstance(value, str):
        return json.dumps(value)
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    quoted = json.dumps(_SURROGATE.sub("\ufffd", value), ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


def comment(words: str, indent: str = "") -> str:
    """Return words as a comment, which is one line whatever they are."""
    return f"{indent}# {one_line(words, MAX_COMMENT)}".rstrip()


def one_line(words: str, width: int) -> str:
    """Return a text without line breaks and what cannot be seen, cut where it is too long."""
    words = _SPACES.sub(" ", _SURROGATE.sub("\ufffd", words))
    words = _UNPRINTABLE.sub("", words).strip()
    return words if len(words) <= width else f"{words[: width - 1].rstrip()}…"


def is_writable(value: Any, depth: int = 50) -> bool:
    """Tell whether `block` writes a JSON value so that it is read as the same."""
    match value:
        case str():
            return _SURROGATE.search(value) is None
        case float():
            return isfinite(value)
        case int():
            return value.bit_length() < MAX_BITS
        case dict():
            short = all(isinstance(key, str) and len(scalar(key)) <= MAX_KEY for key in value)
            inner = [*value, *value.values()]
            return short and depth > 0 and all(is_writable(each, depth - 1) for each in inner)
        case list():
            return depth > 0 and all(is_writable(each, depth - 1) for each in value)
        case _:
            return value is None


def _is_empty(value: Any) -> bool:
    return isinstance(value, dict | list | str) and not value
