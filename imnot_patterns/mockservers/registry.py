"""All mock servers and routes: in step with the store, and changed one after the other."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Final

import msgspec

from imnot_core import Document, ReplyError, Services, StoreError
from imnot_patterns.mockservers.generation import generate
from imnot_patterns.mockservers.hosts import Host
from imnot_patterns.mockservers.model import KeptRoute, KeptServer, MockRoute
from imnot_patterns.mockservers.payloads import ServerChange, ServerCreation
from imnot_patterns.mockservers.specifications import Specifications
from imnot_patterns.mockservers.turns import Turns

NAMESPACE: Final = "mock-servers"
_SERVER: Final = "server/"
_ROUTE: Final = "route/"
# What shows as a later time, whatever the clock says: two microseconds, of which one is shown.
_MOMENT: Final = 2e-6

Item = KeptServer | KeptRoute


class MockServers:
    """The mock servers of a server. Call `refresh` before anything that reads them."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._hosts: defaultdict[str, Host] = defaultdict(Host)
        self._turns = Turns(services)
        self._specifications = Specifications(services.store)
        self._documents = services.mirror(
            NAMESPACE, _decoded, added=self._added, removed=self._removed
        )

    async def refresh(self) -> None:
        """See what other workers changed; cheap when they did not."""
        await self._documents.refresh()

    def servers(self) -> Iterator[KeptServer]:
        """Every mock server, in order of creation."""
        return (each for each in self._documents.items.values() if isinstance(each, KeptServer))

    def host(self, server_id: str) -> Host | None:
        """The mock server with its routes, None if there is none of this id."""
        host = self._hosts.get(server_id)
        return host if host is not None and host.server is not None else None

    def found(self, server_id: str) -> tuple[Host, KeptServer]:
        """The same. Raises ReplyError (404) if there is none."""
        host = self._hosts.get(server_id)
        if host is None or host.server is None:
            raise ReplyError(404, f"mockServerId: there is no mock server {server_id!r}")
        return host, host.server

    # Mock servers

    async def create(self, creation: ServerCreation) -> KeptServer:
        """Make a mock server, with the routes of its specification if it has one."""
        text, use_examples = creation.specification, creation.use_examples
        fresh = [] if text is None else await self._generate(text, use_examples=use_examples)
        while True:
            server_id = self._services.new_id()
            now = self._services.clock.time()
            server = KeptServer(
                id=server_id,
                name=creation.name,
                workspace=creation.workspace,
                created=now,
                modified=now,
                use_examples=use_examples,
                specification="" if text is None else await self._keep_text(server_id, text),
                generated=self._generated(server_id, fresh, Host()),
            )
            if await self._documents.add(_SERVER + server_id, msgspec.json.encode(server)):
                return server

    async def update(self, server_id: str, change: ServerChange) -> KeptServer:
        """Change a mock server. Raises ReplyError: 404, or 400 for a specification."""
        while True:
            _, before = self.found(server_id)
            fresh = await self._regenerated(before, change)
            async with self._turns.of(server_id):
                await self.refresh()
                host, server = self.found(server_id)
                if change.generates and not _same_basis(before, server):
                    continue  # somebody else has changed what routes are made from
                return await self._changed(host, server, change, fresh)

    async def delete(self, server_id: str) -> None:
        """Delete a mock server, and its routes. Raises ReplyError (404)."""
        async with self._turns.of(server_id):
            await self.refresh()
            host, _ = self.found(server_id)
            await self._documents.delete(_SERVER + server_id)  # from here on it serves nothing
            await self._forget(host.kept)
            await self._specifications.delete(server_id)

    async def tidy(self) -> None:
        """Delete what is left of mock servers whose deletion was broken off."""
        await self.refresh()
        for host in list(self._hosts.values()):
            if host.server is None:
                await self._forget(host.kept)

    # Routes

    async def add_route(self, server_id: str, given: MockRoute) -> MockRoute:
        """Make a route. Raises ReplyError: 404, or 400 if there is one for the same requests."""
        async with self._turns.of(server_id):
            await self.refresh()
            host, _ = self.found(server_id)
            route = _placed(given, self._fresh_id(host.routes), server_id)
            _check_free(route, host)
            await self._keep(KeptRoute(route=route, created=self._services.clock.time()))
            return route

    async def replace_route(self, server_id: str, route_id: str, given: MockRoute) -> MockRoute:
        """Put a route in the place of another one, whose id it gets. Raises as `add_route`."""
        async with self._turns.of(server_id):
            await self.refresh()
            host, before = self.found_route(server_id, route_id)
            route = _placed(given, route_id, server_id)
            if route.claim != before.claim:
                _check_free(route, host)
            await self._keep(self._kept(host, route))
            return route

    async def delete_route(self, server_id: str, route_id: str) -> None:
        """Delete a route. Raises ReplyError (404)."""
        async with self._turns.of(server_id):
            await self.refresh()
            host, route = self.found_route(server_id, route_id)
            kept = self._kept(host, route, gone=True)
            if kept.generated:
                await self._keep(kept)
            else:
                await self._forget([kept])

    def found_route(self, server_id: str, route_id: str) -> tuple[Host, MockRoute]:
        """A route with its mock server. Raises ReplyError (404) if there is none."""
        host, _ = self.found(server_id)
        route = host.routes.get(route_id)
        if route is None:
            raise ReplyError(404, f"routeId: there is no route {route_id!r} on this mock server")
        return host, route

    def _kept(self, host: Host, route: MockRoute, *, gone: bool = False) -> KeptRoute:
        """What is to be kept of a route that there is already."""
        known = (each.created for each in host.kept if each.route.id == route.id)
        return KeptRoute(
            route=route,
            created=next(known, self._services.clock.time()),
            generated=host.is_generated(route.id),
            gone=gone,
        )

    # Generation

    async def _regenerated(
        self, server: KeptServer, change: ServerChange
    ) -> list[MockRoute] | None:
        """The routes that a change asks for; None if it asks for none."""
        use_examples = server.use_examples if change.use_examples is None else change.use_examples
        text = change.specification
        if text is None and change.use_examples is not None and server.specification:
            text = await self._specifications.text(server.id, server.specification)
            if text is None:
                await self.refresh()
                if _same_basis(server, self.found(server.id)[1]):
                    raise StoreError(f"the specification of the mock server {server.id} is lost")
                return None  # which is not used: there is another specification now
        return None if text is None else await self._generate(text, use_examples=use_examples)

    async def _generate(self, text: str, *, use_examples: bool) -> list[MockRoute]:
        return await generate(text, use_examples=use_examples, log=self._services.log)

    async def _changed(
        self,
        host: Host,
        server: KeptServer,
        change: ServerChange,
        fresh: Sequence[MockRoute] | None,
    ) -> KeptServer:
        name = server.name if change.name is None else change.name
        use_examples = server.use_examples if change.use_examples is None else change.use_examples
        if fresh is None and (name, use_examples) == (server.name, server.use_examples):
            return server
        specification = server.specification
        if change.specification is not None:
            specification = await self._keep_text(server.id, change.specification)
        changed = msgspec.structs.replace(
            server,
            name=name,
            modified=max(self._services.clock.time(), server.modified + _MOMENT),
            use_examples=use_examples,
            specification=specification,
            generated=(
                server.generated if fresh is None else self._generated(server.id, fresh, host)
            ),
        )
        outdated = [each for each in host.kept if each.generated]
        await self._documents.put(_SERVER + server.id, msgspec.json.encode(changed))
        if fresh is not None:
            await self._forget(outdated)
            await self._specifications.delete(server.id, but=specification)
        return changed

    def _generated(
        self, server_id: str, fresh: Sequence[MockRoute], host: Host
    ) -> tuple[MockRoute, ...]:
        """The routes of a specification, but for those in whose place one was made by hand."""
        taken = {each.claim for each in host.made_by_hand}
        routes = (_placed(each, self._fresh_id(host.routes), server_id) for each in fresh)
        return tuple(each for each in routes if each.claim not in taken)

    async def _keep_text(self, server_id: str, text: str) -> str:
        return await self._specifications.keep(server_id, self._services.new_id(), text)

    def _fresh_id(self, taken: Collection[str]) -> str:
        while (fresh := self._services.new_id()) in taken:
            pass
        return fresh

    # In step with the store

    async def _keep(self, kept: KeptRoute) -> None:
        await self._documents.put(_key(kept), msgspec.json.encode(kept))

    async def _forget(self, kept: Sequence[KeptRoute]) -> None:
        await asyncio.gather(*(self._documents.delete(_key(each)) for each in kept))

    def _added(self, _key: str, item: Item) -> None:
        if isinstance(item, KeptServer):
            self._hosts[item.id].server = item
        else:
            self._hosts[item.route.server].keep(item)

    def _removed(self, _key: str, item: Item) -> None:
        server_id = item.id if isinstance(item, KeptServer) else item.route.server
        host = self._hosts[server_id]
        if isinstance(item, KeptServer):
            host.server = None
        else:
            host.drop(item.route.id)
        if host.is_empty:
            del self._hosts[server_id]


def _decoded(document: Document) -> Item:
    if document.key.startswith(_SERVER):
        return msgspec.json.decode(document.value, type=KeptServer)
    return msgspec.json.decode(document.value, type=KeptRoute)


def _key(kept: KeptRoute) -> str:
    return f"{_ROUTE}{kept.route.server}/{kept.route.id}"


def _placed(route: MockRoute, route_id: str, server_id: str) -> MockRoute:
    return msgspec.structs.replace(route, id=route_id, server=server_id)


def _check_free(route: MockRoute, host: Host) -> None:
    for other in host.routes.values():
        if other.claim == route.claim and other.id != route.id:
            detail = f"method, path: {other.method} {other.path} is a route already ({other.id})"
            raise ReplyError(400, detail)


def _same_basis(one: KeptServer, other: KeptServer) -> bool:
    return (one.specification, one.use_examples) == (other.specification, other.use_examples)
