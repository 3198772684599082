"""docs/hosted-mocks.md: every command is run, and every endpoint stands in it."""

from __future__ import annotations

import re
from pathlib import Path

from imnot_core.testing import Harness
from tests.docs.examples import blocks, run_series
from tests.support import CHECKOUT, needs

DOCUMENT = CHECKOUT / "docs" / "hosted-mocks.md"
TEXT = DOCUMENT.read_text(encoding="utf-8")


def test_every_command_works_and_prints_what_is_shown(tmp_path: Path) -> None:
    needs("curl", "sends the requests")
    run_series(blocks(DOCUMENT), tmp_path)


def test_every_endpoint_is_in_a_table() -> None:
    with Harness() as server:
        paths = server.get("/imnot/openapi.json").json()["paths"]
    served = {
        f"{method.upper()} {path}"
        for path, methods in paths.items()
        if path.startswith(("/mock-servers", "/v1/mocks"))
        for method in methods
    }
    named = set(re.findall(r"^\| `([A-Z]+ /(?:mock-servers|v1/mocks)\S*)` \|", TEXT, re.MULTILINE))
    assert served == named
