"""The plugin interface: what a pattern or an API plugin provides, and what it returns.

A plugin returns data; the core checks it and decides when it takes effect. Patterns are found in
the entry-point group `imnot.patterns`, API plugins in `imnot.apis`, importers in `imnot.importers`,
stores in `imnot.stores`, commands in `imnot.commands`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar, runtime_checkable

from imnot_core.models import Datapoint

if TYPE_CHECKING:  # commands that ask which plugins there are need not wait for all of the core
    import click

    from imnot_core.context import Context
    from imnot_core.messages import Handler, Reply, Request
    from imnot_core.services import Services
    from imnot_core.tasks import TaskHandler
    from imnot_core.tokens import TokenCheck

API_VERSION: Final = 1
"""Raised only when a plugin written for the last version would break."""

C = TypeVar("C", bound=Datapoint)


@dataclass(frozen=True, slots=True)
class Sample:
    """What a person would send to an endpoint; goes into the Postman collection."""

    headers: Mapping[str, str] | None = None
    body: Any = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method and path, and the handler that answers it.

    `path` may have `{name}` segments, found decoded in `Request.params`. `summary` is for listings,
    `step` for the numbered steps of a flow, `sample` for the Postman collection. `wrapped` says
    that the pattern itself applied what the partner file declares for any pattern (`Context.wrap`).
    """

    method: str
    path: str
    handler: Handler
    summary: str = ""
    step: int | None = None
    sample: Sample | None = None
    wrapped: bool = False


@dataclass(frozen=True, slots=True)
class AdminRoute(Endpoint):
    """An endpoint below `/imnot/admin/<partner>/<datapoint>`; `path` is relative to that, `/…`.

    It is protected by the admin key. Of several routes that do the same, give only one a summary:
    those without are served but not listed.
    """


@dataclass(frozen=True, slots=True)
class Compiled:
    """What a datapoint becomes.

    With `takes_payload` the core offers the upload and inspection endpoints for it. `tasks` are
    what `Context.tasks` may be asked to do later, by kind. `token_check` judges the tokens that the
    datapoint gives out, for endpoints that say `requires_token`.
    """

    endpoints: tuple[Endpoint, ...]
    admin: tuple[AdminRoute, ...] = ()
    takes_payload: bool = False
    tasks: Mapping[str, TaskHandler] = field(default_factory=dict)
    token_check: TokenCheck | None = None


class PatternPlugin(Protocol[C]):
    """One way for a mocked API to behave, chosen by `pattern:` in a partner file.

    The entry point names a class that is constructed without arguments. The class docstring's first
    line is its summary in `imnot patterns`.
    """

    name: str
    """The entry-point name: what `pattern:` says."""
    aliases: tuple[str, ...]
    """Other names; each is one more entry point to the same class."""
    api_version: int
    """The `API_VERSION` that the plugin was written for."""
    config: type[C]
    """The struct of one datapoint: validation, documentation and JSON Schema in one."""
    example: str
    """A datapoint of this pattern as YAML, ready to paste below `datapoints:`."""

    def compile(self, datapoint: C, context: Context) -> Compiled:
        """Turn one datapoint into endpoints. Pure: no I/O; it may run again at any reload.

        May raise `FieldError` for what only shows when fields are seen together.
        """


class ApiPlugin(Protocol):
    """A management API: Litestar controllers below the URL prefixes that it owns."""

    name: str
    api_version: int
    prefixes: tuple[str, ...]
    """URL prefixes, for instance `/__mock__`; partners may not declare routes below them."""

    def controllers(self, services: Services) -> Sequence[Any]:
        """The Litestar controllers, routers or handlers that answer below the prefixes."""

    async def respond(self, request: Request) -> Reply | None:
        """Answer a consumer request that no partner route matched, or return None to pass it on."""


class Importer(Protocol):
    """Makes a partner file of a document in another format, for `imnot generate --from`.

    The entry point names a class that is constructed without arguments. The class docstring's first
    line is its summary in `imnot patterns`.
    """

    name: str
    """The entry-point name: what `--from` says, and `har` in `--from-har`."""
    api_version: int

    def partner(self, text: str, name: str | None, source: str) -> str:
        """Return the text of a partner file: YAML that a person will read and change.

        `name` is the partner's name if one was asked for, else the document gives it; `source` is
        what problems call the document. What is returned is checked as any partner file is. Raises
        `PartnerError` for a document of which none can be made, its problems with line and column.
        """


@runtime_checkable
class HasLifespan(Protocol):
    """Optional: something to hold open while the server runs."""

    def lifespan(self, services: Services) -> AbstractAsyncContextManager[None]:
        """Entered before the first request, left after the last. If it raises, the server stops."""


@runtime_checkable
class HasConsumerPrefixes(Protocol):
    """Optional, of an API plugin: URL prefixes below which only it answers consumer requests.

    Its `respond` is given them as they come; partners may not declare routes there.
    """

    consumer_prefixes: tuple[str, ...]
    """For instance `/mocked`; not below one of its `prefixes`."""


@runtime_checkable
class HasUnanswered(Protocol):
    """Optional, of an API plugin: to have a say in what a request gets that nobody answers."""

    async def unanswered(self, request: Request, reply: Reply) -> Reply:
        """Called when all were asked: return `reply`, the server's 404 or 405, or another one."""


@runtime_checkable
class HasSessions(Protocol):
    """Optional, of an API plugin: documents of its own that belong to sessions."""

    async def copy_session(self, source: str, target: str) -> None:
        """Write in the session `target` what the plugin keeps in `source`.

        Called when a test copies a session. Deleting is the core's work.
        """


@runtime_checkable
class HasTemplates(Protocol):
    """Optional, of an API plugin: templates for its pages.

    Its controllers answer with `litestar.response.Template("<name of the plugin>/page.html")`, and
    a template names another (`extends`, `include`) in the same way.
    """

    templates: Path
    """A folder that holds one folder, named like the plugin, with its MiniJinja templates.

    Values in `.html` are escaped; a name that is not defined is an error.
    """


@runtime_checkable
class HasCommands(Protocol):
    """Optional, group `imnot.commands`: commands of the `imnot` program."""

    def commands(self) -> Sequence[click.Command]:
        """The click commands to add."""
