"""A stand-in for a plugin that passes everything on to it, and remembers what went through."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeVar

import msgspec

from imnot_core.context import Context
from imnot_core.errors import ReplyError
from imnot_core.messages import Handler, Reply, Request
from imnot_core.plugin import Compiled, Endpoint, PatternPlugin

E = TypeVar("E", bound=Endpoint)


@dataclass(frozen=True, slots=True)
class Handled:
    """One request that a handler got, and what came of it."""

    endpoint: Endpoint
    request: Request
    reply: Reply | None
    refusal: ReplyError | None


class Witness:
    """The plugin as the server sees it."""

    def __init__(self, plugin: PatternPlugin[Any]) -> None:
        self._plugin = plugin
        self.handled: list[Handled] = []
        self._datapoints: list[tuple[msgspec.Struct, bytes]] = []
        self._attributes = _attributes(plugin)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plugin, name)

    def compile(self, datapoint: Any, context: Context) -> Compiled:
        """Compile with the plugin, and put a witness into every handler."""
        self._datapoints.append((datapoint, _written(datapoint)))
        compiled = self._plugin.compile(datapoint, context)
        return replace(
            compiled,
            endpoints=tuple(map(self._watched, compiled.endpoints)),
            admin=tuple(map(self._watched, compiled.admin)),
        )

    @property
    def jobs(self) -> int:
        """How many jobs the replies have asked for."""
        return sum(len(each.reply.after) for each in self.handled if each.reply)

    @property
    def changes(self) -> list[str]:
        """What is not as it was before anything was compiled: it must be nothing."""
        before, now = self._attributes, _attributes(self._plugin)
        changes = [
            f"the plugin's {name} was {before.get(name)}, is {now.get(name)}"
            for name in sorted({*before, *now})
            if before.get(name) != now.get(name)
        ]
        changes += [
            f"the datapoint was {written.decode()}, is {_written(datapoint).decode()}"
            for datapoint, written in self._datapoints
            if written != _written(datapoint)
        ]
        return changes

    def _watched(self, endpoint: E) -> E:
        return replace(endpoint, handler=self._witnessed(endpoint))

    def _witnessed(self, endpoint: Endpoint) -> Handler:
        async def handle(request: Request) -> Reply:
            try:
                reply = await endpoint.handler(request)
            except ReplyError as refusal:
                self.handled.append(Handled(endpoint, request, None, refusal))
                raise
            self.handled.append(Handled(endpoint, request, reply, None))
            return reply

        return handle


def _attributes(plugin: object) -> dict[str, str]:
    """All data that the object or its classes hold, as text."""
    found: dict[str, str] = {}
    for kind in reversed(type(plugin).__mro__[:-1]):
        slots = [name for name in vars(kind).get("__slots__", ()) if hasattr(plugin, name)]
        found |= {name: repr(getattr(plugin, name)) for name in slots}
        found |= {
            name: repr(value)
            for name, value in vars(kind).items()
            if not callable(value) and not hasattr(value, "__get__") and not _is_dunder(name)
        }
    return found | {name: repr(value) for name, value in getattr(plugin, "__dict__", {}).items()}


def _is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _written(datapoint: msgspec.Struct) -> bytes:
    return msgspec.json.encode(datapoint)
