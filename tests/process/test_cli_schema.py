"""`imnot schema`, and what editors make of it."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from tests.process.command import Project
from tests.process.language_server import LanguageServer

MODELINE = "# yaml-language-server: $schema=../partner.schema.json"
SCHEMA = "partners/partner.schema.json"
BROKEN = "class Broken:\n    name = 'broken'\n"
SOUP = """\
openapi: 3.1.0
info: {title: Soup, version: "1"}
paths:
  /soups: {get: {responses: {"200": {description: All.}}}}
"""


def test_the_schema_is_printed(project: Project) -> None:
    ended = project.run("schema")

    assert (ended.code, ended.err) == (0, "")
    jsonschema.Draft202012Validator.check_schema(json.loads(ended.out))
    assert project.run("schema").out == ended.out
    assert len(project.run("schema", "--indent", "0").lines) == 1


def test_the_schema_is_written_to_a_file(project: Project) -> None:
    ended = project.run("schema", "--out", "deep/schema.json")

    assert (ended.code, ended.lines) == (0, ["Schema written to deep/schema.json"])
    file = project.folder / "deep" / "schema.json"
    assert file.read_text(encoding="utf-8") == project.run("schema").out


def test_a_file_that_cannot_be_written_is_told(project: Project) -> None:
    project.write("file", "")
    ended = project.run("schema", "--out", "file/schema.json")

    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("Error: file/schema.json cannot be written: ")


def test_a_plugin_that_is_named_is_in_it_and_a_broken_one_is_told(project: Project) -> None:
    project.write("broken.py", BROKEN)
    ended = project.run("schema", "--plugin", "broken:Broken")

    assert ended.code == 0
    assert "broken:Broken" in ended.err
    assert '"fetch"' in ended.out
    assert project.run("schema", "--plugin", "broken:Broken", "--strict").code == 1
    assert project.run("schema", "--strict").code == 0


def test_init_leaves_a_schema_that_its_files_lead_to(project: Project) -> None:
    ended = project.run("init")

    assert f"  {SCHEMA}" in ended.lines
    assert (project.folder / SCHEMA).read_text(encoding="utf-8") == project.run("schema").out
    for name in ("staylink", "bookingco"):
        file = project.folder / "partners" / name / "partner.yaml"
        assert file.read_text(encoding="utf-8").splitlines()[0] == MODELINE
    assert project.run("routes", "--strict").code == 0


@pytest.fixture
def soup(project: Project) -> Project:
    (project.folder / "partners").mkdir()
    project.write("soup.yaml", SOUP)
    return project


def test_a_file_made_of_a_document_leads_to_a_schema(soup: Project) -> None:
    ended = soup.run("generate", "--from-openapi", "soup.yaml")

    assert f"Schema:      {SCHEMA}  (written, for editors)" in ended.lines
    assert (soup.folder / SCHEMA).is_file()
    text = (soup.folder / "partners/soup/partner.yaml").read_text(encoding="utf-8")
    assert text.splitlines()[0] == MODELINE
    assert text.count(MODELINE) == 1


def test_a_schema_that_is_there_is_kept(soup: Project) -> None:
    soup.write(SCHEMA, "{}")
    ended = soup.run("generate", "--from-openapi", "soup.yaml")

    assert "Schema:" not in ended.out
    assert (soup.folder / SCHEMA).read_text(encoding="utf-8") == "{}"


def test_a_dry_run_writes_no_schema(soup: Project) -> None:
    soup.run("generate", "--from-openapi", "soup.yaml", "--dry-run")

    assert list((soup.folder / "partners").iterdir()) == []


def test_a_partner_file_of_the_user_is_written_as_it_is(soup: Project) -> None:
    text = (
        "partner: a\ndatapoints: [{name: b, pattern: fetch, endpoints: [{method: GET, path: /c}]}]"
    )
    soup.write("a.yaml", text)

    assert soup.run("generate", "--file", "a.yaml").code == 0
    assert (soup.folder / "partners/a/partner.yaml").read_text(encoding="utf-8") == text
    assert not (soup.folder / SCHEMA).exists()


# An editor


@pytest.fixture
def edited(project: Project) -> Path:
    """A project in which an editor works, with a partner that is being written."""
    assert project.run("init").code == 0
    return project.folder / "partners"


def being_written(partners: Path, *lines: str) -> Path:
    text = "\n".join([MODELINE, "partner: acme", "datapoints:", "  - name: a", *lines, ""])
    file = partners / "acme" / "partner.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_an_editor_has_nothing_to_say_of_a_right_file(edited: Path) -> None:
    with LanguageServer(edited.parent) as editor:
        assert editor.problems(edited / "staylink" / "partner.yaml") == []


def test_an_editor_underlines_what_is_wrong(edited: Path) -> None:
    file = being_written(
        edited,
        "    pattern: fetch",
        "    pagination: {}",
        "    endpoints:",
        "      - {method: GET, path: /x, response: {status: high}}",
    )
    with LanguageServer(edited.parent) as editor:
        assert editor.problems(file) == [
            'Incorrect type. Expected "integer".',
            "Property pagination is not allowed.",
        ]


@pytest.mark.parametrize(
    ("lines", "offered"),
    [
        (["    pattern: "], {"fetch", "paginated", "static"}),
        (["    pattern: paginated", "    "], {"pagination", "endpoints", "description"}),
        (["    pattern: paginated", "    pagination:", "      style: "], {"cursor", "link"}),
        (
            ["    pattern: fetch", "    endpoints:", "      - path: /x", "        "],
            {"method", "response", "chaos"},
        ),
        (["    pattern: fetch", "    endpoints:", "      - method: "], {"GET", "POST"}),
    ],
    ids=["patterns", "keys", "values", "keys of any pattern", "methods"],
)
def test_an_editor_completes(edited: Path, lines: list[str], offered: set[str]) -> None:
    file = being_written(edited, *lines)
    with LanguageServer(edited.parent) as editor:
        editor.problems(file)
        found = editor.completions(file, line=3 + len(lines), column=len(lines[-1]))

    assert offered <= set(found)
