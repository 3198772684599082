"""An OpenAPI specification as a partner file."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from imnot_core import PartnerError, read_document
from imnot_core.testing import Harness
from imnot_patterns.openapi.partner import OpenApiImporter

PETS = """\
openapi: 3.1.0
info: {title: Pet Störe, version: 1.2.0}
servers: [{url: "https://pets.example/v1"}]
tags:
  - {name: Our pets, description: All about pets. There are many.}
paths:
  /pets:
    get:
      tags: [Our pets]
      summary: List
      operationId: listPets
      responses:
        "200":
          description: the pets
          content:
            application/json:
              example: [{id: 7, name: "007", tags: [], note: "yes", weight: 1.5, owner: null}]
    post:
      tags: [Our pets]
      responses: {"201": {description: made}}
  /pets/{pet.id}:
    delete:
      tags: [Our pets]
      responses: {"204": {description: gone}}
  /v1/shops/{id}:
    get:
      responses:
        "200": {description: a page, content: {text/html: {example: "<p>\\n</p>\\n"}}}
"""

FILE = """\
# Pet Störe, version 1.2.0: made by `imnot generate --from openapi` of pets.yaml.
# Paths are as in the specification, without those of its servers:
# - https://pets.example/v1
#
partner: pet-store
description: Pet Störe
datapoints:
  - name: our-pets
    pattern: stub
    description: All about pets.
    endpoints:
      # List (listPets)
      - method: GET
        path: /pets
        response:
          status: 200
          body:
            - id: 7
              name: "007"
              tags: []
              note: "yes"
              weight: 1.5
              owner: null
      - method: POST
        path: /pets
        response:
          status: 201
      # In the specification: /pets/{pet.id}
      - method: DELETE
        path: /pets/{pet_id}
        response:
          status: 204
  - name: shops
    pattern: stub
    endpoints:
      - method: GET
        path: /v1/shops/{id}
        response:
          status: 200
          headers:
            Content-Type: text/html
          body: |
            <p>
            </p>
"""

NOTHING = {"responses": {"204": {"description": "done"}}}


def made(text: str, name: str | None = None, source: str = "pets.yaml") -> str:
    return OpenApiImporter().partner(text, name, source)


def answering(example: Any, kind: str = "application/json", status: int = 200) -> dict[str, Any]:
    content = {kind: {"example": example}}
    return {"responses": {str(status): {"description": "an answer", "content": content}}}


def specified(paths: dict[str, Any], title: str = "Acme") -> str:
    """A specification; each path has one GET operation, or several by method."""
    items = {
        path: given if "responses" not in given else {"get": given} for path, given in paths.items()
    }
    return json.dumps({"openapi": "3.0.3", "info": {"title": title}, "paths": items})


def datapoints(text: str) -> dict[str, list[str]]:
    """The endpoints of each datapoint."""
    return {
        each["name"]: [f"{one['method']} {one['path']}" for one in each["endpoints"]]
        for each in read_document(text, "made").data["datapoints"]
    }


def left_out(text: str) -> list[str]:
    return re.findall(r"^# - (.*)$", text, re.MULTILINE)


def test_the_file_is_one_that_a_person_would_write() -> None:
    assert made(PETS) == FILE


def test_the_file_is_always_the_same() -> None:
    assert made(PETS, source="/some/folder/pets.yaml") == made(PETS)


def test_the_file_answers_as_the_specification_says() -> None:
    with Harness(made(PETS)) as server:
        pets = server.get("/pets")
        assert pets.json()[0]["name"] == "007"
        assert server.post("/pets").status_code == 201
        assert server.delete("/pets/7").status_code == 204
        page = server.get("/v1/shops/1")
    assert pets.headers["Content-Type"] == "application/json"
    assert (page.text, page.headers["Content-Type"]) == ("<p>\n</p>\n", "text/html")


@pytest.mark.parametrize(
    ("example", "kind", "sent"),
    [
        ([], "application/json", "[]"),
        ({}, "application/json", "{}"),
        (0, "application/json", "0"),
        (False, "application/json", "false"),
        (None, "application/json", "null"),
        ("text", "application/json", '"text"'),
        ('{"a": 1}', "application/json", '"{\\"a\\": 1}"'),
        ({"a": "Zürich\n"}, "application/problem+json", '{"a":"Zürich\\n"}'),
        ("[1]", "text/plain", "[1]"),
        ("{{ request.path }}", "text/plain", "{{ request.path }}"),
        ("", "text/plain", ""),
        ("a\r\n\tb ", "text/csv; charset=utf-8", "a\r\n\tb "),
    ],
)
def test_every_kind_of_body_is_sent_as_it_is(example: Any, kind: str, sent: str) -> None:
    with Harness(made(specified({"/a": answering(example, kind)}))) as server:
        reply = server.get("/a")
    assert (reply.status_code, reply.text, reply.headers["Content-Type"]) == (200, sent, kind)


@pytest.mark.parametrize("body", [{"<<": {"a": 1}, "": [{}, [[]]]}, {"x" * 2000: 1}, 2**40])
@pytest.mark.parametrize("depth", [0, 80])
def test_what_would_be_misread_as_yaml_is_answered_all_the_same(body: Any, depth: int) -> None:
    for _ in range(depth):
        body = [body]
    with Harness(made(specified({"/a": answering(body)}))) as server:
        assert server.get("/a").json() == body


# Datapoints


def test_there_is_a_datapoint_for_each_tag_or_resource() -> None:
    text = specified(
        {
            "/pets": {"get": NOTHING, "post": {**NOTHING, "tags": ["Shop: staff"]}},
            "/api/v2/pets/{id}/toys": NOTHING,
            "/{tenant}": NOTHING,
            "/2010-04-01/Accounts.json": {"get": {**NOTHING, "tags": ["Книги"]}},
            "/staff": {"get": {**NOTHING, "tags": ["Shop staff", "other"]}},
        }
    )
    assert datapoints(made(text)) == {
        "pets": ["GET /pets", "GET /api/v2/pets/{id}/toys"],
        "shop-staff": ["POST /pets"],
        "root": ["GET /{tenant}"],
        "accounts-json": ["GET /2010-04-01/Accounts.json"],
        "shop-staff-2": ["GET /staff"],
    }


def test_long_names_are_cut_and_stay_unique() -> None:
    tags = ["t" * 100, "t" * 101, "t" * 64]
    paths = {f"/{tag}": {"get": {**NOTHING, "tags": [tag]}} for tag in tags}
    assert list(datapoints(made(specified(paths)))) == ["t" * 64, "t" * 62 + "-2", "t" * 62 + "-3"]


@pytest.mark.parametrize(
    ("title", "source", "name"),
    [
        ("Pet Störe (v2)", "a.yaml", "pet-store-v2"),
        ("Книги", "some/My books.yaml", "my-books"),
        ("", "<stdin>", "stdin"),
        ("…", "…", "api"),
        ("x" * 90, "a.yaml", "x" * 64),
    ],
)
def test_the_partner_is_called_by_title_or_file(title: str, source: str, name: str) -> None:
    text = OpenApiImporter().partner(specified({"/a": NOTHING}, title), None, source)
    assert read_document(text, "made").data["partner"] == name


def test_a_name_that_is_given_wins() -> None:
    assert "\npartner: mine\n" in made(PETS, "mine")


# Paths


def test_parameters_get_names_that_can_be_had() -> None:
    keys = [
        "/a/{user.id}",
        "/b/{1st}",
        "/c/{id}/d/{id}",
        "/e/{}",
        "/f/{x}{y}",
        "/g/{a b}.json",
        "/h/{id}:cancel",
    ]
    text = made(specified(dict.fromkeys(keys, NOTHING)))
    paths = [path for each in datapoints(text).values() for path in each]
    assert paths == [
        "GET /a/{user_id}",
        "GET /b/{p1st}",
        "GET /c/{id}/d/{id_2}",
        "GET /e/{param}",
        "GET /f/{x_y}",
        "GET /g/{a_b}.json",
        "GET /h/{id}:cancel",
    ]
    assert re.findall("# In the specification: (.*)", text) == keys[:-1]


def test_what_cannot_be_served_is_left_out_and_named() -> None:
    keys = [
        "/a/{id}",
        "/a/{other}",
        "/a/{id}/",
        "/a/{id}#more",
        "/healthz",
        "/imnot/{x}",
        "/b//c",
        "/d?{query}",
        "/e?$top=1",
        "/f/%zz",
    ]
    text = made(specified({**dict.fromkeys(keys, NOTHING), "/g": answering({}, status=101)}))
    assert datapoints(text) == {"a": ["GET /a/{id}"]}
    reasons = [each.split(": ", 1) for each in left_out(text)]
    assert [key for key, _ in reasons] == [f"GET {key}" for key in [*keys[1:], "/g"]]
    assert reasons[0][1] == "it is the same path as /a/{id}, which comes first"
    with Harness(text) as server:
        assert server.get("/a/1").status_code == 204


def test_a_query_in_a_path_becomes_a_criterion() -> None:
    keys = ["/q?a=1", "/q?a=1&b=2", "/q", "/q?b=3#x", "/q?b=3"]
    paths = {key: {"get": {**answering(key), "tags": [key]}} for key in keys}
    text = made(specified(paths))
    assert len(datapoints(text)) == 1
    assert [each.partition(":")[0] for each in left_out(text)] == ["GET /q?b=3"]
    with Harness(text) as server:
        for key in keys[:-2]:
            assert server.get(key).json() == key
        assert server.get("/q?b=3").json() == "/q?b=3#x"


# Answers


def test_a_token_endpoint_is_oauth() -> None:
    token = {"access_token": "x", "token_type": "bearer", "expires_in": 60}
    operation = {**answering(token), "tags": ["Auth"]}
    operation["responses"]["200"]["headers"] = {"Cache-Control": {"example": "no-store"}}
    text = made(specified({"/oauth/token": {"post": operation}}))
    assert "  - name: token\n    pattern: oauth\n" in text
    with Harness(text) as server:
        reply = server.post("/oauth/token")
    given = reply.json().pop("access_token")
    assert reply.json() == {**token, "access_token": given}
    assert given.count(".") == 2
    assert reply.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("method", "token"),
    [
        ("get", {"access_token": "x", "token_type": "bearer"}),
        ("post", {"access_token": "x"}),
        ("post", {"access_token": "x", "token_type": "bearer", "refresh_token": "y"}),
        ("post", {"access_token": "x", "token_type": "bearer", "expires_in": "60"}),
        ("post", {"access_token": "x", "token_type": "bearer", "expires_in": -1}),
        ("post", ["access_token", "token_type"]),
    ],
)
def test_what_only_resembles_a_token_endpoint_keeps_its_answer(method: str, token: Any) -> None:
    text = made(specified({"/token": {method: answering(token)}}))
    assert "oauth" not in text
    with Harness(text) as server:
        assert server.request(method.upper(), "/token").json() == token


def test_headers_are_those_of_the_specification() -> None:
    response = {
        "description": "moved",
        "headers": {"Location": {"schema": {"type": "string", "example": "/b"}}},
    }
    with Harness(made(specified({"/a": {"responses": {"302": response}}}))) as server:
        reply = server.get("/a")
    assert (reply.status_code, reply.headers["Location"], reply.content) == (302, "/b", b"")


def test_a_body_that_is_never_sent_is_not_written() -> None:
    text = made(specified({"/a": answering({"x": 1}, status=204)}))
    assert "body" not in text
    assert "Content-Type" not in text


def test_an_operation_that_never_succeeds_says_so() -> None:
    assert "# The specification declares no success." in made(
        specified({"/a": answering({}, status=404)})
    )


def test_words_of_the_specification_cannot_leave_their_comment() -> None:
    operation = {**NOTHING, "summary": "a\n\npartner: x\u2028b\x85c", "operationId": "d\re"}
    text = made(specified({"/a": operation}, title="A\nb"))
    assert "# a partner: x b c (d e)\n" in text
    assert read_document(text, "made").data["description"] == "A b"


# What is wrong


def test_a_mistake_is_told_with_its_place() -> None:
    with pytest.raises(PartnerError, match=r"^pets\.yaml:2:\d+: "):
        made("openapi: 3.0.0\npaths: []\n")
    with pytest.raises(PartnerError, match=r"^pets\.yaml:1:\d+: "):
        made("openapi: {\n")


def test_a_specification_without_anything_to_serve_is_refused() -> None:
    with pytest.raises(PartnerError, match=r"no operation that can be served; GET /healthz: "):
        made(specified({"/healthz": NOTHING}))
    with pytest.raises(PartnerError, match=r"^pets\.yaml: there is no operation"):
        made(specified({}))


def test_thousands_of_operations_are_a_matter_of_seconds() -> None:
    paths = {f"/things/{{id}}/part{number}": answering({"id": number}) for number in range(3000)}
    text = made(specified(paths))
    assert len(datapoints(text)["things"]) == 3000
