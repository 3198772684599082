"""The paths of a datapoint's endpoints, in the one spelling in which its index compares them.

The engine of the stubs is given decoded paths, cuts them at `/`, and knows parameters that are
whole segments. A partner file may say more: text beside a parameter (`{id}.json`), a brace that is
meant as such (`%7B`); and a parameter may stand for a slash that was sent as `%2F`. So both the
paths of the file and that of a request are written with these few characters encoded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

_PARAMETER: Final = re.compile(r"\{([^{}]*)\}")
_VALUE: Final = r"((?:%..|[^/%])+"  # an encoded character is one
_ENCODED: Final = str.maketrans({each: f"%{ord(each):02X}" for each in "%/{}"})


class _Segment(NamedTuple):
    """Texts, and the parameters that stand between each two of them."""

    texts: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def is_mixed(self) -> bool:
        return bool(self.names) and any(self.texts)


class Template:
    """The path of an endpoint.

    `shape` is the same for paths that differ in the names of parameters at most. `specificity`
    counts the literal segments; one that mixes text and parameters is half of one.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._segments = tuple(map(_segment, path.strip("/").split("/")))
        self.is_mixed = any(each.is_mixed for each in self._segments)
        self.shape = "/" + "/".join("{}".join(each.texts) for each in self._segments)
        self.specificity = sum(map(_specificity, self._segments))
        self._names = tuple(name for each in self._segments for name in each.names)
        self._pattern = re.compile("/" + "/".join(map(_expression, self._segments)) + r"\Z")

    @property
    def criterion(self) -> Any:
        """The path as the engine takes it."""
        if self.is_mixed:
            return {"$regex": {"pattern": self._pattern.pattern}}
        parts = (f"{{{each.names[0]}}}" if each.names else each.texts[0] for each in self._segments)
        return "/" + "/".join(parts)

    def filled(self, params: Mapping[str, str]) -> str:
        """The path that was requested, where the parameters have these values."""
        return "/" + "/".join(_filled(each, params) for each in self._segments)

    def params(self, filled: str) -> dict[str, str]:
        """The values of the parameters in a filled path, maybe of another template, that fits."""
        found = self._pattern.match(filled)
        values = found.groups() if found else ()
        return dict(zip(self._names, map(unquote, values), strict=False))


def _segment(part: str) -> _Segment:
    pieces = _PARAMETER.split(part)
    return _Segment(tuple(map(_spelled, pieces[::2])), tuple(pieces[1::2]))


def _spelled(text: str) -> str:
    return unquote(text).translate(_ENCODED)


def _specificity(segment: _Segment) -> float:
    if segment.names:
        return 0.5 if segment.is_mixed else 0
    return 1 if segment.texts[0] else 0


def _expression(segment: _Segment) -> str:
    # As in the table of routes: a text between two parameters is looked for from the left, and
    # what was found stays (`(?>`), so that no request can make it take long.
    first, *others = map(re.escape, segment.texts)
    if not others:
        return first
    *middle, last = others
    return first + "".join(f"(?>{_VALUE}?){text})" for text in middle) + f"{_VALUE}){last}"


def _filled(segment: _Segment, params: Mapping[str, str]) -> str:
    first, *others = segment.texts
    values = (params.get(name, "").translate(_ENCODED) for name in segment.names)
    return first + "".join(f"{value}{text}" for value, text in zip(values, others, strict=True))
