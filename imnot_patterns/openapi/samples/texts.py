"""Texts of a format and a length."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from imnot_patterns.openapi.samples.patterns import Patterns
from imnot_patterns.openapi.samples.schemas import Schema

MAX_LENGTH: Final = 1_000_000

_WORD: Final = "string"
_DATE_TIME: Final = "2024-01-15T09:30:00"
_UUID: Final = "123e4567-e89b-12d3-a456-426614174000"


def texts(schemas: Iterable[Schema], patterns: Patterns) -> Iterator[str]:
    """Give texts that satisfy the lengths, formats and patterns of schemas, the most usual first.

    Where no text is found for the patterns, they are given up.
    """
    known = [schema for schema in schemas if schema]
    low = max((int(schema["minLength"]) for schema in known if "minLength" in schema), default=0)
    highs = [int(schema["maxLength"]) for schema in known if "maxLength" in schema]
    high = min(highs, default=MAX_LENGTH)
    if low > min(high, MAX_LENGTH):
        return
    formats = [schema["format"] for schema in known if schema.get("format") in _FORMATS]
    expressions = list(dict.fromkeys(s["pattern"] for s in known if "pattern" in s))
    found = False
    for text in _tried(formats, expressions, patterns, low, high):
        fits = low <= len(text) <= high
        if fits and all(patterns.match(expression, text) for expression in expressions):
            found = True
            yield text
    if not found:
        for expression in expressions:
            patterns.give_up(expression)
        yield from (text for text in _tried(formats, [], patterns, low, high) if len(text) >= low)


def _tried(
    formats: list[str], expressions: list[str], patterns: Patterns, low: int, high: int
) -> Iterator[str]:
    for name in formats:
        yield from (text for text in _FORMATS[name](low, high) if low <= len(text) <= high)
    for expression in expressions:
        for text in patterns.texts(expression):
            yield text
            yield text + word(max(0, low - len(text)))
    yield from _words(low, high, 100 if expressions else 2000)


def _words(low: int, high: int, most: int) -> Iterator[str]:
    lengths = (len(_WORD), low, low + 1, min(high, low + 30), *range(13), 20, 40, 64, 100, 256)
    given: set[int] = set()
    for length in lengths:
        wanted = min(max(length, low), high)
        if wanted not in given:
            given.add(wanted)
            yield word(wanted)
    for number in range(1, most):
        text = f"{_WORD}{number}"
        text = text[-high:] if len(text) > high else text + "x" * (low - len(text))
        yield text


def word(length: int) -> str:
    """Return a text of a length."""
    return (_WORD * (length // len(_WORD) + 1))[:length]


def _fixed(*given: str) -> Callable[[int, int], Iterable[str]]:
    return lambda _low, _high: given


def _padded(
    head: str, tail: str, *others: str, pad: str = "0"
) -> Callable[[int, int], Iterable[str]]:
    """Make texts that become longer between head and tail; the first one is not padded."""

    def made(low: int, _high: int) -> Iterable[str]:
        return (*others[:1], head + pad * (low - len(head) - len(tail)) + tail, *others[1:])

    return made


def _emails(low: int, _high: int) -> Iterator[str]:
    domain = _host(low - 10) if low > 60 else "example.com"
    yield "user@example.com"
    yield "u" * max(1, low - len(domain) - 1) + "@" + domain
    yield from ("u@example.com", "user@a.co", "u@a.co", "u@a.b", "u@a")


def _hosts(low: int, _high: int) -> Iterator[str]:
    yield from ("example.com", _host(low), "a.co", "a.b", "a")


def _host(length: int) -> str:
    """Return a name of that length at least, in labels that are no longer than they may be."""
    labels = []
    while length > 12:
        labels.append("a" * min(50, max(1, length - 12)))
        length -= len(labels[-1]) + 1
    return ".".join([*labels, "example.com"])


_URIS: Final = _padded(
    "https://example.com/", "", "https://example.com/", "http://a.co", "http://a", "a:b", pad="a"
)
_FORMATS: Final[dict[str, Callable[[int, int], Iterable[str]]]] = {
    "date": _fixed("2024-01-15", "2024-01-16"),
    "date-time": _padded(_DATE_TIME + ".0", "Z", _DATE_TIME + "Z", "2024-01-16T10:00:00Z"),
    "time": _padded("09:30:00.0", "Z", "09:30:00Z", "10:00:00Z"),
    "duration": _padded("P1", "D", "P1D", "PT1H", pad="0"),
    "uuid": _fixed(_UUID, _UUID[:-1] + "1", _UUID[:-1] + "2"),
    "email": _emails,
    "idn-email": _emails,
    "hostname": _hosts,
    "idn-hostname": _hosts,
    "uri": _URIS,
    "url": _URIS,
    "iri": _URIS,
    "uri-reference": _padded("/", "", "/path", pad="a"),
    "iri-reference": _padded("/", "", "/path", pad="a"),
    "uri-template": _padded("/{id}/", "", "/{id}", pad="a"),
    "ipv4": _fixed(
        "192.0.2.1", "192.0.2.10", "192.0.2.100", "198.51.100.10", "198.51.100.100", "1.1.1.1"
    ),
    "ipv6": _fixed(
        "2001:db8::1",
        "2001:db8::2",
        "::1",
        "::",
        "2001:db8:0:0:0:0:0:1",
        "2001:0db8:0000:0000:0000:0000:0000:0001",
    ),
    "byte": lambda low, _high: ("c3RyaW5n", "c3Ry" * (low // 4 + 1), "c3Ry"),
    "json-pointer": _padded("/", "", "/path", "", pad="a"),
    "relative-json-pointer": _padded("0/", "", "0", pad="a"),
    "regex": _padded("^.*$", "", "^.*$", ".", pad="a"),
}
