"""What texts are read as specifications, and what is said of those that are not."""

from __future__ import annotations

import json

import pytest

from imnot_patterns.openapi import SpecificationError, operations, read

YAML = """\
openapi: 3.0.3
info:
  title: Pets
  description: All about pets
  version: 1.0.0
servers:
  - url: https://example.com/v1
paths:
  /pets:
    get:
      operationId: listPets
      summary: List all pets
      tags: [pets, all]
      responses:
        200:
          description: Pets
          content:
            application/json:
              example: [{"name": "Rex"}]
"""
JSON = json.dumps(
    {
        "openapi": "3.0.3",
        "info": {"title": "Pets", "description": "All about pets", "version": "1.0.0"},
        "servers": [{"url": "https://example.com/v1"}],
        "paths": {
            "/pets": {
                "get": {
                    "operationId": "listPets",
                    "summary": "List all pets",
                    "tags": ["pets", "all"],
                    "responses": {
                        "200": {"content": {"application/json": {"example": [{"name": "Rex"}]}}}
                    },
                }
            }
        },
    },
    indent="\t",
)


@pytest.mark.parametrize(
    "text",
    [
        YAML,
        YAML.encode(),
        "\ufeff" + YAML,
        b"\xef\xbb\xbf" + YAML.encode(),
        YAML.replace("\n", "\r\n"),
        "---\n" + YAML,
        "---\n" + YAML + "...\n",
        "%YAML 1.2\n---\n" + YAML,
        "# a comment\n" + YAML,
        JSON,
        JSON.encode(),
        "\ufeff" + JSON,
        JSON.replace("\n", "\r\n"),
        "---\n" + JSON,
        "\ufeff---\r\n" + JSON + "\n...\n",
        "--- " + JSON,
        "\n\n\t" + JSON + "\n\n",
    ],
)
def test_a_text_is_read_whether_it_is_yaml_or_json(text: str | bytes) -> None:
    specification = read(text)

    (operation,) = operations(specification)

    assert specification.title == "Pets"
    assert specification.description == "All about pets"
    assert specification.version == "1.0.0"
    assert specification.servers == ("https://example.com/v1",)
    assert specification.openapi == "3.0.3"
    assert (operation.method, operation.path) == ("GET", "/pets")
    assert operation.body == '[{"name":"Rex"}]'
    assert operation.operation_id == "listPets"
    assert operation.summary == "List all pets"
    assert operation.tags == ("pets", "all")


@pytest.mark.parametrize(
    ("written", "body"),
    [
        ("NO", '"NO"'),
        ("yes", '"yes"'),
        ("2024-01-15", '"2024-01-15"'),
        ("2024-01-15T10:00:00Z", '"2024-01-15T10:00:00Z"'),
        ("12:30", '"12:30"'),
        ("012", "12"),
        ("0o17", "15"),
        ("1e3", "1000.0"),
        ("~", "null"),
        ("false", "false"),
        ("!!str 12", '"12"'),
        ("{yes: on, 2: 1, null: 3, true: 4}", '{"yes":"on","2":1,"null":3,"true":4}'),
        ("[*a, *a]", "[7,7]"),
        ("{<<: *m, b: 3}", '{"a":1,"b":3}'),
    ],
)
def test_yaml_is_that_of_1_2(written: str, body: str) -> None:
    text = YAML.replace('[{"name": "Rex"}]', written)

    (operation,) = operations(read("x-a: &a 7\nx-m: &m {a: 1, b: 2}\n" + text))

    assert operation.body is not None
    assert json.loads(operation.body) == json.loads(body)


def test_an_answer_may_be_merged_from_anchors() -> None:
    text = """\
openapi: 3.1.0
x-answer: &answer {description: x, content: {text/plain: {example: merged}}}
paths:
  /a: {get: {responses: {200: {<<: *answer, description: y}}}}
  /b: {get: {responses: {200: *answer}}}
"""
    assert [operation.body for operation in operations(read(text))] == ["merged", "merged"]


@pytest.mark.parametrize("version", ["3.0.0", "3.0.4", "3.1.0", "3.1.1", "3.2.0", "3.0.0-rc1"])
def test_versions_of_openapi_3_are_read(version: str) -> None:
    assert read(f"openapi: '{version}'\npaths: {{}}").openapi == version


def test_a_version_may_be_written_as_a_number() -> None:
    assert read("openapi: 3.1\npaths: {}").openapi == "3.1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a mapping"),
        ("just words", "a mapping"),
        ("[]", "a mapping"),
        ("42", "a mapping"),
        ("null", "a mapping"),
        ("info: {}", "`openapi` is missing"),
        ("swagger: '2.0'\npaths: {}", "convert Swagger 2.0"),
        ("openapi: 4.0.0\npaths: {}", "1:10: `4.0.0` is no version"),
        ("openapi: 2.0\npaths: {}", "no version that can be read"),
        ("openapi: {}\npaths: {}", "no version that can be read"),
        ("openapi: true\npaths: {}", "no version that can be read"),
        ("openapi: 3.0.0", "`paths` is missing"),
        ("openapi: 3.1.0", "`paths` is missing"),
        ("openapi: 3.0.0\npaths: []", "2:8: `paths` is not a mapping"),
        ("openapi: 3.0.0\npaths:", "2:1: `paths` is not a mapping"),
        ("openapi: 3.1.0\npaths: text\ncomponents: {}", "`paths` is not a mapping"),
        ("openapi: 3.0.0\npaths: {", "2:8:"),
        ("openapi: 3.0.0\n\tpaths: {}", "2:1: not valid YAML: a tab"),
        ('{"openapi": "3.0.0", "paths": {}', "not valid YAML"),
        ("openapi: 3.0.0\nopenapi: 3.0.0\npaths: {}", "2:1: the key `openapi` is repeated"),
        ("openapi: 3.0.0\npaths: {}\n---\n{}", "a second document"),
        ("openapi: 3.0.0\npaths: !!python/object/apply:os.system [true]", "is not allowed"),
        ("openapi: 3.0.0\npaths: {/a: !include other.yaml}", "is not allowed"),
        ("openapi: 3.0.0\npaths: *nothing", "means nothing"),
        ("openapi: 3.0.0\npaths: &a {x: *a}", "stands inside the value"),
        (b"openapi: 3.0.0\npaths: {\xff}", "not UTF-8"),
        ("openapi: 3.0.0\npaths: \ud800", "not allowed in YAML"),
        ("[" * 100_000, ""),
        ('{"a":' * 100_000, ""),
    ],
)
def test_what_is_no_specification_is_refused_with_its_place(
    text: str | bytes, message: str
) -> None:
    with pytest.raises(SpecificationError) as caught:
        read(text)

    assert message in str(caught.value)


def test_webhooks_may_stand_alone_from_3_1_on() -> None:
    assert operations(read("openapi: 3.1.0\nwebhooks: {a: {post: {}}}")) == []


def test_an_error_tells_line_column_and_path() -> None:
    text = "openapi: 3.1.0\npaths:\n  /pets:\n    get:\n      responses:\n"
    text += "        200: {$ref: '#/components/responses/Gone'}\n"

    with pytest.raises(SpecificationError) as caught:
        operations(read(text))

    error = caught.value
    assert (error.line, error.column) == (6, 21)
    assert error.path == "paths./pets.get.responses.200.$ref"
    assert str(error).startswith(
        "6:21: `#/components/responses/Gone` leads nowhere (at paths./pets."
    )


def test_an_error_in_json_with_tabs_tells_its_path_at_least() -> None:
    text = '{\n\t"openapi": "3.1.0",\n\t"paths": {"/a": {"$ref": "other.yaml"}}\n}'

    with pytest.raises(SpecificationError, match=r"paths\./a\.\$ref"):
        operations(read(text))


@pytest.mark.parametrize("written", ["[]", "5", "{}", "text", "null"])
def test_information_of_another_type_does_no_harm(written: str) -> None:
    text = f"openapi: 3.1.0\ninfo: {{title: {written}}}\nservers: {written}\npaths: {{}}\n"

    assert read(text).servers == ()
    assert operations(read(text)) == []
