"""How a request chooses its session."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imnot_core.server.selection import noted, of_host, of_path


def headers(**named: str) -> list[tuple[bytes, bytes]]:
    return [(name.replace("_", "-").encode(), value.encode()) for name, value in named.items()]


@pytest.mark.parametrize(
    ("given", "session"),
    [
        ({}, None),
        ({"x_imnot_session": "a"}, "a"),
        ({"x_imnot_session": ""}, None),
        ({"cookie": "imnot-session=a"}, "a"),
        ({"cookie": 'x=1; imnot-session="a b"; y=2'}, "a b"),
        ({"cookie": "not-imnot-session=a"}, None),
        ({"baggage": "imnot-session=a"}, "a"),
        ({"baggage": "x=1, imnot-session = a%20b ;ttl=3,y=2"}, "a b"),
        ({"baggage": "imnot-session=a%00b"}, None),
        ({"baggage": "imnot-session="}, None),
        ({"cookie": "imnot-session=c", "baggage": "imnot-session=b"}, "b"),
        ({"cookie": "imnot-session=c", "baggage": "x=1"}, "c"),
        ({"cookie": "imnot-session=c", "x_imnot_session": "h"}, "h"),
        ({"baggage": "imnot-session=b", "x_imnot_session": "h"}, "h"),
    ],
)
def test_the_header_goes_before_baggage_and_that_before_the_cookie(
    given: dict[str, str], session: str | None
) -> None:
    assert noted(headers(**given))[0] == session


@pytest.mark.parametrize("value", [b"caf\xe9", b"caf\xc3\xa9"])
def test_an_id_is_the_same_in_latin_1_and_in_utf_8(value: bytes) -> None:
    assert noted([(b"x-imnot-session", value)])[0] == "caf\xe9"
    assert noted([(b"cookie", b"imnot-session=" + value)])[0] == "caf\xe9"
    assert noted([(b"baggage", b"imnot-session=caf%C3%A9")])[0] == "caf\xe9"


def test_an_id_beyond_latin_1_is_the_bytes_that_came() -> None:
    assert noted([(b"x-imnot-session", "日".encode())])[0] == "日".encode().decode("latin-1")


def test_baggage_may_come_in_several_headers() -> None:
    pairs = [(b"baggage", b"a=1"), (b"baggage", b"imnot-session=s")]
    assert noted(pairs)[0] == "s"


@pytest.mark.parametrize(
    ("pairs", "length"),
    [
        ({}, None),
        ({"content_length": "0"}, None),
        ({"content_length": "12"}, 12),
        ({"transfer_encoding": "chunked"}, 0),
    ],
)
def test_the_length_of_the_body_is_noted_in_the_same_go(
    pairs: dict[str, str], length: int | None
) -> None:
    assert noted(headers(**pairs)) == (None, length)


@pytest.mark.parametrize(
    ("host", "chosen"),
    [
        ("s1.session.localhost:8000", "s1"),
        ("S1.Session.Localhost", "s1"),
        ("session.localhost", None),
        ("other.localhost", None),
        ("", None),
    ],
)
def test_a_host_below_the_declared_one_chooses(host: str, chosen: str | None) -> None:
    found = of_host(scope(b"/v1", host=host), "session.localhost")
    if chosen is None:
        assert found is None
    else:
        assert found is not None
        assert found.place == host
        assert (b"x-imnot-session", chosen.encode()) in found.scope["headers"]


def scope(raw_path: bytes, **named: str) -> dict[str, object]:
    return {"raw_path": raw_path, "path": raw_path.decode(), "headers": headers(**named)}


def test_the_path_chooses_and_is_cut_off() -> None:
    found = of_path(scope(b"/~session/a%2Fb/v1/or%20ders/"))
    assert found is not None
    assert found.place == "/~session/a%2Fb"
    assert found.scope["raw_path"] == b"/v1/or%20ders/"
    assert found.scope["path"] == "/v1/or ders/"
    assert found.scope["headers"] == [(b"x-imnot-session", b"a/b")]


def test_the_header_decides_also_below_the_prefix() -> None:
    found = of_path(scope(b"/~session/a/v1", x_imnot_session="h"))
    assert found is not None
    assert found.scope["headers"] == [(b"x-imnot-session", b"h")]


def test_the_prefix_alone_leads_to_the_root() -> None:
    found = of_path(scope(b"/~session/a"))
    assert found is not None
    assert found.scope["raw_path"] == b"/"


def test_of_several_prefixes_the_first_chooses_and_all_are_cut_off() -> None:
    found = of_path(scope(b"/~session/a/~session/b" + 9000 * b"/~session/c" + b"/v1"))
    assert found is not None
    assert found.place == "/~session/a"
    assert found.scope["raw_path"] == b"/v1"
    assert found.scope["headers"] == [(b"x-imnot-session", b"a")]


@pytest.mark.parametrize("path", [b"/~session/", b"/~session//x", b"/~session/%00/x", b"/v1/x"])
def test_no_header_could_name_such_a_session(path: bytes) -> None:
    assert of_path(scope(path)) is None


@given(st.binary())
def test_no_header_makes_it_fail(value: bytes) -> None:
    for name in (b"cookie", b"baggage", b"x-imnot-session", b"host"):
        session = noted([(name, value)])[0]
        assert session is None or "\0" not in session or name != b"baggage"
        of_host({"headers": [(name, value)]}, "session.localhost")
