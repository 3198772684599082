"""Regular expressions of criteria: of whatever type they come, and in bounded time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from imnot_core import expression_fault, expression_matcher, expression_searcher


def checked(pattern: Any) -> str:
    """Return a regular expression. Raises ValueError with the reason where it is none."""
    if not isinstance(pattern, str):
        raise ValueError("it is no text")  # noqa: TRY004 - one error for all that is no pattern
    if fault := expression_fault(pattern):
        raise ValueError(fault)
    return pattern


def matcher(pattern: Any) -> Callable[[str], bool]:
    """Return what tells whether a text begins as the pattern says. Raises ValueError for none."""
    return expression_matcher(checked(pattern))


def searcher(pattern: Any) -> Callable[[str], bool]:
    """Return what tells whether the pattern occurs in a text. Raises ValueError for none."""
    return expression_searcher(checked(pattern))
