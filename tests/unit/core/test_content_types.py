"""Content types: of files, and of uploads."""

from __future__ import annotations

import time

import pytest

from imnot_core import content_types


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("order.xml", b"", "application/xml"),
        ("a/b/ORDER.XML", b"", "application/xml"),
        ("list.csv", "ü".encode(), "text/csv; charset=utf-8"),
        ("list.csv", "ü".encode("latin-1"), "text/csv"),
        ("page.html", b"", "text/html; charset=utf-8"),
        ("note.txt", b"", "text/plain; charset=utf-8"),
        ("picture.png", b"", "image/png"),
        ("paper.pdf", b"", "application/pdf"),
        ("data.json", b"", "application/json"),
        ("config.yaml", b"", "application/yaml"),
        ("all.tar.gz", b"", "application/gzip"),
        ("dump.bin", b"", "application/octet-stream"),
        ("unheard.of", b"", "application/octet-stream"),
        ("no-suffix", b"", "application/octet-stream"),
    ],
)
def test_a_suffix_gives_the_content_type(name: str, content: bytes, expected: str) -> None:
    assert content_types.of_file(name, content) == expected


@pytest.mark.parametrize(
    "content_type",
    [
        "application/xml",
        "text/plain; charset=utf-8",
        'text/plain;charset="ISO-8859-1"',
        "application/vnd.acme.order+json; version=2",
        'a/b; c="d; e=\\"f\\""',
    ],
)
def test_a_content_type_may_have_parameters(content_type: str) -> None:
    assert content_types.fault(content_type) == ""


@pytest.mark.parametrize(
    "content_type",
    [
        "", "xml", "text/", "/plain", "text/plain, text/html", "text/plain; charset", "a/b\r\nX: y",
        "a/b\n", "a/b; c=é", 'a/b; c="\U0001f600"', "a/" + "b" * 300,
        "text/plain; charset=klingon", "text/plain; charset=base64",
    ],
)  # fmt: skip
def test_what_is_no_content_type_is_told(content_type: str) -> None:
    assert content_types.fault(content_type)


def test_a_long_text_is_judged_at_once() -> None:
    begun = time.perf_counter()
    content_types.fault("a/b" + "; \t " * 1_000_000 + "x")
    assert time.perf_counter() - begun < 1


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("application/json", True),
        ("Application/JSON; charset=utf-8", True),
        ("application/hal+json", True),
        ("application/json-seq", False),
        ("text/plain; x=+json", False),
        ("", False),
    ],
)
def test_json_types_are_known(content_type: str, expected: bool) -> None:
    assert content_types.is_json(content_type) is expected


def test_the_charset_is_that_of_the_type_or_utf8() -> None:
    assert content_types.charset("text/plain") == "utf-8"
    assert content_types.charset('text/plain; a=b; Charset="latin-1"') == "latin-1"
