"""Client libraries against the authorization server of a real process."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.discovery import OpenIDProviderMetadata

from imnot_core.testing import ServerProcess
from tests.server.oauth_client import VERIFIER, sent_back

PARTNER = """\
partner: acme
datapoints:
  - name: login
    pattern: oauth
    issue: jwt
    scopes: [openid, profile, orders]
    claims: {aud: orders-api}
    clients:
      - {client_id: backend, secret: "p%s+w rd", scopes: [orders]}
      - {client_id: web, secret: hush, redirect_uris: ['https://app.example/back']}
      - {client_id: spa, redirect_uris: ['https://spa.example/']}
    users:
      - {username: ada, password: lovelace, claims: {name: Ada}}
    require_pkce: true
    endpoints:
      - {method: POST, path: /acme/login/token, response: {expires_in: 600}}
  - name: orders
    pattern: static
    endpoints:
      - method: GET
        path: /acme/orders
        requires_token: {datapoint: login, scope: orders}
        response: {body: [7]}
"""


def write(folder: Path) -> Path:
    file = folder / "partners" / "acme" / "partner.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(PARTNER, encoding="utf-8")
    return file.parent.parent


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess(write(tmp_path_factory.mktemp("oauth")), args=("--workers", "2")) as started:
        yield started


@pytest.fixture
def metadata(server: ServerProcess) -> dict[str, Any]:
    """What discovery says."""
    found: dict[str, Any] = server.get("/acme/login/.well-known/openid-configuration").json()
    return found


def verified(token: str, metadata: dict[str, Any], audience: str) -> dict[str, Any]:
    """The claims of a token, judged as a resource server does: by key, time, issuer, audience."""
    key = jwt.PyJWKClient(metadata["jwks_uri"]).get_signing_key_from_jwt(token)
    claims: dict[str, Any] = jwt.decode(
        token,
        key,
        algorithms=metadata["id_token_signing_alg_values_supported"],
        audience=audience,
        issuer=metadata["issuer"],
        options={"require": ["exp", "iat", "iss", "sub", "aud"]},
    )
    return claims


def test_discovery_is_a_valid_document(server: ServerProcess, metadata: dict[str, Any]) -> None:
    assert metadata["issuer"] == f"http://localhost:{server.port}/acme/login"
    # The library wants HTTPS, which a mock server does not speak.
    secure = {
        name: value.replace("http://", "https://") if isinstance(value, str) else value
        for name, value in metadata.items()
    }
    OpenIDProviderMetadata(secure).validate()


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_a_service_gets_a_token_and_uses_it(
    metadata: dict[str, Any], server: ServerProcess, method: str
) -> None:
    with OAuth2Session("backend", "p%s+w rd", token_endpoint_auth_method=method) as session:
        token = session.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")
        orders = session.get(f"{server.url}/acme/orders")

    assert orders.json() == [7]
    assert verified(token["access_token"], metadata, "orders-api")["sub"] == "backend"


@pytest.mark.parametrize(
    ("client", "secret", "redirect_uri"),
    [("web", "hush", "https://app.example/back"), ("spa", None, "https://spa.example/")],
)
def test_a_user_logs_in_by_code_and_stays_logged_in(
    metadata: dict[str, Any],
    server: ServerProcess,
    client: str,
    secret: str | None,
    redirect_uri: str,
) -> None:
    application = OAuth2Session(
        client,
        secret,
        scope="openid orders",
        redirect_uri=redirect_uri,
        token_endpoint_auth_method="client_secret_basic" if secret else "none",
        code_challenge_method="S256",
    )
    with application as session:
        url, state = session.create_authorization_url(
            metadata["authorization_endpoint"], code_verifier=VERIFIER, nonce="n1"
        )
        back = httpx.get(url)
        token = session.fetch_token(
            metadata["token_endpoint"],
            authorization_response=back.headers["Location"],
            state=state,
            code_verifier=VERIFIER,
        )
        identity = verified(token["id_token"], metadata, client)
        assert (identity["sub"], identity["nonce"], identity["name"]) == ("ada", "n1", "Ada")

        refreshed = session.refresh_token(metadata["token_endpoint"])
        assert refreshed["access_token"] != token["access_token"]
        assert session.get(f"{server.url}/acme/orders").json() == [7]
        assert session.get(metadata["userinfo_endpoint"]).json() == {"sub": "ada", "name": "Ada"}
        looked_up = session.introspect_token(
            metadata["introspection_endpoint"], token=refreshed["access_token"]
        )
        assert looked_up.json()["active"] is True
        gone = session.revoke_token(
            metadata["revocation_endpoint"], token=refreshed["refresh_token"]
        )
        assert gone.status_code == 200
        assert session.get(f"{server.url}/acme/orders").status_code == 401
        with pytest.raises(AuthlibBaseError, match="invalid_grant"):
            session.refresh_token(metadata["token_endpoint"])


def test_a_code_is_used_once_by_clients_of_all_workers(
    metadata: dict[str, Any], server: ServerProcess
) -> None:
    for _ in range(5):
        asked = {
            "response_type": "code",
            "client_id": "spa",
            "code_challenge": create_s256_code_challenge(VERIFIER),
            "code_challenge_method": "S256",
        }
        code = sent_back(httpx.get(metadata["authorization_endpoint"], params=asked))["code"]
        fields = {
            "grant_type": "authorization_code",
            "client_id": "spa",
            "code": code,
            "code_verifier": VERIFIER,
        }

        def redeem(_: int, fields: dict[str, str] = fields) -> int:
            # A connection of its own, so that any of the workers may take it.
            return httpx.post(metadata["token_endpoint"], data=fields).status_code

        with ThreadPoolExecutor(8) as pool:
            answers = sorted(pool.map(redeem, range(8)))
        assert answers == [200] + [400] * 7


def test_keys_and_tokens_survive_the_death_of_a_server(tmp_path: Path) -> None:
    with ServerProcess(write(tmp_path)) as server:
        asked = {"grant_type": "client_credentials", "client_id": "backend"}
        asked["client_secret"] = "p%s+w rd"
        begun = time.time()
        answer = server.post("/acme/login/token", data=asked).json()
        keys = server.get("/acme/login/.well-known/jwks.json").content
        assert server.kill() == -signal.SIGKILL
        server.restart()

        assert server.get("/acme/login/.well-known/jwks.json").content == keys
        headers = {"Authorization": f"Bearer {answer['access_token']}"}
        assert server.get("/acme/orders", headers=headers).json() == [7]
        claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
        assert int(begun) <= claims["iat"] <= time.time()


def test_a_server_that_signs_nothing_does_not_load_the_cryptography(tmp_path: Path) -> None:
    text = "import sys, imnot_core.server, imnot_patterns.oauth; print('jwt' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", text], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
