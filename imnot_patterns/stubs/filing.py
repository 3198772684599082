"""Where in the index a stub is filed, and where a request has to look.

Stubs are filed by what they demand to be equal: the literal segments of the path (or all of it),
method, host, headers, query parameters, body. Those that demand the same places share a drawer, in
which one look-up finds those that demand the request's own values. (In packet filters this is known
as tuple space search.) A request opens only drawers of its own path and method, and those that
demand headers or query parameters only if it has the first of them.
"""

from collections.abc import Hashable, Iterator
from typing import Any, Final, NamedTuple

from imnot_patterns.stubs.criteria import Equal, JsonText
from imnot_patterns.stubs.matcher import MAPPINGS, Matcher, Part
from imnot_patterns.stubs.seen import Seen, frozen, outline
from imnot_patterns.stubs.stub import FIELDS

Address = tuple[Hashable, ...]
"""The keys that lead to a place in the files, from the outermost to the innermost."""

Files = dict[Any, Any]
"""Dicts in dicts, in the order of an `Address`; the innermost hold lists of what is filed."""

_LITERAL: Final = "literal"  # then: the path without the slashes at its ends
_TEMPLATE: Final = "template"  # then: how many segments, which of them are literal, what they are
_EXACT: Final = "exact"  # then: the path
_ANYWHERE: Final = "anywhere"
_JSON: Final = "json_key"
# After these: method (None for any), "headers" or "query" and the first name in the demands ("" and
# "" without names), the demands, the values they ask for, the key of the body (None without).


class Demands(NamedTuple):
    """Which places, but path and method, have to be equal to something: a drawer's label."""

    host: bool
    headers: tuple[str, ...]
    query: tuple[str, ...]
    body: str
    """The attribute of a request that is the key of its body: "body", "json_key", "" for none."""

    def values(self, seen: Seen) -> tuple[Hashable, ...]:
        """Return what a request has at these places; of a body that is JSON the outline."""
        values: list[Hashable] = [seen.host] if self.host else []
        if self.headers:
            values += map(seen.headers.get, self.headers)
        if self.query:
            values += map(seen.query.get, self.query)
        if self.body == _JSON:
            values.append(outline(seen.json))
        return tuple(values)


_NO_DEMANDS: Final = Demands(host=False, headers=(), query=(), body="")


def filing(matcher: Matcher) -> tuple[Address, tuple[Part, ...]]:
    """Return the address of a stub, and the criteria that the address does not stand for."""
    keys = {part: key for part in matcher.parts if (key := _key(part)) is not None}
    of = {field: [part for part in keys if part.field == field] for field in FIELDS}
    headers, query = (sorted(of[field], key=_name) for field in ("headers", "query"))
    named = headers or query
    demands = Demands(
        bool(of["host"]),
        tuple(map(_name, headers)),
        tuple(map(_name, query)),
        _body_attribute(of["body"]),
    )
    address = (
        *_path_address(matcher, [keys[part] for part in of["path"]]),
        keys[of["method"][0]] if of["method"] else None,
        named[0].field if named else "",
        _name(named[0]) if named else "",
        demands,
        tuple(keys[part] for part in (*of["host"], *headers, *query)) + _outlines(of["body"]),
        keys[of["body"][0]] if of["body"] else None,
    )
    return address, tuple(part for part in matcher.parts if part not in keys)


def _key(part: Part) -> Hashable:
    """Return what the place has to be equal to, in a form to look up; None for no such thing."""
    judge = part.criterion
    if part.field == "body" and isinstance(judge, JsonText):
        return frozen(judge.inner.value) if isinstance(judge.inner, Equal) else None
    is_one_text = part.name is not None or part.field not in MAPPINGS
    return part.text if is_one_text else None


def _name(part: Part) -> str:
    return part.name or ""


def _body_attribute(parts: list[Part]) -> str:
    if not parts:
        return ""
    return _JSON if isinstance(parts[0].criterion, JsonText) else "body"


def _outlines(parts: list[Part]) -> tuple[Hashable, ...]:
    judges = [part.criterion.inner for part in parts if isinstance(part.criterion, JsonText)]
    return tuple(outline(judge.value) for judge in judges if isinstance(judge, Equal))


def _path_address(matcher: Matcher, exact: list[Hashable]) -> Address:
    template = matcher.template
    if template is None:
        return (_EXACT, exact[0]) if exact else (_ANYWHERE,)
    if not matcher.parameters:
        return _LITERAL, "/".join(template)
    places = tuple(place for place, _ in matcher.literals)
    return _TEMPLATE, len(template), places, tuple(text for _, text in matcher.literals)


def leaf_at(files: Files, address: Address) -> list[Any]:
    """Return the list at an address; it is made if there is none."""
    *outer, last = address
    for key in outer:
        files = files.setdefault(key, {})
    leaf: list[Any] = files.setdefault(last, [])
    return leaf


def clear(files: Files, address: Address) -> None:
    """Remove what has become empty on the way to an address."""
    if address:
        inner = files[address[0]]
        if isinstance(inner, dict):
            clear(inner, address[1:])
        if not inner:
            del files[address[0]]


def leaves(files: Files, seen: Seen) -> Iterator[list[Any]]:
    """Give the lists at all addresses that a request fits."""
    for methods in _by_path(files, seen):
        for method in (seen.method, None):
            drawers = methods.get(method)
            if drawers is not None:
                yield from _opened(drawers, seen)


def _by_path(files: Files, seen: Seen) -> Iterator[Files]:
    if (literal := files.get(_LITERAL)) and (found := literal.get(seen.path.strip("/"))):
        yield found
    if (template := files.get(_TEMPLATE)) and (found := template.get(len(seen.segments))):
        segments = seen.segments
        for places, rows in found.items():
            if row := rows.get(tuple([segments[place] for place in places])):
                yield row
    if (exact := files.get(_EXACT)) and (found := exact.get(seen.path)):
        yield found
    if anywhere := files.get(_ANYWHERE):
        yield anywhere


def _opened(drawers: Files, seen: Seen) -> Iterator[list[Any]]:
    for source, firsts in drawers.items():
        names = firsts.keys() & getattr(seen, source).keys() if source else ("",)
        for name in names:
            for demands, rows in firsts[name].items():
                bodies = rows.get(() if demands is _NO_DEMANDS else demands.values(seen))
                if bodies is None:
                    continue
                key = getattr(seen, demands.body) if demands.body else None
                if (leaf := bodies.get(key)) is not None:
                    yield leaf
