"""Access tokens in requests, and challenges in answers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imnot_core import Request, RequiredToken, bearer_challenge, bearer_tokens
from imnot_core.heads import HEADER_VALUE
from imnot_core.tokens import datapoint_of

FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}


@pytest.mark.parametrize(
    ("request_", "tokens"),
    [
        (Request.of("GET", "/"), []),
        (Request.of("GET", "/", headers={"Authorization": "Bearer a.b-c"}), ["a.b-c"]),
        (Request.of("GET", "/", headers={"Authorization": "BEARER  a "}), ["a"]),
        (Request.of("GET", "/", headers={"Authorization": "Bearer"}), [""]),
        (Request.of("GET", "/", headers={"Authorization": "Bearera"}), []),
        (Request.of("GET", "/", headers={"Authorization": "Basic a"}), []),
        (Request.of("GET", "/?access_token=a%20b&x=1"), ["a b"]),
        (Request.of("GET", "/?access_token="), [""]),
        (Request.of("GET", "/?access_token=a&access_token=b"), ["a", "b"]),
        (Request.of("POST", "/", headers=FORM, body=b"x=1&access_token=a"), ["a"]),
        (Request.of("GET", "/", headers=FORM, body=b"access_token=a"), []),
        (Request.of("POST", "/", body=b"access_token=a"), []),
        (
            Request.of("GET", "/", headers=[("Authorization", "Bearer a")] * 2),
            ["a", "a"],
        ),
    ],
)
def test_a_token_is_found_wherever_the_standard_allows_it(
    request_: Request, tokens: list[str]
) -> None:
    assert list(bearer_tokens(request_)) == tokens


@given(st.text(), st.text())
def test_a_challenge_can_be_sent_and_read_whatever_it_says(realm: str, text: str) -> None:
    challenge = bearer_challenge(realm, error_description=text)

    assert HEADER_VALUE.match(challenge)
    assert challenge.isascii()
    assert challenge.count('"') == 4
    assert "\\" not in challenge


@pytest.mark.parametrize(
    ("scope", "scopes"), [("a b", ("a", "b")), (("a", "b"), ("a", "b")), ("", ()), ((), ())]
)
def test_scopes_are_a_text_or_a_list(scope: Any, scopes: tuple[str, ...]) -> None:
    required = RequiredToken(datapoint="token", scope=scope)

    assert required.scopes == scopes
    assert datapoint_of(required) == datapoint_of("token") == "token"
