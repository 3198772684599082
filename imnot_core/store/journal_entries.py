"""The entries of the journal, and the MessagePack in which runs of them are stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Self

import msgspec

from imnot_core.store import Document

PREFIX_LENGTH: Final = 13
"""Of an id, so much says which process made it; the rest is the entry's number, in hex."""
OLD_RUN: Final = 100
"""How many numbers a document may span whose key does not say it: older versions wrote those."""

Kind = Literal["request", "callback"]
Pairs = tuple[tuple[str, str], ...]


class JournalEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One request that came, or a callback that was sent, and what is known of its answer.

    `path` is decoded, `query` is raw and without its `?`; `headers` are as they were sent, with
    names in lower case. `body` is cut off at the journal's limit, `body_size` is its real size; so
    are `response_body` and `response_size`, which are None where no answer was kept. `at` is in
    seconds since 1970 of the server's clock, `duration` in seconds, None where it is unknown.
    `source` is what answered (`stubs`, `acme/orders`), or what sent a callback; `status` is None
    where nothing answered. `problem` says why it was not answered as the mock says, "" if it was.
    With the session or scope `owner` the entry is deleted. `data` is what `source` keeps with it.
    """

    id: str
    at: float
    method: str
    path: str
    query: str
    headers: Pairs
    body: bytes
    body_size: int
    session: str | None = None
    source: str = ""
    status: int | None = None
    owner: str = ""
    data: Any = None
    kind: Kind = "request"
    duration: float | None = None
    problem: str = ""
    response_headers: Pairs = ()
    response_body: bytes | None = None
    response_size: int | None = None
    url: str = ""
    """Where a callback was sent; "" of a request."""
    attempt: int | None = None
    """Which attempt of a callback it was, from 1 on."""
    ended: float = 0.0
    """When the answer began, by a clock that is never set: the order among all workers."""

    @property
    def partner(self) -> str | None:
        """The partner that answered; None where none did."""
        return self.source.partition("/")[0] if "/" in self.source else None

    @property
    def datapoint(self) -> str | None:
        """The datapoint that answered; None where none did."""
        return self.source.partition("/")[2] or None


class _Kept(msgspec.Struct, array_like=True, gc=False):
    """An entry as it is stored, in MessagePack: bytes stay bytes there."""

    number: int
    source: str
    at: float
    method: str
    path: str
    query: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    body_size: int
    session: str | None
    data: Any
    status: int | None
    ended: float
    duration: float | None
    problem: str
    kind: Kind = "request"
    url: str = ""
    attempt: int | None = None


class _Old(msgspec.Struct, array_like=True, gc=False):
    """An entry as it was stored before answers were kept."""

    number: int
    source: str
    at: float
    method: str
    path: str
    query: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    body_size: int
    session: str | None
    status: int | None
    data: Any


class Answer(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The answer of one or more entries of a document; cut off at the journal's limit."""

    headers: Pairs
    body: bytes
    size: int


class _Run(msgspec.Struct, array_like=True, gc=False):
    """A document: entries, the place of the answer of each among the answers, -1 for none."""

    entries: list[_Kept]
    places: list[int]
    answers: list[Answer]


@dataclass(frozen=True, slots=True)
class Key:
    """What the key of a document says of it: the least it takes to find and to count entries."""

    prefix: str
    first: int
    span: int
    count: int
    size: int
    is_old: bool = False

    @classmethod
    def of(cls, text: str) -> Self:
        """Read a key."""
        prefix, rest = text[:PREFIX_LENGTH], text[PREFIX_LENGTH:].rstrip("+")
        first, *parts = rest.split(".")
        if not parts:
            return cls(prefix, int(first, 16), OLD_RUN, 1, 0, is_old=True)
        span, count, size = (int(each, 16) for each in parts)
        return cls(prefix, int(first, 16), span, count, size)

    def text(self, *, amends: bool) -> str:
        """Write it; the key of entries that replace earlier ones differs from all others."""
        mark = "+" if amends else ""
        parts = f"{self.first:08x}.{self.span:x}.{self.count:x}.{self.size:x}"
        return f"{self.prefix}{parts}{mark}"

    def may_hold(self, number: int) -> bool:
        """Whether the entry of that number can be in the document."""
        return self.first <= number <= self.first + self.span


encode: Final = msgspec.msgpack.Encoder().encode
_run_decoder = msgspec.msgpack.Decoder(_Run)
_old_decoder = msgspec.msgpack.Decoder(list[_Old])


def run_of(values: Sequence[bytes], answers: Sequence[Answer | None]) -> bytes:
    """The value of a document: entries that are encoded already, and their answers.

    The same answer object is written but once.
    """
    places: list[int] = []
    known: dict[int, int] = {}
    kept: list[Answer] = []
    for answer in answers:
        if answer is None:
            places.append(-1)
            continue
        place = known.get(id(answer.body))
        # Entries of one body nearly always have the same headers, too.
        if place is None or kept[place] != answer:
            place = known[id(answer.body)] = len(kept)
            kept.append(answer)
        places.append(place)
    head = b"\x93\xdd" + len(values).to_bytes(4, "big")
    return b"".join((head, *values, encode(places), encode(kept)))


def number_of(entry_id: str) -> int | None:
    """The number of an entry within its process; None for what is no id."""
    text = entry_id[PREFIX_LENGTH:]
    try:
        number = int(text, 16)
    except ValueError:
        return None
    return number if f"{number:08x}" == text else None


def entries_of(document: Document, number: int | None = None) -> list[JournalEntry]:
    """The entries that a document holds, in order; or only that of a number."""
    key = Key.of(document.key)
    if key.is_old:
        old = _old_decoder.decode(document.value)
        return [
            _entry(_renewed(each), key.prefix, document.owner, None)
            for each in old
            if number is None or each.number == number
        ]
    run = _run_decoder.decode(document.value)
    return [
        _entry(each, key.prefix, document.owner, None if place < 0 else run.answers[place])
        for each, place in zip(run.entries, run.places, strict=True)
        if number is None or each.number == number
    ]


def _entry(kept: _Kept, prefix: str, owner: str, answer: Answer | None) -> JournalEntry:
    return JournalEntry(
        id=f"{prefix}{kept.number:08x}",
        at=kept.at,
        method=kept.method,
        path=kept.path,
        query=kept.query.decode("latin-1"),
        headers=_texts(kept.headers),
        body=kept.body,
        body_size=kept.body_size,
        session=kept.session,
        source=kept.source,
        status=kept.status,
        owner=owner,
        data=kept.data,
        kind=kept.kind,
        duration=kept.duration,
        problem=kept.problem,
        response_headers=answer.headers if answer else (),
        response_body=answer.body if answer else None,
        response_size=answer.size if answer else None,
        url=kept.url,
        attempt=kept.attempt,
        ended=kept.ended,
    )


def _renewed(old: _Old) -> _Kept:
    return _Kept(**msgspec.structs.asdict(old), ended=0.0, duration=None, problem="")


def _texts(pairs: tuple[tuple[bytes, bytes], ...]) -> Pairs:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in pairs)
