"""The answers: a page that knows whether it changed, static files, and what went wrong."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from litestar import Litestar, MediaType, Request, Response
from litestar.response import Template
from litestar.response.base import ASGIResponse

from imnot_core import ReplyError
from imnot_patterns.stubs.pages.addresses import ADMIN, NEW_STUB, STATIC

AnyRequest = Request[Any, Any, Any]

SAFETY: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
        " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
_CHECKED: Final = "no-cache"  # may be kept, but asked about each time
_FOR_GOOD: Final = "private, max-age=31536000, immutable"
_TYPES: Final = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
_FOLDER: Final = Path(__file__).parent / "static"


class Page(Template):
    """A rendered template with an ETag: 304 for a client that has it already."""

    def __init__(self, name: str, context: dict[str, Any], status: int = 200) -> None:
        always = {"admin": ADMIN, "new_stub": NEW_STUB, "static": STATIC}
        super().__init__(
            f"stubs/{name}.html",
            context={**always, **context},
            headers={**SAFETY, "Cache-Control": _CHECKED, "Vary": "Accept"},
            media_type=MediaType.HTML,
            status_code=status,
        )

    def to_asgi_response(
        self, app: Litestar | None, request: AnyRequest, **given: Any
    ) -> ASGIResponse:
        """Render it, unless the client knows it."""
        made = super().to_asgi_response(app, request, **given)
        tag = etag(bytes(made.body))
        made.headers["ETag"] = tag
        if made.status_code != 200 or not knows(request, tag):
            return made
        return ASGIResponse(status_code=304, headers={**self.headers, "ETag": tag})


class Statics:
    """The static files, read once."""

    def __init__(self) -> None:
        self._files = {
            file.name: (file.read_bytes(), _TYPES[file.suffix])
            for file in _FOLDER.iterdir()
            if file.suffix in _TYPES
        }

    def answer(self, name: str, request: AnyRequest) -> Response[bytes]:
        """The file of that name. Raises ReplyError (404)."""
        if name not in self._files:
            raise ReplyError(404, f"There is no file {name!r}")
        body, media_type = self._files[name]
        tag = etag(body)
        # A file with its version in its name is another one when it changes.
        caching = _FOR_GOOD if name.startswith("htmx.org-") else _CHECKED
        headers = {**SAFETY, "ETag": tag, "Cache-Control": caching}
        if knows(request, tag):
            return Response(b"", status_code=304, headers=headers, media_type=media_type)
        return Response(body, headers=headers, media_type=media_type)


def problem(request: AnyRequest, error: ReplyError) -> Response[Any]:
    """What went wrong: a page for browsers, JSON for others."""
    headers = {**SAFETY, **dict(error.headers or {})}
    if "text/html" not in request.headers.get("accept", ""):
        return Response({"detail": error.detail}, status_code=error.status, headers=headers)
    page = Page("problem", {"status": error.status, "detail": error.detail}, error.status)
    page.headers.update(headers)
    return page


def etag(body: bytes) -> str:
    """Return the ETag of a body."""
    return f'"{blake2b(body, digest_size=12).hexdigest()}"'


def knows(request: AnyRequest, tag: str) -> bool:
    """Whether the client has said that it has what the tag stands for."""
    return tag in request.headers.get("if-none-match", "").split(", ")
