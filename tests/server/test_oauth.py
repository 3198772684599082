"""The pattern `oauth` with `issue: jwt`: every grant, as clients meet it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from imnot_core import PartnerError
from imnot_core.testing import Harness
from imnot_core.testing.clock import START
from tests.server.oauth_client import (
    CALLBACK,
    CHALLENGE,
    VERIFIER,
    OAuthClient,
    basic,
    error_of,
    partner,
    sent_back,
)

CLIENTS = """\
clients:
  - {client_id: backend, secret: "s e+c%ret", scopes: [read]}
  - {client_id: web, redirect_uris: ['https://app.example/back']}
scopes: [openid, read, write]
users:
  - {username: ada, password: lovelace, claims: {email: '{username}@acme.example'}}
  - {username: bob, password: builder}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Harness]:
    with Harness(partner()) as harness:
        yield harness


@pytest.fixture(scope="module")
def strict_server() -> Iterator[Harness]:
    with Harness(partner(CLIENTS)) as harness:
        yield harness


@pytest.fixture
def anybody(server: Harness) -> OAuthClient:
    return OAuthClient(server)


@pytest.fixture
def known(strict_server: Harness) -> OAuthClient:
    return OAuthClient(strict_server)


# client_credentials, and what all grants have in common


def test_anybody_gets_a_token_that_is_signed(anybody: OAuthClient) -> None:
    answer = anybody.ask("client_credentials", client_id="backend", scope="read write")

    body = answer.json()
    assert list(body) == ["access_token", "token_type", "expires_in", "scope"]
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 3600, "read write")
    assert (answer.headers["Cache-Control"], answer.headers["Pragma"]) == ("no-store", "no-cache")
    claims = anybody.claims(body["access_token"])
    assert list(claims) == ["iss", "sub", "iat", "exp", "client_id", "scope", "jti"]
    assert claims["iss"] == f"{anybody.server.url}/acme/oauth"
    assert (claims["sub"], claims["client_id"]) == ("backend", "backend")
    assert (claims["iat"], claims["exp"]) == (int(START), int(START) + 3600)
    assert claims["scope"] == "read write"


def test_no_token_is_like_another(anybody: OAuthClient) -> None:
    assert anybody.token() != anybody.token()


def test_parameters_may_be_json(anybody: OAuthClient) -> None:
    asked = {"grant_type": "client_credentials", "client_id": "backend", "scope": ""}

    answer = anybody.server.post("/acme/oauth/token", json=asked)

    assert "scope" not in answer.json()
    assert anybody.claims(answer.json()["access_token"])["sub"] == "backend"


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        (b"", "invalid_request", "grant_type is missing"),
        (b"grant_type=", "invalid_request", "grant_type is missing"),
        (b"grant_type=implicit", "unsupported_grant_type", "none of client_credentials, password"),
        (b"grant_type=password&grant_type=password", "invalid_request", "is there 2 times"),
        (b"grant_type=password&username=ada", "invalid_request", "password is missing"),
        (b"grant_type=refresh_token", "invalid_request", "refresh_token is missing"),
        (b"grant_type=refresh_token&refresh_token=x", "invalid_grant", "is not known"),
        (b"grant_type=authorization_code", "invalid_request", "code is missing"),
        (b"grant_type=authorization_code&code=x", "invalid_grant", "is not known"),
        (b"\xff", "invalid_request", "not UTF-8"),
        (b"{", "invalid_request", "not valid JSON"),
        (b'{"grant_type": 1}', "invalid_request", "grant_type is no text"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(
    anybody: OAuthClient, content: bytes, error: str, said: str
) -> None:
    answer = anybody.server.post("/acme/oauth/token", content=content)

    assert error_of(answer) == (400, error)
    assert said in answer.json()["error_description"]


def test_an_error_description_has_only_what_the_standard_allows(anybody: OAuthClient) -> None:
    answer = anybody.ask('gr"änt\n')

    assert "gr??nt?" in answer.json()["error_description"]


# Clients that are declared


@pytest.mark.parametrize(
    "secret", ["s e+c%ret", "s+e%2Bc%25ret"], ids=["as it is", "encoded as RFC 6749 asks for"]
)
def test_a_client_says_who_it_is_by_basic(known: OAuthClient, secret: str) -> None:
    answer = known.ask("client_credentials", headers=basic("backend", secret))

    assert answer.json()["scope"] == "read"
    assert known.claims(answer.json()["access_token"])["client_id"] == "backend"


def test_a_client_says_who_it_is_in_the_form(known: OAuthClient) -> None:
    assert known.token(client_id="backend", client_secret="s e+c%ret")


@pytest.mark.parametrize(
    ("headers", "fields", "said"),
    [
        ({}, {}, "does not say which client"),
        ({}, {"client_id": "nobody"}, "no client nobody"),
        ({}, {"client_id": "backend"}, "secret is missing"),
        ({}, {"client_id": "backend", "client_secret": "wrong"}, "secret is not that"),
        (basic("backend", "wrong"), {}, "secret is not that"),
        ({"Authorization": "Basic ?"}, {}, "cannot be decoded"),
        ({"Authorization": "Basic YQ=="}, {}, "no colon"),
    ],
)
def test_a_client_that_is_not_known_is_told_so(
    known: OAuthClient, headers: dict[str, str], fields: dict[str, str], said: str
) -> None:
    answer = known.ask("client_credentials", headers=headers, **fields)

    assert error_of(answer) == (401, "invalid_client")
    assert said in answer.json()["error_description"]
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="acme"'


@pytest.mark.parametrize(
    "fields", [{"client_secret": "s e+c%ret"}, {"client_id": "web"}], ids=["twice", "two names"]
)
def test_a_client_says_who_it_is_in_one_way(known: OAuthClient, fields: dict[str, str]) -> None:
    answer = known.ask("client_credentials", headers=basic("backend", "s e+c%ret"), **fields)

    assert error_of(answer) == (400, "invalid_request")


def test_a_public_client_gets_no_token_for_itself(known: OAuthClient) -> None:
    answer = known.ask("client_credentials", client_id="web")

    assert error_of(answer) == (400, "unauthorized_client")


def test_a_client_gets_no_scope_that_it_does_not_have(known: OAuthClient) -> None:
    answer = known.ask("client_credentials", headers=basic("backend", "s e+c%ret"), scope="write")

    assert error_of(answer) == (400, "invalid_scope")


def test_secrets_may_be_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_SECRET", "hidden")
    monkeypatch.setenv("ADA_PASSWORD", "lovelace")
    text = partner(
        "clients: [{client_id: backend, secret_env: ACME_SECRET}]",
        "users: [{username: ada, password_env: ADA_PASSWORD}]",
    )
    with Harness(text) as server:
        client = OAuthClient(server)
        secret = {"client_id": "backend", "client_secret": "hidden"}

        assert client.token(**secret)
        assert client.token("password", username="ada", password="lovelace", **secret)
        refused = client.ask("password", username="ada", password="other", **secret)
        assert error_of(refused) == (400, "invalid_grant")


def test_a_secret_that_the_environment_does_not_have_is_a_fault_of_the_file() -> None:
    text = partner("clients: [{client_id: backend, secret_env: IMNOT_TEST_NO_SUCH}]")

    with (
        pytest.raises(PartnerError, match="IMNOT_TEST_NO_SUCH is not set") as refused,
        Harness(text),
    ):
        pass

    assert refused.value.problems[0].path == "datapoints[0].clients[0].secret_env"
    assert refused.value.problems[0].line == 6


# password and refresh_token


def test_a_user_gets_tokens_by_password(known: OAuthClient) -> None:
    answer = known.ask("password", client_id="web", username="ada", password="lovelace")

    body = answer.json()
    claims = known.claims(body["access_token"])
    assert (claims["sub"], claims["client_id"]) == ("ada", "web")
    assert claims["email"] == "ada@acme.example"
    assert body["refresh_token"]
    assert known.claims(body["id_token"])["sub"] == "ada"


@pytest.mark.parametrize(("username", "password"), [("ada", "wrong"), ("eve", "lovelace")])
def test_a_wrong_password_gets_nothing(known: OAuthClient, username: str, password: str) -> None:
    answer = known.ask("password", client_id="web", username=username, password=password)

    assert error_of(answer) == (400, "invalid_grant")


def test_a_refresh_token_is_good_once_and_brings_the_next_one(known: OAuthClient) -> None:
    first = known.ask("password", client_id="web", username="ada", password="lovelace").json()

    second = known.ask("refresh_token", client_id="web", refresh_token=first["refresh_token"])
    third = known.ask("refresh_token", client_id="web", refresh_token=first["refresh_token"])
    other = known.ask(
        "refresh_token", client_id="web", refresh_token=second.json()["refresh_token"]
    )

    assert known.claims(second.json()["access_token"])["sub"] == "ada"
    assert second.json()["scope"] == "openid read write"
    assert error_of(third) == (400, "invalid_grant")
    assert "used already" in third.json()["error_description"]
    assert other.status_code == 200


def test_a_refresh_token_may_ask_for_less_but_not_for_more(anybody: OAuthClient) -> None:
    asked = {"username": "ada", "password": "x", "scope": "read write"}
    token = anybody.ask("password", **asked).json()["refresh_token"]

    more = anybody.ask("refresh_token", refresh_token=token, scope="read admin")
    less = anybody.ask("refresh_token", refresh_token=token, scope="read")

    assert error_of(more) == (400, "invalid_scope")
    assert less.json()["scope"] == "read"


def test_a_refresh_token_belongs_to_one_client(anybody: OAuthClient) -> None:
    asked = {"username": "ada", "password": "x", "client_id": "one"}
    token = anybody.ask("password", **asked).json()["refresh_token"]

    answer = anybody.ask("refresh_token", refresh_token=token, client_id="other")

    assert error_of(answer) == (400, "invalid_grant")
    assert anybody.ask("refresh_token", refresh_token=token, client_id="one").status_code == 200


# authorization_code


def test_a_code_gets_tokens_of_the_user(known: OAuthClient) -> None:
    back = known.authorize(
        state="xyz äö", scope="openid read", code_challenge=CHALLENGE,
        code_challenge_method="S256", nonce="n-0S6", login_hint="bob",
    )  # fmt: skip
    assert back.headers["Location"].startswith(f"{CALLBACK}?code=")
    brought = sent_back(back)
    assert brought["state"] == "xyz äö"

    body = known.redeem(brought["code"], code_verifier=VERIFIER).json()

    assert body["scope"] == "openid read"
    identity = known.claims(body["id_token"])
    assert (identity["sub"], identity["aud"], identity["nonce"]) == ("bob", "web", "n-0S6")
    assert identity["auth_time"] == int(START)
    assert "jti" not in identity
    assert known.orders(body["access_token"]).json() == [7]
    assert known.orders(body["id_token"]).status_code == 401


def test_a_plain_challenge_is_a_challenge(anybody: OAuthClient) -> None:
    code = anybody.code(code_challenge=VERIFIER)

    assert anybody.redeem(code, code_verifier=VERIFIER).status_code == 200


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"code_verifier": ""}, "code_verifier is missing"),
        ({"code_verifier": VERIFIER[:-1] + "j"}, "does not fit"),
        ({"code_verifier": "short"}, "43 to 128"),
        ({"redirect_uri": "https://app.example/other"}, "redirect_uri is not that"),
        ({"redirect_uri": ""}, "redirect_uri is missing"),
        ({"client_id": "other"}, "to another client"),
        ({"client_id": ""}, "to another client"),
    ],
)
def test_a_code_gets_nothing_without_all_that_belongs_to_it(
    anybody: OAuthClient, fields: dict[str, str], said: str
) -> None:
    code = anybody.code(code_challenge=CHALLENGE, code_challenge_method="S256")
    good = {"code_verifier": VERIFIER}

    answer = anybody.redeem(code, **{**good, **fields})

    assert error_of(answer) == (400, "invalid_grant")
    assert said in answer.json()["error_description"]
    again = anybody.redeem(code, **good)
    assert "used already" in again.json()["error_description"]


def test_a_verifier_without_a_challenge_is_refused(anybody: OAuthClient) -> None:
    answer = anybody.redeem(anybody.code(), code_verifier=VERIFIER)

    assert error_of(answer) == (400, "invalid_grant")


def test_a_code_is_used_once_by_many_at_once(server: Harness) -> None:
    client = OAuthClient(server)
    code = client.code()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.redeem(code), range(8)))

    assert sorted(each.status_code for each in answers) == [200] + [400] * 7


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": ""}, "invalid_request"),
        ({"response_mode": "form_post"}, "invalid_request"),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "S512"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": "S256"}, "invalid_request"),
        ({"scope": "admin"}, "invalid_scope"),
        ({"login_hint": "eve"}, "access_denied"),
    ],
)
def test_a_browser_brings_back_what_is_wrong(
    known: OAuthClient, query: dict[str, str], error: str
) -> None:
    brought = sent_back(known.authorize(state="s", **query))

    assert list(brought) == ["error", "error_description", "state"]
    assert (brought["error"], brought["state"]) == (error, "s")


def test_a_browser_may_post_its_request(known: OAuthClient) -> None:
    answer = known.post(
        "/acme/oauth/authorize", response_type="code", client_id="web", redirect_uri=CALLBACK
    )

    assert known.redeem(sent_back(answer)["code"]).status_code == 200


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"client_id": ""}, "client_id is missing"),
        ({"client_id": "nobody"}, "no client nobody"),
        ({"client_id": "backend", "redirect_uri": ""}, "redirect_uri is missing"),
        ({"redirect_uri": "https://evil.example/"}, "none of the client web"),
        ({"client_id": "backend", "redirect_uri": "/relative"}, "no absolute URI"),
        ({"client_id": "backend", "redirect_uri": "https://a.example/#x"}, "has a fragment"),
        ({"client_id": "backend", "redirect_uri": "https://a.example/\r\nX: y"}, "no absolute"),
    ],
)
def test_a_browser_is_not_sent_where_nobody_is_known(
    known: OAuthClient, query: dict[str, str], said: str
) -> None:
    answer = known.authorize(**query)

    assert error_of(answer) == (400, "invalid_request")
    assert said in answer.json()["error_description"]


def test_the_only_address_of_a_client_need_not_be_said(known: OAuthClient) -> None:
    back = known.authorize(redirect_uri="")

    assert back.headers["Location"].startswith(f"{CALLBACK}?code=")
    assert known.redeem(sent_back(back)["code"], redirect_uri="").status_code == 200


def test_an_address_keeps_its_query(anybody: OAuthClient) -> None:
    back = anybody.authorize(redirect_uri="myapp://back?tab=1")

    assert back.headers["Location"].startswith("myapp://back?tab=1&code=")


def test_pkce_can_be_required() -> None:
    with Harness(partner("require_pkce: true")) as server:
        client = OAuthClient(server)

        assert sent_back(client.authorize())["error"] == "invalid_request"
        assert client.code(code_challenge=CHALLENGE, code_challenge_method="S256")


# Time


def test_tokens_codes_and_refresh_tokens_end_in_time() -> None:
    with Harness(
        partner("code_expires_in: 10", "refresh_expires_in: 100", expires_in=60)
    ) as server:
        client = OAuthClient(server)
        code = client.code()
        body = client.ask("password", username="ada", password="x").json()

        server.clock.advance(59)
        assert client.orders(body["access_token"]).status_code == 200
        late = client.redeem(code)
        assert error_of(late) == (400, "invalid_grant")
        assert "has expired" in late.json()["error_description"]

        server.clock.advance(1)
        expired = client.orders(body["access_token"])
        assert expired.status_code == 401
        assert 'error="invalid_token"' in expired.headers["WWW-Authenticate"]
        assert "expired at 2" in expired.headers["WWW-Authenticate"]

        server.clock.advance(40)
        late = client.ask("refresh_token", refresh_token=body["refresh_token"])
        assert "has expired" in late.json()["error_description"]


def test_everything_survives_a_restart_and_is_the_same_for_all_workers() -> None:
    with Harness(partner(), workers=2) as server:
        client = OAuthClient(server)
        code = client.code()
        tokens = [client.token() for _ in range(4)]
        keys = [server.get("/acme/oauth/.well-known/jwks.json").content for _ in range(2)]
        refresh = client.ask("password", username="a", password="b").json()["refresh_token"]
        server.restart()

        assert len({*keys, server.get("/acme/oauth/.well-known/jwks.json").content}) == 1
        assert [client.orders(token).status_code for token in tokens] == [200] * 4
        assert client.redeem(code).status_code == 200
        assert client.redeem(code).status_code == 400
        assert client.ask("refresh_token", refresh_token=refresh).status_code == 200


# Sessions


def test_what_is_given_out_in_a_session_is_good_in_it_alone(server: Harness) -> None:
    with server.session() as one, server.session() as two:
        inside, other = OAuthClient(server, one.id), OAuthClient(server, two.id)
        outside = OAuthClient(server)
        token, code = inside.token(), inside.code()
        refresh = inside.ask("password", username="a", password="b").json()["refresh_token"]

        assert inside.orders(token).status_code == 200
        for stranger in (other, outside):
            refused = stranger.orders(token)
            assert refused.status_code == 401
            assert "in another session" in refused.json()["detail"]
            assert error_of(stranger.redeem(code)) == (400, "invalid_grant")
            answer = stranger.ask("refresh_token", refresh_token=refresh)
            assert error_of(answer) == (400, "invalid_grant")
        assert inside.redeem(code).status_code == 200
        assert inside.ask("refresh_token", refresh_token=refresh).status_code == 200

    assert inside.orders(token).status_code == 401


def test_what_is_given_out_without_a_session_is_good_in_all(server: Harness) -> None:
    outside = OAuthClient(server)
    token, code = outside.token(), outside.code()
    with server.session() as session:
        inside = OAuthClient(server, session.id)

        assert inside.orders(token).status_code == 200
        redeemed = inside.redeem(code)
        assert redeemed.status_code == 200
        assert outside.redeem(code).status_code == 400
        assert inside.orders(redeemed.json()["access_token"]).status_code == 200
        assert outside.orders(redeemed.json()["access_token"]).status_code == 401


def test_a_copy_of_a_session_has_what_was_given_out_in_it(server: Harness) -> None:
    with server.session() as prepared:
        client = OAuthClient(server, prepared.id)
        token, code = client.token(), client.code()
        with prepared.copy() as copied:
            other = OAuthClient(server, copied.id)

            assert other.orders(token).status_code == 200
            assert other.redeem(code).status_code == 200
            assert client.redeem(code).status_code == 200
            other.post("/acme/oauth/revoke", token=token)
            assert other.orders(token).status_code == 401
            assert client.orders(token).status_code == 200


def test_a_session_in_the_address_is_kept(server: Harness) -> None:
    with server.session() as session:
        prefix = f"/~session/{session.id}"
        url = f"{server.url}{prefix}/acme/oauth"
        document = server.get(f"{prefix}/acme/oauth/.well-known/openid-configuration").json()
        assert (document["issuer"], document["token_endpoint"]) == (url, f"{url}/token")

        client = OAuthClient(server)
        back = client.authorize(document["authorization_endpoint"])
        assert back.headers["Location"].startswith(f"{CALLBACK}?code=")
        asked = {"code": sent_back(back)["code"], "client_id": "web", "redirect_uri": CALLBACK}
        answer = client.post(
            document["token_endpoint"], grant_type="authorization_code", **asked
        ).json()

        assert client.claims(answer["access_token"])["iss"] == url
        assert OAuthClient(server, session.id).orders(answer["access_token"]).status_code == 200
        assert client.orders(answer["access_token"]).status_code == 401


def test_a_session_may_have_another_answer(server: Harness) -> None:
    with server.session() as session:
        client = OAuthClient(server, session.id)
        answer = {"times": 1, "response": {"status": 503, "body": {"error": "server_error"}}}
        server.admin("PUT", "/overrides/acme/token", json=answer, session=session)

        assert client.ask("client_credentials").status_code == 503
        assert OAuthClient(server).token()
        assert client.token()


# Introspection, revocation, userinfo


def test_a_token_can_be_looked_up(known: OAuthClient) -> None:
    secret = {"client_id": "backend", "client_secret": "s e+c%ret"}
    body = known.ask("password", username="ada", password="lovelace", **secret).json()

    access = known.post("/acme/oauth/introspect", token=body["access_token"], **secret).json()
    refresh = known.post("/acme/oauth/introspect", token=body["refresh_token"], **secret).json()
    neither = known.post("/acme/oauth/introspect", token="x", **secret)
    nobody = known.post("/acme/oauth/introspect", token=body["access_token"])

    assert access["active"] is True
    assert (access["username"], access["client_id"], access["scope"]) == ("ada", "backend", "read")
    assert access["exp"] == access["iat"] + 3600
    assert refresh == {
        "active": True, "scope": "read", "client_id": "backend", "username": "ada",
        "exp": int(START) + 1209600,
    }  # fmt: skip
    assert neither.json() == {"active": False}
    assert error_of(nobody) == (401, "invalid_client")


def test_a_token_can_be_given_back(anybody: OAuthClient) -> None:
    token = anybody.token()

    answer = anybody.post("/acme/oauth/revoke", token=token)
    again = anybody.post("/acme/oauth/revoke", token=token)

    assert (answer.status_code, answer.content) == (200, b"")
    assert again.status_code == 200
    assert anybody.orders(token).status_code == 401
    looked_up = anybody.post("/acme/oauth/introspect", token=token)
    assert looked_up.json() == {"active": False}


def test_a_refresh_token_takes_its_access_token_along(anybody: OAuthClient) -> None:
    body = anybody.ask("password", username="a", password="b").json()

    anybody.post("/acme/oauth/revoke", token=body["refresh_token"])

    assert anybody.orders(body["access_token"]).status_code == 401
    answer = anybody.ask("refresh_token", refresh_token=body["refresh_token"])
    assert error_of(answer) == (400, "invalid_grant")


def test_nobody_gives_back_the_token_of_another_client(known: OAuthClient) -> None:
    token = known.token(client_id="backend", client_secret="s e+c%ret")

    answer = known.post("/acme/oauth/revoke", token=token, client_id="web")

    assert error_of(answer) == (400, "unauthorized_client")


def test_a_user_can_be_asked_for(known: OAuthClient) -> None:
    token = known.token("password", client_id="web", username="ada", password="lovelace")

    told = known.server.get("/acme/oauth/userinfo", headers={"Authorization": f"Bearer {token}"})

    assert told.json() == {"sub": "ada", "email": "ada@acme.example"}
    assert known.server.get("/acme/oauth/userinfo").status_code == 401
    posted = known.post("/acme/oauth/userinfo", access_token=token)
    assert posted.json() == told.json()


# Documents, and where everything lies


def test_discovery_lists_all_that_is_there(known: OAuthClient) -> None:
    url = f"{known.server.url}/acme/oauth"

    document = known.server.get("/acme/oauth/.well-known/openid-configuration").json()

    assert document == {
        "issuer": url,
        "authorization_endpoint": f"{url}/authorize",
        "token_endpoint": f"{url}/token",
        "jwks_uri": f"{url}/.well-known/jwks.json",
        "introspection_endpoint": f"{url}/introspect",
        "revocation_endpoint": f"{url}/revoke",
        "userinfo_endpoint": f"{url}/userinfo",
        "grant_types_supported": [
            "client_credentials", "password", "refresh_token", "authorization_code",
        ],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "token_endpoint_auth_methods_supported": [
            "client_secret_basic", "client_secret_post", "none",
        ],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "read", "write"],
        "code_challenge_methods_supported": ["S256", "plain"],
    }  # fmt: skip
    other = known.server.get("/.well-known/oauth-authorization-server/acme/oauth")
    assert other.json() == document


def test_a_key_shows_its_public_half_alone(anybody: OAuthClient) -> None:
    document = anybody.server.get("/acme/oauth/.well-known/jwks.json").json()

    (key,) = document["keys"]
    assert list(key) == ["kty", "use", "alg", "kid", "e", "n"]
    assert (key["kty"], key["use"], key["alg"]) == ("RSA", "sig", "RS256")


def test_paths_and_issuer_can_be_chosen() -> None:
    text = partner(
        "issuer: /acme",
        "jwks_path: /acme/keys",
        "authorize_path: /acme/login",
        "introspection_path: /acme/a",
        "revocation_path: /acme/b",
        "userinfo_path: /acme/c",
    )
    with Harness(text) as server:
        client = OAuthClient(server)
        document = server.get("/acme/.well-known/openid-configuration").json()

        assert document["issuer"] == f"{server.url}/acme"
        assert document["token_endpoint"] == f"{server.url}/acme/oauth/token"
        assert server.get(document["jwks_uri"]).json()["keys"]
        assert server.get("/.well-known/oauth-authorization-server/acme").json() == document
        assert sent_back(client.authorize(document["authorization_endpoint"]))["code"]
        token = client.token()
        assert client.post(document["introspection_endpoint"], token=token).json()["active"]
        headers = {"Authorization": f"Bearer {token}"}
        assert server.get(document["userinfo_endpoint"], headers=headers).status_code == 200
        assert client.post(document["revocation_endpoint"], token=token).status_code == 200


def test_the_issuer_may_be_that_of_the_real_server() -> None:
    text = partner("issuer: https://login.acme.example/", "discovery_path: /acme/discovery")
    with Harness(text) as server:
        client = OAuthClient(server)

        document = server.get("/acme/discovery").json()
        assert document["issuer"] == "https://login.acme.example/"
        assert document["token_endpoint"] == f"{server.url}/acme/oauth/token"
        assert client.claims(client.token())["iss"] == "https://login.acme.example/"


def test_a_token_endpoint_for_each_tenant_has_documents_for_each() -> None:
    text = partner().replace("/acme/oauth/token", "'/{tenant}/oauth/token'")
    with Harness(text) as server:
        document = server.get("/big%20one/oauth/.well-known/openid-configuration").json()
        assert document["issuer"] == f"{server.url}/big%20one/oauth"
        assert document["token_endpoint"] == f"{server.url}/big%20one/oauth/token"
        asked = {"grant_type": "client_credentials"}
        token = server.post(document["token_endpoint"], data=asked).json()["access_token"]

        assert OAuthClient(server).orders(token).status_code == 200


def test_claims_can_be_declared() -> None:
    text = partner(
        "claims:\n"
        "  aud: [orders, billing]\n"
        "  sub: client/{client_id}\n"
        "  iss: somebody\n"
        "  roles: {'{client_id}': [user], who: ['{username}', fixed]}\n"
        "  email: '{username}@acme.example'\n"
        "  level: 7"
    )
    with Harness(text) as server:
        client = OAuthClient(server)
        alone = client.claims(client.token(client_id="app"))
        user = client.claims(client.token("password", username="ada", password="x"))

    assert (alone["aud"], alone["sub"]) == (["orders", "billing"], "client/app")
    assert (alone["iss"], alone["level"]) == ("somebody", 7)
    assert alone["roles"] == {"{client_id}": ["user"], "who": ["fixed"]}
    assert "email" not in alone
    assert user["email"] == "ada@acme.example"
    assert user["roles"]["who"] == ["ada", "fixed"]
    assert user["sub"] == "client/imnot"


def test_grants_can_be_left_out() -> None:
    with Harness(partner("grants: [password]")) as server:
        client = OAuthClient(server)

        assert error_of(client.ask("client_credentials")) == (400, "unsupported_grant_type")
        assert "refresh_token" not in client.ask("password", username="a", password="b").json()
        assert client.authorize().status_code == 404
        document = server.get("/acme/oauth/.well-known/openid-configuration").json()
        assert document["grant_types_supported"] == ["password"]
        assert document["response_types_supported"] == []
        assert "authorization_endpoint" not in document


def test_declared_headers_and_status_are_those_of_the_answer() -> None:
    response = "response: {status: 201, token_type: bearer, headers: {Cache-Control: private}}"
    text = partner().replace("response: {expires_in: 3600}", response)
    with Harness(text) as server:
        answer = OAuthClient(server).ask("client_credentials")
        refused = OAuthClient(server).ask("none")

    assert answer.status_code == 201
    assert answer.json()["token_type"] == "bearer"
    assert answer.headers.get_list("Cache-Control") == ["private"]
    assert (refused.status_code, refused.headers["Cache-Control"]) == (400, "private")


def test_two_servers_of_one_path_clash_by_name() -> None:
    second = """\
  - name: other
    pattern: oauth
    issue: jwt
    endpoints:
      - {method: POST, path: /acme/oauth/token2}
"""
    with pytest.raises(PartnerError, match=r"already served by acme/token") as refused:
        Harness(partner() + second).__enter__()

    assert "GET /acme/oauth/.well-known/jwks.json" in str(refused.value)
