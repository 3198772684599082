"""Links of the documents lead somewhere, and files that are mentioned are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.markdown import anchors, code_spans, links
from tests.support import CHECKOUT

DOCUMENTS = [
    CHECKOUT / "README.md",
    CHECKOUT / "CONTRIBUTING.md",
    CHECKOUT / "CHANGELOG.md",
    *sorted((CHECKOUT / "docs").glob("*.md")),
    CHECKOUT / "partners" / "README.md",
    CHECKOUT / "plugins-example" / "README.md",
]
# The paths in these folders are the project's own. Those below partners/ may be a reader's, and the
# tests that are mentioned here are those of the package that a plugin author writes.
OF_A_PLUGIN = {"writing-a-pattern.md", "plugin-api.md"}
OWN = ("imnot_core", "imnot_patterns", "docs", "tests", "plugins-example", ".ci", ".github")
PATH = re.compile(rf"({'|'.join(map(re.escape, OWN))})/[\w./-]*\w(\.\w+)?/?")

of_each = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda each: str(each.relative_to(CHECKOUT))
)


def is_elsewhere(target: str) -> bool:
    return re.match(r"[a-z][a-z+.-]*:", target) is not None


def fault(document: Path, target: str) -> str:
    """What is wrong with a relative link, "" if nothing is."""
    path, _, anchor = target.partition("#")
    file = (document.parent / path).resolve() if path else document
    if not file.is_relative_to(CHECKOUT) or not file.exists():
        return "no such file"
    if anchor and file.suffix == ".md" and anchor not in anchors(file):
        return "no such heading"
    return ""


def test_all_documents_of_the_map_are_looked_at() -> None:
    named = {each.target for each in links(CHECKOUT / "docs" / "index.md")}
    files = {(CHECKOUT / "docs" / each).resolve() for each in named}

    # The map names them all, but for itself.
    assert set(DOCUMENTS) - files == {CHECKOUT / "docs" / "index.md"}


@of_each
def test_links_lead_to_a_file_and_a_heading(document: Path) -> None:
    broken = [
        f"{document.name}:{each.line}: {each.target}: {wrong}"
        for each in links(document)
        if not is_elsewhere(each.target) and (wrong := fault(document, each.target))
    ]

    assert broken == []


@of_each
def test_files_that_are_mentioned_are_there(document: Path) -> None:
    places = (CHECKOUT, document.parent)
    missing = [
        f"{document.name}:{line}: {span}"
        for line, span in code_spans(document)
        if PATH.fullmatch(span) and not any((place / span).exists() for place in places)
    ]
    if document.name in OF_A_PLUGIN:
        missing = [each for each in missing if " tests/" not in each]

    assert missing == []


@of_each
def test_a_document_has_one_title(document: Path) -> None:
    fenced, titles = False, []
    for line in document.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif not fenced and line.startswith("# "):
            titles.append(line)

    assert len(titles) == 1
