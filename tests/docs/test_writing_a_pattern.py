"""docs/writing-a-pattern.md, done as it says: its files, commands and outputs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.docs.examples import Block, blocks, run_series
from tests.support import CHECKOUT

DOCUMENT = CHECKOUT / "docs" / "writing-a-pattern.md"
INSTALL = "pip install -e './imnot-ticket[test]'"


def installed(series: Iterable[Block], folder: Path, site: Path) -> Iterator[Block]:
    """The blocks; that which installs the package installs it into a folder of its own."""
    for block in series:
        yield block
        # Here all before it has been done: what the block asks for, without a network.
        if block.language == "sh" and INSTALL in block.text:
            options = (
                "--quiet",
                "--no-deps",
                "--no-build-isolation",
                "--disable-pip-version-check",
            )
            command = (
                sys.executable,
                "-m",
                "pip",
                "install",
                "-q",
                *options,
                "--target",
                str(site),
            )
            subprocess.run([*command, str(folder / "imnot-ticket")], check=True)


def test_it_can_be_done_as_it_is_written(tmp_path: Path) -> None:
    folder, site = tmp_path / "work", tmp_path / "site"
    folder.mkdir()
    series = blocks(DOCUMENT)
    assert [block for block in series if INSTALL in block.text]
    paths = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH", "")]))
    environment = {"PYTHONPATH": paths, "PYTEST_ADDOPTS": "-p no:cacheprovider"}
    run_series(installed(series, folder, site), folder, environment=environment)


def test_the_forty_lines_are_forty() -> None:
    (module,) = (block.text for block in blocks(DOCUMENT) if block.path.endswith("__init__.py"))
    _, _, module = module.partition("    Request,\n)\n")
    texts = re.compile(r'example = """.*?"""|""".*?"""', re.DOTALL)
    lines = [line for line in texts.sub("", module).splitlines() if line.strip()]
    assert 35 <= len(lines) <= 55
