"""What a test does with a server, wherever that runs: requests, uploads, sessions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

from imnot_core.messages import encode_json
from imnot_core.testing.remote_clock import RemoteClock, Span, seconds_or_text
from imnot_core.testing.verifying import Step, received, verify, verify_order

SESSION_HEADER = "X-Imnot-Session"
ADMIN = "/imnot/admin"


class Remote:
    """Requests to a server. `client` is an httpx client that takes paths."""

    def __init__(self, client: httpx.Client, admin_key: str = "") -> None:
        self.client = client
        self.admin_key = admin_key

    @property
    def url(self) -> str:
        """The server's address, without a trailing slash."""
        return str(self.client.base_url).rstrip("/")

    def request(
        self,
        method: str,
        path: str,
        *,
        session: str | Session | None = None,
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> httpx.Response:
        """Send what the system under test would send, in a session if one is given.

        `options` are those of `httpx.Client.request`: `json`, `content`, `params` and others.
        """
        given = dict(headers or {})
        if session is not None:
            given[SESSION_HEADER] = str(session)
        return self.client.request(method, path, headers=given, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Send a GET request; `options` are those of `request`."""
        return self.request("GET", path, **options)

    def head(self, path: str, **options: Any) -> httpx.Response:
        """Send a HEAD request; `options` are those of `request`."""
        return self.request("HEAD", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        """Send a POST request; `options` are those of `request`."""
        return self.request("POST", path, **options)

    def put(self, path: str, **options: Any) -> httpx.Response:
        """Send a PUT request; `options` are those of `request`."""
        return self.request("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> httpx.Response:
        """Send a PATCH request; `options` are those of `request`."""
        return self.request("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> httpx.Response:
        """Send a DELETE request; `options` are those of `request`."""
        return self.request("DELETE", path, **options)

    def admin(
        self, method: str, path: str, *, gone: bool = False, **options: Any
    ) -> httpx.Response:
        """Send an admin request, with the key; `path` is relative to `/imnot/admin`.

        Raises AssertionError, with the server's own words, for an answer that is no success; with
        `gone`, 404 is one.
        """
        __tracebackhide__ = True
        headers = dict(options.pop("headers", None) or {})
        if self.admin_key:
            headers["Authorization"] = f"Bearer {self.admin_key}"
        response = self.request(method, f"{ADMIN}{path}", headers=headers, **options)
        if not (response.is_success or (gone and response.status_code == 404)):
            message = f"{method} {ADMIN}{path} was answered {response.status_code}: {response.text}"
            raise AssertionError(message)
        return response

    def upload(
        self,
        partner: str,
        datapoint: str,
        payload: Any,
        *,
        session: str | Session | None = None,
        content_type: str = "",
    ) -> None:
        """Upload the payload of a datapoint, for everybody or for one session.

        `payload` is any value that JSON can hold, or the JSON itself: bytes, or the path of a file.
        With a `content_type`, such as `application/xml`, it is no JSON: a text, bytes, or a path.
        """
        __tracebackhide__ = True
        place = f"/{quote(partner)}/{quote(datapoint)}/payload"
        if session is not None:
            place += "/session"
        if content_type and isinstance(payload, str):
            payload = payload.encode()
        params = {"content_type": content_type} if content_type else None
        self.admin("POST", place, content=_json_of(payload), session=session, params=params)

    def session(
        self,
        id: str | None = None,  # noqa: A002 - what it is
        *,
        name: str = "",
        ttl: Span | None = None,
        seed: int | None = None,
    ) -> Session:
        """Begin a session; `with` deletes it at the end, and all that is in it.

        `id` is what the system under test is going to send, a new one by default; `name` tells
        people what it is for. After `ttl` it deletes itself, whatever becomes of the test. With a
        `seed`, chance (faults, latencies) repeats from run to run.
        """
        __tracebackhide__ = True
        return Session(self, self._begun("/sessions", id, name, ttl, seed))

    def verify(self, method: Any = None, path: Any = None, **described: Any) -> list[str]:
        """Claim that such requests were received; the arguments of `testing.verify`."""
        __tracebackhide__ = True
        return verify(self, method, path, **described)

    def verify_order(self, *steps: Step, **described: Any) -> list[str]:
        """Claim that requests were answered in this order; as `testing.verify_order`."""
        __tracebackhide__ = True
        return verify_order(self, *steps, **described)

    def received(self, **filters: Any) -> list[dict[str, Any]]:
        """The requests that were received, newest first; as `testing.received`."""
        __tracebackhide__ = True
        return received(self, **filters)

    def _begun(
        self, place: str, session: str | None, name: str, ttl: Span | None, seed: int | None
    ) -> str:
        __tracebackhide__ = True
        ends = None if ttl is None else seconds_or_text(ttl)
        wish = {"id": session, "name": name or None, "ttl_seconds": ends, "seed": seed}
        given = {key: value for key, value in wish.items() if value is not None}
        begun: str = self.admin("POST", place, json=given).json()["session_id"]
        return begun


class Session:
    """One isolated set of payloads and state. `id` and `headers` are for the system under test.

    `clock` is its time, which is the server's until a test moves it.

    What is uploaded here, only requests with these headers get::

        with server.session() as session:
            session.upload("acme", "orders", {"orders": []})
            application.sync_orders(headers=session.headers)
    """

    def __init__(self, remote: Remote, id: str) -> None:  # noqa: A002 - what it is
        self._remote = remote
        self.id = id
        self.clock = RemoteClock(self._ask_clock)

    @property
    def headers(self) -> dict[str, str]:
        """The header that chooses this session."""
        return {SESSION_HEADER: self.id}

    def upload(self, partner: str, datapoint: str, payload: Any, *, content_type: str = "") -> None:
        """Upload the payload that a datapoint has in this session; as `Remote.upload`."""
        __tracebackhide__ = True
        self._remote.upload(partner, datapoint, payload, session=self, content_type=content_type)

    def copy(
        self,
        id: str | None = None,  # noqa: A002 - what it is
        *,
        name: str = "",
        ttl: Span | None = None,
        seed: int | None = None,
    ) -> Session:
        """Begin a session that holds what this one does by now; the arguments of `Remote.session`.

        Each has its own from then on. What is not given, except id and name, is as it is here.
        """
        __tracebackhide__ = True
        place = f"{self._place}/copy"
        return Session(self._remote, self._remote._begun(place, id, name, ttl, seed))  # noqa: SLF001 - neighbours

    def reset(self) -> None:
        """Empty the session; it keeps its name, time to live and seed."""
        __tracebackhide__ = True
        self._remote.admin("POST", f"{self._place}/reset")

    def delete(self) -> None:
        """Delete the session with everything that was written in it; twice is no harm."""
        __tracebackhide__ = True
        self._remote.admin("DELETE", self._place, gone=True)

    def verify(self, method: Any = None, path: Any = None, **described: Any) -> list[str]:
        """Claim that such requests were received in this session; as `testing.verify`."""
        __tracebackhide__ = True
        return verify(self._remote, method, path, **described, session=self.id)

    def verify_order(self, *steps: Step, **described: Any) -> list[str]:
        """Claim that requests were answered in this order in it; as `testing.verify_order`."""
        __tracebackhide__ = True
        return verify_order(self._remote, *steps, **described, session=self.id)

    def received(self, **filters: Any) -> list[dict[str, Any]]:
        """The requests that were received in this session, newest first; as `testing.received`."""
        __tracebackhide__ = True
        return received(self._remote, **filters, session=self.id)

    @property
    def _place(self) -> str:
        return f"/sessions/{quote(self.id, safe='')}"

    def _ask_clock(self, method: str, **options: Any) -> dict[str, Any]:
        __tracebackhide__ = True
        answer: dict[str, Any]
        answer = self._remote.admin(method, f"{self._place}/clock", **options).json()
        return answer

    def __str__(self) -> str:
        return self.id

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.delete()


def _json_of(payload: Any) -> bytes:
    if isinstance(payload, bytes):
        return payload
    return payload.read_bytes() if isinstance(payload, Path) else encode_json(payload)
