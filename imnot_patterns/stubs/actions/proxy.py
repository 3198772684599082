"""The action `proxy`: the answer of another server, passed on while it arrives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

import msgspec

from imnot_core import Fault, Job, Reply, Request, StreamBroken, header_faults
from imnot_patterns.stubs.seen import Seen
from imnot_patterns.stubs.stub import ProxyAction

if TYPE_CHECKING:
    import httpx

    from imnot_patterns.stubs.actions import Answer, Answering

    Pairs = list[tuple[bytes, bytes]]

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
MAX_HOPS: Final = 5
"""How many proxies of imnot a request may pass: where one leads to itself, it ends here."""

# They concern one connection (RFC 9110, 7.6.1). A trailer cannot be passed on, so none is promised.
_HOP_BY_HOP: Final = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
_VIA: Final = b"1.1 imnot"
_PRINTABLE: Final = "".join(map(chr, range(0x21, 0x7F)))
_URL_HINT: Final = "write the whole address, such as http://localhost:8080/orders"


@dataclass(frozen=True)
class _Refusal(Exception):
    """There is no answer to pass on."""

    status: int
    error: str
    detail: str

    def reply(self) -> Reply:
        return Reply.json({"error": self.error, "detail": self.detail}, self.status)


def forwarder(action: ProxyAction, answering: Answering) -> Answer:
    """Return what asks the other server and passes its answer on."""
    own = [(name.encode(), value.encode("latin-1")) for name, value in action.headers.items()]

    async def forward(
        _seen: Seen, request: Request, _params: dict[str, str], _scope: str | None
    ) -> Reply:
        try:
            headers = _sent_on(request, own)
            answer = await _asked(action, answering.http(), request, headers)
            return await _passed_on(action, answer)
        except _Refusal as refusal:
            return refusal.reply()

    return forward


def faults(action: ProxyAction) -> Iterator[Fault]:
    """Give what keeps a request from being sent on."""
    if cause := _url_fault(action.url):
        yield "url", f"{action.url!r} is no address of a server: {cause}", _URL_HINT
    if action.timeout <= 0:
        yield "timeout", f"{action.timeout} is no time to wait", "write whole seconds, at least 1"
    for name, value in action.headers.items():
        yield from header_faults(f"headers.{name}", name, value)


async def _asked(
    action: ProxyAction, client: httpx.AsyncClient, request: Request, headers: Pairs
) -> httpx.Response:
    """Send the request on and return the answer, of which only the head was read."""
    import httpx  # noqa: PLC0415 - costs 80 ms, which only those who proxy should pay

    waits = httpx.Timeout(action.timeout).as_dict()
    try:
        url = _with_query(httpx.URL(action.url), request.raw_query)
        # Made by hand: the client would add its own User-Agent, Accept and Accept-Encoding.
        sent = httpx.Request(
            request.method,
            url,
            headers=headers,
            content=request.body,
            extensions={"timeout": waits},
        )
        async with asyncio.timeout(action.timeout):
            try:
                return await client.send(sent, stream=True, follow_redirects=False)
            except httpx.RemoteProtocolError:
                # Most likely a kept connection that was closed at this moment. Again, then, where
                # doing it twice changes nothing (RFC 9110, 9.2.1).
                if request.method not in _SAFE:
                    raise
                return await client.send(sent, stream=True, follow_redirects=False)
    except (TimeoutError, httpx.TimeoutException):
        cause = f"it did not answer within {action.timeout} s"
        raise _Refusal(504, "PROXY_TIMEOUT", _told(action.url, cause)) from None
    # UnicodeError: a host name that looks international and is not.
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        raise _Refusal(502, "PROXY_FAILED", _told(action.url, _cause(error))) from None


def _sent_on(request: Request, own: Pairs) -> Pairs:
    """The headers to send: those of the request, those of the stub in place of their likes."""
    replaced = {name.lower() for name, _ in own}
    headers = [pair for pair in _end_to_end(request.raw_headers) if pair[0].lower() not in replaced]
    headers += own
    passed = [value for name, value in headers if name.lower() == b"via"]
    hops = [hop for value in passed for hop in value.split(b",") if hop.strip() == _VIA]
    if len(hops) >= MAX_HOPS:
        detail = f"the request came through {len(hops)} proxies of imnot: does one lead to itself?"
        raise _Refusal(508, "PROXY_LOOP", detail)
    return [*headers, (b"Via", _VIA)]


async def _passed_on(action: ProxyAction, answer: httpx.Response) -> Reply:
    headers = tuple(
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in _end_to_end(answer.headers.raw)
    )
    reply = Reply.streaming(partial(_body, action.url, answer), answer.status_code, headers)
    try:
        reply.start  # noqa: B018 - fails for what cannot be sent
    except ValueError as error:
        await answer.aclose()
        raise _Refusal(502, "PROXY_FAILED", _told(action.url, str(error))) from None
    # A fault may break the connection before the body is begun, and a client may leave before: the
    # body, never asked for, cannot release the other connection at its end.
    release = Job(f"release of the answer of {_shown(action.url)}", answer.aclose)
    return msgspec.structs.replace(reply, after=(release,))


async def _body(url: str, answer: httpx.Response) -> AsyncIterator[bytes]:
    import httpx  # noqa: PLC0415 - as above

    try:
        async for chunk in answer.aiter_raw():
            yield chunk
    except httpx.HTTPError as error:
        raise StreamBroken(_told(url, _cause(error))) from None
    finally:
        await answer.aclose()


def _end_to_end(headers: Iterable[tuple[bytes, bytes]]) -> Pairs:
    """The headers without those of one connection."""
    pairs = list(headers)
    named = [value for name, value in pairs if name.lower() == b"connection"]
    dropped = {each.strip().lower() for value in named for each in value.split(b",")} | _HOP_BY_HOP
    return [(name, value) for name, value in pairs if name.lower() not in dropped]


def _with_query(url: httpx.URL, raw_query: bytes) -> httpx.URL:
    if not raw_query:
        return url
    added = quote(raw_query, safe=_PRINTABLE).encode()
    return url.copy_with(query=b"&".join(filter(None, (url.query, added))))


def _url_fault(url: str) -> str:
    """Say why no request can be sent to an address, "" if one can."""
    if any(not sign.isprintable() or sign == " " for sign in url):
        return "it has blanks"
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - fails for what is no port
    except ValueError as error:
        return str(error)
    if parts.scheme not in ("http", "https"):
        return "it does not begin with http:// or https://"
    return "" if parts.hostname else "it has no host"


def _told(url: str, cause: str) -> str:
    return f"{_shown(url)}: {cause}"


def _shown(url: str) -> str:
    """The address without user name and password."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _cause(error: Exception) -> str:
    below: BaseException | None = error
    while below is not None and not str(below):
        below = below.__cause__ or below.__context__
    return type(error).__name__ if below is None else f"{type(error).__name__}: {below}"
