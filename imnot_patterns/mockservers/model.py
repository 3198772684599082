"""Mock servers, their routes and their log: as they are kept, and as the API shows them."""

from typing import Final

import msgspec

from imnot_core import BODILESS, JSON_CONTENT_TYPE, Reply, instant, kept
from imnot_patterns.mockservers.paths import Claim, claim_of

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
"""The methods that a route may have."""
FRAMING: Final = frozenset({"content-length", "transfer-encoding", "connection"})
"""Headers of an answer that are the server's business: those of a route are not sent."""

_ODD_NAMES: Final = {"id": "_id", "server": "mockServerId", "workspace": "workspaceId"}


def wire_name(name: str) -> str:
    """The name of a field in JSON."""
    first, *others = name.split("_")
    return _ODD_NAMES.get(name) or first + "".join(map(str.title, others))


class MockRoute(msgspec.Struct, frozen=True, kw_only=True, dict=True, rename=wire_name):
    """A route of a mock server; `delay` is in milliseconds.

    `id` and `server` are empty as long as it is on none.
    """

    id: str
    server: str
    method: str
    path: str
    status_code: int
    response_headers: dict[str, str] = {}
    response_body: str = ""
    content_type: str = JSON_CONTENT_TYPE
    delay: int = 0

    @kept
    def claim(self) -> Claim:
        """Which requests it is for: no other route of the server is for the same ones."""
        return claim_of(self.method, self.path)

    @kept
    def reply(self) -> Reply:
        """What it answers. A status below 200 is no answer, so 200 takes its place."""
        status = max(self.status_code, 200)
        headers = [
            (name, value)
            for name, value in self.response_headers.items()
            if name.lower() not in FRAMING
        ]
        types = [pair for pair in headers if pair[0].lower() == "content-type"]
        for superfluous in types[1:]:
            headers.remove(superfluous)
        if not types and status not in BODILESS:
            headers.insert(0, ("Content-Type", self.content_type))
        return Reply(status, tuple(headers), self.response_body.encode(), self.delay / 1000)


class KeptRoute(msgspec.Struct, frozen=True, kw_only=True):
    """A route that was made by hand; or what became of a generated one by hand.

    `created` is in seconds since 1970. A generated route that was deleted is `gone`.
    """

    route: MockRoute
    created: float
    generated: bool = False
    gone: bool = False


class KeptServer(msgspec.Struct, frozen=True, kw_only=True):
    """A mock server, with the routes that were generated from its specification.

    Being in one document, they change together or not at all. The text of the specification is
    elsewhere, under the id and `specification`, as only the next generation needs it. Times are in
    seconds since 1970.
    """

    id: str
    name: str
    workspace: str
    created: float
    modified: float
    use_examples: bool = True
    specification: str = ""
    generated: tuple[MockRoute, ...] = ()

    def shown(self, base_url: str) -> "MockServer":
        """The server as the API shows it, on the server that has this address."""
        return MockServer(
            id=self.id,
            name=self.name,
            workspace=self.workspace,
            url=f"{base_url}/mocked/{self.id}",
            specification_source="openapi" if self.specification else "custom",
            created=instant(self.created),
            modified=instant(self.modified),
        )


class MockServer(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name):
    """A mock server."""

    id: str
    name: str
    workspace: str
    url: str
    status: str = "running"
    specification_source: str
    created: str
    modified: str


class MockLogEntry(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name):
    """A request that a mock server received; `routeId` is absent where no route was found."""

    id: str
    server: str
    route_id: str | msgspec.UnsetType = msgspec.UNSET
    request_method: str
    request_path: str
    request_headers: dict[str, str]
    response_status_code: int
    matched: bool
    timestamp: str
