"""What the alarms' pages have somebody type on one machine, typed into one shell."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count, islice
from typing import Any

import asyncpg
import pytest

from bulkhead.messaging.partitioning import partition_of
from tests.e2e.conftest import Desk
from tests.e2e.pages import (
    PARTITION,
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
from tests.e2e.support import envelope, publish

pytestmark = [pytest.mark.live, pytest.mark.slow]

PAGES = [page for page in TYPED if page == "README" or page.startswith("Bulkhead")]
MANY = 10
"""So many households with the same fault stop a partition."""


@asynccontextmanager
async def a_hub_that_is_away(desk: Desk, _shell: Shell) -> AsyncIterator[None]:
    """Kay applied while the hub was away, and it has said nothing of her."""
    await asyncio.to_thread(desk.instance.stop_service, "hub")
    await desk.register("kay")
    yield
    await asyncio.to_thread(desk.instance.start_service, "hub")


@asynccontextmanager
async def a_processor_that_is_away(desk: Desk, _shell: Shell) -> AsyncIterator[None]:
    """Nobody says that no card can be charged: it is noticed by trying, and so is that it can be again (OPS-3)."""

    async def online() -> dict[str, Any]:
        channels = (await desk.get("notifications", "/v1/channels"))["items"]
        return next(each for each in channels if each["channel"] == "payments-online")

    async def is_(state: str) -> bool:
        return (await online())["state"] == state

    await asyncio.to_thread(desk.instance.stop_service, "processor")
    await until(lambda: is_("down"))
    assert (await online())["outage"]["evidence"] == "answers, and takes no payment: processor-away"
    yield
    await asyncio.to_thread(desk.instance.start_service, "processor")
    await until(lambda: is_("up"))


@asynccontextmanager
async def a_long_transaction(desk: Desk, shell: Shell) -> AsyncIterator[None]:
    """One is open in invoicing's database; who looks notes its process."""
    connection = await asyncpg.connect(desk.instance.database_url("invoicing"))
    await connection.execute("BEGIN; SELECT 1")
    shell.type(f"PID={connection.get_server_pid()}")
    yield
    await until(lambda: asyncio.sleep(0, connection.is_closed()))
    (looked,) = [says for command, says in shell.said.items() if "pg_stat_activity" in command]
    assert f" {connection.get_server_pid()} | invoicing_" in looked


@asynccontextmanager
async def a_stopped_partition(desk: Desk, _shell: Shell) -> AsyncIterator[None]:
    """Ten households of one partition have the same fault; afterwards all are parked for it, and discarded."""
    names = (f"household-{number}" for number in count())
    there = [each for each in islice(names, 200) if partition_of(each, desk.instance.partitions) == PARTITION]
    for household in there[:MANY]:
        await publish(desk.instance, POLICIES, household, of_a_newer_writer(household))

    async def stopped() -> bool:
        return bool((await desk.get("payments", "/v1/stopped-partitions"))["items"])

    async def all_parked() -> bool:
        return len(await parked(desk, "payments")) == MANY

    await until(stopped)
    yield
    await until(all_parked)
    await discard_all(desk, "payments")


@asynccontextmanager
async def a_type_that_was_withdrawn(desk: Desk, _shell: Shell) -> AsyncIterator[None]:
    """A version of enrollment that was rolled back has said a type that no reader knows; the page has payments forget it."""
    await publish(desk.instance, POLICIES, "june", envelope("june", type_="PolicyMoved", data={}))
    readers = ("payments", "invoicing", "notifications", "carrier-gateway")

    async def noted(service: str) -> list[str]:
        return [each["type"] for each in (await desk.get(service, "/v1/passed-over-types"))["items"]]

    async def all_noted() -> bool:
        return all([await noted(service) == ["PolicyMoved"] for service in readers])

    await until(all_noted)
    yield
    assert await noted("payments") == []
    about = {"topic": POLICIES, "type": "PolicyMoved", "version": 1, "reason": "planted by a test"}
    for service in readers[1:]:
        assert (await desk.post(service, "/v1/passed-over-types/forgettings", about)).ok


BEFORE: Before = {
    "README": a_household,
    "BulkheadNotPublished": a_long_transaction,
    "BulkheadChannelDown": a_processor_that_is_away,
    "BulkheadVerificationUnheard": a_hub_that_is_away,
    "BulkheadPartitionStopped": a_stopped_partition,
    "BulkheadTypePassedOver": a_type_that_was_withdrawn,
}
SAID: Said = {
    "BulkheadChannelDown": {
        "ask payments /v1/online-payment": '"outcome":"processor-away"',
        'put notifications /v1/channels/payments-online \'{"state": "up"}\'': '"state":"down"',
    },
    "BulkheadPartitionStopped": {
        "on payments topics list": f"stopped  {POLICIES} {PARTITION}  HouseholdRegistered",
    },
    "BulkheadTypePassedOver": {
        f'on payments topics forget {POLICIES} PolicyMoved 1 --reason "rolled back on May 3, it will say PolicyChanged"': (
            f"forgotten {POLICIES} PolicyMoved v1, 1 events"
        ),
    },
    "BulkheadVerificationUnheard": {
        """tell enrollment /v1/households/kay/verifications '{"confirmed": ["income", "citizenship", "incarceration"]}'""": (
            '"verification":"verified"'
        ),
    },
}

IN_VAIN: InVain = {"BulkheadDutyLate": ["on payments duties run close-books 2016-01-05"]}


@pytest.mark.parametrize("page", PAGES)
async def test_what_an_alarms_page_has_typed_on_one_machine_works(
    page: str, desk: Desk, shell: Shell
) -> None:
    await type_page(page, desk, shell, before=BEFORE, said=SAID, in_vain=IN_VAIN)


def test_nothing_is_expected_of_pages_that_are_not_there() -> None:
    assert {*BEFORE, *SAID, *IN_VAIN} <= {*PAGES}
