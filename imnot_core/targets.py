"""Where callbacks may go: the hosts and networks of `[callbacks] allow` in imnot.toml.

An entry is a host (`hooks.example.com`), hosts below one (`*.example.com`), an address or a network
(`10.0.0.0/8`, `[::1]`), each with or without a port (`localhost:9000`). Without entries, all may be
called: that is for a server of one's own. A shared server has a list, so that nobody can have it
call what only it can reach.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

SETTING: Final = "callbacks.allow"
_PORTS: Final = {"http": 80, "https": 443}
_HOST: Final = re.compile(
    r"(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*"
)
_ENTRY: Final = re.compile(
    r"(\[[^\]]*\](?:/\d+)?|[^:\[\]]+|[0-9a-f:.]*:[0-9a-f:.]*:[^\]\[]*?)(?::(\d{1,5}))?"
)


class TargetRefused(Exception):
    """A callback may not go there; the message names the host and the setting."""


@dataclass(frozen=True, slots=True)
class _Rule:
    host: str
    network: Network | None
    port: int | None

    def names(self, host: str, port: int) -> bool:
        if self.network is not None or self.port not in {None, port}:
            return False
        if self.host.startswith("*."):
            return host.endswith(self.host[1:])
        return host == self.host

    def holds(self, address: Address, port: int) -> bool:
        return self.network is not None and self.port in {None, port} and address in self.network


class Targets:
    """The targets that are allowed. Raises ValueError for an entry that is none."""

    def __init__(self, entries: Iterable[str] = ()) -> None:
        self._rules = tuple(map(_rule, entries))

    def check(self, url: str) -> None:
        """Refuse what is known to be refused before a name is resolved. Raises TargetRefused."""
        if not self._rules:
            return
        host, port, address = _target(url)
        if address is None:
            # A name may belong to a network: that shows when it is resolved.
            known = any(rule.names(host, port) for rule in self._rules)
            if known or any(rule.network for rule in self._rules):
                return
        elif self._holds(address, port):
            return
        raise _refused(host, port)

    async def resolve(self, url: str) -> str | None:
        """Check a target again when it is called.

        Returns the address to connect to where it was the address that allowed it, so that nothing
        else is called should the name lead elsewhere a moment later; None where there is nothing to
        keep to. Raises TargetRefused, and OSError for a name that cannot be resolved.
        """
        if not self._rules:
            return None
        self.check(url)
        host, port, address = _target(url)
        if address is not None or any(rule.names(host, port) for rule in self._rules):
            return None
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        for *_, place in found:
            if not self._holds(ip_address(str(place[0]).partition("%")[0]), port):
                raise _refused(f"{host} ({place[0]})", port)
        return str(found[0][4][0])

    def _holds(self, address: Address, port: int) -> bool:
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(rule.holds(address, port) for rule in self._rules)


def _target(url: str) -> tuple[str, int, Address | None]:
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    port = parts.port or _PORTS.get(parts.scheme, 0)
    try:
        return host, port, ip_address(host.partition("%")[0])
    except ValueError:
        return _written(host), port, None


def _written(host: str) -> str:
    """A host name as it is looked up: international letters in their ASCII form."""
    try:
        return host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        return host


def _refused(host: str, port: int) -> TargetRefused:
    return TargetRefused(
        f"callbacks to {host}, port {port}, are not allowed here; whoever runs the server can add"
        f" the host to {SETTING} in imnot.toml"
    )


def _rule(entry: str) -> _Rule:
    text = entry.strip().lower()
    found = _ENTRY.fullmatch(text)
    if found is None:
        raise ValueError(f"{entry!r} is no host, address or network")
    place, port = found[1].replace("[", "").replace("]", ""), found[2]
    number = None if port is None else int(port)
    if number is not None and not 0 < number < 65536:
        raise ValueError(f"{entry!r} is no host, address or network")
    try:
        return _Rule("", ip_network(place, strict=False), number)
    except ValueError:
        name = _written(place.rstrip("."))
        # What ends in a number is an address, and that one is wrong.
        if not _HOST.fullmatch(name) or name.rpartition(".")[2].isdigit():
            raise ValueError(f"{entry!r} is no host, address or network") from None
        return _Rule(name, None, number)
