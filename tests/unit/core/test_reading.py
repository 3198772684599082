"""What plugins read their own files with: values, faults, and where both stand."""

from __future__ import annotations

from typing import Annotated

import msgspec
import pytest

from imnot_core import Config, PartnerError, faults_of, read_document


class Shelf(Config, frozen=True):
    """A struct of a plugin."""

    books: list[Annotated[str, msgspec.Meta(min_length=1)]]
    height: int = 1


TEXT = """
shelf:
  books: [a, ""]
  heigth: 2
"""


def test_a_text_is_read_with_its_places() -> None:
    document = read_document(TEXT, "shelf.yaml")
    assert document.data == {"shelf": {"books": ["a", ""], "heigth": 2}}
    assert document.place(("shelf", "books", 1)) == (3, 14)
    assert document.place(("shelf", "heigth"), key=True) == (4, 3)


def test_bytes_are_read_too() -> None:
    assert read_document("é: yes".encode(), "x").data == {"é": "yes"}
    assert read_document("", "x").data is None


def test_what_is_no_yaml_is_told_with_its_name_and_place() -> None:
    with pytest.raises(PartnerError, match=r"shelf\.yaml:1:4"):
        read_document("a: [", "shelf.yaml")


def test_all_faults_of_a_value_are_given_with_path_and_hint() -> None:
    shelf = read_document(TEXT, "shelf.yaml").data["shelf"]
    faults = faults_of(shelf, Shelf)
    assert [path for path, _, _ in faults] == [("books", 1), ("heigth",)]
    assert faults[1][1:] == ("unknown key `heigth`", "did you mean `height`?")


def test_what_can_be_converted_has_no_faults() -> None:
    assert faults_of({"books": ["a"]}, Shelf) == []
    assert faults_of(7, int | None) == []
