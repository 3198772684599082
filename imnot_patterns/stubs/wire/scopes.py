"""The names of scopes: they become names of headers, and have letters that those may have."""

from __future__ import annotations

import re
from typing import Any, Final

from imnot_patterns.payloads.details import Detail, Unprocessable
from imnot_patterns.payloads.fields import Fields

_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")


def scope_name(data: Any) -> str:
    """Read the name of a scope from a decoded payload, as it was sent. Raises Unprocessable."""
    details: list[Detail] = []
    fields = Fields.of(data, details)
    name = "" if fields is None else fields.text("name")
    if fields is not None and not details and not _NAME.fullmatch(name):
        message = "must be one or more of the letters A-Z and a-z, digits, `_` and `-`"
        fields.note("string_pattern_mismatch", message, "name")
    if details:
        raise Unprocessable(details)
    return name


def normal(name: str) -> str:
    """The name as it is kept and compared: names of headers ignore case."""
    return name.lower()
