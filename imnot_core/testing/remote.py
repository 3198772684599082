"""What a test does with a server, wherever that runs: requests, uploads, sessions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

from imnot_core.messages import encode_json

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
    ) -> None:
        """Upload the payload of a datapoint, for everybody or for one session.

        `payload` is any value that JSON can hold, or the JSON itself: bytes, or the path of a file.
        """
        __tracebackhide__ = True
        place = f"/{quote(partner)}/{quote(datapoint)}/payload"
        if session is not None:
            place += "/session"
        self.admin("POST", place, content=_json_of(payload), session=session)

    def session(self) -> Session:
        """Begin a session; `with` deletes it at the end, and all that is in it."""
        __tracebackhide__ = True
        return Session(self, self.admin("POST", "/sessions").json()["session_id"])


class Session:
    """One isolated set of payloads and state. `id` and `headers` are for the system under test.

    What is uploaded here, only requests with these headers get::

        with server.session() as session:
            session.upload("acme", "orders", {"orders": []})
            application.sync_orders(headers=session.headers)
    """

    def __init__(self, remote: Remote, id: str) -> None:  # noqa: A002 - what it is
        self._remote = remote
        self.id = id

    @property
    def headers(self) -> dict[str, str]:
        """The header that chooses this session."""
        return {SESSION_HEADER: self.id}

    def upload(self, partner: str, datapoint: str, payload: Any) -> None:
        """Upload the payload that a datapoint has in this session."""
        __tracebackhide__ = True
        self._remote.upload(partner, datapoint, payload, session=self)

    def delete(self) -> None:
        """Delete the session with everything that was written in it; twice is no harm."""
        __tracebackhide__ = True
        self._remote.admin("DELETE", f"/sessions/{quote(self.id, safe='')}", gone=True)

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
