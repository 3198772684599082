"""The tables of keys in partners/README.md, made from the structs that read the files.

`python -m tests.docs.tables` writes them anew. Each stands between `<!-- fields: NAME -->` and
`<!-- end -->`. NAME is `partner` for the top level of a file, `datapoint` for what every datapoint
says, a key of any endpoint such as `chaos` for what is below it, or a pattern, for the keys that it
adds to these.
"""

from __future__ import annotations

import re

from imnot_core import Datapoint, EndpointConfig, Endpoints
from imnot_core.fields import FieldRow, field_rows
from imnot_core.partners import PartnerFile
from imnot_core.registry import Registry
from tests.support import CHECKOUT

REFERENCE = CHECKOUT / "partners" / "README.md"
MARKED = re.compile(
    r"(?<=<!-- fields: )(?P<name>\w+) -->\n(?:(?!<!--).*\n)*(?=<!-- end -->)",
)
HEAD = ["| key | type | default | meaning |", "|---|---|---|---|"]
FEATURES = ("validate", "requires_token", "rate_limit", "chaos")
"""Keys of any endpoint that have a table of their own."""
SHARED = ("partner", "datapoint", *FEATURES)
"""The tables that are of no pattern."""
REPEATED = ("endpoints[].validate.query.*.", "endpoints[].validate.headers.*.")
"""What is the same as in the section before."""
DEEPER = re.compile(r"\.action(?=\.)|\.callbacks\[\](?=\.\w+\.)")


class AnyDatapoint(Datapoint, frozen=True, kw_only=True):
    """A datapoint of whatever pattern."""

    endpoints: Endpoints[EndpointConfig]


def updated(text: str) -> str:
    """The document with every table as it should be."""
    return MARKED.sub(lambda found: f"{found['name']} -->\n{table(found['name'])}\n", text)


def table(name: str) -> str:
    """The table of a pattern's own keys, or one of the `SHARED`."""
    return "\n".join([*HEAD, *map(_line, _rows(name))])


def _rows(name: str) -> list[FieldRow]:
    if name == "partner":
        return field_rows(PartnerFile)
    shared = field_rows(AnyDatapoint)
    if name in SHARED:
        return [row for row in shared if _table(row) == name and not row.path.startswith(REPEATED)]
    rows = [row for row in field_rows(Registry().pattern(name).plugin.config) if row not in shared]
    known = {row.path for row in rows}
    # What may also be written one level deeper is explained once.
    return [row for row in rows if not _is_deeper(row.path, known)]


def _table(row: FieldRow) -> str:
    """The shared table that a key belongs to."""
    _, _, below = row.path.partition("endpoints[].")
    key, dot, _ = below.partition(".")
    return key if dot and key in FEATURES else "datapoint"


def _is_deeper(path: str, known: set[str]) -> bool:
    shallower = DEEPER.sub("", path)
    return shallower != path and shallower in known


def _line(row: FieldRow) -> str:
    default = "**required**" if row.required else f"`{row.default}`" * bool(row.default)
    kind = f"{row.type} {row.constraints}".strip()
    cells = (f"`{row.path}`", kind, default, row.description)
    escaped = [each.replace("|", r"\|") for each in cells]
    return f"| {' | '.join(escaped)} |"


if __name__ == "__main__":
    REFERENCE.write_text(updated(REFERENCE.read_text(encoding="utf-8")), encoding="utf-8")
