"""How a request chooses its session, for systems under test that cannot all pass a header.

In this order: the header `X-Imnot-Session`; the path, `/~session/<id>/…`; the host,
`<id>.<session_host>`, where the settings name one; W3C baggage, `imnot-session=<id>`; the cookie
`imnot-session`.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final, NamedTuple
from urllib.parse import unquote, unquote_to_bytes

from imnot_core.heads import WireHeaders
from imnot_core.messages import Reply

Message = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]

HEADER: Final = b"x-imnot-session"
NAME: Final = b"imnot-session"
"""Of the cookie, and of the entry in the baggage."""
PREFIX: Final = b"/~session/"

UNCHOSEN: Final = Reply.json(
    {"detail": "No session is named here: write /~session/<session id>/<path>"}, 404
)
"""The answer to a path that begins as if it chose a session, and does not."""

_NOTED = frozenset({HEADER, b"content-length", b"transfer-encoding", b"baggage", b"cookie"})
# As in a header: an id with NUL could reach into another session's documents.
_CONTROLS = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
# Answers name places with these; where the path chooses the session, they have to keep it.
_PLACES = frozenset({b"location", b"content-location"})


class Chosen(NamedTuple):
    """A request whose address chose the session: its scope with the header instead, and the place.

    That is the host as it was sent, or what was cut off from the path.
    """

    scope: Message
    place: str


def noted(headers: WireHeaders) -> tuple[str | None, int | None]:
    """The session that headers name, and the length of the body: 0 if unknown, None without one."""
    session = length = baggage = cookie = None
    for name, value in headers:
        if name in _NOTED:
            if name == HEADER:
                session = _id(value)
            elif name == b"cookie":
                cookie = value
            elif name == b"baggage":
                baggage = value if baggage is None else baggage + b"," + value
            elif value != b"0":
                length = int(value) if name == b"content-length" else 0
    if session is None and (baggage is not None or cookie is not None):
        session = _in_baggage(baggage or b"") or _in_cookie(cookie or b"")
    return session, length


def named(scope: Message) -> Message:
    """The request with the session's header, in whatever way its headers choose the session.

    For applications that know of no other way.
    """
    headers: WireHeaders = scope["headers"]
    session, _ = noted(headers)
    if session is None:
        return scope
    others = [pair for pair in headers if pair[0] != HEADER]
    return {**scope, "headers": [*others, (HEADER, session.encode("latin-1"))]}


def of_host(scope: Message, parent: str) -> Chosen | None:
    """The request as one of the session that its host names.

    None where it names none, and for a request with the header: that decides.
    """
    headers: WireHeaders = scope["headers"]
    if _names_session(headers):
        return None
    host = next((value for name, value in headers if name == b"host"), b"").decode("latin-1")
    name = host.lower().partition(":")[0]
    session = name.removesuffix(f".{parent}")
    if not session or session == name:
        return None
    return Chosen(_with_session(scope, session.encode("latin-1")), host)


def of_path(scope: Message) -> Chosen | None:
    """The request without the part of its path that chooses the session.

    It has the session's header then, unless it had one: that decides. None for another path, and
    for a session that no header could name. Several such parts may follow each other, as where an
    answer named a place and the client's base URL has one too: the first chooses.
    """
    raw_path: bytes = scope["raw_path"]
    chosen: tuple[bytes, bytes] | None = None
    while raw_path.startswith(PREFIX):
        written, _, rest = raw_path[len(PREFIX) :].partition(b"/")
        session = unquote_to_bytes(written)
        if not session or session != session.strip() or _CONTROLS.search(session):
            return None
        chosen = chosen or (session, PREFIX + written)
        raw_path = b"/" + rest
    if chosen is None:
        return None
    path = unquote(raw_path.decode("ascii", "replace"))
    inner = {**_with_session(scope, chosen[0]), "raw_path": raw_path, "path": path}
    return Chosen(inner, chosen[1].decode("latin-1"))


def keeping(place: str, send: Send) -> Send:
    """Send answers so that the paths which they name keep the beginning that chose the session."""
    prefix = place.encode("latin-1")

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = list(_placed(prefix, message["headers"]))
            message = {**message, "headers": headers}
        await send(message)

    return sent


def _with_session(scope: Message, session: bytes) -> Message:
    headers: WireHeaders = scope["headers"]
    if _names_session(headers):
        return scope
    return {**scope, "headers": [*headers, (HEADER, session)]}


def _names_session(headers: WireHeaders) -> bool:
    return any(name == HEADER and value for name, value in headers)


def _placed(prefix: bytes, headers: WireHeaders) -> Iterator[tuple[bytes, bytes]]:
    for name, value in headers:
        is_path = value.startswith(b"/") and not value.startswith((b"//", prefix + b"/"))
        yield name, prefix + value if is_path and name in _PLACES else value


def _in_baggage(value: bytes) -> str | None:
    # https://www.w3.org/TR/baggage/: members with commas between, each with properties behind `;`.
    for member in value.split(b","):
        name, _, rest = member.partition(b"=")
        if name.strip() == NAME:
            found = unquote_to_bytes(rest.partition(b";")[0].strip())
            return None if _CONTROLS.search(found) else _id(found)
    return None


def _in_cookie(value: bytes) -> str | None:
    for pair in value.split(b";"):
        name, _, rest = pair.partition(b"=")
        if name.strip() == NAME:
            return _id(rest.strip().strip(b'"'))
    return None


def _id(value: bytes) -> str | None:
    """The session that bytes name: most clients send UTF-8 where they should send Latin-1.

    What Latin-1 does not have stays as it came: no session with such an id can be begun.
    """
    if value.isascii():
        return value.decode() or None
    try:
        return value.decode().encode("latin-1").decode("latin-1")
    except UnicodeError:
        return value.decode("latin-1")
