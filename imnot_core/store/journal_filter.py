"""Which entries of the journal are meant: what the admin API and verification can ask for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Self

import msgspec
from msgspec import UNSET, UnsetType

from imnot_core.config import Fault
from imnot_core.store.journal_entries import JournalEntry

UNMATCHED: Final = "nothing answers this request"
"""The problem of a request that neither a partner nor a plugin answered."""

_STATUS: Final = re.compile(r"[1-5](\d\d|xx)|none", re.IGNORECASE)
_SEGMENT: Final = re.compile(r"\{[^{}/*]+\}")
_KINDS: Final = ("request", "callback")
_BOOLEANS: Final = {"true": True, "1": True, "false": False, "0": False}
_INSTANT: Final = 'write an instant such as "2026-01-31T12:00:00Z", or seconds since 1970'


class JournalFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Conditions that all have to hold; None is no condition.

    `session` None means requests of no session, UNSET of any. `status` is "404" or "4xx". In `path`
    `*` stands for any characters, `{name}` for one segment. `since` and `until` are in seconds
    since 1970. `unmatched` asks for requests that nothing answered, the status "none" for callbacks
    that nobody answered, `attempt` for an attempt of callbacks, from 1 on.
    """

    partner: str | None = None
    datapoint: str | None = None
    source: str | None = None
    session: str | UnsetType | None = UNSET
    method: str | None = None
    path: str | None = None
    status: str | None = None
    kind: str | None = None
    since: float | None = None
    until: float | None = None
    unmatched: bool | None = None
    attempt: int | None = None

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> tuple[Self, list[Fault]]:
        """Read conditions as they come over HTTP; what is wrong is in the faults.

        An empty text is no condition, but for `session`: there it means none.
        """
        faults: list[Fault] = []
        found: dict[str, Any] = {}
        for name, value in given.items():
            if name not in cls.__struct_fields__:
                names = ", ".join(cls.__struct_fields__)
                faults.append((name, "is no condition", f"there are {names}"))
            elif name == "session" and (value is None or isinstance(value, str)):
                found[name] = value or None
            elif value is not None and value != "":
                read, message, hint = _READERS.get(name, _TEXT)
                found[name] = read(value)
                if found[name] is None:
                    faults.append((name, message, hint))
        return cls(**found), faults

    def judge(self) -> Callable[[JournalEntry], bool]:
        """What tells whether an entry is meant."""
        tests = [
            (getter, matches)
            for name, getter, maker in _TESTS
            if (value := getattr(self, name)) is not None and value is not UNSET
            for matches in (maker(value),)
        ]
        session = self.session

        def accepts(entry: JournalEntry) -> bool:
            if session is not UNSET and entry.session != session:
                return False
            return all(matches(getter(entry)) for getter, matches in tests)

        return accepts


def path_pattern(path: str) -> re.Pattern[str]:
    """The regular expression of a path with `*` and `{name}`.

    What stands between two `*` is found where it comes first, and never sought again further on: no
    later place would help, and with several `*` that would take for ever.
    """
    first, *others = (_between_stars(each) for each in path.split("*"))
    if not others:
        return re.compile(first, re.DOTALL)
    middle = "".join(f"(?>.*?{each})" for each in others[:-1] if each)
    return re.compile(f"(?>{first}){middle}.*{others[-1]}", re.DOTALL)


def _between_stars(path: str) -> str:
    parts = _SEGMENT.split(path)
    return "[^/]+?".join(map(re.escape, parts))


def seconds_of_instant(value: Any) -> float | None:
    """An instant as seconds since 1970; None for what is none. Without an offset it is in UTC."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    text = str(value).strip().replace(" ", "+")  # as a `+` in a query arrives
    try:
        return float(text)
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _status(value: Any) -> str | None:
    if isinstance(value, bool):
        return None
    text = str(value).lower()
    return text if _STATUS.fullmatch(text) else None


def _kind(value: Any) -> str | None:
    return value if value in _KINDS else None


def _boolean(value: Any) -> bool | None:
    return value if isinstance(value, bool) else _BOOLEANS.get(str(value).lower())


def _count(value: Any) -> int | None:
    text = str(value)
    is_count = text.isascii() and text.isdigit() and not isinstance(value, bool)
    return int(text[:9]) if is_count else None


def _method(value: Any) -> str | None:
    return value.upper() if isinstance(value, str) else None


_TEXT: Final = (_text, "is no text", "write it in quotation marks")
_READERS: Final[Mapping[str, tuple[Callable[[Any], Any], str, str]]] = {
    "method": (_method, "is no text", "write a method such as GET"),
    "status": (_status, "is no status", "write 404, 4xx for all of a kind, or none"),
    "kind": (_kind, "is no kind of entry", f"there are {' and '.join(_KINDS)}"),
    "since": (seconds_of_instant, "is no instant", _INSTANT),
    "until": (seconds_of_instant, "is no instant", _INSTANT),
    "attempt": (_count, "is no number of an attempt", "the first is 1"),
    "unmatched": (_boolean, "is no truth value", "write true or false"),
}


def _equal(value: Any) -> Callable[[Any], bool]:
    return lambda actual: bool(actual == value)


def _like_path(value: str) -> Callable[[str], bool]:
    pattern = path_pattern(value)
    return lambda actual: pattern.fullmatch(actual) is not None


def _like_status(value: str) -> Callable[[int | None], bool]:
    if value.endswith("xx"):
        return lambda actual: actual is not None and str(actual)[0] == value[0]
    return lambda actual: str(actual).lower() == value


def _is_unmatched(entry: JournalEntry) -> bool:
    return entry.kind == "request" and entry.problem == UNMATCHED


_Test = tuple[str, Callable[[JournalEntry], Any], Callable[[Any], Callable[[Any], bool]]]
_TESTS: Final[tuple[_Test, ...]] = (
    ("since", lambda entry: entry.at, lambda value: lambda at: bool(at >= value)),
    ("until", lambda entry: entry.at, lambda value: lambda at: bool(at <= value)),
    ("kind", lambda entry: entry.kind, _equal),
    ("partner", lambda entry: entry.partner, _equal),
    ("datapoint", lambda entry: entry.datapoint, _equal),
    ("source", lambda entry: entry.source, _equal),
    ("method", lambda entry: entry.method, _equal),
    ("status", lambda entry: entry.status, _like_status),
    ("attempt", lambda entry: entry.attempt, _equal),
    ("unmatched", _is_unmatched, _equal),
    ("path", lambda entry: entry.path, _like_path),
)
