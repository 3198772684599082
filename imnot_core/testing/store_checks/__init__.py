"""The tests of `imnot_core.testing.StoreContract`, by what they are about."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from imnot_core.store import Store

MakeStore = Callable[[], Store]
OpenStore = Callable[[], Awaitable[Store]]

NASTY_TEXTS = (
    "",
    " ",
    "%",
    "%a",
    "_",
    "a",
    "a%",
    "a%b",
    "a*",
    "a?",
    "a[b]",
    "a_b",
    "ab",
    "A",
    "aB",
    "a\0",
    "a\0b",
    "a\0\0",
    "\0",
    "a/b",
    "a\\b",
    "a'b",
    'a"b',
    "a;--",
    "a\nb",
    "ä",
    "a\u0308",
    "Ä",
    "ß",
    "日本",
    "日本語",
    "\ud7ff",
    "\ud7ffx",
    "\ue000",
    "😀",
    "😀x",
    "\U0010ffff",
    "\U0010ffffx",
    "a\U0010ffff",
    "x" * 2000,
)
"""Keys that a store might mistake for something else: each is one of its own, and plain text."""
