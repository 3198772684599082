"""The rules of `oauth` that need no server: PKCE, credentials, parameters, what a file may say."""

from __future__ import annotations

from base64 import b64encode
from contextlib import suppress
from typing import Any
from urllib.parse import quote_plus, urlencode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imnot_core import Request
from imnot_patterns.oauth import OAuth
from imnot_patterns.oauth.accounts import Clients
from imnot_patterns.oauth.parameters import OAuthError, body_parameters
from imnot_patterns.oauth.parties import Client, redirect_fault
from imnot_patterns.oauth.pkce import challenge_of, proves
from tests.unit.patterns.world import World, datapoint, refusal

UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
verifiers = st.text(UNRESERVED, min_size=43, max_size=128)
methods = st.sampled_from(["S256", "plain"])

# PKCE


def test_the_challenge_is_that_of_the_standard() -> None:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # RFC 7636, appendix B

    assert challenge_of(verifier, "S256") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@given(verifiers, methods)
def test_a_verifier_proves_its_own_challenge(verifier: str, method: str) -> None:
    assert proves(verifier, challenge_of(verifier, method), method)


@given(verifiers, verifiers, methods)
def test_no_other_verifier_proves_it(verifier: str, other: str, method: str) -> None:
    assert proves(other, challenge_of(verifier, method), method) == (verifier == other)


@given(st.text(max_size=42) | st.text(UNRESERVED, min_size=129, max_size=140))
def test_what_is_no_verifier_proves_nothing(text: str) -> None:
    assert not proves(text, text, "plain")


# Credentials


def asked(header: str) -> Request:
    return Request.of("POST", "/token", headers={"Authorization": header})


def basic(text: str) -> str:
    return f"Basic {b64encode(text.encode()).decode()}"


names = st.text(st.characters(codec="utf-8", exclude_characters=":"), min_size=1)
secrets = st.text(st.characters(codec="utf-8"), min_size=1)


@given(names, secrets)
def test_encoded_credentials_are_known(name: str, secret: str) -> None:
    clients = Clients([Client(client_id=name, secret=secret)], "acme")
    header = basic(f"{quote_plus(name)}:{quote_plus(secret)}")

    assert clients.authenticated(asked(header), {}) == name


@given(names, secrets)
def test_credentials_that_are_not_encoded_are_known(name: str, secret: str) -> None:
    clients = Clients([Client(client_id=name, secret=secret)], "acme")

    assert clients.authenticated(asked(basic(f"{name}:{secret}")), {}) == name


@given(names, secrets, secrets)
def test_another_secret_is_not(name: str, secret: str, other: str) -> None:
    clients = Clients([Client(client_id=name, secret=secret)], "acme")
    sent = {"client_id": name, "client_secret": other}

    if secret == other:
        assert clients.authenticated(Request.of("POST", "/"), sent) == name
    else:
        with pytest.raises(OAuthError) as refused:
            clients.authenticated(Request.of("POST", "/"), sent)
        assert refused.value.error == "invalid_client"


@given(st.text(st.characters(codec="latin-1")))
def test_no_header_does_more_than_to_be_refused(text: str) -> None:
    clients = Clients([Client(client_id="a", secret="b")], "acme")

    with pytest.raises(OAuthError):
        clients.authenticated(asked(f"Basic {text}"), {})


# Parameters


@given(st.dictionaries(st.text(min_size=1), st.text(min_size=1)))
def test_a_form_and_json_say_the_same(fields: dict[str, str]) -> None:
    form = Request.of("POST", "/token", body=urlencode(fields).encode())
    document = Request.of("POST", "/token", json=fields)

    assert body_parameters(form) == body_parameters(document) == fields


@given(st.binary())
def test_no_body_does_more_than_to_be_refused(body: bytes) -> None:
    for content_type in ("application/json", "application/x-www-form-urlencoded"):
        request = Request.of("POST", "/", body=body, headers={"Content-Type": content_type})
        with suppress(OAuthError):
            assert all(body_parameters(request).values())


@pytest.mark.parametrize(
    ("uri", "good"),
    [
        ("https://app.example/back?x=1", True),
        ("http://localhost:3000", True),
        ("com.example.app:/back", True),
        ("http://[::1]/back", True),
        ("/back", False),
        ("https://app.example/#there", False),
        ("https://app.example/#", False),
        ("https://app.example/a b", False),
        ("https://app.example/\n", False),
        ("https://app.exämple/", False),
        ("http://[::1", False),
    ],
)
def test_a_code_is_sent_to_absolute_addresses(uri: str, good: bool) -> None:
    assert (redirect_fault(uri) == "") is good


# What a file may say


def said(**more: Any) -> str:
    with pytest.raises(msgspec.ValidationError) as refused:
        datapoint(OAuth, {}, **more)
    return str(refused.value)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"issue": "opaque"}, "issue"),
        ({"clients": [{"client_id": "a"}]}, "clients: has no effect on the fixed token"),
        ({"claims": {"aud": "a"}}, "claims: has no effect on the fixed token"),
        ({"grants": ["password"]}, "grants: has no effect on the fixed token"),
        ({"require_pkce": True}, "require_pkce: has no effect on the fixed token"),
        ({"jwks_path": "/keys"}, "jwks_path: has no effect on the fixed token"),
        ({"scopes": ["a b"]}, "'a b' is no scope"),
    ],
)
def test_what_a_fixed_token_cannot_have_is_refused(more: dict[str, Any], message: str) -> None:
    assert message in said(**more)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"claims": {"exp": 1}}, "exp cannot be declared"),
        ({"claims": {"sub": 7}}, "sub must be a text"),
        ({"claims": {"a": float("nan")}}, "a number that JSON does not have"),
        ({"grants": []}, "grants"),
        ({"grants": ["implicit"]}, "grants[0]"),
        ({"issuer": "login.example"}, "issuer"),
        ({"jwks_path": "keys"}, "jwks_path"),
        ({"authorize_path": "/a", "grants": ["password"]}, "authorize_path: has no effect"),
        ({"code_expires_in": -1}, "code_expires_in"),
        ({"scopes": ["a"], "clients": [{"client_id": "a", "scopes": ["b"]}]}, "not among `scopes`"),
        ({"clients": [{"client_id": "a"}, {"client_id": "a"}]}, "is that of clients[0], too"),
        ({"clients": [{"client_id": ""}]}, "clients[0].client_id"),
        ({"clients": [{"client_id": "a", "secret": "b", "secret_env": "C"}]}, "as well"),
        ({"clients": [{"client_id": "a", "redirect_uris": ["/back"]}]}, "no absolute URI"),
        ({"clients": [{"client_id": "a", "scopes": ['"']}]}, "is no scope"),
        ({"users": [{"username": "a"}, {"username": "a"}]}, "is that of users[0], too"),
        ({"users": [{"username": "a", "password": "b", "password_env": "C"}]}, "as well"),
        ({"users": [{"username": "a", "claims": {"jti": "x"}}]}, "jti cannot be declared"),
    ],
)
def test_what_makes_no_sense_is_refused(more: dict[str, Any], message: str) -> None:
    assert message in said(issue="jwt", **more)


def test_an_unknown_key_of_the_endpoint_is_refused() -> None:
    assert "`grants`" in refusal(OAuth, {"grants": ["password"]})


@pytest.mark.parametrize(
    ("more", "grant"),
    [
        ({}, {"grant_type": "client_credentials"}),
        (
            {"grants": ["password"], "users": [{"username": "ada"}]},
            {"grant_type": "password", "username": "ada", "password": ""},
        ),
        (
            {"clients": [{"client_id": "web", "secret": "x"}]},
            {"grant_type": "client_credentials", "client_id": "web", "client_secret": ""},
        ),
    ],
)
@pytest.mark.anyio
async def test_the_sample_names_the_grant(
    world: World, more: dict[str, Any], grant: dict[str, str]
) -> None:
    compiled = world.mount(OAuth, {}, issue="jwt", **more).compiled

    assert compiled.endpoints[0].sample is not None
    assert compiled.endpoints[0].sample.body == grant
