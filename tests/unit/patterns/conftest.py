"""The fixture that the tests of the patterns share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.unit.patterns.world import World, opened_world


@pytest.fixture
async def world(anyio_backend: str) -> AsyncIterator[World]:
    async with opened_world() as opened:
        yield opened
