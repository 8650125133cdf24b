"""What the pages of planned work have somebody type on one machine, typed into one shell."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bulkhead.contracts.enrollment.v1 import HouseholdRegistered
from tests.e2e.conftest import Desk
from tests.e2e.pages import (
    JANUARY_6,
    PARTITION,
    PAYMENTS,
    POLICIES,
    TYPED,
    Before,
    InVain,
    Said,
    a_household,
    discard_all,
    of_a_newer_writer,
    parked,
    type_page,
    until,
)
from tests.e2e.shell import Shell
from tests.e2e.support import envelope, publish, publish_to

pytestmark = [pytest.mark.live, pytest.mark.slow]

PAGES = [page for page in TYPED if not page.startswith("Bulkhead")]

FAULTY = "5c6f3f8b1f7a5b0f9d3c1a2b4e6d7f80"
"""The event that the page has set aside."""


@asynccontextmanager
async def in_the_year_before(desk: Desk, _shell: Shell) -> AsyncIterator[None]:
    """It is the year whose coverage is renewed."""
    await desk.advance(JANUARY_6)
    yield


@asynccontextmanager
async def what_is_parked(desk: Desk, _shell: Shell) -> AsyncIterator[None]:
    """An event of June's that payments does not know, another one behind it, and one about nobody."""
    again = envelope(
        "june", type_="HouseholdRegistered", data=HouseholdRegistered(household="june", contact_version=1)
    )
    await publish(desk.instance, POLICIES, "june", of_a_newer_writer("june", event_id=FAULTY), again)
    await publish_to(desk.instance, PAYMENTS, PARTITION, None, b"{not json")

    async def set_aside() -> bool:
        return len(await parked(desk, "payments")) == 2 and len(await parked(desk, "invoicing")) == 1

    await until(set_aside)
    yield
    await discard_all(desk, "invoicing")
    await discard_all(desk, "notifications")


BEFORE: Before = {
    "README": a_household,
    "replay-parked-events": what_is_parked,
    "new-plan-year": in_the_year_before,
    "maintenance": in_the_year_before,
}
SAID: Said = {
    "deploy-one-service": {"on payments migrated": "The database is up to date."},
    "maintenance": {
        "ask payments /v1/maintenance": '"begins_at":"2016-01-21T01:00:00-05:00"',
        "on payments maintenance withdraw": "withdrawn",
        "on payments maintenance list": "1 windows",
    },
    "replay-parked-events": {
        "on payments parked replay june": "1 replayed, 0 left",
        "on payments parked list": "0 parked",
        "ask payments /v1/books": '"balanced":true',
        "ask invoicing /v1/books": '"positions_agree":true',
    },
    "add-partitions": {
        f"on {service} topics list": f"spread over 128 partitions  {PAYMENTS}"
        for service in ("payments", "invoicing", "notifications")
    },
    "add-a-carrier": {"ask carrier-gateway /v1/carriers": '"carrier":"MVP","has_profile":true'},
}

IN_VAIN: InVain = {
    "replay-parked-events": [
        "on payments parked replay june",
        "on invoicing parked replay '*payments.payments.v1:3'",
    ]
}


@pytest.mark.parametrize("page", PAGES)
async def test_what_a_runbook_has_typed_on_one_machine_works(page: str, desk: Desk, shell: Shell) -> None:
    await type_page(page, desk, shell, before=BEFORE, said=SAID, in_vain=IN_VAIN)


def test_nothing_is_expected_of_pages_that_are_not_there() -> None:
    assert {*BEFORE, *SAID, *IN_VAIN} <= {*PAGES}
