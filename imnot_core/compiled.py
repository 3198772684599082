"""What partners become: compiled datapoints, and the routes that they want."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from imnot_core.messages import Handler
from imnot_core.models import Datapoint, Partner, Source
from imnot_core.partner_files import PartnerFiles
from imnot_core.plugin import AdminRoute, Compiled, Endpoint
from imnot_core.registry_checks import ADMIN_PREFIX
from imnot_core.routes import Route, normalise, reaches

PAYLOAD_ROUTES = (
    ("POST", "/payload", "Upload the global payload"),
    ("GET", "/payload", "Inspect the global payload"),
    ("POST", "/payload/session", "Upload a session payload"),
    ("GET", "/payload/session/{session_id}", "Inspect a session payload"),
)


class Target(msgspec.Struct, frozen=True):
    """What a route leads to: the handler, and whose it is.

    A `contested` route matches paths that are not for everybody: it is an admin route, or one whose
    parameters also match paths that the server answers itself. `owner` is the datapoint's name for
    people, `<partner>/<datapoint>`; `route` the method and path that it is served under.
    """

    handler: Handler
    partner: str
    datapoint: str
    admin: bool
    contested: bool
    owner: str
    route: str


@dataclass(frozen=True, slots=True)
class CompiledDatapoint:
    """A datapoint and what its pattern made of it."""

    partner: str
    config: Datapoint
    compiled: Compiled

    @property
    def name(self) -> str:
        """The datapoint's name."""
        return self.config.name

    @property
    def admin_prefix(self) -> str:
        """Where its admin routes lie."""
        return f"{ADMIN_PREFIX}/{self.partner}/{self.name}"

    def routes(self, reserved: Sequence[str]) -> list[Route[Target]]:
        """Its consumer routes and the admin routes that its pattern brings.

        `reserved` are the prefixes of paths that the server answers itself.
        """
        owner = f"{self.partner}/{self.name}"
        pairs: list[tuple[str, Endpoint]] = [("", each) for each in self.compiled.endpoints]
        pairs += [(self.admin_prefix, each) for each in self.compiled.admin]
        routes = []
        for prefix, each in pairs:
            admin = isinstance(each, AdminRoute)
            path = prefix + normalise(each.path)
            contested = admin or ("{" in path and any(reaches(path, one) for one in reserved))
            method = each.method.upper()
            target = Target(
                each.handler, self.partner, self.name, admin, contested, owner, f"{method} {path}"
            )
            routes.append(Route(method, path, target, owner))
        return routes

    def listed_admin(self) -> list[tuple[str, str, str]]:
        """Method, path and summary of the admin requests that listings show."""
        routes = list(PAYLOAD_ROUTES) if self.compiled.takes_payload else []
        routes += [(each.method, each.path, each.summary) for each in self.compiled.admin]
        return [(method, self.admin_prefix + path, text) for method, path, text in routes if text]


@dataclass(frozen=True, slots=True)
class CompiledPartner:
    """A partner, its compiled datapoints, the routes they want, and the files they were made of."""

    partner: Partner
    datapoints: tuple[CompiledDatapoint, ...]
    routes: tuple[Route[Target], ...]
    files: PartnerFiles

    @property
    def name(self) -> str:
        """The partner's name."""
        return self.partner.name

    @property
    def source(self) -> Source:
        """The text that it was made of."""
        return self.partner.source
