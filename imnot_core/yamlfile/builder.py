"""The parser's events → plain data, in one pass and without a tree of nodes between.

That takes half the time; and ruamel's composer calls itself for every level, so that 100 kB of `[`
would end the process. Here a text can exhaust neither stack nor memory: how deep it nests and how
much its aliases stand for is limited, its size is limited by the caller.
"""

from __future__ import annotations

from typing import Any, Final, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from imnot_core.errors import PartnerError, Problem
from imnot_core.yamlfile.problems import Place, character_problem, syntax_problem
from imnot_core.yamlfile.scalars import is_collection_tag, plain, tagged

MAX_DEPTH: Final = 100  # mappings and lists inside one another, aliases followed
MAX_ALIAS_SIZE: Final = 2_000_000  # values and characters that all aliases of a text stand for

_KEY_EXPECTED: Final = object()
_MERGE: Final = object()


class _Frame:
    """A mapping or list that is being filled; `event` is the one that began it."""

    __slots__ = ("event", "key", "key_event", "merged", "target")

    def __init__(self, target: dict[Any, Any] | list[Any], event: Any) -> None:
        self.target: Any = target
        self.event = event
        self.key: Any = _KEY_EXPECTED
        self.key_event: Any = None
        self.merged: tuple[Any, Any] | None = None


class Builder:
    """Builds the data of one text; `root` is a list of it, empty where the text has no value.

    With `marked` it also collects `places`: for the id of each mapping and list, from key or index
    to the place of the key, the place of the value, and the value. `repeated` are the problems of
    repeated keys; without `marked` they lack the line of the first one.
    """

    def __init__(self, text: str, source: str, *, marked: bool = False) -> None:
        self.root: list[Any] = []
        self.places: dict[int, dict[Any, tuple[Place, Place, Any]]] = {}
        self.repeated: list[Problem] = []
        self._text = text
        self._source = source
        self._marked = marked
        self._frames = [_Frame(self.root, None)]
        self._anchors: dict[str, Any] = {}
        self._sizes: dict[int, tuple[int, int]] = {}
        self._alias_size = 0

    def build(self, *, pure: bool) -> None:
        """Read the text to its end. Raises PartnerError at the first thing that is no YAML."""
        try:
            for event in YAML(typ="safe", pure=pure).parse(self._text):
                if pure and type(event) is ScalarEvent:
                    event.value.encode()  # the other parser refuses halves of characters itself
                self._take(event)
        except MarkedYAMLError as error:
            opened = [_place(frame.event) for frame in self._frames if _is_flow(frame.event)]
            raise PartnerError([syntax_problem(error, self._text, self._source, opened)]) from None
        except (YAMLError, UnicodeEncodeError):
            raise PartnerError([character_problem(self._text, self._source)]) from None

    def _take(self, event: Any) -> None:
        kind = type(event)
        if kind is ScalarEvent:
            value = self._scalar(event)
            if event.anchor is not None:
                self._anchors[event.anchor] = value
            self._add(value, event)
        elif kind is MappingStartEvent:
            self._open({}, event)
        elif kind is SequenceStartEvent:
            self._open([], event)
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            self._close()
        elif kind is AliasEvent:
            self._add(self._aliased(event), event)
        elif kind is DocumentStartEvent:
            self._begin_document(event)

    def _begin_document(self, event: Any) -> None:
        if self.root:
            self._refuse(event, "a second document begins here", "make it a file of its own")
        if event.version == (1, 1):
            self._refuse(event, "YAML 1.1 cannot be read", "remove `%YAML 1.1` and write YAML 1.2")

    def _add(self, value: Any, event: Any) -> None:
        frame = self._frames[-1]
        target = frame.target
        if type(target) is list:
            if self._marked:
                self._mark(target, len(target), event, event, value)
            target.append(value)
        elif frame.key is _KEY_EXPECTED:
            self._begin_entry(frame, value, event)
        elif frame.key is _MERGE:
            frame.merged = value, event
            frame.key = _KEY_EXPECTED
        else:
            if self._marked:
                self._mark(target, frame.key, frame.key_event, event, value)
            target[frame.key] = value
            frame.key = _KEY_EXPECTED

    def _begin_entry(self, frame: _Frame, key: Any, event: Any) -> None:
        if isinstance(key, dict | list):
            self._refuse(event, "a mapping or list cannot be a key", "write a text before the `:`")
        if key == "<<" and type(event) is ScalarEvent and event.implicit[0]:
            if frame.merged is not None:
                self._refuse(event, "`<<` is repeated", "merge several by `<<: [*one, *other]`")
            key = _MERGE
        elif key in frame.target:
            self._repeat(frame.target, key, event)
        frame.key = key
        frame.key_event = event

    def _repeat(self, target: dict[Any, Any], key: Any, event: Any) -> None:
        line = self.places[id(target)][key][0][0] if self._marked else 0
        shown = event.value if type(event) is ScalarEvent else key
        message = f"the key `{shown}` is repeated: it stands in line {line} already"
        self.repeated.append(self._problem(event, message, "remove or rename one of the two"))

    def _open(self, target: dict[Any, Any] | list[Any], event: Any) -> None:
        if event.ctag is not None and not is_collection_tag(str(event.ctag)):
            self._refuse_tag(event)
        self._add(target, event)
        if event.anchor is not None:
            self._anchors[event.anchor] = target
        self._frames.append(_Frame(target, event))
        self._check_depth(event, 0)

    def _close(self) -> None:
        frame = self._frames.pop()
        if frame.merged is not None:
            self._merge(frame.target, *frame.merged)

    def _scalar(self, event: Any) -> Any:
        if event.ctag is None:
            if not event.implicit[0]:
                return event.value
            try:
                return plain(event.value)
            except ValueError:
                self._refuse(event, f"a number of {len(event.value)} digits", "put it in quotes")
        try:
            return tagged(event.value, str(event.ctag))
        except LookupError:
            self._refuse_tag(event)
        except ValueError:
            self._refuse(event, f"`{event.value}` is not what its tag says", "remove the tag")

    def _aliased(self, event: Any) -> Any:
        name = event.anchor
        if name not in self._anchors:
            hint = f"write `&{name}` before the value it means; text with `*` goes into quotes"
            self._refuse(event, f"`*{name}` means nothing so far", hint)
        value = self._anchors[name]
        if any(frame.target is value for frame in self._frames):
            self._refuse(event, f"`*{name}` stands inside the value that it means", "remove it")
        size, height = self._measure(value)
        self._alias_size += size
        if self._alias_size > MAX_ALIAS_SIZE:
            message = f"the aliases stand for more than {MAX_ALIAS_SIZE:,} values and characters"
            self._refuse(event, message, "use fewer of them")
        self._check_depth(event, height)
        return value

    def _measure(self, value: Any) -> tuple[int, int]:
        """Return a value's size with all aliases written out, and how many levels it has."""
        if not isinstance(value, dict | list):
            return 1 + (len(value) if isinstance(value, str) else 0), 0
        if id(value) not in self._sizes:
            inner = value if isinstance(value, list) else (*value, *value.values())
            sizes, heights = zip((1, 0), *map(self._measure, inner), strict=True)
            self._sizes[id(value)] = sum(sizes), 1 + max(heights)
        return self._sizes[id(value)]

    def _check_depth(self, event: Any, more: int) -> None:
        if len(self._frames) - 1 + more > MAX_DEPTH:
            self._refuse(event, f"more than {MAX_DEPTH} levels inside one another", "nest less")

    def _merge(self, target: dict[Any, Any], merged: Any, event: Any) -> None:
        """Put the entries of the `<<` mappings before a mapping's own, which win."""
        sources = merged if isinstance(merged, list) else [merged]
        if not all(isinstance(source, dict) for source in sources):
            self._refuse(event, "`<<` needs a mapping or a list of mappings", "write `<<: *name`")
        own = target.copy()
        target.clear()
        for source in (*reversed(sources), own):
            target.update(source)
        if self._marked:
            own_places = self.places.pop(id(target), {})
            places = self.places[id(target)] = {}
            for source in reversed(sources):
                places.update(self.places.get(id(source), {}))
            places.update(own_places)

    def _mark(self, target: Any, step: Any, key: Any, event: Any, value: Any) -> None:
        written = type(event) is not ScalarEvent or event.value or not event.implicit[0]
        entry = _place(key), _place(event if written else key), value
        entries = self.places.setdefault(id(target), {})
        entries[step] = entry
        if type(target) is dict and not isinstance(step, str) and type(key) is ScalarEvent:
            entries.setdefault(key.value, entry)  # a path calls the key `null` by its text

    def _problem(self, event: Any, message: str, hint: str) -> Problem:
        line, column = _place(event)
        return Problem(self._source, message, hint, line, column)

    def _refuse(self, event: Any, message: str, hint: str) -> NoReturn:
        raise PartnerError([self._problem(event, message, hint)])

    def _refuse_tag(self, event: Any) -> NoReturn:
        tag = str(event.ctag).replace("tag:yaml.org,2002:", "!!")
        self._refuse(event, f"the tag `{tag}` is not allowed", "remove it; quote a text with `!`")


def _place(event: Any) -> Place:
    mark = event.start_mark
    return mark.line + 1, mark.column + 1


def _is_flow(event: Any) -> bool:
    return event is not None and bool(event.flow_style)
