"""Why a value is not what was expected of it: the slips that are easy to make and hard to see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import unquote, unquote_plus

from msgspec import UNSET

from imnot_patterns.stubs.criteria import Criterion, criterion, operator_of
from imnot_patterns.stubs.criteria.patterns import searcher
from imnot_patterns.stubs.nearmiss.clues import equal_to
from imnot_patterns.stubs.nearmiss.paths import quoted
from imnot_patterns.stubs.nearmiss.showing import shown

_LONG: Final = 40  # characters from which on a difference is hard to find
_COMPARED: Final = 20_000  # characters up to which spellings are compared
_PROBED: Final = 200  # characters that a pattern is tried on
_SPECIAL: Final = re.compile(r"[\\^$.|?*+()\[\]{}]")


def value_hint(wire: Any, actual: Any, kind: str) -> str:
    """Return what is probably wrong with a text that does not satisfy a criterion, else "".

    `kind` says where it comes from: "path", "method", "host", "header", "query" or "body".
    """
    wanted = equal_to(wire)
    if wanted is not UNSET and not isinstance(wanted, str):
        return _no_text(wanted, actual, kind)
    if not isinstance(actual, str):
        return ""
    if isinstance(wanted, str):
        return _unequal_texts(wanted, actual, kind)
    return _unsatisfied(wire, actual, kind)


def _no_text(wanted: Any, actual: Any, kind: str) -> str:
    what = {bool: "a truth value", int: "a number", float: "a number", dict: "an object"}
    name = what.get(type(wanted), "null" if wanted is None else "a list")
    text = shown(wanted)
    fits = isinstance(actual, str) and actual.lower() in (text, text.removesuffix(".0"))
    remedy = shown(actual) if fits else shown(text)
    values = "the values of a query are" if kind == "query" else f"a {kind} is"
    return f"{quoted(text)} is {name}, and {values} always text: write {remedy}"


def _unequal_texts(wanted: str, actual: str, kind: str) -> str:
    if max(len(wanted), len(actual)) > _COMPARED:
        return _far_in(wanted, actual)
    return (
        _of_its_kind(wanted, actual, kind)
        or _same_but_for(wanted, actual, kind)
        or _far_in(wanted, actual)
    )


def _of_its_kind(wanted: str, actual: str, kind: str) -> str:
    slip = _SLIPS.get(kind)
    return "" if slip is None else slip(wanted, actual)


def _path_slip(wanted: str, actual: str) -> str:
    changes = _changed(actual, "path")
    return next((words.format(quoted(each)) for each, words in changes if each == wanted), "")


def _host_slip(wanted: str, actual: str) -> str:
    if wanted.lower() == actual:
        return "a host is compared in lower case"
    if wanted.lower().rpartition(":")[0].strip("[]") == actual:
        return f"a host is compared without its port: write {shown(actual)}"
    return ""


def _header_slip(wanted: str, actual: str) -> str:
    one, other = wanted.partition(";"), actual.partition(";")
    if one[1] + other[1] and one[0].strip().lower() == other[0].strip().lower():
        pattern = shown(re.escape(one[0].strip()).replace("\\-", "-"))
        return (
            "only what follows `;` differs:"
            f' {{"$regex": {{"pattern": {pattern}}}}} takes any parameters'
        )
    if actual.strip() and (more := _in_front(wanted, actual)):
        return f"the request lacks {quoted(more)} in front"
    if wanted.strip() and (more := _in_front(actual, wanted)):
        return f"the request has {quoted(more)} in front"
    return ""


_SLIPS: Final = {"path": _path_slip, "host": _host_slip, "header": _header_slip}


def _in_front(longer: str, shorter: str) -> str:
    """Return the words that one text has before the other, "" if that is not all."""
    return longer.removesuffix(f" {shorter}").strip() if longer.endswith(f" {shorter}") else ""


def _same_but_for(wanted: str, actual: str, kind: str) -> str:
    if wanted.lower() == actual.lower():
        remedy = "a method is written in capitals" if kind == "method" else ""
        return remedy or '`{"$ignore_case": …}` compares without: only the letter case differs'
    if wanted.strip() == actual.strip():
        side = "expected value" if wanted != wanted.strip() else "request's value"
        return f"the {side} has blanks or line ends around it"
    if "".join(wanted.split()) == "".join(actual.split()):
        return "only blanks and line ends differ"
    if wanted.strip("\"'") == actual.strip("\"'"):
        return "only the quotation marks differ"
    return _encoding(wanted, actual, kind)


def _encoding(wanted: str, actual: str, kind: str) -> str:
    if kind == "query" and unquote_plus(wanted) == actual:
        return f"a query is decoded before it is compared: write {shown(actual)}"
    if unquote(wanted) == actual:
        return f"the request sends it decoded: write {shown(actual)}"
    if unquote(actual) == wanted:
        twice = "encodes it twice" if kind == "query" else "sends it percent-encoded"
        return f"the request {twice}: {quoted(actual)}"
    if kind == "query" and wanted.replace("+", " ") == actual:
        return "`+` in a query is a blank: the request has to send `%2B` for a plus sign"
    return ""


def _far_in(wanted: str, actual: str) -> str:
    if min(len(wanted), len(actual)) < _LONG:
        return ""
    for place, (one, other) in enumerate(zip(wanted[:_COMPARED], actual, strict=False)):
        if one != other:
            ends = wanted[place : place + 20], actual[place : place + 20]
            where = f"the first difference is at character {place + 1}"
            return f"{where}: {shown(ends[1])}, expected {shown(ends[0])}"
    return f"{len(actual)} characters, expected {len(wanted)}" if len(wanted) != len(actual) else ""


def _unsatisfied(wire: Any, actual: str, kind: str) -> str:
    if is_found_later(wire, actual):
        pattern = f".*{wire['$regex']['pattern']}"
        better = shown(f"(?s){pattern}" if "\n" in actual else pattern)
        return f"a pattern has to fit from the first character on; {better} would fit"
    if len(actual) > _PROBED:
        return ""
    judge: Criterion = criterion(wire)
    for changed, words in _changed(actual, kind):
        if changed != actual and judge.matches(changed):
            return words.format(quoted(changed))
    if (number := _number(actual)) is not None and judge.matches(number):
        values = "the values of a query are" if kind == "query" else f"a {kind} is"
        remedy = ': put it into `{"$json": …}`' if kind == "body" else ""
        return f"it would take the number {actual.strip()}, but {values} always text{remedy}"
    return ""


def is_found_later(wire: Any, actual: Any) -> bool:
    """Tell whether a regular expression that does not fit a text would fit a later part of it."""
    if operator_of(wire) != "$regex" or not isinstance(actual, str):
        return False
    pattern = wire["$regex"]["pattern"]
    if not _SPECIAL.search(pattern):
        return pattern in actual
    # A search tries the pattern at each place: with one that is slow, a long text takes long.
    try:
        return searcher(pattern)(actual[:_PROBED])
    except ValueError:
        return False


def _changed(actual: str, kind: str) -> Iterator[tuple[str, str]]:
    """Yield what the value may have been meant to be, and words for it."""
    if kind == "path":
        yield actual.rstrip("/"), "without the slash at the end, {}, it would fit"
        yield f"{actual}/", "with a slash at the end, {}, it would fit"
        yield re.sub("/{2,}", "/", actual), "without the double slash, {}, it would fit"
        yield actual.removeprefix("/"), "without the slash at the beginning, {}, it would fit"
    yield actual.strip(), "without the blanks around it, {}, it would fit"
    yield actual.lower(), "in lower case, {}, it would fit"
    yield actual.upper(), "in capitals, {}, it would fit"
    yield unquote_plus(actual), "decoded, {}, it would fit"


def _number(text: str) -> float | int | None:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return None
