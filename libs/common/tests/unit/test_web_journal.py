"""The journal shows what was said, and of people nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime

import httpx2
import pytest

from bulkhead.chassis_tables import CHASSIS_TABLES
from bulkhead.contracts.enrollment import v1 as enrollment
from bulkhead.contracts.registry import CONTACTS, POLICIES
from bulkhead.kernel.calendar import local
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.key_rings import HouseholdKeySet
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.event_tables import OutboxRecord, Pruned
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.service import Service
from bulkhead_testing.auth import TestIssuer
from bulkhead_testing.clock import FixedClock
from bulkhead_testing.contact_keys import CONTACT_KEYS
from bulkhead_testing.memory import MemoryDatabase
from bulkhead_testing.web import app_of, client_of

NOW = local(date(2015, 12, 3), 10)
ISSUER = TestIssuer()
WHY = Reason(
    rule="ENR-2", says="By Dec 15: Jan 1.", citation="VHC section 2", facts={"selected": "2015-12-03"}
)


async def handle(*_: object) -> None:
    """Hear nothing."""


@pytest.fixture
def database() -> MemoryDatabase:
    return MemoryDatabase(
        tables=CHASSIS_TABLES,
        outbound={
            enrollment.HouseholdRegistered: enrollment.HouseholdRegistered,
            enrollment.ContactRecorded: enrollment.ContactRecorded,
            HouseholdKeySet: enrollment.ContactKeySet,
        },
        contact_keys=CONTACT_KEYS,
    )


@pytest.fixture
def client(database: MemoryDatabase) -> httpx2.AsyncClient:
    service = Service(
        name="enrollment",
        tables=CHASSIS_TABLES,
        subscribes=(),
        inbound={},
        outbound={},
        handle=handle,
        routers=(),
    )
    app = app_of(
        service,
        uows=database.units_of_work,
        clock=FixedClock(NOW),
        verifier=ISSUER.verifier(),
    )
    return client_of(app)


def say(uow: UnitOfWork, household: str) -> None:
    contact = enrollment.ContactRecorded(
        household=household,
        contact_version=1,
        language="en",
        email=Masked("june@example.test"),
        address=None,
        phone=None,
        members=(),
        subscriber="june-1",
        estate=False,
    )
    uow.emit(contact, household=household)
    uow.emit(
        enrollment.HouseholdRegistered(household=household, contact_version=1),
        household=household,
        business_date=date(2015, 12, 1),
        reasons=(WHY,),
    )


async def test_the_journal_shows_events_in_order_without_anything_personal(
    database: MemoryDatabase, client: httpx2.AsyncClient
) -> None:
    async with database.begin(now=NOW, households=["june", "max"]) as uow:
        say(uow, "june")
        say(uow, "max")
    headers = ISSUER.headers("operator")
    answer = await client.get("/v1/events?household=june", headers=headers)
    assert "june@example.test" not in answer.text
    key, contact, registered = answer.json()["items"]
    assert (key["type"], key["data"]) == ("ContactKeySet", None)
    assert (contact["type"], contact["data"]) == ("ContactRecorded", None)
    assert registered["data"] == {"household": "june", "contact_version": 1}
    assert registered["business_date"] == "2015-12-01"
    assert registered["occurred_at"] == "2015-12-03T10:00:00-05:00"
    assert registered["reasons"] == [
        {
            "rule": "ENR-2",
            "says": "By Dec 15: Jan 1.",
            "citation": "VHC section 2",
            "facts": {"selected": "2015-12-03"},
        }
    ]
    page = (await client.get("/v1/events?limit=4", headers=headers)).json()
    rest = (await client.get(f"/v1/events?after={page['next_cursor']}", headers=headers)).json()
    assert [each["household"] for each in page["items"] + rest["items"]] == ["june"] * 3 + ["max"] * 3
    assert rest["next_cursor"] is None


async def test_the_journal_says_since_when_it_is_kept_and_refuses_to_leave_a_gap(
    database: MemoryDatabase, client: httpx2.AsyncClient
) -> None:
    headers = ISSUER.headers("operator")
    async with database.begin(now=NOW, households=["june", "max"]) as uow:
        say(uow, "june")
        say(uow, "max")
    assert (await client.get("/v1/events", headers=headers)).json()["kept_since"] is None

    before = datetime(2016, 10, 1, tzinfo=UTC)
    async with database.begin(now=NOW) as uow:
        await uow.records(OutboxRecord).remove(seq__le=3)
        await uow.records(Pruned).add([Pruned(name="outbox", before=before, through_seq=3)])
    for after in (0, 3):
        page = (await client.get(f"/v1/events?after={after}", headers=headers)).json()
        assert [each["seq"] for each in page["items"]] == [4, 5, 6]
        assert page["kept_since"] == "2016-09-30T20:00:00-04:00"
    refused = await client.get("/v1/events?after=1", headers=headers)
    assert refused.status_code == 410
    assert refused.json()["type"] == "urn:bulkhead:problem:no-longer-kept"


async def test_the_journal_is_for_operators(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/v1/events", headers=ISSUER.headers("member", household="june"))
    assert answer.status_code == 403


def test_the_only_topic_with_people_on_it_is_that_of_contacts() -> None:
    assert CONTACTS.personal_data
    assert not POLICIES.personal_data
