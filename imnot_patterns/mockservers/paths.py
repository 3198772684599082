"""The paths of routes, brought into a form in which the core's route table finds them.

A route may have any path that begins with a slash, and OpenAPI documents have stranger ones than
the table takes: with empty segments, with `?` and `#`, with parameters of any name. Paths are
compared decoded, so whatever is text is decoded and encoded again in one way; parameters are
numbered; and empty segments, which no parameter takes, are cut out and counted as part of the
method. So two paths that take the same requests have the same claim, and others do not.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, unquote

Claim = tuple[str, str]
"""Method and template, as the table has them."""

_BRACES: Final = re.compile(r"\{([^{}/]+)\}")
# In the midst of text it is no parameter, but what a regular expression has after a character.
_QUANTIFIER: Final = re.compile(r"[\d,]+")


def claim_of(method: str, template: str) -> Claim:
    """The claim of a route, whose template begins with a slash."""
    pieces: list[str] = []
    end = count = 0
    for found in _BRACES.finditer(template):
        if not _is_parameter(found, template):
            continue
        text = template[end : found.start()]
        end = found.end()
        if count and not text:  # `{a}{b}` takes what `{a}` takes
            continue
        pieces += _spelled(unquote(text)), f"{{p{count}}}"
        count += 1
    pieces.append(_spelled(unquote(template[end:])))
    return _without_gaps(method, "".join(pieces))


def claim_on(method: str, path: str) -> Claim:
    """What a request lays claim to; its path is decoded, and begins with a slash."""
    return _without_gaps(method, _spelled(path))


def _without_gaps(method: str, path: str) -> Claim:
    segments = path[1:].split("/")
    if all(segments):
        return method, path
    gaps = " ".join(str(at) for at, segment in enumerate(segments) if not segment)
    return f"{method} {gaps}", "/" + "/".join(filter(None, segments))


def _is_parameter(found: re.Match[str], template: str) -> bool:
    if not _QUANTIFIER.fullmatch(found[1]):
        return True
    before, after = template[found.start() - 1], template[found.end() : found.end() + 1]
    return before == "/" and after in ("", "/")


def _spelled(text: str) -> str:
    return quote(text, errors="replace")
