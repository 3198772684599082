"""docs/verification.md: every command is run, every key and every endpoint stands in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from imnot_core.testing import Harness
from imnot_patterns.verification.question import CONDITIONS, KEYS
from tests.docs.examples import blocks, run_series
from tests.support import CHECKOUT, needs

DOCUMENT = CHECKOUT / "docs" / "verification.md"
TEXT = DOCUMENT.read_text(encoding="utf-8")


def test_every_command_works_and_prints_what_is_shown(tmp_path: Path) -> None:
    needs("curl", "sends the requests")
    run_series(blocks(DOCUMENT), tmp_path)


def test_the_test_in_python_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (partner,) = re.findall(r"^```yaml partners\S+\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    file = tmp_path / "partners" / "acme" / "partner.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(partner)
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    exec(compile(code, str(DOCUMENT), "exec"), {})


def test_every_key_of_a_question_is_explained() -> None:
    named = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`\S.*?) \|", TEXT, re.MULTILINE))))
    assert set(KEYS) <= named
    listed = TEXT.partition("The filters of the list")[2].partition("What nothing")[0]
    assert set(CONDITIONS) <= set(re.findall(r"`(\w+)`", listed))


def test_every_endpoint_is_in_the_table() -> None:
    with Harness() as server:
        paths = server.get("/imnot/openapi.json").json()["paths"]
    served = {
        f"{method.upper()} {path}"
        for path, methods in paths.items()
        if path.startswith(("/imnot/admin/requests", "/imnot/admin/verify"))
        for method in methods
    }
    named = re.findall(r"^\| `([A-Z]+ /imnot/admin/\S+)` \|", TEXT, re.MULTILINE)
    assert served == set(named)
