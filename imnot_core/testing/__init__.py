"""The kit for those who test with imnot, and for those who write plugins.

For the tests of an application:

- the fixtures `imnot` and `imnot_server` of the pytest plugin (`imnot_core.testing.plugin`), which
  is there as soon as imnot is installed;
- `Harness`, a server in memory from YAML text, with a clock that the test moves and callbacks that
  it can look at;
- `ServerProcess` and `CallbackReceiver`, a real server and a real receiver of its callbacks;
- `verify`, `verify_order` and `received`: what was asked of a server, claimed and looked at.

For the author of a plugin:

- `PatternContract`, the promises of every pattern, and `StoreContract`, those of every store: test
  classes to inherit from;
- `Harness` too, with `plugins=` for what has no entry point yet.

Needs pytest: install `imnot[testing]`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

# Before they are imported, or the author of a plugin sees an AssertionError without the values.
pytest.register_assert_rewrite(
    *(f"{__name__}.{name}" for name in ("contract", "store_contract", "store_checks"))
)

if TYPE_CHECKING:
    from imnot_core.testing.answers import Received
    from imnot_core.testing.clock import ManualClock
    from imnot_core.testing.contract import PatternContract
    from imnot_core.testing.harness import Harness, StartHarness
    from imnot_core.testing.process import ServerFailed, ServerProcess
    from imnot_core.testing.receiver import CallbackReceiver
    from imnot_core.testing.remote import Session
    from imnot_core.testing.remote_clock import RemoteClock
    from imnot_core.testing.store_contract import StoreContract
    from imnot_core.testing.verifying import received, verify, verify_order

__all__ = [
    "CallbackReceiver",
    "Harness",
    "ManualClock",
    "PatternContract",
    "Received",
    "RemoteClock",
    "ServerFailed",
    "ServerProcess",
    "Session",
    "StartHarness",
    "StoreContract",
    "received",
    "verify",
    "verify_order",
]

# Every run of pytest in an environment that has imnot imports the pytest plugin, and this package
# with it. It must not pay for what it does not use: a name is imported when it is first asked for.
_HOMES = {
    "CallbackReceiver": "receiver",
    "Harness": "harness",
    "ManualClock": "clock",
    "PatternContract": "contract",
    "Received": "answers",
    "RemoteClock": "remote_clock",
    "ServerFailed": "process",
    "ServerProcess": "process",
    "Session": "remote",
    "StartHarness": "harness",
    "StoreContract": "store_contract",
    "received": "verifying",
    "verify": "verifying",
    "verify_order": "verifying",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
