"""Why a path does not fit a pattern: the slips that are easy to make and hard to see."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final
from urllib.parse import unquote

from imnot_patterns.stubs.nearmiss.clues import is_foreign_parameter, is_parameter
from imnot_patterns.stubs.nearmiss.likeness import nearly
from imnot_patterns.stubs.nearmiss.showing import printable

_SHOWN: Final = 60  # characters of a part of a path
MAX_SEGMENTS: Final = 100  # of a path that are looked at

Segments = Sequence[str]


def path_hint(pattern: str, path: str) -> str:
    """Return what is probably wrong, "" if it is just another path. `path` is decoded."""
    wanted, given = _split(pattern), _split(path)
    for rule in _RULES:
        if hint := rule(pattern, wanted, given):
            return hint
    if len(wanted) != len(given):
        return _other_length(path, wanted, given)
    return _slip(wanted, given)


def fits(wanted: Segments, given: Segments) -> bool:
    """Tell whether the segments of a pattern fit those of a path."""
    return len(wanted) == len(given) and all(
        one == other or is_parameter(one) for one, other in zip(wanted, given, strict=True)
    )


def quoted(text: str) -> str:
    """Return a part of a path or a name between backticks, cut."""
    cut = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    return f"`{printable(cut)}`"


def _address(pattern: str, _wanted: Segments, _given: Segments) -> str:
    if pattern.lower().startswith(("http://", "https://")):
        rest = "/" + pattern.split("/", 3)[3] if pattern.count("/") > 2 else "/"
        return f"a path begins after the host: write {quoted(rest)}, and the host into `host`"
    return ""


def _query(pattern: str, _wanted: Segments, _given: Segments) -> str:
    if "?" not in pattern:
        return ""
    path, _, query = pattern.partition("?")
    return f"a path has no query: write {quoted(path)}, and {quoted(query)} into `query`"


def _foreign_parameter(_pattern: str, wanted: Segments, _given: Segments) -> str:
    for each in wanted:
        if is_foreign_parameter(each):
            name = each.strip(":<>*").rpartition(":")[2] or "any"
            return f"{quoted(each)} is literal text: a parameter is written {quoted(f'{{{name}}}')}"
    return ""


def _partial_parameter(_pattern: str, wanted: Segments, given: Segments) -> str:
    for place, each in enumerate(wanted):
        if "{" in each and not is_parameter(each) and given[place : place + 1] != [each]:
            return f"{quoted(each)} is literal text: a parameter takes a whole segment"
    return ""


def _blanks(_pattern: str, wanted: Segments, given: Segments) -> str:
    if fits([each.strip() for each in wanted], [each.strip() for each in given]):
        side = "pattern" if any(each != each.strip() for each in wanted) else "request's path"
        return f"the {side} has blanks beside a segment"
    return ""


def _encoding(_pattern: str, wanted: Segments, given: Segments) -> str:
    encoded, decoded = "/".join(wanted), unquote("/".join(wanted))
    if decoded != encoded and fits(_split(decoded), given):
        return f"a request's path is decoded before it is compared: write {quoted(decoded)}"
    encoded, decoded = "/".join(given), unquote("/".join(given))
    if decoded != encoded and fits(wanted, _split(decoded)):
        return f"the request encodes its path twice: decoded once it has {quoted(encoded)}"
    return ""


def _plus(_pattern: str, wanted: Segments, given: Segments) -> str:
    if fits(wanted, _each(_unplus, given)):
        return "`+` is a blank in a query only: in a path, a blank is sent as `%20`"
    if fits(_each(_unplus, wanted), given):
        return "`+` in a pattern is a plus sign: write a blank for a blank"
    return ""


def _spelling(_pattern: str, wanted: Segments, given: Segments) -> str:
    """Recognise empty segments, another letter case, or both."""
    full, filled = [*filter(None, wanted)], [*filter(None, given)]
    if not fits(_each(_lower, full), _each(str.lower, filled)):
        return ""
    hints = []
    if len(full) < len(wanted) or len(filled) < len(given):
        side = "request's path" if len(filled) < len(given) else "pattern"
        hints.append(f"the {side} has an empty segment (`//`), which counts")
    for one, other in zip(full, filled, strict=True):
        if one != other and not is_parameter(one):
            only = "the" if hints else "only the"
            hints.append(f"{only} letter case differs: {quoted(other)}, expected {quoted(one)}")
            break
    return "; ".join(hints)


_RULES: Final[Iterable[Callable[[str, Segments, Segments], str]]] = (
    _address,
    _query,
    _foreign_parameter,
    _blanks,
    _encoding,
    _plus,
    _spelling,
    _partial_parameter,
)


def _other_length(path: str, wanted: Segments, given: Segments) -> str:
    size = len(wanted)
    more = given[: len(given) - size], given[size:]
    less = wanted[: size - len(given)], wanted[len(given) :]
    if _meet(wanted, given[-size:]):
        return f"the request has {_path(more[0])} in front of it"
    if _meet(wanted, given[:size]):
        return f"the request goes on with {_path(more[1])}; a parameter takes one segment"
    if _meet(wanted[:-1], given) and is_parameter(wanted[-1]):
        end = " is empty" if path.endswith("/") else " has no segment in the request"
        return f"{quoted(wanted[-1])}{end}"
    if _meet(wanted[: len(given)], given):
        return f"the request ends before {_path(less[1])}"
    if _meet(wanted[-len(given) :], given):
        return f"the request lacks {_path(less[0])} in front"
    return f"the pattern has {_count(size)}, the request {len(given)}"


def _meet(wanted: Segments, given: Segments) -> bool:
    """Tell whether they fit and have a literal in common: parameters alone fit anything."""
    return fits(wanted, given) and not all(map(is_parameter, wanted))


def _slip(wanted: Segments, given: Segments) -> str:
    pairs = zip(wanted, given, strict=True)
    differing = [pair for pair in pairs if pair[0] != pair[1] and not is_parameter(pair[0])]
    if len(differing) != 1:
        return ""
    ((one, other),) = differing
    if nearly(one, [other]) is not None:
        return f"{quoted(other)} is nearly {quoted(one)}"
    return ""


def _split(path: str) -> list[str]:
    stripped = path.strip("/")
    return stripped.split("/", MAX_SEGMENTS) if stripped else []


def _path(segments: Segments) -> str:
    return quoted("/" + "/".join(segments))


def _count(segments: int) -> str:
    return "1 segment" if segments == 1 else f"{segments} segments"


def _each(change: Callable[[str], str], segments: Segments) -> Segments:
    return [change(each) for each in segments]


def _unplus(segment: str) -> str:
    return segment.replace("+", " ")


def _lower(segment: str) -> str:
    return segment if is_parameter(segment) else segment.lower()
