"""The tables of keys in partners/README.md, made from the structs that read the files.

`python -m tests.docs.tables` writes them anew. Each stands between `<!-- fields: NAME -->` and
`<!-- end -->`; NAME is a pattern, or `partner` for the top level of a file.
"""

from __future__ import annotations

import re

from imnot_core.fields import FieldRow, field_rows
from imnot_core.partners import PartnerFile
from imnot_core.registry import Registry
from tests.support import CHECKOUT

REFERENCE = CHECKOUT / "partners" / "README.md"
MARKED = re.compile(
    r"(?<=<!-- fields: )(?P<name>\w+) -->\n(?:(?!<!--).*\n)*(?=<!-- end -->)",
)
HEAD = ["| key | type | default | meaning |", "|---|---|---|---|"]


def updated(text: str) -> str:
    """The document with every table as it should be."""
    return MARKED.sub(lambda found: f"{found['name']} -->\n{table(found['name'])}\n", text)


def table(name: str) -> str:
    """The table of a pattern's keys, or of those of the file itself."""
    config = PartnerFile if name == "partner" else Registry().pattern(name).plugin.config
    return "\n".join([*HEAD, *map(_line, field_rows(config))])


def _line(row: FieldRow) -> str:
    default = "**required**" if row.required else f"`{row.default}`" * bool(row.default)
    kind = f"{row.type} {row.constraints}".strip()
    cells = (f"`{row.path}`", kind, default, row.description)
    escaped = [each.replace("|", r"\|") for each in cells]
    return f"| {' | '.join(escaped)} |"


if __name__ == "__main__":
    REFERENCE.write_text(updated(REFERENCE.read_text(encoding="utf-8")), encoding="utf-8")
