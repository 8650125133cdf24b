"""What a service tells of itself: done or not, what is late, waits, is set aside or stuck."""

from __future__ import annotations

import runpy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from bulkhead.contracts.registry import PAYMENTS
from bulkhead.duties.ports import Postponed
from bulkhead.duties.runner import DutyRunner
from bulkhead.kernel.calendar import local
from bulkhead.messaging.ages import committed_header, committed_seconds
from bulkhead.messaging.consumer import Consumer
from bulkhead.observability import metrics
from bulkhead.observability.readings import Reading, Source
from bulkhead.overdue import Overdue
from bulkhead.persistence.event_tables import PassedOverType, StoppedPartition
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.retries.retries import RetryKind
from bulkhead.runtime.measures import sources_of_a_worker, sources_of_all
from bulkhead.service import Measure, Service
from bulkhead_testing.broker import MemoryBroker, MemoryOutbox
from bulkhead_testing.clock import FixedClock
from bulkhead_testing.memory import MemoryDatabase

COUNTER: Any = runpy.run_path(str(Path(__file__).parents[1] / "counter.py"))
START = local(date(2015, 12, 1))
LATE = Overdue(kind="binder", id="s-1", household="june", deadline=date(2015, 12, 25), says="waits")


class Place:
    """The counter in memory, and what is measured of it."""

    def __init__(self, folder: Path) -> None:
        built: Service = COUNTER["build"](COUNTER["CounterSettings"].model_construct(None, inbox=folder))
        self.service = replace(built, overdue=self.overdue, retries=(RetryKind("mails", stuck_after=2),))
        self.database = MemoryDatabase.for_service(self.service)
        self.broker = MemoryBroker(partitions=3)
        self.clock = FixedClock(START)

    async def overdue(self, _uow: UnitOfWork) -> Sequence[Overdue]:
        return [LATE, replace(LATE, id="s-2"), replace(LATE, kind="refund")]

    def sources(self, *, consumer: Consumer | None = None) -> dict[str, Source]:
        common = {"service": self.service, "uows": self.database, "clock": self.clock}
        found = (
            *sources_of_all(**common, outbox=MemoryOutbox(self.database)),
            *sources_of_a_worker(**common, consumer=consumer),
        )
        return {each.name: each for each in found}

    def consumer(self) -> Consumer:
        return Consumer(service=self.service, uows=self.database, broker=self.broker, now=self.clock.now)

    async def read(self, source: str, gauge: metrics.Metric) -> list[tuple[float, Mapping[str, str]]]:
        readings = await self.sources(consumer=self.consumer())[source].read()
        return [(each.value, each.labels) for each in readings[gauge.name]]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


async def test_each_gauge_that_is_declared_is_read_somewhere_and_no_other(place: Place) -> None:
    sources = place.sources(consumer=place.consumer()).values()
    read = {name for each in sources for name in await each.read()}
    declared = {each.name for each in metrics.CATALOG if each.kind == "gauge"}
    assert read == declared - {metrics.ACTIVE_REQUESTS.name}
    assert read == {gauge.name for each in sources for gauge in each.gauges}


async def test_a_duty_is_late_from_its_hour_until_it_is_done_and_says_why(place: Place) -> None:
    async def bill() -> list[tuple[float, Mapping[str, str]]]:
        found = await place.read("database", metrics.DUTY_LATENESS)
        return [each for each in found if each[1]["duty"] == "bill"]

    assert await bill() == [(0.0, {"duty": "bill", "why": "nothing-due"})]
    runner = DutyRunner(place.service.duties, place.database)
    await runner.open(START)
    place.clock.shows = local(date(2015, 12, 1), 3)  # it is due at 2
    assert await bill() == [(3600.0, {"duty": "bill", "why": "not-begun"})]
    await runner.turn(place.clock.now())
    assert await bill() == [(0.0, {"duty": "bill", "why": "nothing-due"})]
    place.clock.shows = local(date(2015, 12, 4), 2)
    assert await bill() == [(2 * 86_400.0, {"duty": "bill", "why": "not-begun"})]


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (Postponed("the books are open", on="books"), "books"),
        (Postponed("nobody knows"), "other"),
        (ZeroDivisionError("a bug"), "failing"),
    ],
)
async def test_a_duty_that_waits_or_fails_is_late_all_the_same(
    place: Place, error: Exception, why: str
) -> None:
    async def run(_uow: UnitOfWork, _on: date, _households: list[str]) -> None:
        raise error

    (duty,) = (each for each in place.service.duties if each.name == "bill")
    duty = replace(duty, run=run, households=None, finish=None)
    place.service = replace(place.service, duties=(duty,))
    runner = DutyRunner([duty], place.database)
    await runner.open(START)
    place.clock.shows = START + timedelta(hours=2, minutes=1)
    await runner.turn(place.clock.now())
    assert await place.read("database", metrics.DUTY_LATENESS) == [(60.0, {"duty": "bill", "why": why})]


async def test_waiting_work_is_told_by_kind_with_what_is_stuck(place: Place) -> None:
    (mails,) = place.service.retries
    async with place.database.begin(now=START) as uow:
        await mails.put_off(uow, "m-1", because="no answer")
        for _ in range(2):
            await mails.put_off(uow, "m-2", because="no answer")
    assert await place.read("database", metrics.RETRIES_WAITING) == [
        (0, {"kind": "duties"}),
        (2, {"kind": "mails"}),
    ]
    assert await place.read("database", metrics.RETRIES_STUCK) == [
        (0, {"kind": "duties"}),
        (1, {"kind": "mails"}),
    ]


async def test_what_is_set_aside_stopped_or_not_published_is_told(place: Place) -> None:
    assert await place.read("database", metrics.PARKED) == [(0, {})]
    async with place.database.begin(now=START, households=["june"]) as uow:
        await uow.records(StoppedPartition).add(
            [
                StoppedPartition(
                    topic=PAYMENTS.name,
                    partition=2,
                    type="PaymentReceived",
                    event_id="e-1",
                    fault="bug: KeyError",
                    stopped_at=START,
                    retry_at=START,
                    released=False,
                )
            ]
        )
        await uow.records(PassedOverType).add(
            PassedOverType(
                topic=PAYMENTS.name,
                partition=partition,
                type="VaultMoved",
                version=1,
                events=3,
                first_event="e-1",
                first_offset=4,
                through_offset=8,
                first_at=START,
                latest_at=START,
            )
            for partition in (0, 1)
        )
        await COUNTER["deposit"](uow, "june", 5)
    assert await place.read("database", metrics.PASSED_OVER_TYPES) == [(1, {})]
    assert await place.read("database", metrics.STOPPED_PARTITIONS) == [(1, {})]
    assert await place.read("outbox", metrics.OUTBOX_PENDING) == [(1, {})]


async def test_what_is_overdue_is_told_by_kind_at_any_hour(place: Place) -> None:
    assert await place.read("overdue", metrics.OVERDUE) == [(2, {"kind": "binder"}), (1, {"kind": "refund"})]


async def test_a_services_own_gauges_are_read_in_one_look(place: Place) -> None:
    gauge = replace(metrics.PARKED, name="bulkhead.counter.cents")

    async def cents(_uow: UnitOfWork) -> Sequence[Reading]:
        return (Reading(value=70, labels={"days": "0-2"}),)

    place.service = replace(place.service, measures=(Measure(gauge=gauge, read=cents),))
    assert await place.read("service", gauge) == [(70, {"days": "0-2"})]


def test_an_event_is_as_old_as_its_message_says() -> None:
    from bulkhead.messaging.broker import Incoming

    def message(*headers: tuple[str, Any]) -> Incoming:
        return Incoming(PAYMENTS.name, 0, 0, None, b"", START, headers)

    assert committed_seconds(message(*committed_header(1_449_000_000_250))) == 1_449_000_000.25
    for headers in ((), committed_header(None), (("committed-ms", None),), (("committed-ms", b"x"),)):
        assert committed_seconds(message(*headers)) == START.timestamp()
