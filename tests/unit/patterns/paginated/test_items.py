"""The items of payloads that are kept in memory."""

from __future__ import annotations

import pytest

from imnot_core import Payload, ReplyError
from imnot_patterns.paginated.items import Items, Shelf


def payload(number: int, length: int = 0) -> Payload:
    return Payload(b"[%d]%s" % (number, b" " * length))


def test_the_same_payload_is_cut_once() -> None:
    shelf = Shelf()

    first = shelf.items(payload(1), "a")

    assert shelf.items(payload(1), "a") is first
    assert shelf.items(payload(1), None) is not first
    assert shelf.items(payload(2), "a") is not first


def test_only_the_last_sessions_are_kept() -> None:
    shelf = Shelf(places=2)
    kept = {name: shelf.items(payload(1), name) for name in "abac"}

    assert shelf.items(payload(1), "a") is kept["a"]
    assert shelf.items(payload(1), "c") is kept["c"]
    assert shelf.items(payload(1), "b") is not kept["b"]


def test_only_so_many_bytes_are_kept() -> None:
    shelf = Shelf(capacity=100)
    small = shelf.items(payload(1), "small")
    large = shelf.items(payload(2, length=200), "large")

    assert shelf.items(payload(2, length=200), "large") is large
    assert shelf.items(payload(1), "small") is not small
    # What went is not counted any more.
    again = [shelf.items(payload(3, length=20), name) for name in "abc"]
    assert [shelf.items(payload(3, length=20), name) for name in "abc"] == again


def test_a_payload_of_another_type_is_no_array() -> None:
    with pytest.raises(ReplyError, match="JSON array"):
        Shelf().items(Payload(b"[]", "text/plain"), None)


def test_marks_are_those_of_values() -> None:
    items = Items(b'[{"a": 1, "b": 2}, {"b":2,"a":1}, {"a": 1}]')

    assert items.mark(0) == items.mark(1) != items.mark(2)
    assert items.find(items.mark(0), near=2) == 1
    assert items.find("none", near=0) is None
