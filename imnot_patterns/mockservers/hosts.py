"""Mock servers in memory: each with its routes, and the table in which they are found."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter

from imnot_core import Route, RouteTable
from imnot_patterns.mockservers.model import KeptRoute, KeptServer, MockRoute
from imnot_patterns.mockservers.paths import claim_on


class Host:
    """One mock server; without `server` it is not there, or no longer."""

    def __init__(self) -> None:
        self._server: KeptServer | None = None
        self._kept: dict[str, KeptRoute] = {}
        self._routes: dict[str, MockRoute] | None = None
        self._table: RouteTable[MockRoute] | None = None

    @property
    def server(self) -> KeptServer | None:
        """The server itself."""
        return self._server

    @server.setter
    def server(self, server: KeptServer | None) -> None:
        self._server = server
        self._changed()

    @property
    def kept(self) -> list[KeptRoute]:
        """What was done to routes by hand, in order of creation."""
        return sorted(self._kept.values(), key=attrgetter("created"))

    def keep(self, kept: KeptRoute) -> None:
        """Take over what was done to a route."""
        self._kept[kept.route.id] = kept
        self._changed()

    def drop(self, route_id: str) -> None:
        """Forget what was done to a route."""
        self._kept.pop(route_id, None)
        self._changed()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing of it."""
        return self._server is None and not self._kept

    @property
    def routes(self) -> dict[str, MockRoute]:
        """The routes by id: those that were generated, then those made by hand."""
        if self._routes is None:
            self._routes = {route.id: route for route in self._all()}
        return self._routes

    @property
    def made_by_hand(self) -> list[MockRoute]:
        """The routes that no specification brought."""
        return [each.route for each in self.kept if not each.generated]

    def is_generated(self, route_id: str) -> bool:
        """Whether a route came from the specification, whatever was made of it since."""
        return self._server is not None and any(
            each.id == route_id for each in self._server.generated
        )

    def find(self, method: str, path: str) -> MockRoute | None:
        """The route for a request, whose path is decoded and relative to the server's URL.

        What asks for HEAD is answered as for GET where there is no route of its own, and one slash
        at the end makes no difference where there is none for exactly this path.
        """
        other = path[:-1] if path.endswith("/") else f"{path}/"
        methods = ("HEAD", "GET") if method == "HEAD" else (method,)
        for each in methods:
            for way in (path, other or "/"):
                asked, raw_path = claim_on(each, way)
                match = self._found.match(asked, raw_path.encode())
                if match is not None:
                    return match.target
        return None

    def nearest(self, method: str, path: str) -> list[MockRoute]:
        """The routes that look most like a request for which there is none."""
        return [each.target for each in self._found.nearest(*claim_on(method, path))]

    @property
    def _found(self) -> RouteTable[MockRoute]:
        if self._table is None:
            self._table = _table(self.routes.values())
        return self._table

    def _all(self) -> Iterable[MockRoute]:
        if self._server is None:
            return
        for route in self._server.generated:
            now = self._kept.get(route.id)
            if now is None:
                yield route
            elif not now.gone:
                yield now.route
        yield from self.made_by_hand

    def _changed(self) -> None:
        self._routes = self._table = None


def _table(routes: Iterable[MockRoute]) -> RouteTable[MockRoute]:
    """A specification may have several paths for the same requests; the first one answers."""
    claims: dict[tuple[str, str], MockRoute] = {}
    for route in routes:
        claims.setdefault(route.claim, route)
    return RouteTable.build(
        Route(method, template, route, route.id) for (method, template), route in claims.items()
    )
