"""A client of the authorization server of the tests: asks as clients do, and shows what it got."""

from __future__ import annotations

from base64 import b64encode
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import jwt

from imnot_core.testing import Harness

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
CALLBACK = "https://app.example/back"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"  # RFC 7636, appendix B


def partner(*lines: str, expires_in: int = 3600) -> str:
    """A partner whose datapoint `token` says these lines, beside a guarded one."""
    more = "".join(f"    {line}\n" for text in lines for line in text.splitlines())
    return f"""\
partner: acme
datapoints:
  - name: token
    pattern: oauth
    issue: jwt
{more}    endpoints:
      - {{method: POST, path: /acme/oauth/token, response: {{expires_in: {expires_in}}}}}
  - name: orders
    pattern: static
    endpoints:
      - {{method: GET, path: /acme/orders, requires_token: token, response: {{body: [7]}}}}
"""


class OAuthClient:
    """What an application does with the server, maybe in a session."""

    def __init__(self, server: Harness, session: str | None = None) -> None:
        self.server = server
        self.session = session

    def ask(self, grant_type: str, *, headers: Any = None, **fields: str) -> httpx.Response:
        """Send a request to the token endpoint."""
        return self.post("/acme/oauth/token", headers, grant_type=grant_type, **fields)

    def post(self, path: str, headers: Any = None, **fields: str) -> httpx.Response:
        """Send a form."""
        return self.server.post(path, data=fields, headers=headers, session=self.session)

    def token(self, grant_type: str = "client_credentials", **fields: str) -> str:
        """Get an access token."""
        answer = self.ask(grant_type, **fields)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def authorize(self, path: str = "/acme/oauth/authorize", **query: str) -> httpx.Response:
        """Be the browser that is sent for a code."""
        asked = {"response_type": "code", "client_id": "web", "redirect_uri": CALLBACK, **query}
        given = {name: value for name, value in asked.items() if value}
        return self.server.get(path, params=given, session=self.session)

    def code(self, **query: str) -> str:
        """Get a code."""
        return sent_back(self.authorize(**query))["code"]

    def redeem(self, code: str, **fields: str) -> httpx.Response:
        """Ask for the tokens that a code is good for."""
        asked = {"client_id": "web", "redirect_uri": CALLBACK, "code": code, **fields}
        given = {name: value for name, value in asked.items() if value}
        return self.ask("authorization_code", **given)

    def orders(self, token: str, path: str = "/acme/orders") -> httpx.Response:
        """Use an access token."""
        headers = {"Authorization": f"Bearer {token}"}
        return self.server.get(path, headers=headers, session=self.session)

    def claims(self, token: str) -> dict[str, Any]:
        """What a token says; it is signed by the key that the server shows."""
        (key,) = self.server.get("/acme/oauth/.well-known/jwks.json").json()["keys"]
        assert jwt.get_unverified_header(token) == {
            "alg": "RS256",
            "typ": "JWT",
            "kid": key["kid"],
        }
        # The clock of the test is not that of the library.
        found: dict[str, Any] = jwt.decode(
            token,
            jwt.PyJWK(key),
            algorithms=["RS256"],
            options={"verify_exp": False, "verify_iat": False, "verify_aud": False},
        )
        return found


def sent_back(answer: httpx.Response) -> dict[str, str]:
    """What the browser brings back to the application."""
    assert answer.status_code == 302, answer.text
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def basic(name: str, secret: str) -> dict[str, str]:
    """The header of HTTP Basic."""
    return {"Authorization": f"Basic {b64encode(f'{name}:{secret}'.encode()).decode()}"}


def error_of(answer: httpx.Response) -> tuple[int, str]:
    """The status and the code of an error, which no cache may keep."""
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json()
    assert list(body) == ["error", "error_description"]
    return answer.status_code, body["error"]
