"""Regular expressions of strangers: with Python's meaning, and in bounded time.

`re` has no time limit, and holds everybody up while it tries: `(a+)+$` on thirty characters takes
minutes. An expression that could take long, by a rough rule, is therefore run by the package
`regex`, which knows the same language and gives up when it is told to.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Callable
from typing import Any, Final

LIMIT: Final = 0.1
"""Seconds after which matching is given up; it then counts as no match."""

# One repetition alone is tried in a time that grows with the text; a group that is repeated, or two
# repetitions one after the other, in the square of that, or worse.
_REPEATED_GROUP: Final = re.compile(r"\)[*+{]")
_REPETITION: Final = re.compile(r"[*+}]")

_log = logging.getLogger("imnot")


def compiled(pattern: Any) -> re.Pattern[str]:
    """Compile a regular expression. Raises ValueError with the reason where it is none."""
    if not isinstance(pattern, str):
        raise ValueError("it is no text")  # noqa: TRY004 - one error for all that is no pattern
    try:
        with warnings.catch_warnings(action="ignore"):  # of what may change in a later Python
            return re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(str(error)) from error


def matcher(pattern: Any) -> Callable[[str], bool]:
    """Return what tells whether a text begins as the pattern says. Raises ValueError for none."""
    return _bounded(pattern, "match")


def searcher(pattern: Any) -> Callable[[str], bool]:
    """Return what tells whether the pattern occurs in a text. Raises ValueError for none."""
    return _bounded(pattern, "search")


def may_take_long(pattern: str) -> bool:
    """Tell whether an expression could take more than a time that grows with the text."""
    return bool(_REPEATED_GROUP.search(pattern)) or len(_REPETITION.findall(pattern)) > 1


def _bounded(pattern: Any, method: str) -> Callable[[str], bool]:
    expression = compiled(pattern)
    plain: Callable[[str], Any] = getattr(expression, method)
    if not may_take_long(pattern):
        return lambda text: plain(text) is not None
    import regex  # noqa: PLC0415 - 20 ms, for those expressions that need it

    try:
        with warnings.catch_warnings(action="ignore"):
            limited: Callable[..., Any] = getattr(regex.compile(pattern), method)
    except regex.error:  # something that only `re` takes
        return lambda text: plain(text) is not None

    def judge(text: str) -> bool:
        try:
            return limited(text, timeout=LIMIT) is not None
        except TimeoutError:
            _log.warning(
                "the regular expression %.200r was given up after %g s on a text of %d characters:"
                " it counts as no match",
                pattern,
                LIMIT,
                len(text),
            )
            return False

    return judge
