"""Path templates: what may be written, and what a written one means.

A segment is literal text, a parameter (`{id}`), or both mixed (`{id}.json`, `{from}-{to}`).
Literal text may be written decoded (`/café`) or percent-encoded (`/caf%C3%A9`).
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple
from urllib.parse import unquote

PARAMETER: Final = re.compile(r"\{([^{}]*)\}")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
# What nearly all paths look like; the rest is looked at character by character.
_USUAL: Final = re.compile(r"(?:/(?:[A-Za-z0-9_.~-]+|\{[A-Za-z_][A-Za-z0-9_-]*\}))+")
_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")


class Segment(NamedTuple):
    """One segment: decoded texts, and the parameters that stand between each two of them.

    A literal is one text and no name, a parameter alone is two empty texts and one name.
    """

    texts: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def shape(self) -> str:
        """The segment without the names of its parameters."""
        return "?".join(map(spelling, self.texts))

    def takes(self, value: str) -> bool:
        """Tell whether the segment matches a decoded one."""
        return self.capture(value) is not None if self.names else self.texts == (value,)

    def capture(self, value: str) -> tuple[str, ...] | None:
        """Return what the parameters stand for in a decoded segment, each a character or more.

        A text between two parameters is looked for from the left, as `.+?` in a regular expression
        does, but in linear time.
        """
        prefix, *middles, suffix = self.texts
        start, end = len(prefix), len(value) - len(suffix)
        if not (value.startswith(prefix) and value.endswith(suffix)):
            return None
        captured = []
        for middle in middles:
            found = value.find(middle, start + 1, end)
            if found < 0:
                return None
            captured.append(value[start:found])
            start = found + len(middle)
        return (*captured, value[start:end]) if start < end else None


def spelling(text: str) -> str:
    """Return the one spelling by which literal text is looked up.

    Only what would be misread stays encoded. A bare `?` never occurs: it stands for a parameter.
    """
    return text.replace("%", "%25").replace("/", "%2F").replace("?", "%3F")


def segments_of(template: str) -> list[Segment]:
    """Split a template that `template_fault` has nothing against."""
    return [_segment(part) for part in normalise(template)[1:].split("/")]


def reaches(template: str, prefix: str) -> bool:
    """Tell whether a template matches some path at or below a literal prefix such as `/imnot`."""
    wanted = prefix[1:].split("/")
    segments = segments_of(template)[: len(wanted)]
    return len(segments) == len(wanted) and all(map(Segment.takes, segments, wanted))


def shape_of(template: str) -> str:
    """Return the template without the names of its parameters: what two owners cannot share."""
    if "%" not in template:
        return PARAMETER.sub("?", normalise(template))
    return "/" + "/".join(segment.shape for segment in segments_of(template))


def _segment(part: str) -> Segment:
    if "{" not in part:
        return Segment((unquote(part) if "%" in part else part,), ())
    pieces = PARAMETER.split(part)
    return Segment(tuple(map(unquote, pieces[::2])), tuple(pieces[1::2]))


def normalise(path: str) -> str:
    """Return the path without slashes at its end; a lone `/` stays."""
    return path.rstrip("/") or "/"


def template_fault(path: str) -> str | None:
    """Say for people why a path cannot be served; None when it can."""
    if path.count("{") < 2 and _USUAL.fullmatch(path):
        return None
    if not path.startswith("/"):
        return "a path begins with `/`"
    for character in path:
        if character.isspace() or unicodedata.category(character) in ("Cc", "Cs"):
            return f"a path cannot contain {unicodedata.name(character, ascii(character))}"
    return _text_fault(path) or _parameter_fault(path)


def _text_fault(path: str) -> str | None:
    literal = PARAMETER.sub("", path)
    for mark, part in (("?", "query"), ("#", "fragment")):
        if mark in literal:
            return f"`{mark}` begins a {part}, and a path has none"
    if "//" in normalise(path):
        return "a path has no empty segments (`//`)"
    if _BAD_ESCAPE.search(literal):
        return "`%` is followed by two hexadecimal digits; a percent sign itself is written `%25`"
    if "{" in literal or "}" in literal:
        return "the braces `{` and `}` do not match; a brace itself is written `%7B` or `%7D`"
    return None


def _parameter_fault(path: str) -> str | None:
    names = PARAMETER.findall(path)
    for name in names:
        if not _NAME.fullmatch(name):
            return f"`{{{name}}}` is no parameter: a name has ASCII letters, digits, `_` and `-`"
        if names.count(name) > 1:
            return f"the parameter `{{{name}}}` occurs twice"
    if "}{" in path:
        return "two parameters in one segment need text between them"
    return None
