"""Conditions on entries of the journal."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imnot_core.store.journal_filter import path_pattern


@pytest.mark.parametrize(
    ("written", "path", "fits"),
    [
        ("/orders", "/orders", True),
        ("/orders", "/orders/", False),
        ("/orders/{id}", "/orders/7", True),
        ("/orders/{id}", "/orders/7/lines", False),
        ("/orders/*", "/orders/7/lines", True),
        ("/orders/*/lines", "/orders/lines/7/lines", True),
        ("/**/{id}/*.json", "/a/b/7/x.y.json", True),
        ("/*/{id}/x*", "/a/7/y", False),
        ("*", "", True),
        ("/a.c", "/abc", False),
    ],
)
def test_a_star_is_anything_and_a_name_one_segment(written: str, path: str, fits: bool) -> None:
    assert (path_pattern(written).fullmatch(path) is not None) is fits


@given(st.text("ab/*", max_size=7), st.text("ab/", max_size=9))
def test_what_fits_is_what_trying_all_would_find(written: str, path: str) -> None:
    written = written.replace("b", "{b}")
    every = re.escape(written).replace(r"\*", ".*").replace(r"\{b\}", "[^/]+")
    expected = re.fullmatch(every, path)
    assert (path_pattern(written).fullmatch(path) is None) is (expected is None)


def test_many_stars_take_no_time() -> None:
    pattern = path_pattern("*a*a*a*a*" * 20 + "z")
    begin = time.monotonic()
    assert not pattern.fullmatch("/" + "a" * 2000)
    assert time.monotonic() - begin < 2
