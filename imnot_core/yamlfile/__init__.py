"""YAML text → plain data, and where in the text each value stands.

YAML is 1.2: `yes` is text, and so is a date. Anchors, aliases and merge keys (`<<`) are read; tags
of other languages, a second document, repeated keys and a value inside itself are refused.

No place is kept: the text is read once more when somebody asks for one, which is to explain an
error. Only this package imports ruamel.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from imnot_core.errors import PartnerError
from imnot_core.yamlfile.builder import MAX_ALIAS_SIZE, MAX_DEPTH, Builder
from imnot_core.yamlfile.problems import Place, encoding_problem

__all__ = ["MAX_ALIAS_SIZE", "MAX_DEPTH", "Document", "Place", "read"]

# A colon within a plain text within brackets (`[http://a:80]`) is YAML 1.2, and the parser written
# in C refuses it. The other one takes seconds for a megabyte: large texts are not tried again.
_INNER_COLON: Final = re.compile(r":[^\s,\]}]")
_SECOND_TRY: Final = 2_000_000

# What the parser written in C takes for line breaks, and YAML 1.2 does not.
_OLD_BREAKS: Final = re.compile("[\x85\u2028\u2029]")


class Document:
    """What a text says: `data` is made of dict, list, str, int, float, bool and None."""

    def __init__(self, data: Any, source: str, text: str, *, pure: bool) -> None:
        self.data = data
        self.source = source
        self._text = text
        self._pure = pure
        self._marked: Builder | None = None

    def place(self, path: Iterable[str | int], *, key: bool = False) -> Place:
        """Return line and column, from 1, of the deepest value that keys and indexes lead to.

        With `key`, of the key under which that value stands. A value that isn't written out
        (`path:` and nothing more) stands where its key does.
        """
        if self._marked is None:
            self._marked = Builder(self._text, self.source, marked=True)
            self._marked.build(pure=self._pure)
        value: Any = self._marked.root
        key_place = value_place = 1, 1
        for step in (0, *path):
            entry = self._marked.places.get(id(value), {}).get(step)
            if entry is None:
                break
            key_place, value_place, value = entry
        return key_place if key else value_place


def read(text: str | bytes, source: str, *, pure: bool = False) -> Document:
    """Read one YAML document; its data is None where there is nothing but comments.

    `source` is what problems call the text. `pure` asks for the parser written in Python, which
    is used anyway where the one written in C isn't installed. Raises PartnerError.
    """
    if isinstance(text, bytes):
        text = _decode(text, source)
    text = text.removeprefix("\ufeff")
    pure = pure or (not text.isascii() and _OLD_BREAKS.search(text) is not None)
    builder = Builder(text, source)
    try:
        builder.build(pure=pure)
    except PartnerError:
        if pure or len(text) > _SECOND_TRY or not _INNER_COLON.search(text):
            raise
        return read(text, source, pure=True)
    if builder.repeated:
        builder = Builder(text, source, marked=True)
        builder.build(pure=pure)
        raise PartnerError(builder.repeated)
    return Document(builder.root[0] if builder.root else None, source, text, pure=pure)


def _decode(data: bytes, source: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise PartnerError([encoding_problem(error, source)]) from None
