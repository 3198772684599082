"""Near misses as text: side by side for people, and in one line for a header."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from imnot_patterns.stubs.matcher import Evidence
from imnot_patterns.stubs.nearmiss.misses import NearMiss
from imnot_patterns.stubs.nearmiss.showing import ABSENT, printable, shown
from imnot_patterns.stubs.seen import Seen

WIDTH: Final = 119
"""Columns of a report."""
MAX_HEADER: Final = 500
"""Characters of a header."""

_MARK: Final = ">>> "  # before what does not match
_PLAIN: Final = " " * len(_MARK)
_LEFT: Final = 64
_RIGHT: Final = WIDTH - len(_MARK) - _LEFT - 3
_LINES: Final = 4  # of a value
_RULE: Final = "-" * WIDTH


def report(seen: Seen, misses: Sequence[NearMiss], id: str = "") -> str:  # noqa: A002 - its name
    """Return a text that shows each near miss beside the request, mismatches marked by `>>>`.

    Lines have at most WIDTH columns; what cannot be printed is escaped. `id` is the request's in
    the journal.
    """
    request = _fold(f"{printable(seen.method)} {printable(seen.path)}", WIDTH - 30)[0]
    lines = [f"Nothing answered {request}", *([f"Request {printable(id)[:100]}"] if id else [])]
    if not misses:
        lines.append("No stub and no endpoint of a partner comes near.")
    for number, miss in enumerate(misses, 1):
        lines += ["", *_block(number, miss)]
    return "\n".join(lines) + "\n"


def header(misses: Sequence[NearMiss]) -> str:
    """Return the reasons in one line of Latin-1, at most MAX_HEADER characters; "" for none."""
    text = " | ".join(miss.reason for miss in misses)
    # `…` marks cuts, and Latin-1 has none.
    plain = printable(text.replace("…", "...")).encode("latin-1", "backslashreplace")
    line = plain.decode("latin-1")
    return line if len(line) <= MAX_HEADER else f"{line[: MAX_HEADER - 3]}..."


def _block(number: int, miss: NearMiss) -> Iterator[str]:
    yield from _fold(f"{number}. {_subject(miss)}", WIDTH)
    yield _RULE
    yield f"{_PLAIN}{'Closest':{_LEFT}} | Request"
    yield _RULE
    for evidence in miss.criteria:
        yield from _row(evidence)
    yield _RULE
    for cause in miss.causes:
        yield from _note("cause: ", cause)
    for evidence in miss.criteria:
        if evidence.hint:
            yield from _note("hint: ", f"{evidence.field}: {evidence.hint}")


def _subject(miss: NearMiss) -> str:
    if miss.kind == "route":
        whose = f"endpoint of {miss.owner}"
    else:
        whose = f"stub {miss.stub_id}"
        if miss.scope or miss.session:
            kind = "scope" if miss.scope else "session"
            whose += f" of {kind} {shown(miss.scope or miss.session)}"
    percent = int(miss.score * 100)  # never 100 for what is not quite so
    return printable(f"{miss.route} ({whose}), {percent} % alike")


def _row(evidence: Evidence) -> Iterator[str]:
    field, expected = printable(evidence.field), printable(evidence.expected)
    left = _fold(f"{field}: {expected}", _LEFT)
    right = _fold(_actual(evidence), _RIGHT)
    mark = _PLAIN if evidence.matched else _MARK
    for place in range(max(len(left), len(right))):
        one = left[place] if place < len(left) else ""
        other = right[place] if place < len(right) else ""
        yield f"{mark}{one:{_LEFT}} | {other}".rstrip()
        mark = _PLAIN


def _actual(evidence: Evidence) -> str:
    value: Any = evidence.actual
    if value is None:
        return f"({ABSENT})"
    return printable(value) if evidence.field == "path" else shown(value)


def _note(kind: str, text: str) -> Iterator[str]:
    first, *rest = _fold(printable(text), WIDTH - len(_PLAIN) - len(kind))
    yield f"{_PLAIN}{kind}{first}"
    for line in rest:
        yield f"{_PLAIN}{' ' * len(kind)}{line}"


def _fold(text: str, width: int) -> list[str]:
    """Break a text into lines of that width, between words where it can, at most _LINES."""
    lines: list[str] = []
    while len(text) > width and len(lines) < _LINES - 1:
        place = text.rfind(" ", width // 2, width + 1)
        place = place if place > 0 else width
        lines.append(text[:place].rstrip())
        text = text[place:].lstrip()
    lines.append(text if len(text) <= width else f"{text[: width - 3]}...")
    return lines
