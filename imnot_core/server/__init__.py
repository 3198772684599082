"""The server: one ASGI application made of the surface for consumers and Litestar for the rest."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from imnot_core.clock import Clock, SystemClock
from imnot_core.registry import Registry
from imnot_core.server.control import create_control
from imnot_core.server.runtime import Parts, Runtime, registry_for
from imnot_core.server.surface import Surface
from imnot_core.settings import Settings
from imnot_core.store import Store

if TYPE_CHECKING:
    import httpx

__all__ = ["create_app"]


def create_app(
    settings: Settings,
    *,
    registry: Registry | None = None,
    clock: Clock | None = None,
    random: Random | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    store: Store | None = None,
    run: str = "",
    strict: bool = False,
) -> Any:
    """Make the ASGI application. Its lifespan opens the store and reads the partner files.

    `run` is a name that all workers of one server share, "" for a single process. With `strict`, a
    partner file that is refused stops the start with PartnerError; otherwise it is logged and the
    other partners are served. `transport` takes the place of the network for callbacks.

    Raises PluginError when there is no store for `settings.db`, ImnotError at startup.
    """
    parts = Parts(
        registry=registry or registry_for(settings),
        clock=clock or SystemClock(),
        random=random or Random(),
        transport=transport,
        store=store,
        run=run,
        strict=strict,
    )
    runtime = Runtime(settings, parts)
    return Surface(runtime, create_control(runtime))
