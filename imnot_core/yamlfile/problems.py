"""What the parser finds wrong → what a person can do about it.

There are two parsers with two vocabularies (one written in C, one in Python): a cause is recognised
by words of either.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from imnot_core.errors import Problem

Place = tuple[int, int]
"""Line and column, both counted from 1."""


class _Cause(NamedTuple):
    """One kind of mistake: the parsers' words for it, and ours.

    `at_start`: shown where the thing began, not where the parser gave up.
    """

    words: str
    message: str
    hint: str
    at_start: bool = False


_QUOTE: Final = "put the whole text in quotes"
_CAUSES: Final = (
    _Cause("tab character", "a tab in the indentation", "indent with spaces"),
    _Cause("found character", "a text cannot begin with `{character}`", _QUOTE),
    _Cause("end of stream", "the quote is never closed", "add the closing quote", at_start=True),
    _Cause("escape|hexdecimal", "`\\` begins no escape sequence here", "write `\\\\`, or use '…'"),
    _Cause("mapping values", "no key can stand here", "check the indentation, or quote the text"),
    _Cause("expected ':'", "a key without `:`", "write `key: value`, or indent it", at_start=True),
    _Cause("alphabetic", "a text cannot begin with `*` or `&`", _QUOTE, at_start=True),
    _Cause("mapping keys", "a text cannot begin with `? `", _QUOTE),
    _Cause("sequence entries", "no list can begin here", "begin it on a line of its own: `- …`"),
    _Cause("line break|chomping", "text right after `|` or `>`", "begin it on the next line"),
    _Cause("tag handle", "a text cannot begin with `!`", _QUOTE),
    _Cause("incompatible", "another version of YAML", "remove the line that begins with `%YAML`"),
    _Cause("directive|document start", "not one document", "remove lines with `%` or `...`"),
)
_UNCLOSED: Final = _Cause("", "the bracket is never closed", "add the closing bracket")
_NO_COMMA: Final = _Cause(
    "", "a `,` or the bracket that closes line {line}, column {column} is missing", "add it"
)
_MISPLACED: Final = _Cause("", "no value begins with `{character}`", _QUOTE)
_ASKEW: Final = _Cause(
    "", "the indentation does not fit", "align it with the lines that it belongs to"
)
_LEFT_OVER: Final = _Cause("", "more text after the end of a value", _QUOTE)

_FORBIDDEN: Final = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINE_BREAK: Final = re.compile(r"\r\n?|\n")


def syntax_problem(error: Any, text: str, source: str, opened: Sequence[Place]) -> Problem:
    """Explain a parser's MarkedYAMLError; `opened` are the brackets that weren't closed so far."""
    mark = error.problem_mark or error.context_mark
    place = mark.line + 1, mark.column + 1
    lines = [*_LINE_BREAK.split(text), ""]
    before, after = lines[mark.line][: mark.column], lines[mark.line][mark.column :]
    ended = not after.strip() and not any(line.strip() for line in lines[mark.line + 1 :])
    if opened and ended and "end of stream" not in str(error.problem):
        cause, place = _UNCLOSED, opened[-1]
    else:
        words = "tab character" if after.startswith("\t") else str(error.problem)
        cause = _cause(words, before, in_brackets=bool(opened))
        if cause.at_start and error.context_mark is not None:
            place = error.context_mark.line + 1, error.context_mark.column + 1
    line, column = opened[-1] if opened else place
    message = cause.message.format(character=after[:1], line=line, column=column)
    return Problem(source, f"not valid YAML: {message}", cause.hint, *place)


def _cause(words: str, before: str, *, in_brackets: bool) -> _Cause:
    for cause in _CAUSES:
        if re.search(cause.words, words):
            return cause
    if "node content" in words:
        return _MISPLACED
    if in_brackets:
        return _NO_COMMA
    return _LEFT_OVER if before.strip(" -?:") else _ASKEW


def character_problem(text: str, source: str) -> Problem:
    """Name the first character that YAML does not allow, the only reason for an unmarked error."""
    found = _FORBIDDEN.search(text)
    index = found.start() if found else 0
    line = text.count("\n", 0, index) + 1
    column = index - text.rfind("\n", 0, index)
    message = f"the character U+{ord(found[0]) if found else 0:04X} is not allowed in YAML"
    return Problem(
        source, message, 'write it in double quotes, as an escape such as "\\u0007"', line, column
    )


def encoding_problem(error: UnicodeDecodeError, source: str) -> Problem:
    """Explain why bytes are no UTF-8."""
    before = error.object[: error.start]
    line = before.count(b"\n") + 1
    column = len(before[before.rfind(b"\n") + 1 :].decode()) + 1
    message = f"the byte 0x{error.object[error.start]:02X} is not UTF-8"
    return Problem(source, message, "save the file as UTF-8", line, column)
