"""docs/architecture.md names what there is, and nothing else."""

from __future__ import annotations

import re

from tests.docs.markdown import code_spans
from tests.support import CHECKOUT

DOCUMENT = CHECKOUT / "docs" / "architecture.md"
CORE = CHECKOUT / "imnot_core"
TABLE = re.compile(r"(?ms)^## The modules of `imnot_core`$(.*?)^## ")
ROW = re.compile(r"(?m)^\| `(\w+)` \| \S")


def modules() -> list[str]:
    """The top-level modules and packages, but for `__init__` and `__main__`."""
    packages = [each.parent.name for each in CORE.glob("*/__init__.py")]
    return sorted([*packages, *(each.stem for each in CORE.glob("[a-z]*.py"))])


def test_the_table_has_a_line_for_every_module_and_no_other() -> None:
    table = TABLE.search(DOCUMENT.read_text(encoding="utf-8"))
    assert table is not None

    assert sorted(ROW.findall(table[1])) == modules()


def test_every_file_that_is_named_is_there() -> None:
    named = {
        span
        for _, span in code_spans(DOCUMENT)
        if re.fullmatch(r"[\w./-]+(\.(py|toml|md)|/)", span)
    }
    places = (CHECKOUT, CORE)
    here_only = {"imnot.toml"}

    assert named
    assert [
        each for each in sorted(named - here_only) if not any((p / each).exists() for p in places)
    ] == []
