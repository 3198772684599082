"""docs/plugin-api.md has all that imnot_core exports, as it is in the code."""

from __future__ import annotations

import inspect
import re

import pytest

import imnot_core
from tests.docs.plugin_api import MARKED, REFERENCE, members, updated

TEXT = REFERENCE.read_text(encoding="utf-8")
ENTRIES = {found["name"]: found["entry"] for found in MARKED.finditer(TEXT)}
CLASSES = [name for name in imnot_core.__all__ if inspect.isclass(getattr(imnot_core, name))]


def test_the_entries_are_those_of_the_code() -> None:
    assert updated(TEXT) == TEXT, "write them anew: python -m tests.docs.plugin_api"


def test_every_exported_name_has_a_heading_and_an_entry_and_nothing_else_has() -> None:
    headings = re.findall(r"^### `(\w+)`\n", TEXT, re.MULTILINE)
    assert sorted(headings) == sorted(imnot_core.__all__)
    assert list(ENTRIES) == headings


@pytest.mark.parametrize("name", CLASSES)
def test_every_public_member_is_in_its_entry(name: str) -> None:
    found = vars(getattr(imnot_core, name))
    annotated = found.get("__annotations__", {})
    public = {key for key in (*found, *annotated) if not key.startswith("_")}
    listed = {member.name for member in members(name)}
    assert public <= listed
    entry = ENTRIES[name]
    assert [each for each in members(name) if f"- `{each.written}`" not in entry] == []


@pytest.mark.parametrize("name", ["Clock", "PatternPlugin", "ApiPlugin", "HasCommands", "Store"])
def test_every_member_of_a_protocol_is_explained_but_what_its_name_says(name: str) -> None:
    plain = {"name", "api_version"}  # explained at PatternPlugin
    assert [m.name for m in members(name) if not m.text and m.name not in plain] == []


def test_links_within_the_page_lead_to_a_heading() -> None:
    headings = re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}
    assert [link for link in re.findall(r"\]\(#([^)]+)\)", TEXT) if link not in anchors] == []
