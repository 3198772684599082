"""Paths of a specification → paths of a partner file."""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, unquote

from imnot_core import template_fault

RESERVED: Final = ("/imnot", "/healthz")
"""Paths that no partner may have (rule 5 of partner files)."""

_PARAMETER: Final = re.compile(r"\{([^{}/]*)\}")
_ADJACENT: Final = re.compile(r"(?:\{[^{}/]*\}){2,}")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


class Path(NamedTuple):
    """What a key of `paths` asks for: a path, and the query parameters that are written with it."""

    path: str
    query: dict[str, str]

    @property
    def shape(self) -> str:
        """What two paths that cannot be told from each other have in common."""
        bare = _PARAMETER.sub("{}", self.path).rstrip("/")
        return unquote(re.sub("%2f", "%252F", bare, flags=re.IGNORECASE)) or "/"


def servable(key: str) -> Path:
    """Return what can be served of a key of `paths`. Raises ValueError, saying why nothing can.

    What stands behind a `#` is never sent: some specifications have it to tell keys apart.
    """
    path, _, query = key.partition("#")[0].partition("?")
    if "{" in path:
        path = _ADJACENT.sub(lambda found: f"{{{found[0][1:-1].replace('}{', '_')}}}", path)
        taken: set[str] = set()
        path = _PARAMETER.sub(lambda found: f"{{{_name(found[1], taken)}}}", path)
    if fault := template_fault(path):
        raise ValueError(fault)
    for prefix in RESERVED:
        if f"{path.rstrip('/')}/".startswith(f"{prefix}/"):
            raise ValueError(f"{prefix} belongs to the server")
    return Path(path, _wanted(query))


def _wanted(query: str) -> dict[str, str]:
    wanted = dict(parse_qsl(query, keep_blank_values=True))
    if any("{" in part for pair in wanted.items() for part in pair):
        raise ValueError("its query is a template")
    if any(name.startswith("$") for name in wanted):
        raise ValueError("a query parameter that begins with `$` cannot be asked for")
    return wanted


def _name(written: str, taken: set[str]) -> str:
    name = written
    if not _NAME.fullmatch(name):
        name = re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_") or "param"
        name = name if _NAME.fullmatch(name) else f"p{name}"
    base, number = name, 2
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    taken.add(name)
    return name
