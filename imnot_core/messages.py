"""Request and Reply: the values that a handler receives and returns.

Both are complete and immutable. What is costly (headers as a mapping, the parsed query, the body as
JSON, the encoded form of a reply) is computed when first asked for, and once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec
from multidict import CIMultiDict, CIMultiDictProxy, MultiDict, MultiDictProxy

from imnot_core.errors import ReplyError
from imnot_core.heads import BODILESS, Message, head

JSON_CONTENT_TYPE = "application/json"
"""The content type of JSON answers and payloads."""
TEXT_CONTENT_TYPE = "text/plain; charset=utf-8"

Headers = Mapping[str, str] | Iterable[tuple[str, str]]

T = TypeVar("T")


class kept(Generic[T]):  # noqa: N801 - a decorator, as `property` is
    """A property that is computed when first asked for, and kept in the object's `__dict__`.

    `functools.cached_property` does the same under a lock in Python 3.11: four times as slow.
    """

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self._compute = compute
        self._name = compute.__name__
        self.__doc__ = compute.__doc__

    def __get__(self, instance: Any, kind: type[Any]) -> T:
        value = instance.__dict__[self._name] = self._compute(instance)
        return value


class Job(msgspec.Struct, frozen=True):
    """Work to begin once the answer has been sent, for instance the delivery of a callback.

    `name` appears in the log when `run` raises; `delay` is in seconds of the server's clock.
    """

    name: str
    run: Callable[[], Awaitable[None]]
    delay: float = 0.0


class Request(msgspec.Struct, frozen=True, dict=True, eq=False):
    """What the system under test sent, read to the end before the handler is called.

    `path` is percent-decoded; `params` holds the values of `{name}` segments, decoded too;
    `session` is the value of the `X-Imnot-Session` header, None without one.
    """

    method: str
    path: str
    params: Mapping[str, str] = {}
    body: bytes = b""
    session: str | None = None
    raw_headers: Iterable[tuple[bytes, bytes]] = ()
    raw_query: bytes = b""

    @classmethod
    def of(
        cls,
        method: str,
        target: str,
        *,
        headers: Headers = (),
        body: bytes = b"",
        json: Any = msgspec.UNSET,
        params: Mapping[str, str] | None = None,
        session: str | None = None,
    ) -> Request:
        """Make a request by hand, as tests do; `target` is a path, maybe with a query."""
        pairs = headers.items() if isinstance(headers, Mapping) else headers
        raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in pairs]
        if json is not msgspec.UNSET:
            body = msgspec.json.encode(json)
            raw.append((b"content-type", JSON_CONTENT_TYPE.encode()))
        parts = urlsplit(target)
        return cls(
            method=method.upper(),
            path=unquote(parts.path),
            params=params or {},
            body=body,
            session=session,
            raw_headers=raw,
            raw_query=parts.query.encode(),
        )

    @kept
    def headers(self) -> CIMultiDictProxy[str]:
        """The headers; names ignore case, `getall` gives the values of a repeated one."""
        pairs = ((k.decode("latin-1"), v.decode("latin-1")) for k, v in self.raw_headers)
        return CIMultiDictProxy(CIMultiDict(pairs))

    @kept
    def query(self) -> MultiDictProxy[str]:
        """The decoded query parameters; `getall` gives the values of a repeated one."""
        text = self.raw_query.decode("latin-1")
        return MultiDictProxy(MultiDict(parse_qsl(text, keep_blank_values=True)))

    @kept
    def _json(self) -> Any:
        try:
            return parse_json(self.body)
        except ValueError as error:
            raise ReplyError(400, f"The request body is not valid JSON: {error}") from error

    def json(self) -> Any:
        """Return the body as JSON. Raises `ReplyError` (400) when it is not."""
        return self._json


class Reply(msgspec.Struct, frozen=True, dict=True, eq=False):
    """What the mocked API answers.

    `delay` (seconds) is waited by the server before it answers, so that handlers never sleep;
    `after` are jobs to start once the answer is sent. Return the same object again where the
    answer is always the same: its encoded form is kept.

    `stream` is called for the chunks of a body that is sent as it is made (see `streaming`). A
    `fault` breaks the connection: with "reset" before any byte of an answer by a TCP reset, with
    "empty" likewise by closing it, with "cut" after the headers and the first half of the body.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    delay: float = 0.0
    after: tuple[Job, ...] = ()
    stream: Callable[[], AsyncIterator[bytes]] | None = None
    fault: Literal["reset", "empty", "cut"] | None = None

    @classmethod
    def json(
        cls, value: Any, status: int = 200, headers: Headers = (), *, after: tuple[Job, ...] = ()
    ) -> Reply:
        """Answer with a JSON value: compact, UTF-8, keys in their order."""
        body = b"" if status in BODILESS else encode_json(value)
        return cls.of(body, status, headers, content_type=JSON_CONTENT_TYPE, after=after)

    @classmethod
    def text(cls, value: str, status: int = 200, headers: Headers = ()) -> Reply:
        """Answer with plain text in UTF-8."""
        return cls.of(value.encode(), status, headers, content_type=TEXT_CONTENT_TYPE)

    @classmethod
    def empty(
        cls, status: int = 200, headers: Headers = (), *, after: tuple[Job, ...] = ()
    ) -> Reply:
        """Answer without body and without content type."""
        return cls.of(b"", status, headers, content_type="", after=after)

    @classmethod
    def streaming(
        cls,
        stream: Callable[[], AsyncIterator[bytes]],
        status: int = 200,
        headers: Headers = (),
        *,
        content_type: str = "application/octet-stream",
    ) -> Reply:
        """Answer with chunks, each sent when it is there.

        `stream` is called for every request that gets this reply. It is closed when the client
        goes away; what it raises breaks the connection, and is kept as the handler's failure, but
        for `StreamBroken`. With a Content-Length among the headers, so many bytes must come.
        """
        reply = cls.of(b"", status, headers, content_type=content_type)
        return msgspec.structs.replace(reply, stream=stream)

    @classmethod
    def of(
        cls,
        body: bytes,
        status: int = 200,
        headers: Headers = (),
        *,
        content_type: str = JSON_CONTENT_TYPE,
        after: tuple[Job, ...] = (),
    ) -> Reply:
        """Answer with bytes as they are; `content_type` is not added when `headers` has one."""
        if type(headers) is tuple:  # as of all that answer often
            pairs = headers
        else:
            pairs = tuple(headers.items() if isinstance(headers, Mapping) else headers)
        typed = not content_type or (pairs and has_header(pairs, "content-type"))
        if not typed and status not in BODILESS:
            pairs = (("Content-Type", content_type), *pairs)
        return cls(status, pairs, body, 0.0, after)

    @kept
    def start(self) -> dict[str, Any]:
        """The ASGI message that begins this answer; shared by all requests that get it.

        Raises ValueError or TypeError for what no server could send.
        """
        return _head(self)[0]

    @kept
    def finish(self) -> Message:
        """The ASGI message that ends this answer."""
        body = b"" if self.status in BODILESS else self.body
        return {"type": "http.response.body", "body": body}

    @kept
    def in_http(self) -> bytes:
        """How this answer begins in HTTP/1.1; empty where the connection has a say in it."""
        return _head(self)[1]

    @kept
    def plain(self) -> tuple[bytes, bytes] | None:
        """The same, and the body; None where more is to be done than to send it.

        Raises ValueError or TypeError for what no server could send.
        """
        in_http = _head(self)[1]
        if self.delay > 0 or self.after or self.stream is not None or self.fault is not None:
            return None
        return in_http, b"" if self.status in BODILESS else self.body


Handler = Callable[[Request], Awaitable[Reply]]
"""What answers the requests of an endpoint."""


def _head(reply: Reply) -> tuple[Message, bytes]:
    status, body = reply.status, reply.body
    if type(status) is not int or not 200 <= status <= 599:
        raise ValueError(f"{status!r} is no status of an answer")
    if not isinstance(body, bytes):
        raise TypeError(f"the body is {type(body).__name__}, not bytes")
    headers = tuple(reply.headers)
    if status in BODILESS or reply.fault is not None:
        # Without a length, the client cannot take a part of the body for the whole.
        return head(status, headers, None)
    return head(status, headers, len(body) if reply.stream is None else _declared(headers))


def _declared(headers: tuple[tuple[str, str], ...]) -> int | None:
    """The length that the headers of a stream give, if they do."""
    given = next((value for name, value in headers if name.lower() == "content-length"), "")
    return int(given) if given.isascii() and given.isdigit() else None


def has_header(headers: Iterable[tuple[str, str]], name: str) -> bool:
    """Tell whether a header of that name (lower case) is among the pairs."""
    return any(key.lower() == name for key, _ in headers)


def encode_json(value: Any) -> bytes:
    """Encode as the surface answers: compact, UTF-8, non-ASCII unescaped, keys in stored order."""
    return msgspec.json.encode(value)


def parse_json(data: bytes) -> Any:
    """Parse strict JSON; a UTF-8 byte order mark is accepted. Raises ValueError with the reason."""
    try:
        return msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise ValueError(str(error)) from error
