"""What partners serve at the moment, for plugins that want to name it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import msgspec

from imnot_core.routes import Route, RouteTable
from imnot_core.routes.nearness import nearest


class ConsumerRoute(msgspec.Struct, frozen=True):
    """An endpoint of a partner; `path` is a template, `owner` is `<partner>/<datapoint>`."""

    method: str
    path: str
    owner: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class ConsumerRoutes:
    """The endpoints that partners serve at the moment, without those that administer.

    Always up to date; iterating gives all of them, in the order of partners and files.
    """

    def __init__(self, table: Callable[[], RouteTable[Any]] | None = None) -> None:
        nothing: RouteTable[Any] = RouteTable.build(())
        self._current = table or (lambda: nothing)
        self._seen: RouteTable[Any] | None = None
        self._routes: list[Route[Any]] = []
        self._by_target: dict[int, ConsumerRoute] = {}

    def serving(self, method: str, path: str) -> ConsumerRoute | None:
        """The endpoint that answers a method and a decoded path, or None."""
        self._look()
        match = self._current().match(method, _raw(path))
        return None if match is None else self._by_target.get(id(match.target))

    def methods(self, path: str) -> list[str]:
        """The methods for which a partner answers a decoded path, sorted."""
        allowed = self._current().methods(_raw(path))
        return [method for method in allowed if self.serving(method, path) is not None]

    def nearest(self, method: str, path: str, n: int = 3) -> list[ConsumerRoute]:
        """The n endpoints that look most like a request that nothing answered, best first.

        It takes a bounded time, however many endpoints there are.
        """
        self._look()
        found = nearest(method, path, self._routes, n)
        return [self._by_target[id(route.target)] for route in found]

    def __iter__(self) -> Iterator[ConsumerRoute]:
        self._look()
        return iter(list(self._by_target.values()))

    def _look(self) -> None:
        """Take over the table in effect, if it was replaced."""
        table = self._current()
        if table is self._seen:
            return
        self._routes = [route for route in table if not route.target.admin]
        # Each route has a target of its own, which the table keeps alive.
        self._by_target = {
            id(route.target): ConsumerRoute(route.method, route.template, route.owner)
            for route in self._routes
        }
        self._seen = table


def _raw(path: str) -> bytes:
    """A decoded path as a client would send it."""
    if path.isascii() and "%" not in path and "?" not in path:
        return path.encode()
    return quote(path, errors="replace").encode()
