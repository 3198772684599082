"""`imnot generate --from`: partner files made of documents in other formats."""

from __future__ import annotations

import json
import re

import pytest

from imnot_core import read_document
from tests.process.command import Project
from tests.unit.core.distributions import Site

LIBRARY = """\
openapi: 3.0.3
info:
  title: City Library
  version: "1"
servers:
  - url: https://library.example/v1
paths:
  /books:
    get:
      summary: All books
      tags: [Books]
      responses:
        "200":
          description: the books
          content:
            application/json:
              schema:
                type: array
                items:
                  $ref: "#/components/schemas/Book"
    post:
      tags: [Books]
      responses:
        "201":
          description: one more
          headers:
            Location:
              schema: {type: string, example: /books/2}
  /books/{book-id}:
    parameters:
      - {name: book-id, in: path, required: true, schema: {type: integer}}
    get:
      tags: [Books]
      responses:
        "200":
          description: one book
          content:
            application/json:
              example: {id: 1, title: Emma}
    delete:
      tags: [Books]
      responses:
        "204": {description: gone}
  /books/{id}:
    get:
      responses:
        "200": {description: the same once more}
  /opening-hours:
    get:
      responses:
        "200":
          description: as text
          content:
            text/plain:
              example: "9 to 5"
components:
  schemas:
    Book:
      type: object
      properties:
        id: {type: integer, minimum: 1}
        title: {type: string, example: Emma}
"""

LINES = '''
from imnot_core import PartnerError, Problem


class Lines:
    """A path in every line."""

    name = "lines"
    api_version = 1

    def partner(self, text, name, source):
        {body}


class Plugin(Lines):
    pass
'''
GOOD = """\
if not text.startswith("/"):
            raise PartnerError([Problem(source, "that is no path", "write /a", 1, 1)])
        paths = "".join(f"\\n      - {{method: GET, path: {line}}}" for line in text.split())
        head = f"partner: {name or 'lines'}\\ndatapoints:\\n  - name: all\\n    pattern: static"
        return f"{head}\\n    endpoints:{paths}\\n"
"""


@pytest.fixture
def library(project: Project) -> Project:
    (project.folder / "partners").mkdir()
    project.write("library.yaml", LIBRARY)
    return project


def importer(project: Project, body: str, name: str = "lines") -> None:
    """Install somebody else's importer."""
    folder = project.folder.parent / "site"
    folder.mkdir()
    project.env["PYTHONPATH"] = str(folder)
    site = Site(folder)
    site.module("imnot_lines", LINES.format(body=body))
    site.install("imnot-lines", "2.1", {"imnot.importers": {name: "imnot_lines:Lines"}})


def test_a_specification_becomes_a_partner_that_is_served(library: Project) -> None:
    ended = library.run("generate", "--from-openapi", "library.yaml")
    assert (ended.code, ended.err) == (0, "")
    assert "File:        partners/city-library/partner.yaml  (written)" in ended.lines
    consumer = ended.out.partition("Consumer endpoints:\n")[2].partition("\n\n")[0]
    assert [line.split() for line in consumer.splitlines()] == [
        ["GET", "/books", "[stub]"],
        ["POST", "/books", "[stub]"],
        ["GET", "/books/{book-id}", "[stub]"],
        ["DELETE", "/books/{book-id}", "[stub]"],
        ["GET", "/opening-hours", "[stub]"],
    ]
    assert library.run("routes", "--strict").code == 0
    with library.started("--db", ":memory:") as server:
        (book,) = server.client.get("/books").json()
        assert (book["title"], isinstance(book["id"], int)) == ("Emma", True)
        made = server.client.post("/books", json={"title": "Persuasion"})
        assert (made.status_code, made.headers["Location"]) == (201, "/books/2")
        assert server.client.get("/books/1").json() == {"id": 1, "title": "Emma"}
        assert server.client.delete("/books/1").status_code == 204
        assert server.client.get("/opening-hours").text == "9 to 5"


def test_what_was_left_out_stands_at_the_head_of_the_file(library: Project) -> None:
    library.run("generate", "--from-openapi", "library.yaml")
    text = (library.folder / "partners/city-library/partner.yaml").read_text(encoding="utf-8")
    head = text.partition("partner:")[0]
    assert "# - https://library.example/v1\n" in head
    assert "# - GET /books/{id}: it is the same path as /books/{book-id}, which comes first" in head


@pytest.mark.parametrize(
    "arguments",
    [
        ("--from-openapi", "library.yaml"),
        ("--from-openapi=library.yaml",),
        ("--from", "openapi", "--file", "library.yaml"),
        ("--from-openapi", "-"),
    ],
)
def test_the_document_can_be_named_in_several_ways(
    library: Project, arguments: tuple[str, ...]
) -> None:
    ended = library.run("generate", *arguments, "--name", "acme", "--json", stdin=LIBRARY)
    assert (ended.code, ended.err) == (0, "")
    told = json.loads(ended.out)
    assert (told["partner"], told["created"]) == ("acme", True)
    assert (library.folder / "partners/acme/partner.yaml").is_file()


def test_json_is_read_like_yaml(library: Project) -> None:
    library.write("library.json", json.dumps(read_document(LIBRARY, "library.yaml").data))
    file = library.folder / "partners/city-library/partner.yaml"
    library.run("generate", "--from-openapi", "library.yaml")
    text = file.read_text(encoding="utf-8")
    assert library.run("generate", "--from-openapi", "library.json", "--force").code == 0
    assert file.read_text(encoding="utf-8") == text.replace("library.yaml", "library.json")


def test_a_dry_run_writes_nothing(library: Project) -> None:
    ended = library.run("generate", "--from-openapi", "library.yaml", "--dry-run")
    assert ended.code == 0
    assert list((library.folder / "partners").iterdir()) == []


def test_a_partner_that_exists_is_overwritten_only_by_force(library: Project) -> None:
    file = library.partner("city-library", "partner: city-library\ndatapoints: []\n")
    before = file.read_text(encoding="utf-8")
    ended = library.run("generate", "--from-openapi", "library.yaml")
    assert ended.code == 2
    assert "--force" in ended.err
    assert file.read_text(encoding="utf-8") == before
    assert library.run("generate", "--from-openapi", "library.yaml", "--force").code == 0


def test_a_mistake_in_the_specification_is_told_with_its_place(library: Project) -> None:
    library.write("wrong.yaml", LIBRARY.replace("schemas/Book", "schemas/Boock"))
    ended = library.run("generate", "--from-openapi", "wrong.yaml")
    assert ended.code == 1
    first, last = ended.err.splitlines()
    assert first.startswith("wrong.yaml:20:")
    assert "Boock" in first
    assert "nothing was written" in last
    assert list((library.folder / "partners").iterdir()) == []
    told = json.loads(library.run("generate", "--from-openapi", "wrong.yaml", "--json").out)
    assert told["status"] == "error"
    assert told["error"].startswith("wrong.yaml:20:")


@pytest.mark.parametrize("text", ["", "[]", "a: b", "swagger: '2.0'", "openapi: {", "\x00"])
def test_what_is_no_specification_is_refused(library: Project, text: str) -> None:
    library.write("wrong.yaml", text)
    ended = library.run("generate", "--from-openapi", "wrong.yaml")
    assert ended.code == 1
    assert ended.err.startswith("wrong.yaml")
    assert "Traceback" not in ended.err


def test_a_route_that_another_partner_serves_is_refused(library: Project) -> None:
    assert library.run("generate", "--from-openapi", "library.yaml").code == 0
    ended = library.run("generate", "--from-openapi", "library.yaml", "--name", "twin")
    assert ended.code == 1
    assert ended.err.startswith("library.yaml (as a partner file):")
    assert "city-library/books" in ended.err
    assert not (library.folder / "partners/twin").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--from-openapi",), "'--from-openapi' requires an argument"),
        (("--from-openapi", "a.yaml", "--file", "b.yaml"), "leave --file out"),
        (("--from-openapi", "a.yaml", "--from", "b"), "leave --from out"),
        (("--from-openapi", "a.yaml", "--from-lines", "b"), "one document at a time"),
        (("--file", "library.yaml", "--name", "acme"), "--name goes with --from"),
        (("--from", "openapi"), "'--file'"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    library: Project, arguments: tuple[str, ...], words: str
) -> None:
    ended = library.run("generate", *arguments)
    assert ended.code == 2
    assert words in ended.err


def test_a_name_that_no_partner_can_have_is_refused(library: Project) -> None:
    ended = library.run("generate", "--from-openapi", "library.yaml", "--name", "a b")
    assert ended.code == 1
    assert "'a b'" in ended.err


def test_an_unknown_format_is_answered_with_the_nearest(library: Project) -> None:
    ended = library.run("generate", "--from-openappi", "library.yaml")
    assert ended.code == 1
    assert "'openapi'" in ended.err


# Importers of other people


def test_an_importer_of_somebody_else_is_used_like_imnots_own(project: Project) -> None:
    importer(project, GOOD)
    (project.folder / "partners").mkdir()
    project.write("paths.txt", "/a\n/b\n")
    ended = project.run("generate", "--from-lines", "paths.txt", "--name", "mine")
    assert (ended.code, ended.err) == (0, "")
    with project.started("--db", ":memory:") as server:
        assert server.client.get("/b").json() == {}
    project.write("paths.txt", "nothing")
    ended = project.run("generate", "--from-lines", "paths.txt")
    assert ended.code == 1
    assert ended.err.startswith("paths.txt:1:1: that is no path; write /a\n")


def test_an_importer_can_be_named_directly(library: Project) -> None:
    library.write("mine.py", LINES.format(body=GOOD))
    ended = library.run(
        "generate", "--from-lines", "-", "--plugin", "mine:Lines", "--dry-run", stdin="/a"
    )
    assert (ended.code, ended.err) == (0, "")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("return 1 / 0", "'lines' (imnot-lines 2.1) failed: ZeroDivisionError: division by zero"),
        ("return None", "'lines' (imnot-lines 2.1) failed: it returned NoneType"),
        ("return 'a: 1'", "<stdin> (as a partner file):1:1: "),
    ],
)
def test_an_importer_that_fails_is_named(project: Project, body: str, words: str) -> None:
    importer(project, body)
    (project.folder / "partners").mkdir()
    ended = project.run("generate", "--from-lines", "-", stdin="/a")
    assert ended.code == 1
    assert words in ended.err
    assert "Traceback" not in ended.err


def test_importers_are_listed_with_where_they_come_from(project: Project) -> None:
    importer(project, GOOD)
    ended = project.run("patterns")
    section = ended.out.partition("\nIMPORTER ")[2].partition("\n\n")[0]
    assert re.search(r"^lines +imnot-lines 2\.1 +A path in every line\.$", section, re.MULTILINE)
    told = json.loads(project.run("patterns", "--json").out)["importers"]
    assert [each["name"] for each in told] == ["lines", "openapi"]
    assert told[0]["package"] == "imnot-lines"


def test_an_importer_that_cannot_be_used_is_listed_with_the_reason(library: Project) -> None:
    importer(library, GOOD, name="other")
    ended = library.run("patterns")
    failures = ended.out.partition("Plugins that cannot be used:")[2]
    assert "no usable importer: it is declared as 'other', but its name is 'lines'" in failures
    assert library.run("generate", "--from-openapi", "library.yaml").code == 0
