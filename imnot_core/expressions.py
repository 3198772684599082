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
from typing import Any, Final, Literal

EXPRESSION_LIMIT: Final = 0.1
"""Seconds after which matching a regular expression is given up; it then counts as no match."""

# One choice alone (how often to repeat, which alternative) is tried in the square of the text's
# length at most, as it may begin anywhere; a group that is repeated, or choices one behind another,
# in a higher power of it, or exponentially.
_REPEATED_GROUP: Final = re.compile(r"\)[*+{]")
_CHOICE: Final = re.compile(r"[*+}|]|(?<!\()\?")
_SHORT: Final = 1000
"""Characters whose square is some milliseconds."""

Judge = Callable[[str], bool]
Method = Literal["match", "search"]

_log = logging.getLogger("imnot")


def expression_fault(pattern: str) -> str:
    """Say why a text is no regular expression; "" where it is one."""
    try:
        with warnings.catch_warnings(action="ignore"):  # of what may change in a later Python
            re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return str(error)
    return ""


def expression_matcher(pattern: str) -> Judge:
    """What tells whether a text begins as the pattern says, in bounded time.

    Raises `re.error` for what is no regular expression.
    """
    return _bounded(pattern, "match")


def expression_searcher(pattern: str) -> Judge:
    """What tells whether the pattern occurs in a text, in bounded time.

    Raises `re.error` for what is no regular expression.
    """
    return _bounded(pattern, "search")


def _bounded(pattern: str, method: Method) -> Judge:
    with warnings.catch_warnings(action="ignore"):
        find: Callable[[str], object] = getattr(re.compile(pattern), method)

    def plain(text: str) -> bool:
        return find(text) is not None

    if _may_take_long(pattern):
        return _limited(pattern, method) or plain
    limited = cache(lambda: _limited(pattern, method) or plain)
    return lambda text: plain(text) if len(text) <= _SHORT else limited()(text)


def _limited(pattern: str, method: Method) -> Judge | None:
    """What tries for so long as it may; None for what only `re` takes."""
    import regex  # noqa: PLC0415 - 20 ms, for those expressions that need it

    try:
        with warnings.catch_warnings(action="ignore"):
            find: Callable[..., Any] = getattr(regex.compile(pattern), method)
    except regex.error:
        return None

    def found(text: str) -> bool:
        try:
            return find(text, timeout=EXPRESSION_LIMIT) is not None
        except TimeoutError:
            _log.warning(
                "the regular expression %.200r was given up after %g s on a text of %d characters:"
                " it counts as no match",
                pattern,
                EXPRESSION_LIMIT,
                len(text),
            )
            return False

    return found


def _may_take_long(pattern: str) -> bool:
    return bool(_REPEATED_GROUP.search(pattern)) or len(_CHOICE.findall(pattern)) > 1
