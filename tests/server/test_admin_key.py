"""The admin key: everything that administers needs it, nothing that serves consumers does."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from imnot_core.testing import Harness
from tests.server.samples import ACME, static

KEY = "s3cret-Key"
UNAUTHORISED = 401

ADMIN = [
    ("GET", "/imnot/admin"),
    ("GET", "/imnot/admin/"),
    ("GET", "/imnot/admin/nothing"),
    ("GET", "/imnot/admin/partners"),
    ("POST", "/imnot/admin/partners"),
    ("DELETE", "/imnot/admin/partners/acme"),
    ("GET", "/imnot/admin/sessions"),
    ("POST", "/imnot/admin/sessions"),
    ("DELETE", "/imnot/admin/sessions"),
    ("DELETE", "/imnot/admin/sessions/some-id"),
    ("POST", "/imnot/admin/reload"),
    ("GET", "/imnot/admin/postman"),
    ("GET", "/imnot/admin/problems"),
    ("GET", "/imnot/admin/acme/charges/payload"),
    ("POST", "/imnot/admin/acme/charges/payload"),
    ("POST", "/imnot/admin/acme/charges/payload/session"),
    ("GET", "/imnot/admin/acme/charges/payload/session/some-id"),
    ("GET", "/imnot/admin/acme/rates/push"),
    ("POST", "/imnot/admin/acme/rates/push/some-id/retrigger"),
    ("POST", "/imnot/admin/acme/rates/callback/some-id/retrigger"),
    ("PATCH", "/imnot/admin/sessions"),
    ("OPTIONS", "/imnot/admin/sessions"),
    ("HEAD", "/imnot/admin/sessions"),
    ("GET", "/imnot/admin/ui"),
    # The same, spelt otherwise.
    ("DELETE", "/imnot/%61dmin/sessions"),
    ("DELETE", "/%69%6D%6E%6F%74/%61%64%6D%69%6E/sessions"),
    ("DELETE", "/imnot/admin/%73essions"),
    ("DELETE", "/imnot%2Fadmin%2Fsessions"),
    ("DELETE", "/imnot/admin%2fsessions"),
    ("DELETE", "/imnot//admin/sessions"),
    ("DELETE", "/imnot///admin//sessions//"),
    ("DELETE", "/imnot/%2Fadmin/sessions"),
    ("DELETE", "/imnot/admin/sessions/"),
    ("DELETE", "/%69mnot/admin/sessions"),
    ("POST", "/imnot/%61dmin/acme/rates/push/some-id/retrigger"),
]

OPEN = [
    ("POST", "/oauth/token", 200),
    ("GET", "/health", 200),
    ("GET", "/charges", 200),
    ("POST", "/exports", 202),
    ("GET", "/nothing", 404),
    ("PUT", "/health", 405),
    ("GET", "/healthz", 200),
    ("GET", "/imnot/docs", 404),
    ("GET", "/imnot/docs/partners", 404),
    ("GET", "/imnot/openapi.json", 200),
    ("GET", "/imnot/administration", 404),
    ("GET", "/imnot/admin%00", 404),
    ("GET", "/imnot", 404),
]

WRONG = [
    None,
    "",
    "Bearer",
    "Bearer ",
    f"Bearer {KEY} ",
    f"Bearer  {KEY}",
    f"bearer {KEY}",
    f"BEARER {KEY}",
    f"Basic {KEY}",
    KEY,
    f"Bearer {KEY.lower()}",
    f"Bearer {KEY}x",
    f"Bearer {KEY[:-1]}",
    f"Bearer {KEY}, Bearer {KEY}",
    "Bearer é",
    "Bearer \x80\xff",
]


@pytest.fixture(scope="module")
def server() -> Iterator[Harness]:
    with Harness(ACME, admin_key=KEY) as harness:
        harness.upload("acme", "charges", "payload")
        harness.session()
        yield harness


def send(
    server: Harness, method: str, path: str, authorization: str | None = None
) -> httpx.Response:
    """Send a path as it is: the client's own way would tidy it up."""
    headers = {} if authorization is None else {b"authorization": authorization.encode("latin-1")}
    request = server.client.build_request(method, "/", headers=headers, content=b"1")
    request.url = request.url.copy_with(raw_path=path.encode())
    return server.client.send(request)


def assert_refused(answer: httpx.Response) -> None:
    assert answer.status_code == UNAUTHORISED
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/json"
    if answer.request.method != "HEAD":
        assert list(answer.json()) == ["detail"]
        assert KEY not in answer.text


@pytest.mark.parametrize(("method", "path"), ADMIN)
def test_everything_that_administers_needs_the_key(server: Harness, method: str, path: str) -> None:
    assert_refused(send(server, method, path))
    assert_refused(send(server, method, path, "Bearer other"))
    # Nothing was executed:
    assert server.get("/charges").json() == "payload"
    assert len(server.admin("GET", "/sessions").json()) == 1


@pytest.mark.parametrize(("method", "path", "status"), OPEN)
def test_everything_else_is_open(server: Harness, method: str, path: str, status: int) -> None:
    assert send(server, method, path).status_code == status
    assert send(server, method, path, "Bearer other").status_code == status


@pytest.mark.parametrize("authorization", WRONG)
def test_the_key_is_compared_exactly(server: Harness, authorization: str | None) -> None:
    assert_refused(send(server, "GET", "/imnot/admin/sessions", authorization))
    path = "/imnot/admin/acme/rates/push/some-id/retrigger"
    assert_refused(send(server, "POST", path, authorization))


def test_the_right_key_admits(server: Harness) -> None:
    authorization = f"Bearer {KEY}"
    assert send(server, "GET", "/imnot/admin/sessions", authorization).status_code == 200
    assert send(server, "GET", "/imnot/admin/nothing", authorization).status_code == 404
    path = "/imnot/admin/acme/rates/push/some-id/retrigger"
    assert "some-id" in send(server, "POST", path, authorization).json()["detail"]


def test_without_a_key_everybody_is_admitted() -> None:
    with Harness(ACME) as server:
        assert send(server, "GET", "/imnot/admin/sessions").status_code == 200
        assert send(server, "GET", "/imnot/admin/sessions", "Bearer any").status_code == 200


def test_a_key_may_be_any_text() -> None:
    key = "clé-€ 😀"
    with Harness(admin_key=key) as server:
        spelt = f"Bearer {key}".encode().decode("latin-1")
        assert send(server, "GET", "/imnot/admin/sessions", spelt).status_code == 200
        assert_refused(send(server, "GET", "/imnot/admin/sessions", "Bearer cl\xe9"))


def test_the_body_of_a_refused_request_is_not_looked_at() -> None:
    with Harness(ACME, admin_key=KEY, body_limit=10) as server:
        answer = server.post("/imnot/admin/acme/charges/payload", content=b"x" * 1000)
        assert_refused(answer)


GREEDY = [
    f"{method} /{'/'.join(f'{{p{n}}}' for n in range(count))}"
    for method in ("GET", "POST", "DELETE")
    for count in range(1, 8)
]


@pytest.mark.parametrize(("method", "path"), ADMIN)
def test_a_partner_cannot_answer_in_place_of_the_admin_api(method: str, path: str) -> None:
    with Harness(static("greedy", *GREEDY), admin_key=KEY) as server:
        assert_refused(send(server, method, path))


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "path", ["/healthz", "/healthz/x", "/imnot", "/imnot/docs", "/imnot/docs/partners", "/imnot/x"]
)
def test_a_partner_cannot_answer_in_place_of_the_server(method: str, path: str) -> None:
    with Harness() as alone:
        expected = send(alone, method, path)
    with Harness(static("greedy", *GREEDY)) as server:
        answer = send(server, method, path)
    assert answer.status_code == expected.status_code
    assert answer.headers["content-type"] == expected.headers["content-type"]


def test_such_a_partner_answers_everything_else() -> None:
    with Harness(static("greedy", *GREEDY), admin_key=KEY) as server:
        for path in ("/a", "/a/b/c", "/a/imnot/admin/sessions", "/imnotadmin/x", "/healthzz"):
            assert server.get(path).json() == {"is": "here"}
