"""How a service stands, as a process of it can read: from its database, its outbox, its topics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from bulkhead.clock import Clock
from bulkhead.duties.standing import standings
from bulkhead.messaging.consumer import Consumer
from bulkhead.messaging.relay import Outbox
from bulkhead.observability import metrics
from bulkhead.observability.readings import Reading, Source
from bulkhead.overdue import FindOverdue
from bulkhead.persistence.event_tables import ParkedEvent, PassedOverType, StoppedPartition
from bulkhead.persistence.household_keys import SealedEvent
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead.retries.retries import Retry
from bulkhead.service import Measure, Service

FRESH_SECONDS_OF_SUMS = 60.0
"""How often what adds up many records is read."""
FRESH_SECONDS_OF_OVERDUE = 300.0


def sources_of_all(
    *, service: Service, uows: UnitOfWorkFactory, clock: Clock, outbox: Outbox
) -> tuple[Source, ...]:
    """Return what every process of a service tells, so that it is told whichever of them is away."""

    async def read_database() -> Mapping[str, Sequence[Reading]]:
        async with uows.begin(now=clock.now()) as uow:
            return await _of_the_database(uow, service)

    async def read_outbox() -> Mapping[str, Sequence[Reading]]:
        return {
            metrics.OUTBOX_AGE.name: (Reading(value=await outbox.oldest_age_seconds()),),
            metrics.OUTBOX_PENDING.name: (Reading(value=await outbox.pending()),),
        }

    of_the_database = (
        metrics.PARKED,
        metrics.PASSED_OVER_TYPES,
        metrics.SEALED_EVENTS,
        metrics.STOPPED_PARTITIONS,
        metrics.RETRIES_WAITING,
        metrics.RETRIES_STUCK,
        metrics.DUTY_LATENESS,
    )
    return (
        Source(name="database", gauges=of_the_database, read=read_database),
        Source(name="outbox", gauges=(metrics.OUTBOX_AGE, metrics.OUTBOX_PENDING), read=read_outbox),
    )


def sources_of_a_worker(
    *, service: Service, uows: UnitOfWorkFactory, clock: Clock, consumer: Consumer | None
) -> tuple[Source, ...]:
    """Return what a worker tells besides: what only its consumer knows, and what takes more than a glance."""
    found: list[Source] = []
    if consumer is not None:
        found.append(_lags(consumer))
    if service.overdue is not None:
        found.append(_overdue(service.overdue, uows=uows, clock=clock))
    if service.measures:
        found.append(_of_the_service(service.measures, uows=uows, clock=clock))
    return tuple(found)


async def _of_the_database(uow: UnitOfWork, service: Service) -> dict[str, Sequence[Reading]]:
    retries = await uow.records(Retry).distinct("kind")
    waiting, stuck = Counter[str](), Counter[str]()
    for kind in retries:
        waiting[kind] = await uow.records(Retry).count(kind=kind)
        stuck[kind] = await uow.records(Retry).count(kind=kind, stuck=True)
    kinds = [each.kind for each in service.kinds_of_retries]
    passed_over = {(each.type, each.version) for each in await uow.records(PassedOverType).select()}
    return {
        metrics.PASSED_OVER_TYPES.name: (Reading(value=len(passed_over)),),
        metrics.PARKED.name: (Reading(value=await uow.records(ParkedEvent).count(state="parked")),),
        metrics.SEALED_EVENTS.name: (Reading(value=await uow.records(SealedEvent).count()),),
        metrics.STOPPED_PARTITIONS.name: (Reading(value=await uow.records(StoppedPartition).count()),),
        metrics.RETRIES_WAITING.name: [Reading(value=waiting[kind], labels={"kind": kind}) for kind in kinds],
        metrics.RETRIES_STUCK.name: [Reading(value=stuck[kind], labels={"kind": kind}) for kind in kinds],
        metrics.DUTY_LATENESS.name: [
            Reading(value=each.late_seconds, labels={"duty": each.duty, "why": each.why})
            for each in await standings(uow, service.duties)
        ],
    }


def _lags(consumer: Consumer) -> Source:
    async def read() -> Mapping[str, Sequence[Reading]]:
        lags = await consumer.lags()
        return {
            metrics.CONSUMER_LAG.name: [
                Reading(value=lag, labels={"topic": topic, "partition": str(partition)})
                for (topic, partition), lag in sorted(lags.items())
            ]
        }

    return Source(name="consumer", gauges=(metrics.CONSUMER_LAG,), read=read)


def _overdue(find: FindOverdue, *, uows: UnitOfWorkFactory, clock: Clock) -> Source:
    async def read() -> Mapping[str, Sequence[Reading]]:
        async with uows.begin(now=clock.now()) as uow:
            counts = Counter(each.kind for each in await find(uow))
        return {
            metrics.OVERDUE.name: [
                Reading(value=count, labels={"kind": kind}) for kind, count in sorted(counts.items())
            ]
        }

    return Source(
        name="overdue", gauges=(metrics.OVERDUE,), read=read, fresh_seconds=FRESH_SECONDS_OF_OVERDUE
    )


def _of_the_service(measures: Sequence[Measure], *, uows: UnitOfWorkFactory, clock: Clock) -> Source:
    async def read() -> Mapping[str, Sequence[Reading]]:
        async with uows.begin(now=clock.now()) as uow:
            return {each.gauge.name: await each.read(uow) for each in measures}

    return Source(
        name="service",
        gauges=[each.gauge for each in measures],
        read=read,
        fresh_seconds=FRESH_SECONDS_OF_SUMS,
    )
