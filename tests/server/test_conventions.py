"""What holds for every answer: types, spelling of JSON, errors, methods, paths."""

from __future__ import annotations

import json
from collections.abc import Iterator
from uuid import UUID

import pytest

from imnot_core.testing import Harness
from tests.server.samples import ACME, static

# One request for every kind of answer that is JSON.
JSON_REQUESTS = [
    ("GET", "/healthz"),
    ("GET", "/health"),
    ("POST", "/oauth/token"),
    ("POST", "/exports"),
    ("GET", "/imnot/admin/partners"),
    ("GET", "/imnot/admin/partners?details=true"),
    ("POST", "/imnot/admin/partners"),
    ("GET", "/imnot/admin/sessions"),
    ("POST", "/imnot/admin/sessions"),
    ("DELETE", "/imnot/admin/sessions"),
    ("DELETE", "/imnot/admin/sessions/nobody"),
    ("DELETE", "/imnot/admin/partners/nobody"),
    ("POST", "/imnot/admin/reload"),
    ("GET", "/imnot/admin/postman"),
    ("GET", "/imnot/admin/problems"),
    ("GET", "/imnot/openapi.json"),
    ("GET", "/imnot/admin/acme/charges/payload"),
    ("POST", "/imnot/admin/acme/charges/payload"),
    ("GET", "/imnot/admin/acme/rates/push"),
    ("POST", "/imnot/admin/acme/rates/push/nothing/retrigger"),
    ("GET", "/imnot/nothing"),
    ("GET", "/nothing"),
    ("PUT", "/health"),
    ("PUT", "/healthz"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[Harness]:
    with Harness(ACME) as harness:
        yield harness


@pytest.mark.parametrize(("method", "path"), JSON_REQUESTS)
def test_json_answers_have_exactly_that_type_and_are_compact(
    server: Harness, method: str, path: str
) -> None:
    answer = server.request(method, path)
    assert answer.headers["content-type"] == "application/json"
    compact = json.dumps(answer.json(), separators=(",", ":"), ensure_ascii=False)
    assert answer.content == compact.encode()


def test_characters_are_not_escaped_and_keys_keep_their_order(server: Harness) -> None:
    assert server.get("/health").content == '{"zustand":"schön","up":true}'.encode()
    listed = server.get("/imnot/admin/partners").text
    assert listed.startswith('[{"partner":"acme","description":"An API of everything","datapoints"')


UNKNOWN = [
    "/nothing",
    "/",
    "/imnot",
    "/imnot/",
    "/imnot/nothing",
    "/imnot/admin",
    "/imnot/admin/nothing",
    "/imnot/admin/acme",
    "/imnot/admin/acme/charges",
    "/imnot/admin/acme/charges/payload/nothing",
    "/healthz/more",
    "/docs",
    "/redoc",
    "/schema",
    "/openapi.json",
]


@pytest.mark.parametrize("path", UNKNOWN)
def test_an_unknown_path_is_404_with_a_detail(server: Harness, path: str) -> None:
    answer = server.get(path)
    assert answer.status_code == 404
    assert isinstance(answer.json()["detail"], str)


WRONG_METHODS = [
    ("POST", "/healthz", {"GET"}),
    ("PUT", "/health", {"GET"}),
    ("GET", "/oauth/token", {"POST"}),
    ("POST", "/exports/some-id", {"GET"}),
    ("POST", "/imnot/docs", {"GET"}),
    ("DELETE", "/imnot/docs/partners", {"GET"}),
    ("POST", "/imnot/openapi.json", {"GET"}),
    ("PUT", "/imnot/admin/partners", {"GET", "POST"}),
    ("GET", "/imnot/admin/partners/acme", {"DELETE"}),
    ("PUT", "/imnot/admin/sessions", {"GET", "POST", "DELETE"}),
    ("POST", "/imnot/admin/sessions/some-id", {"GET", "PATCH", "DELETE"}),
    ("GET", "/imnot/admin/reload", {"POST"}),
    ("POST", "/imnot/admin/postman", {"GET"}),
    ("POST", "/imnot/admin/problems", {"GET"}),
    ("DELETE", "/imnot/admin/acme/charges/payload", {"GET", "POST"}),
    ("GET", "/imnot/admin/acme/charges/payload/session", {"POST"}),
    ("POST", "/imnot/admin/acme/charges/payload/session/some-id", {"GET"}),
    ("GET", "/imnot/admin/acme/rates/push/some-id/retrigger", {"POST"}),
    ("DELETE", "/imnot/admin/acme/rates/callback", {"GET"}),
]


@pytest.mark.parametrize(("method", "path", "allowed"), WRONG_METHODS)
def test_a_wrong_method_is_405_and_names_those_that_are_allowed(
    server: Harness, method: str, path: str, allowed: set[str]
) -> None:
    answer = server.request(method, path)
    assert answer.status_code == 405
    assert isinstance(answer.json()["detail"], str)
    named = set(answer.headers["allow"].split(", "))
    assert named - {"OPTIONS"} == allowed


@pytest.mark.parametrize(
    "path", ["/healthz", "/health", "/charges", "/imnot/docs", "/imnot/admin/partners"]
)
def test_get_does_not_answer_head(server: Harness, path: str) -> None:
    answer = server.head(path)
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


def test_a_partner_may_declare_head() -> None:
    with Harness(static("acme", "HEAD /it", "GET /other")) as server:
        assert server.head("/it").status_code == 200
        assert server.get("/it").status_code == 405
        assert server.get("/it").headers["allow"] == "HEAD"


@pytest.mark.parametrize(
    "path",
    [
        "/health",
        "/healthz",
        "/imnot/admin/partners",
        "/imnot/admin/sessions",
        "/imnot/openapi.json",
        "/imnot/admin/acme/rates/push",
    ],
)
def test_a_slash_at_the_end_makes_no_difference(server: Harness, path: str) -> None:
    with_slash = server.get(f"{path}/")
    assert with_slash.status_code == 200
    assert with_slash.content == server.get(path).content


def test_the_content_type_of_a_request_is_not_looked_at(server: Harness) -> None:
    for given in ("text/plain", "application/x-www-form-urlencoded", "nonsense", ""):
        upload = server.post(
            "/imnot/admin/acme/charges/payload", content=b"[1]", headers={"Content-Type": given}
        )
        assert upload.status_code == 200
        text = static(f"typed-{len(given)}", f"GET /typed/{len(given)}").encode()
        registered = server.post(
            "/imnot/admin/partners", content=text, headers={"Content-Type": given}
        )
        assert registered.status_code == 201


def test_ids_are_random_uuids_of_version_4(server: Harness) -> None:
    ids = [
        server.post("/exports").json()["id"],
        server.post("/rates", json={"callbackUrl": "http://me.example"}).json()["request_id"],
        server.post("/imnot/admin/sessions").json()["session_id"],
        server.post("/imnot/admin/acme/charges/payload/session", json=1).json()["session_id"],
    ]
    assert len(set(ids)) == len(ids)
    for each in ids:
        assert str(UUID(each)) == each
        assert UUID(each).version == 4


def test_errors_of_query_parameters_are_told_as_any_other(server: Harness) -> None:
    answer = server.get("/imnot/admin/partners?details=perhaps")
    assert answer.status_code == 400
    assert "details" in answer.json()["detail"]
