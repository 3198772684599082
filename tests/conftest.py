"""What every test gets: asyncio for anyio's tests, and guards against what a test leaves behind."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator

import pytest

from tests import support

# Tests of the pytest plugin, and of the guards below, run a pytest of their own.
pytest_plugins = ["pytester"]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run async tests on asyncio, as the server does."""
    return "asyncio"


@pytest.fixture
def needs() -> Callable[[str, str], str]:
    """Return `support.needs`: the path of a program, else skip (in CI: fail)."""
    return support.needs


@pytest.fixture(autouse=True)
def _environment_guard() -> Iterator[None]:
    """Put back the environment variables that a test changed, and fail it: use monkeypatch."""
    before = _environment()
    yield
    after = _environment()
    if after == before:
        return
    os.environ.update(before)
    for name in after.keys() - before.keys():
        del os.environ[name]
    changed = {name for name in after.keys() | before.keys() if after.get(name) != before.get(name)}
    pytest.fail(f"the test changed the environment: {', '.join(sorted(changed))}")


@pytest.fixture(autouse=True)
def _logging_guard() -> Iterator[None]:
    """Put back the handlers and the level of the root logger."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)


def _environment() -> dict[str, str]:
    # pytest itself changes this one from phase to phase.
    return {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
