"""A context without a server: to compile with, which must not need one."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, NoReturn

from imnot_core.context import Context
from imnot_core.services import Services


class Impure(AssertionError):
    """`compile` used something that only a handler may use."""


class _Refusal:
    def __init__(self, what: str) -> None:
        self._what = what

    def __getattr__(self, name: str) -> Callable[..., NoReturn]:
        def refuse(*_arguments: object, **_options: object) -> NoReturn:
            used = f"{self._what}.{name}"
            raise Impure(f"compile() used {used}; it must be pure: do it in the handler")

        return refuse


class _RefusedJobs(_Refusal):
    def keep_time_of(self, clock: object) -> None:
        """Nothing: the services tell their jobs which clock there is; that is no use of them."""


def detached_context(partner: str, datapoint: str) -> Context:
    """A context that may be kept, but not used: no store, no client, no time, no chance."""

    def no_client() -> Any:
        raise Impure("compile() used context.http; it must be pure: do it in the handler")

    refusals: dict[str, Any] = {
        "store": _Refusal("the store"),
        "clock": _Refusal("context.clock"),
        "jobs": _RefusedJobs("context.jobs"),
        "random": _Refusal("context.random (or new_id)"),
    }
    services = Services(
        **refusals,
        client=no_client,
        base_url="http://localhost:8000",
        log=logging.getLogger("imnot"),
        admits=lambda _key: True,
    )
    return Context(services, partner, datapoint)
