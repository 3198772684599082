"""docs/cli.md tells the truth: it names every command and option, and its examples are run."""

from __future__ import annotations

from pathlib import Path

from tests.docs.commands import DOCUMENT, MARKED, all_commands, updated
from tests.docs.examples import blocks, run_series


def test_the_options_are_those_of_the_commands() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert updated(text) == text, "run: python -m tests.docs.commands"


def test_every_command_is_described() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    described = [found["words"] for found in MARKED.finditer(text)]
    assert sorted(described) == sorted(all_commands())
    assert all(f"## imnot {words}\n" in text for words in described)


def test_the_examples_print_what_is_shown(tmp_path: Path) -> None:
    run_series(blocks(DOCUMENT), tmp_path)
