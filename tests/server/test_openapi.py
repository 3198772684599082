"""The OpenAPI document: valid, complete, and of the moment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from imnot_core import AdminRoute, Compiled, Context, JournalFilter, Reply, Request
from imnot_core.testing import Harness
from tests.server.files import write
from tests.server.samples import ACME, PLAIN, Plain, static

METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}

# Every admin endpoint, and where the server is asked about itself.
OPERATIONS = {
    "GET /healthz",
    "GET /imnot/docs",
    "GET /imnot/docs/partners",
    "GET /imnot/admin/partners",
    "POST /imnot/admin/partners",
    "DELETE /imnot/admin/partners/{name}",
    "POST /imnot/admin/reload",
    "GET /imnot/admin/postman",
    "GET /imnot/admin/problems",
    "GET /imnot/admin/sessions",
    "POST /imnot/admin/sessions",
    "DELETE /imnot/admin/sessions",
    "GET /imnot/admin/sessions/{session_id}",
    "PATCH /imnot/admin/sessions/{session_id}",
    "DELETE /imnot/admin/sessions/{session_id}",
    "POST /imnot/admin/sessions/{session_id}/copy",
    "POST /imnot/admin/sessions/{session_id}/reset",
    "GET /imnot/admin/sessions/{session_id}/clock",
    "POST /imnot/admin/sessions/{session_id}/clock",
    "PUT /imnot/admin/overrides/{partner}/{datapoint}",
    "GET /imnot/admin/overrides/{partner}/{datapoint}",
    "DELETE /imnot/admin/overrides/{partner}/{datapoint}",
    "GET /imnot/admin/requests",
    "GET /imnot/admin/requests/{id}",
    "DELETE /imnot/admin/requests",
    "POST /imnot/admin/verify",
    "POST /imnot/admin/{partner}/{datapoint}/payload",
    "GET /imnot/admin/{partner}/{datapoint}/payload",
    "POST /imnot/admin/{partner}/{datapoint}/payload/session",
    "GET /imnot/admin/{partner}/{datapoint}/payload/session/{session_id}",
    *(
        f"{operation[0]} /imnot/admin/acme/rates/{word}{operation[1]}"
        for word in ("push", "callback")
        for operation in (
            ("GET", ""),
            ("GET", "/{request_id}"),
            ("POST", "/{request_id}/retrigger"),
            ("POST", "/retrigger"),
            ("PUT", "/misdelivery"),
            ("GET", "/misdelivery"),
            ("DELETE", "/misdelivery"),
        )
    ),
}


@pytest.fixture(scope="module")
def server() -> Iterator[Harness]:
    with Harness(ACME) as harness:
        yield harness


def document_of(server: Harness) -> dict[str, Any]:
    answer = server.get("/imnot/openapi.json")
    assert answer.status_code == 200
    document: dict[str, Any] = answer.json()
    return document


def operations_of(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }


def schemas_in(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "schema":
                yield inner
            else:
                yield from schemas_in(inner)
    elif isinstance(value, list):
        for each in value:
            yield from schemas_in(each)


def references_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references_in(inner)
    elif isinstance(value, list):
        for each in value:
            yield from references_in(each)


def test_it_is_of_version_3_1_and_says_what_of(server: Harness) -> None:
    document = document_of(server)
    assert re.fullmatch(r"3\.1\.\d+", document["openapi"])
    assert document["info"]["title"]
    assert document["info"]["version"] == server.get("/healthz").json()["version"]


def test_it_names_every_endpoint_and_no_other(server: Harness) -> None:
    named = set(operations_of(document_of(server)))
    # API plugins have contracts of their own.
    ours = {each for each in named if re.search(r" /(imnot|healthz)", each)}
    assert ours == OPERATIONS


def test_it_has_the_form_that_openapi_asks_for(server: Harness) -> None:
    document = document_of(server)
    ids = []
    for path, operations in document["paths"].items():
        assert path.startswith("/")
        assert set(operations) <= METHODS
        for operation in operations.values():
            declared = {(each["in"], each["name"]) for each in operation.get("parameters", ())}
            assert len(declared) == len(operation.get("parameters", ()))
            in_path = {name for place, name in declared if place == "path"}
            assert in_path == set(re.findall(r"\{(.+?)\}", path))
            for parameter in operation.get("parameters", ()):
                assert "schema" in parameter
                assert parameter["in"] != "path" or parameter["required"] is True
            assert operation["responses"]
            for status, response in operation["responses"].items():
                assert re.fullmatch(r"[2-5]\d\d", status)
                assert response["description"]
            ids += [operation["operationId"]] if "operationId" in operation else []
    assert len(ids) == len(set(ids))


def test_its_schemas_are_valid_and_its_references_lead_somewhere(server: Harness) -> None:
    document = document_of(server)
    for schema in (*schemas_in(document), *document["components"]["schemas"].values()):
        Draft202012Validator.check_schema(schema)
    for reference in references_in(document):
        place: Any = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_every_operation_says_what_it_does(server: Harness) -> None:
    for name, operation in operations_of(document_of(server)).items():
        assert operation["summary"], name
        assert "\n\n" not in operation["summary"], name
        assert operation["tags"], name


def test_errors_are_described_as_they_are(server: Harness) -> None:
    document = document_of(server)
    answered = {
        "DELETE /imnot/admin/sessions/{session_id}": server.delete("/imnot/admin/sessions/x"),
        "DELETE /imnot/admin/partners/{name}": server.delete("/imnot/admin/partners/x"),
        "POST /imnot/admin/partners": server.post("/imnot/admin/partners", content=ACME),
        "POST /imnot/admin/{partner}/{datapoint}/payload": server.post(
            "/imnot/admin/acme/charges/payload", content="no JSON"
        ),
        "GET /imnot/admin/{partner}/{datapoint}/payload": server.get(
            "/imnot/admin/acme/charges/payload"
        ),
        "GET /imnot/admin/partners": server.get("/imnot/admin/partners?details=perhaps"),
    }
    operations = operations_of(document)
    for name, answer in answered.items():
        described = operations[name]["responses"][str(answer.status_code)]
        schema = described["content"]["application/json"]["schema"]
        Draft202012Validator({**document, **schema}).validate(answer.json())


def test_successes_are_described_as_they_are(server: Harness) -> None:
    document = document_of(server)
    for path in (
        "/imnot/admin/partners",
        "/imnot/admin/sessions",
        "/imnot/admin/problems",
        "/imnot/admin/requests",
        "/healthz",
    ):
        described = document["paths"][path]["get"]["responses"]["200"]
        schema = described["content"]["application/json"]["schema"]
        Draft202012Validator({**document, **schema}).validate(server.get(path).json())


def test_bodies_headers_and_the_key_are_described(server: Harness) -> None:
    document = document_of(server)
    operations = operations_of(document)
    register = operations["POST /imnot/admin/partners"]
    assert list(register["requestBody"]["content"]) == ["application/yaml"]
    assert set(register["responses"]) >= {"200", "201", "409", "422"}
    upload = operations["POST /imnot/admin/{partner}/{datapoint}/payload"]
    assert list(upload["requestBody"]["content"]) == ["application/json", "*/*"]
    assert "X-Imnot-Session" in {each["name"] for each in upload["parameters"]}
    begin = operations["POST /imnot/admin/sessions"]
    assert begin["requestBody"]["required"] is False
    override = operations["PUT /imnot/admin/overrides/{partner}/{datapoint}"]
    assert override["requestBody"]["required"] is True
    required = {each["name"] for each in override["parameters"] if each["required"]}
    assert required == {"partner", "datapoint", "X-Imnot-Session"}
    for name, operation in operations.items():
        assert ("security" in operation) == ("/imnot/admin" in name)
    assert document["components"]["securitySchemes"]["adminKey"]["scheme"] == "bearer"


OTHER = ACME.replace("acme", "other").replace("path: /", "path: /2/").replace('"/', '"/2/')


def test_it_follows_the_partners_of_the_moment() -> None:
    with Harness(ACME) as server:
        path = "/imnot/admin/acme/rates/push/{request_id}/retrigger"
        assert path in document_of(server)["paths"]
        write(server, "other", OTHER)
        server.reload()
        assert path.replace("acme", "other") in document_of(server)["paths"]
        server.admin("DELETE", "/partners/acme")
        assert path not in document_of(server)["paths"]


def test_the_filters_of_the_journal_are_those_that_it_has(server: Harness) -> None:
    listed = operations_of(document_of(server))["GET /imnot/admin/requests"]
    described = {each["name"] for each in listed["parameters"]}
    assert described == {*JournalFilter.__struct_fields__, "limit", "before"}


def test_methods_that_openapi_does_not_know_are_left_out() -> None:
    class Exotic(Plain):
        def compile(self, datapoint: Any, context: Context) -> Compiled:
            async def handle(_request: Request) -> Reply:
                return Reply.json("fine")

            routes = tuple(AdminRoute(method, "/log", handle) for method in ("PURGE", "GET"))
            return Compiled((), routes)

    with Harness(PLAIN, plugins=[Exotic]) as server:
        assert server.request("PURGE", "/imnot/admin/acme/it/log").json() == "fine"
        assert list(document_of(server)["paths"]["/imnot/admin/acme/it/log"]) == ["get"]


def test_consumer_routes_are_not_in_it() -> None:
    with Harness(static("acme", "GET /orders")) as server:
        assert "/orders" not in document_of(server)["paths"]
