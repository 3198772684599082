"""`requires_token` on endpoints of any pattern: the refusals of RFC 6750."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from imnot_core import Compiled, Context, InvalidToken, PartnerError, Request, TokenInfo
from imnot_core.testing import Harness
from imnot_patterns.static import Static
from tests.server.oauth_client import OAuthClient

PARTNER = """\
partner: acme
datapoints:
  - name: orders
    pattern: static
    endpoints:
      - {method: GET, path: /orders, requires_token: token, response: {body: [7]}}
      - method: POST
        path: /orders
        requires_token: {datapoint: token, scope: [read, write]}
      - method: DELETE
        path: /orders
        requires_token: {datapoint: token, scope: read write}
        error_format: problem+json
  - name: rates
    pattern: fetch
    endpoints:
      - {method: GET, path: /rates, requires_token: fixed}
  - name: jobs
    pattern: async
    endpoints:
      - method: POST
        path: /jobs
        requires_token: {datapoint: fixed, scope: jobs}
        response: {generates_id: true, id_body_field: id}
  - name: hooks
    pattern: push
    endpoints:
      - method: POST
        path: /hooks
        requires_token: {datapoint: fixed, scope: hooks}
        response: {callback_url_field: url}
  - name: token
    pattern: oauth
    issue: jwt
    endpoints:
      - {method: POST, path: /acme/oauth/token}
  - name: fixed
    pattern: oauth
    scopes: [jobs]
    endpoints:
      - {method: POST, path: /fixed/token}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Harness]:
    with Harness(PARTNER) as harness:
        yield harness


@pytest.fixture
def fixed(server: Harness) -> dict[str, str]:
    token = server.post("/fixed/token").json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


def challenge(answer: httpx.Response) -> dict[str, str]:
    """The attributes of the one challenge."""
    (value,) = answer.headers.get_list("WWW-Authenticate")
    assert value.startswith("Bearer ")
    return dict(re.findall(r'(\w+)="([^"]*)"', value))


def test_who_brings_no_token_is_asked_for_one(server: Harness) -> None:
    answer = server.get("/orders")

    assert answer.status_code == 401
    assert challenge(answer) == {"realm": "acme"}
    assert answer.json() == {
        "detail": "Needs an access token of acme/token: send Authorization: Bearer <token>"
    }


def test_another_kind_of_credentials_is_no_token(server: Harness) -> None:
    answer = server.get("/orders", headers={"Authorization": "Basic YTpi"})

    assert answer.status_code == 401
    assert challenge(answer) == {"realm": "acme"}


def test_a_token_is_taken_from_the_header_the_query_or_the_form(server: Harness) -> None:
    token = OAuthClient(server).token(scope="read write")

    assert server.get("/orders", headers={"Authorization": f"bearer {token}"}).json() == [7]
    assert server.get("/orders", params={"access_token": token}).json() == [7]
    assert server.post("/orders", data={"access_token": token}).status_code == 200
    assert server.post("/orders", json={"access_token": token}).status_code == 401


@pytest.mark.parametrize("value", ["Bearer", "Bearer "])
def test_an_empty_token_makes_no_request(server: Harness, value: str) -> None:
    answer = server.get("/orders", headers={"Authorization": value})

    assert answer.status_code == 400
    assert challenge(answer)["error"] == "invalid_request"


def test_two_tokens_make_no_request(server: Harness) -> None:
    token = OAuthClient(server).token()
    headers = {"Authorization": f"Bearer {token}"}

    answer = server.get("/orders", headers=headers, params={"access_token": token})

    assert answer.status_code == 400
    assert challenge(answer)["error"] == "invalid_request"
    assert "more than one place" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda token: "x", "no JWT that is signed by RS256"),
        (lambda token: "a b", "no JWT that is signed by RS256"),
        (lambda token: token.rpartition(".")[0] + ".", "wrong signature"),
        (lambda token: ".".join([*token.split(".")[:2], "AAAA"]), "wrong signature"),
        (lambda token: f"eyJhbGciOiJub25lIn0.{token.split('.')[1]}.", "no JWT that is signed"),
    ],
    ids=["no JWT", "two words", "no signature", "another signature", "unsigned"],
)
def test_a_token_that_is_not_good_is_refused(server: Harness, change: object, said: str) -> None:
    assert callable(change)
    token = change(OAuthClient(server).token())

    answer = server.get("/orders", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 401
    attributes = challenge(answer)
    assert list(attributes) == ["realm", "error", "error_description"]
    assert attributes["error"] == "invalid_token"
    assert said in attributes["error_description"]
    assert said in answer.json()["detail"]


def test_a_token_of_another_key_is_refused(server: Harness) -> None:
    with Harness(PARTNER) as other:
        token = OAuthClient(other).token()

    answer = server.get("/orders", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 401
    assert "wrong signature" in answer.json()["detail"]


def test_a_token_without_a_scope_is_not_enough(server: Harness) -> None:
    token = OAuthClient(server).token(scope="read other")

    answer = server.post("/orders", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 403
    assert challenge(answer) == {
        "realm": "acme",
        "error": "insufficient_scope",
        "error_description": "The access token lacks the scope write: it has other read",
        "scope": "read write",
    }


def test_a_refusal_may_be_a_problem(server: Harness) -> None:
    answer = server.delete("/orders")
    token = OAuthClient(server).token()
    lacking = server.delete("/orders", headers={"Authorization": f"Bearer {token}"})

    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.json()["status"], answer.json()["title"]) == (401, "Unauthorized")
    assert challenge(lacking)["scope"] == "read write"
    assert lacking.json()["detail"] == "The access token lacks the scope read write: it has none"


def test_the_fixed_token_is_good_in_every_session(server: Harness, fixed: dict[str, str]) -> None:
    with server.session() as session:
        session.upload("acme", "rates", {"EUR": 1})

        assert server.get("/rates", session=session).status_code == 401
        assert server.get("/rates", session=session, headers=fixed).json() == {"EUR": 1}
        assert server.get("/rates", headers=fixed).status_code == 404


def test_the_fixed_token_has_the_scopes_of_its_datapoint(
    server: Harness, fixed: dict[str, str]
) -> None:
    assert server.post("/jobs", headers=fixed).status_code == 202
    assert server.post("/hooks", headers=fixed).status_code == 403
    other = server.post("/jobs", params={"access_token": "ü"})
    assert other.status_code == 401
    assert challenge(other)["error"] == "invalid_token"


def test_a_session_has_its_own_time_for_tokens(server: Harness) -> None:
    with server.session() as session:
        client = OAuthClient(server, session.id)
        token = client.token()
        server.admin("POST", f"/sessions/{session.id}/clock", json={"advance": 3599})
        assert client.orders(token, "/orders").status_code == 200
        server.admin("POST", f"/sessions/{session.id}/clock", json={"advance": 1})
        assert client.orders(token, "/orders").status_code == 401
        fresh = client.token()
        assert client.orders(fresh, "/orders").status_code == 200


# What a partner file says


def refusal(text: str, requires: str) -> PartnerError:
    file = f"""\
partner: acme
datapoints:
  - name: orders
    pattern: static
    endpoints:
      - method: GET
        path: /orders
        requires_token: {requires}
{text}"""
    with pytest.raises(PartnerError) as refused, Harness(file):
        pass
    return refused.value


TOKEN = """\
  - name: token
    pattern: oauth
    endpoints:
      - {method: POST, path: /token}
"""


@pytest.mark.parametrize(
    ("text", "requires", "said"),
    [
        (TOKEN, "login", "no datapoint 'login' of this partner gives out tokens"),
        (TOKEN, "login", "name one of token"),
        (TOKEN, "orders", "no datapoint 'orders' of this partner gives out tokens"),
        (TOKEN, "{datapoint: login}", "no datapoint 'login'"),
        ("", "token", "add a datapoint of the pattern oauth"),
        (TOKEN, "7", "requires_token"),
        (TOKEN, "{scope: a}", "datapoint"),
        (TOKEN, "{datapoint: token, scopes: a}", "scope"),
        (TOKEN, '{datapoint: token, scope: [a"b]}', "is no scope"),
        (TOKEN, "{datapoint: token, scope: [a b]}", "is no scope"),
    ],
)
def test_what_cannot_be_required_is_a_fault_of_the_file(
    text: str, requires: str, said: str
) -> None:
    error = refusal(text, requires)

    assert said in str(error)
    assert error.problems[0].line == 8
    assert error.problems[0].path.startswith("datapoints[0].endpoints[0].requires_token")


# Plugins


class Badges(Static):
    """Gives out tokens of its own: names in capitals are good."""

    name = "badges"

    def compile(self, datapoint: object, context: Context) -> Compiled:
        async def check(token: str, request: Request) -> TokenInfo:
            if not token.isupper():
                raise InvalidToken(f'{request.method}: "{token}" is\nno badge')
            return TokenInfo(frozenset(["door"]))

        return Compiled((), token_check=check)


def test_a_plugin_can_give_out_tokens() -> None:
    badge = """\
  - name: token
    pattern: badges
    endpoints:
      - {method: POST, path: /unused}
"""
    text = """\
partner: acme
datapoints:
  - name: orders
    pattern: static
    endpoints:
      - {method: GET, path: /orders, requires_token: {datapoint: token, scope: door}}
"""
    with Harness(text + badge, plugins=[Badges]) as server:
        good = server.get("/orders", headers={"Authorization": "Bearer ADA"})
        bad = server.get("/orders", headers={"Authorization": "Bearer eve"})

    assert good.status_code == 200
    assert challenge(bad)["error_description"] == "GET: _eve_ is_no badge"
