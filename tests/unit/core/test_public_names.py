"""What plugin authors import: the names that imnot_core says it has, all of them explained."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import Any

import pytest

import imnot_core

TREE = ast.parse(Path(imnot_core.__file__).read_text(encoding="utf-8"))
EXPLAINED = [
    name
    for name in imnot_core.__all__
    if inspect.isclass(getattr(imnot_core, name)) or inspect.isfunction(getattr(imnot_core, name))
]


def imported() -> dict[str, str]:
    """The names that imnot_core/__init__.py shows to type checkers, with their modules."""
    return {
        alias.name: str(node.module).removeprefix("imnot_core.")
        for checked in TREE.body
        if isinstance(checked, ast.If)
        for node in checked.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def rank(name: str) -> tuple[int, str]:
    """Constants first, then classes, then functions; each by the alphabet."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


def test_what_is_exported_is_what_is_imported_in_order() -> None:
    assert imnot_core.__all__ == sorted(imported(), key=rank)
    assert imported() == imnot_core._HOMES


def test_what_is_not_exported_is_told_as_of_any_module() -> None:
    with pytest.raises(AttributeError, match="module 'imnot_core' has no attribute 'Nothing'"):
        imnot_core.Nothing  # noqa: B018 - asking is what fails


def test_a_star_import_gives_all_of_it() -> None:
    given: dict[str, Any] = {}
    exec("from imnot_core import *", given)
    assert set(imnot_core.__all__) <= given.keys()


def test_no_private_name_is_exported() -> None:
    assert [name for name in imnot_core.__all__ if name.startswith("_")] == []


@pytest.mark.parametrize("name", EXPLAINED)
def test_every_class_and_function_has_a_docstring_of_its_own(name: str) -> None:
    found = getattr(imnot_core, name)
    written = (vars(found).get("__doc__") if inspect.isclass(found) else found.__doc__) or ""
    assert written.strip()
    assert not written.startswith(f"{name}("), "made by dataclasses: it says nothing"


@pytest.mark.parametrize(
    "name", [name for name in EXPLAINED if inspect.isclass(getattr(imnot_core, name))]
)
def test_every_public_method_has_a_docstring(name: str) -> None:
    bare = [
        key
        for key, value in vars(getattr(imnot_core, name)).items()
        if not key.startswith("_") and _is_method(value) and not (value.__doc__ or "").strip()
    ]
    assert bare == []


def _is_method(value: object) -> bool:
    return inspect.isfunction(value) or isinstance(value, property | classmethod | staticmethod)
