"""The query parameters of a page: read leniently, or, where it is strict, judged all at once."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qsl, quote, unquote_plus, urlencode

from imnot_core import ReplyError, Request
from imnot_patterns.paginated.config import LARGEST

_NUMBER: Final = re.compile(r"\s*([+-]?[0-9]{1,4000})\s*")
_SAFE: Final = "%:/?#[]@!$&()*+,;=-._~"
"""What may stand in a query as it is; `'` is left out, which some take for the end of a text."""


class Parameters:
    """The numbers in the query of one request. What is wrong with them is noted while reading.

    Of a parameter that is given twice, the last one counts.
    """

    def __init__(self, request: Request, *, strict: bool) -> None:
        self.request = request
        self._strict = strict
        self._faults: list[str] = []

    def text(self, name: str) -> str | None:
        """The text of a parameter, None if it is not given."""
        # Most requests for a first page have no query at all.
        if not self.request.raw_query:
            return None
        given = self.request.query.getall(name, [])
        if len(given) > 1:
            self._note(f"{name} is given {len(given)} times, but must be given once")
        return given[-1] if given else None

    def number(self, name: str, default: int, *, least: int, most: int | None = None) -> int:
        """A number. None, and one below `least`, stand for the default; `most` is only judged."""
        text = self.text(name)
        if text is None:
            return default
        found = _NUMBER.fullmatch(text)
        value = min(int(found[1]), LARGEST) if found else least - 1
        if value < least or (most is not None and value > most):
            up_to = "on" if most is None else f"to {most}"
            self._note(f'{name} is "{text[:80]}", but must be a whole number from {least} {up_to}')
        return default if value < least else value

    def judge(self) -> None:
        """Refuse the request if it is strict and something was noted. Raises ReplyError (400)."""
        if self._faults:
            raise ReplyError(400, "; ".join(dict.fromkeys(self._faults)))

    def _note(self, fault: str) -> None:
        if self._strict:
            self._faults.append(fault)


def changed(raw_query: bytes, name: str, value: str | None, size: tuple[str, str]) -> str:
    """A query, as it is sent in a URL, with another value of a parameter; None takes it out.

    The other parameters stay as they are written. `size` is added where it is not there yet.
    """
    parts: list[str] = []
    names: set[str] = set()
    for part in filter(None, raw_query.decode("latin-1").split("&")):
        key = _name(part)
        if key != name:
            parts.append(quote(part, safe=_SAFE, encoding="latin-1"))
        elif value is not None and name not in names:
            parts.append(urlencode({name: value}))
        names.add(key)
    if value is not None and name not in names:
        parts.append(urlencode({name: value}))
    if size[0] not in names:
        parts.append(urlencode([size]))
    return "&".join(parts)


def _name(part: str) -> str:
    pairs = parse_qsl(part, keep_blank_values=True)
    return pairs[0][0] if pairs else unquote_plus(part)
