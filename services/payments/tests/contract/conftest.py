"""What the tests of the API begin with."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from services.payments.tests.builders import World, at
from services.payments.tests.contract.support import Api


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    world = World(start=at("2015-12-03T10:00"))
    async with world.client() as client:
        yield Api(world, client)
