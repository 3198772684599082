"""Who may see the pages, and from where they may be made to act."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from imnot_core import ReplyError, Services

Guard = Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], None]

_CHALLENGE: Final = {"WWW-Authenticate": 'Basic realm="imnot"'}
_UNAUTHORISED: Final = "This needs the admin key: as the password, with any user name"
_FOREIGN: Final = "Refused: another site asked for this"


def key_guard(services: Services) -> Guard:
    """Make the guard that asks for the admin key, if there is one."""

    def needs_key(
        connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler
    ) -> None:
        if not services.admits_headers(connection.headers):
            raise ReplyError(401, _UNAUTHORISED, _CHALLENGE)

    return needs_key


def own_pages_only(
    connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler
) -> None:
    """Refuse what the page of another site makes a browser send: it would add the key by itself.

    Programs send neither of the two headers.
    """
    site = connection.headers.get("sec-fetch-site")
    if site is None:
        origin = connection.headers.get("origin")
        foreign = origin is not None and urlsplit(origin).netloc != connection.headers.get("host")
    else:
        foreign = site not in {"same-origin", "none"}
    if foreign:
        raise ReplyError(403, _FOREIGN)
