"""Reading YAML files of one's own, with the place of everything that is wrong in them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from imnot_core.explain import explain


class YamlDocument(Protocol):
    """What a YAML text says, and where it says it; made by `read_document`."""

    data: Any
    """Made of dict, list, str, int, float, bool and None."""

    def place(self, path: Iterable[str | int], *, key: bool = False) -> tuple[int, int]:
        """Line and column, from 1, of the value that keys and indexes lead to.

        With `key`, of the key under which it stands. Where the path leads nowhere, of the deepest
        value on the way.
        """


def read_document(text: str | bytes, name: str) -> YamlDocument:
    """Read a YAML text as partner files are read; its data is None where there is none.

    `name` is what problems call the text. Raises `PartnerError`.
    """
    from imnot_core import yamlfile  # noqa: PLC0415 - 20 ms that only who reads files pays for

    return yamlfile.read(text, name)


def faults_of(value: object, type_: Any) -> list[tuple[tuple[str | int, ...], str, str]]:
    """All that keeps a value from being converted to a type: path, message and hint of each.

    `msgspec.convert(value, type_)` succeeds exactly if there is nothing. Raises nothing.
    """
    return [(fault.path, fault.message, fault.hint) for fault in explain(value, type_)]
