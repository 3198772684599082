"""Regular expressions of users: with Python's meaning, and in bounded time.

`re` has no time limit, and holds everybody up while it tries: `(a+)+$` on thirty characters takes
minutes. An expression that could take long, by a rough rule, is therefore run by the package
`regex`, which knows the same language and gives up when it is told to.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any, Final

LIMIT: Final = 0.1
"""Seconds after which searching is given up; it then counts as no match."""

# One choice alone (how often to repeat, which alternative) is tried in the square of the text's
# length at most, as it may begin anywhere; a group that is repeated, or choices one behind another,
# in a higher power of it, or exponentially.
_REPEATED_GROUP: Final = re.compile(r"\)[*+{]")
_CHOICE: Final = re.compile(r"[*+}|]|(?<!\()\?")
_SHORT: Final = 1000
"""Characters whose square is some milliseconds."""

Search = Callable[[str], bool]

_log = logging.getLogger("imnot")


def expression_fault(pattern: str) -> str:
    """Say why a text is no regular expression; "" where it is one."""
    try:
        with warnings.catch_warnings(action="ignore"):  # of what may change in a later Python
            re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return str(error)
    return ""


def searcher(pattern: str) -> Search:
    """Return what tells whether the pattern occurs in a text. Raises `re.error` for none."""
    with warnings.catch_warnings(action="ignore"):
        expression = re.compile(pattern)

    def plain(text: str) -> bool:
        return expression.search(text) is not None

    if _may_take_long(pattern):
        return _limited(pattern) or plain
    limited = cache(lambda: _limited(pattern) or plain)
    return lambda text: plain(text) if len(text) <= _SHORT else limited()(text)


def _limited(pattern: str) -> Search | None:
    """What searches for so long as it may; None for what only `re` takes."""
    import regex  # noqa: PLC0415 - 20 ms, for those expressions that need it

    try:
        with warnings.catch_warnings(action="ignore"):
            search: Callable[..., Any] = regex.compile(pattern).search
    except regex.error:
        return None

    def found(text: str) -> bool:
        try:
            return search(text, timeout=LIMIT) is not None
        except TimeoutError:
            _log.warning(
                "the regular expression %.200r was given up after %g s on a text of %d characters:"
                " it counts as no match",
                pattern,
                LIMIT,
                len(text),
            )
            return False

    return found


def _may_take_long(pattern: str) -> bool:
    return bool(_REPEATED_GROUP.search(pattern)) or len(_CHOICE.findall(pattern)) > 1
