"""docs/admin-api.md: every command is run, and every endpoint stands in it with its statuses."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from imnot_core.testing import Harness
from tests.docs.examples import blocks, run_series
from tests.server.samples import ACME
from tests.support import CHECKOUT, needs

DOCUMENT = CHECKOUT / "docs" / "admin-api.md"
TEXT = DOCUMENT.read_text(encoding="utf-8")
HEADING = re.compile(r"^### ([A-Z]+ /\S*)$", re.MULTILINE)
STATUS = re.compile(r"^\| ([2-5]\d\d) \|", re.MULTILINE)
# The document itself is no operation of the document.
NOT_IN_OPENAPI = {"GET /imnot/openapi.json"}
BY_PATTERNS = re.compile("/(push|callback)\\b")


def sections() -> dict[str, str]:
    """The text below each heading that is an endpoint."""
    parts = HEADING.split(TEXT)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def generic(path: str) -> str:
    """A path of the sample partner as the page writes it."""
    return path.replace("/acme/rates/", "/{partner}/{datapoint}/")


@pytest.fixture(scope="module")
def operations() -> dict[str, Any]:
    with Harness(ACME) as server:
        paths = server.get("/imnot/openapi.json").json()["paths"]
    return {
        f"{method.upper()} {generic(path)}": operation
        for path, methods in paths.items()
        if re.match("/(imnot|healthz)", path)  # API plugins have pages of their own
        for method, operation in methods.items()
    }


def test_every_command_works_and_prints_what_is_shown(tmp_path: Path) -> None:
    needs("curl", "sends the requests")
    run_series(blocks(DOCUMENT), tmp_path)


def test_every_endpoint_is_in_the_page(operations: dict[str, Any]) -> None:
    aliases = {each for each in operations if "/callback" in each}
    assert set(sections()) - NOT_IN_OPENAPI == set(operations) - aliases
    for alias in aliases:
        _, path = alias.split(" ")
        section = sections()[alias.replace("/callback", "/push")]
        assert f"`{path}`" in section


def test_every_endpoint_has_an_example_and_its_statuses(operations: dict[str, Any]) -> None:
    for endpoint, section in sections().items():
        assert "```bash" in section, endpoint
        told = STATUS.findall(section)
        assert told == sorted(set(told)), endpoint
        if endpoint in operations and not BY_PATTERNS.search(endpoint):
            assert set(told) == set(operations[endpoint]["responses"]), endpoint


def test_every_example_is_run_or_compared() -> None:
    for block in blocks(DOCUMENT):
        assert block.language == "bash" or "output" in block.words or block.path, block
    assert len(re.findall("(?m)^curl |=\\$\\(curl ", TEXT)) > len(sections())
