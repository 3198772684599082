"""Which secrets a request carries, and whether one of them is the admin key."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from imnot_core import Request, Services
from imnot_core.server.guard import AdminKey
from tests.unit.core.test_context import services

KEY = "tr0ub4dor & schlüssel"


def basic(text: str) -> str:
    return "Basic " + b64encode(text.encode()).decode()


def guarded(key: str) -> Services:
    return replace(services(Random(1)), admits=AdminKey(key).admits)


def wire(text: str) -> str:
    """A header's text as it comes from a server: UTF-8 that was read as Latin-1."""
    return text.encode().decode("latin-1")


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {KEY}"},
        {"authorization": f"bearer {KEY}"},
        {"AUTHORIZATION": f"BEARER  {KEY} "},
        {"Authorization": wire(f"Bearer {KEY}")},
        {"Authorization": basic(f"anybody:{KEY}")},
        {"Authorization": basic(f":{KEY}").replace("Basic", "bAsIc")},
        {"X-API-Key": KEY},
        {"x-api-key": wire(KEY)},
        {"Authorization": "Bearer wrong", "X-Api-Key": KEY},
        CIMultiDict([("Authorization", "Bearer wrong"), ("Authorization", f"Bearer {KEY}")]),
        Request.of("GET", "/", headers={"X-API-Key": wire(KEY)}).headers,
    ],
)
def test_the_key_is_admitted_however_it_is_sent(headers: Any) -> None:
    assert guarded(KEY).admits_headers(headers)
    assert not guarded(f"{KEY}!").admits_headers(headers)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": KEY},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": "Basic"},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic " + b64encode(KEY.encode()).decode()},
        {"Authorization": basic(f"{KEY}:")},
        {"Authorization": f"Digest {KEY}"},
        {"X-API-Key": ""},
        {"X-API-Key": f"{KEY} and more"},
        {"X-Other": KEY},
        {"Authorization": "Basic \ud800"},
        {"Authorization": "Bearer \udcff"},
    ],
)
def test_anything_else_is_not(headers: dict[str, str]) -> None:
    assert not guarded(KEY).admits_headers(headers)
    assert guarded("").admits_headers(headers)


@given(
    st.dictionaries(
        st.sampled_from(["Authorization", "X-API-Key", "x"]),
        st.text() | st.text().map("Basic ".__add__) | st.text().map("Bearer ".__add__),
    )
)
def test_nothing_that_is_sent_makes_it_fail(headers: dict[str, str]) -> None:
    assert not guarded(KEY).admits_headers(headers)
    assert guarded("").admits_headers(headers)
