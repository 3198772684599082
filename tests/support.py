"""What tests of every kind need: waiting for a condition, tools, the place of the checkout."""

from __future__ import annotations

import asyncio
import inspect
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import pytest

T = TypeVar("T")

CHECKOUT = Path(__file__).resolve().parent.parent
NODE_TOOLS = CHECKOUT / ".node" / "node_modules" / ".bin"
INTERVAL = 0.02


def needs(tool: str, reason: str) -> str:
    """Return the path of a program, or skip the test; where CI=true a missing one fails it.

    `reason` says what the program does here: needs("newman", "runs the exported collection").
    """
    found = shutil.which(tool) or shutil.which(tool, path=NODE_TOOLS)
    if found:
        return found
    message = f"{tool} is not installed ({reason})"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


def eventually(check: Callable[[], T], timeout: float = 10.0) -> T:
    """Call `check` until it returns something true, and return that.

    What it raises meanwhile counts as "not yet". Raises AssertionError after `timeout` seconds,
    from the last thing that `check` raised. Blocks: in a coroutine use `eventually_async`.
    """
    deadline = time.monotonic() + timeout
    while True:
        value, error = _attempt(check)
        if value:
            return value
        if time.monotonic() >= deadline:
            _give_up(timeout, value, error)
        time.sleep(INTERVAL)


async def eventually_async(check: Callable[[], Any], timeout: float = 10.0) -> Any:
    """Do as `eventually`, but let the event loop run; `check` may be a coroutine function."""
    deadline = time.monotonic() + timeout
    while True:
        value, error = await _attempt_async(check)
        if value:
            return value
        if time.monotonic() >= deadline:
            _give_up(timeout, value, error)
        await asyncio.sleep(INTERVAL)


def _attempt(check: Callable[[], T]) -> tuple[T | None, Exception | None]:
    try:
        return check(), None
    except Exception as error:  # noqa: BLE001 - kept, and shown when the time is up
        return None, error


async def _attempt_async(check: Callable[[], Any]) -> tuple[Any, Exception | None]:
    try:
        value = check()
        if inspect.isawaitable(value):
            value = await value
    except Exception as error:  # noqa: BLE001 - kept, and shown when the time is up
        return None, error
    return value, None


def _give_up(timeout: float, value: Any, error: Exception | None) -> NoReturn:
    last = f"it raised {error!r}" if error else f"it returned {value!r}"
    message = f"not true within {timeout:g} s; the last time {last}"
    raise AssertionError(message) from error
