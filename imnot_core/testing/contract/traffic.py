"""The requests that a contract sends to one datapoint, and what later ones take from answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import quote

import httpx

from imnot_core.messages import Request
from imnot_core.testing.remote import Remote, Session

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PARAMETER = re.compile(r"\{(\w+)\}")
VOLATILE = frozenset({"date", "x-request-id"})

Parameter = Callable[[str, Sequence[httpx.Response]], str]


class Traffic:
    """Sends requests in order; `{name}` in a path is filled in by `parameter` from the answers."""

    def __init__(
        self,
        server: Remote,
        requests: Sequence[Request],
        parameter: Parameter,
        session: Session | str | None = None,
    ) -> None:
        self._server = server
        self._requests = requests
        self._parameter = parameter
        self._session = session
        self._seen: list[httpx.Response] = []

    def round(self) -> Iterator[httpx.Response]:
        """Send every request once; each when its answer is asked for."""
        for request in self._requests:
            yield self.send(request)

    def send(self, request: Request) -> httpx.Response:
        """Send one request."""
        path = PARAMETER.sub(lambda found: self._value(found[1]), request.path)
        query = f"?{request.raw_query.decode()}" if request.raw_query else ""
        response = self._server.request(
            request.method,
            quote(path, safe="/%") + query,
            headers=dict(request.headers),
            content=request.body,
            session=self._session,
        )
        self._seen.append(response)
        return response

    def _value(self, name: str) -> str:
        return quote(self._parameter(name, self._seen), safe="")


def last_id(_name: str, seen: Sequence[httpx.Response]) -> str:
    """The last id that an answer had in a header or in its body; "1" if none had any."""
    for response in reversed(seen):
        texts = [*response.headers.values(), response.text]
        ids = [found for text in texts for found in UUID.findall(text)]
        if ids:
            return str(ids[-1])
    return "1"


def comparable(response: httpx.Response) -> tuple[int, tuple[tuple[str, str], ...], str]:
    """An answer without what differs from one time to the next: ids, and when it was sent."""
    headers = sorted(
        (name.lower(), without_ids(value))
        for name, value in response.headers.multi_items()
        if name.lower() not in VOLATILE
    )
    return response.status_code, tuple(headers), without_ids(response.text)


def without_ids(text: str) -> str:
    """A text with one word in place of each UUID."""
    return UUID.sub("<id>", text)
