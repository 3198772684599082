"""docs/stubs.md: every command is run, and the client's example with them."""

from __future__ import annotations

import re
from pathlib import Path

from imnot_core.testing import Harness
from tests.docs.examples import blocks, run_series
from tests.support import CHECKOUT, needs

DOCUMENT = CHECKOUT / "docs" / "stubs.md"
TEXT = DOCUMENT.read_text(encoding="utf-8")


def test_every_command_works_and_prints_what_is_shown(tmp_path: Path) -> None:
    needs("curl", "sends the requests")
    run_series(blocks(DOCUMENT), tmp_path)


def test_every_endpoint_is_in_the_table() -> None:
    with Harness() as server:
        paths = server.get("/imnot/openapi.json").json()["paths"]
    served = {
        f"{method.upper()} {path}"
        for path, methods in paths.items()
        if path.startswith("/__mock__/")
        for method in methods
    }
    assert served == set(re.findall(r"^\| `([A-Z]+ /__mock__/\S+)` \|", TEXT, re.MULTILINE))


def test_the_example_of_the_client_works(tmp_path: Path) -> None:
    from tests.process.stub_servers import server

    example = next(each.text for each in blocks(DOCUMENT) if each.language == "python")
    with server(tmp_path) as running:
        request = 'import httpx; httpx.get(f"{URL}/price?of=tea", headers={"my-test": "1"})'
        code = example.replace("...  # let", f"{request}  # let").replace(
            '"http://localhost:8000"', "URL"
        )
        exec(compile(code, str(DOCUMENT), "exec"), {"URL": running.url})
