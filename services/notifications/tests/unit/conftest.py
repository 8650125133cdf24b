"""What the tests of the API begin with."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import httpx2
import pytest

from bulkhead_testing.clock import FixedClock
from bulkhead_testing.web import app_of, client_of
from services.notifications.tests.office import Office
from services.notifications.tests.unit.test_api import ISSUER, assembled


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
async def client(office: Office) -> AsyncGenerator[httpx2.AsyncClient]:
    app = app_of(
        assembled(mailbox=office.mailbox),
        uows=office.database.units_of_work,
        clock=FixedClock(office.now),
        verifier=ISSUER.verifier(),
    )
    async with client_of(app) as client:
        yield client
