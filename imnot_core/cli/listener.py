"""The address of a server: taken before anything else is started, and given up last."""

from __future__ import annotations

import errno
import socket
from typing import Final

from imnot_core.cli.failure import Failure

NO_ADDRESS: Final = 3
BACKLOG: Final = 2048


def listen(host: str, port: int) -> socket.socket:
    """Take an address; port 0 is any free one. Raises Failure with exit code 3.

    It listens at once: two servers that start together must not both believe that it is theirs.
    """
    try:
        family, address = _resolve(host, port)
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            # Without it the port of a server that has just ended is closed for a minute.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(BACKLOG)
        except BaseException:
            listener.close()
            raise
    except (OSError, UnicodeError) as error:
        raise Failure(_refusal(host, port, error), NO_ADDRESS) from error
    return listener


def url_of(host: str, port: int) -> str:
    """Write an address as a URL."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, tuple[str, int]]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    # `localhost` is both ::1 and 127.0.0.1, and most clients try the latter.
    found.sort(key=lambda each: each[0] != socket.AF_INET)
    family, _, _, _, address = found[0]
    return family, address  # type: ignore[return-value] # of IPv6 it has two more items


def _refusal(host: str, port: int, error: Exception) -> str:
    address = url_of(host, port).removeprefix("http://")
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return f"the address {address} is taken; stop what uses it, or choose another --port"
    reason = getattr(error, "strerror", None) or error
    return f"the address {address} cannot be listened on: {reason}"
